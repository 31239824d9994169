// The Date field's value (RFC 9110 section 5.6.7), formatted once per second.
#pragma once

#include <string>
#include <string_view>

#include "net/event_loop.h"

namespace gnomon::proxy {

class DateCache {
 public:
  explicit DateCache(const net::EventLoop& loop) : loop_(loop) {}
  // Valid until the next call.
  std::string_view value();

 private:
  const net::EventLoop& loop_;
  TimePoint formatted_at_{};
  std::string value_;
};

}  // namespace gnomon::proxy
