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
    if (next == nullptr) next = newest();
    if (next == nullptr) return;
  }
  next_[kNext / 2 - 1]->prefetch_contents();
  next_.back()->prefetch();
}

// Those that find no place are let go.
void TrioShelf::collect() {
  while (std::unique_ptr<Trio> trio = returned_.pop()) {
    if (kept_.size() < kKept) kept_.push_back(std::move(trio));
  }
}

std::unique_ptr<Trio> TrioShelf::newest() {
  collect();
  if (kept_.empty()) return nullptr;
  std::unique_ptr<Trio> trio = std::move(kept_.back());
  kept_.pop_back();
  idle_ = std::min(idle_, kept_.size());
  return trio;
}

void TrioShelf::trim() {
  collect();
  if (!std::exchange(needed_, false)) next_ = {};
  kept_.erase(kept_.begin(), kept_.begin() + static_cast<ptrdiff_t>(idle_));
  idle_ = kept_.size();
}

// Emptied here, so that the worker finds it ready.
void TrioShelf::put_back(std::unique_ptr<Trio> trio) noexcept {
  const bool small = trio->charged <= kKeptBytes;
  trio->pay_back();
  // While it lies there it must not keep the shelf.
  const std::shared_ptr<TrioShelf> shelf = std::move(trio->shelf);
  if (shelf == nullptr || !small) return;
  trio->clear();
  shelf->returned_.push(trio);
}

}  // namespace gnomon::shadow
