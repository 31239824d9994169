#include "shadow/trio_shelf.h"

#include <utility>

namespace gnomon::shadow {

std::unique_ptr<Trio> TrioShelf::take() {
  std::unique_ptr<Trio> trio = kept_.pop();
  if (trio == nullptr) trio = std::make_unique<Trio>();
  trio->shelf = shared_from_this();
  needed_ = true;
  return trio;
}

void TrioShelf::trim() {
  if (std::exchange(needed_, false)) return;
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
