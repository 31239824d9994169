#include "app/server_settings.h"

#include <algorithm>

namespace gnomon::app {

http::ServerSettings server_settings(const http::ServerSettings& defaults,
                                     const routing::ListenerSettings& listener) {
  const routing::CodecSettings& from = listener.codec;
  http::ServerSettings to = defaults;
  to.codec = static_cast<http::Codec>(from.codec);
  to.h2.streams_max = from.streams_max.value_or(to.h2.streams_max);
  to.h2.stream_window = from.stream_window.value_or(to.h2.stream_window);
  to.h2.connection_window = from.connection_window.value_or(to.h2.connection_window);
  if (from.head_bytes) {
    // Whoever allows longer heads means long targets too.
    to.h1.head_bytes = *from.head_bytes;
    to.h1.start_line_bytes = *from.head_bytes;
  }
  to.h1.fields = from.fields.value_or(to.h1.fields);
  to.header_timeout = from.header_timeout.value_or(to.header_timeout);
  to.idle_timeout = from.idle_timeout.value_or(to.idle_timeout);
  to.request_timeout = from.request_timeout.value_or(to.request_timeout);
  to.stream_idle_timeout = from.stream_idle_timeout.value_or(to.stream_idle_timeout);
  to.linger_timeout = from.linger_timeout.value_or(to.linger_timeout);
  to.drain_timeout = from.drain_timeout.value_or(to.drain_timeout);
  to.request_body_bytes_max = from.request_body_bytes.value_or(to.request_body_bytes_max);
  if (from.unsent_bytes) {
    to.unsent_high_bytes = *from.unsent_bytes;
    to.unsent_low_bytes = std::min<size_t>(to.unsent_low_bytes, *from.unsent_bytes / 2);
  }
  to.max_connection_duration = from.max_connection_duration;
  to.max_stream_duration = from.max_stream_duration;
  to.max_requests = from.max_requests;
  to.trailers = from.trailers;
  to.proper_case = from.proper_case;
  to.rules.accept_http10 = from.accept_http10;
  to.rules.default_host = from.default_host;
  to.rules.underscores = static_cast<http::Underscores>(from.underscores);
  return to;
}

}  // namespace gnomon::app
