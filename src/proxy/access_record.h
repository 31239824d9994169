// What the access log says about one exchange, gathered when it ends.
#pragma once

#include "proxy/stream_facts.h"

namespace gnomon::proxy {

using AccessRecord = StreamFacts;

// Receives a record when an exchange has ended. Called on the worker; must not block.
class AccessSink {
 public:
  virtual void on_exchange(const AccessRecord& record) noexcept = 0;

 protected:
  ~AccessSink() = default;
};

}  // namespace gnomon::proxy
