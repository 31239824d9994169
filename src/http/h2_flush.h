// When an HTTP/2 connection to a client writes: what a turn brings leaves in one piece.
#pragma once

#include <cstddef>
#include <functional>
#include <utility>

#include "net/event_loop.h"

namespace gnomon::http {

class H2Flush {
 public:
  // So much that waiting for the end of the turn would only take up memory.
  static constexpr size_t kEnough = size_t{64} * 1024;

  H2Flush(net::EventLoop& loop, std::function<void()> write)
      : loop_(loop), task_([this, write = std::move(write)] {
          gathered_ = 0;
          write();
        }) {}

  // `body_bytes` are new, and have to leave.
  void schedule(size_t body_bytes = 0) {
    gathered_ += body_bytes;
    if (gathered_ < kEnough) return loop_.schedule_gathering(task_, net::Lane::live);
    task_.cancel();
    loop_.schedule(task_, net::Lane::live);
  }
  void cancel() noexcept { task_.cancel(); }

 private:
  net::EventLoop& loop_;
  size_t gathered_ = 0;  // of bodies, since the last write
  net::Task task_;
};

}  // namespace gnomon::http
