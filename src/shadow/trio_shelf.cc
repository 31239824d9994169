#include "shadow/trio_shelf.h"

#include <algorithm>
#include <utility>

namespace gnomon::shadow {

std::unique_ptr<Trio> TrioShelf::take() {
  if (next_.front() == nullptr) advance();
  std::unique_ptr<Trio> trio = std::move(next_.front());
  if (trio == nullptr) trio = std::make_unique<Trio>();
  advance();
  trio->shelf = shared_from_this();
  needed_ = true;
  return trio;
}

// Into the first place, which is empty. As many more come from those that are kept.
void TrioShelf::advance() {
  std::ranges::move(next_.begin() + 1, next_.end(), next_.begin());
  for (std::unique_ptr<Trio>& next : next_) {
    if (next == nullptr && (next = kept_.pop()) == nullptr) return;
  }
  next_[kNext / 2 - 1]->prefetch_contents();
  next_.back()->prefetch();
}

void TrioShelf::trim() {
  if (std::exchange(needed_, false)) return;
  next_ = {};
  while (kept_.pop() != nullptr) {
  }
}

// Emptied here, so that the worker finds it ready.
void TrioShelf::put_back(std::unique_ptr<Trio> trio) noexcept {
  const bool small = trio->charged <= kKeptBytes;
  trio->pay_back();
  // While it lies there it must not keep the shelf.
  const std::shared_ptr<TrioShelf> shelf = std::move(trio->shelf);
  if (shelf == nullptr || !small) return;
  trio->clear();
  shelf->kept_.push(trio);
}

}  // namespace gnomon::shadow
