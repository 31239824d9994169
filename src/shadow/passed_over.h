// What was asked for by requests that will not be compared, on its way to whoever judges: an
// endpoint none of whose requests can be compared has been chosen all the same. One for each
// worker.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "net/event_loop.h"
#include "shadow/trio.h"

namespace gnomon::shadow {

class PassedOver {
 public:
  PassedOver(net::EventLoop& loop, TrioSink* sink)
      : loop_(loop), sink_(sink), task_([this] { hand_over(); }) {}

  // On any lane. What of `trio` names its endpoint is kept until the end of the turn, charged to a
  // budget of `budget` bytes; where neither that nor the sink has room for it, it is let go.
  void add(std::unique_ptr<Trio> trio, const RequestHead& asked, uint64_t budget);

 private:
  void hand_over();

  net::EventLoop& loop_;
  TrioSink* const sink_;
  net::Task task_;
  std::vector<std::unique_ptr<Trio>> waiting_;
};

}  // namespace gnomon::shadow
