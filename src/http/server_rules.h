// What connections with clients do alike, whatever version they speak.
#pragma once

#include <string>

#include "http/server.h"

namespace gnomon::http {

// The answer to a request that no handler sees.
struct Refusal {
  ResponseHead head;
  std::string text;
};

inline Refusal make_refusal(const ProtocolError& error) {
  Refusal out;
  out.text.append(reason_phrase(error.status)).append("\n");
  out.head.status = error.status;
  out.head.body = BodyKind::sized;
  out.head.content_length = static_cast<int64_t>(out.text.size());
  out.head.headers.add("content-type", "text/plain");
  return out;
}

inline void drop_unwanted_trailers(Headers& trailers, const ServerSettings& settings) {
  if (!settings.trailers) trailers.clear();
  if (settings.rules.underscores == Underscores::allow) return;
  trailers.remove_if([](const Field& field) { return field.name.contains('_'); });
}

// Arms a timer unless there is no limit.
inline void arm_limit(net::Timer& timer, Millis limit) {
  if (limit > Millis::zero()) {
    timer.arm(limit);
  } else {
    timer.cancel();
  }
}

// For the last bytes. A client that takes what it is sent may take its time, as during an exchange.
inline void arm_flush_limit(net::Timer& timer, const ServerSettings& settings) {
  constexpr Millis kWithoutLimit{300'000};
  const Millis limit = settings.stream_idle_timeout;
  timer.arm(limit > Millis::zero() ? limit : kWithoutLimit);
}

// For a client to begin its first request.
inline Millis first_head_limit(const ServerSettings& settings) noexcept {
  return settings.header_timeout > Millis::zero() ? settings.header_timeout : settings.idle_timeout;
}

}  // namespace gnomon::http
