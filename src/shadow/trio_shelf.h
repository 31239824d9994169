// Where trios come back to the worker that filled them: memory that has been through the hands of
// another thread costs more to get anew than to use again. One for each worker.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "shadow/trio.h"
#include "shadow/trio_queue.h"

namespace gnomon::shadow {

class TrioShelf : public std::enable_shared_from_this<TrioShelf> {
 public:
  // This many are kept and as many may be on their way back, none of which takes more bytes than
  // that. Comparers of low priority run in bursts, so that hundreds come back at once.
  static constexpr size_t kKept = 512;
  static constexpr uint64_t kKeptBytes = uint64_t{16} << 10;
  // Of those that are kept, so many are brought near while the ones before them are in use: the
  // comparers' processor had them last.
  static constexpr size_t kNext = 4;

  // On the worker: an empty one.
  std::unique_ptr<Trio> take();
  // On the worker, now and then: lets go of what was not needed since the last time.
  void trim();
  // From any thread: one that nobody needs any more, to its shelf. Waits for nobody.
  static void put_back(std::unique_ptr<Trio> trio) noexcept;

 private:
  void advance();
  void collect();
  std::unique_ptr<Trio> newest();

  TrioQueue returned_{kKept};
  // The worker's: the newest is the last and the next to be used, so that those that a burst has
  // left behind are not used by turns with others, which would be more than a cache holds.
  std::vector<std::unique_ptr<Trio>> kept_;
  size_t idle_ = 0;                                // of these, not needed since the last trim()
  std::array<std::unique_ptr<Trio>, kNext> next_;  // none behind a gap
  bool needed_ = false;
};

}  // namespace gnomon::shadow
