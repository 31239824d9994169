// Holds objects that asked to be destroyed while their own functions may still be on the stack, and
// destroys them once the event that led there has been handled.
#pragma once

#include <memory>
#include <vector>

#include "net/event_loop.h"

namespace gnomon::net {

template <typename T>
class Graveyard {
 public:
  explicit Graveyard(EventLoop& loop) : loop_(loop), sweep_([this] { sweep(); }) {}

  void bury(std::unique_ptr<T> object) {
    dead_.push_back(std::move(object));
    loop_.schedule(sweep_, Lane::live);
  }

 private:
  void sweep() {
    std::vector<std::unique_ptr<T>> dead;
    dead.swap(dead_);
  }

  EventLoop& loop_;
  std::vector<std::unique_ptr<T>> dead_;
  Task sweep_;
};

}  // namespace gnomon::net
