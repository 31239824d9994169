// The backend's side of one HTTP/2 connection: bytes in, the answers to them out.
#pragma once

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "http_peer.h"

namespace bench {

class H2Responder {
 public:
  H2Responder(bool hung, size_t small_bytes, size_t large_bytes)
      : hung_(hung), small_bytes_(small_bytes), large_bytes_(large_bytes) {
    if (nghttp2_session_server_new(&session_, callbacks(), this) != 0) die("nghttp2");
    const std::array<nghttp2_settings_entry, 2> settings{
        {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20},
         {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1000}}};
    nghttp2_submit_settings(session_, 0, settings.data(), settings.size());
    nghttp2_session_set_local_window_size(session_, 0, 0, 1 << 28);
  }
  ~H2Responder() { nghttp2_session_del(session_); }
  H2Responder(const H2Responder&) = delete;
  H2Responder& operator=(const H2Responder&) = delete;

  // False: the connection is over.
  bool feed(std::string_view bytes) {
    const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
    return nghttp2_session_mem_recv(session_, data, bytes.size()) >= 0;
  }

  // Appends what there is to say, `enough` bytes or so.
  bool pull(std::string& out, size_t enough) {
    const uint8_t* data = nullptr;
    ssize_t size = 0;
    while (out.size() < enough && (size = nghttp2_session_mem_send(session_, &data)) > 0) {
      out.append(reinterpret_cast<const char*>(data), size);
    }
    return size >= 0;
  }

 private:
  // What is left to send of the answer to a stream is its user data.
  static void* as_user_data(size_t left) { return reinterpret_cast<void*>(left); }
  static size_t left_of(nghttp2_session* session, int32_t id) {
    return reinterpret_cast<size_t>(nghttp2_session_get_stream_user_data(session, id));
  }
  static H2Responder& self(void* user) { return *static_cast<H2Responder*>(user); }

  static int on_header(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name,
                       size_t name_size, const uint8_t* value, size_t value_size, uint8_t /*flags*/,
                       void* user) {
    if (name_size != 5 || std::memcmp(name, ":path", 5) != 0) return 0;
    const std::string_view path(reinterpret_cast<const char*>(value), value_size);
    const bool large = path.contains("/large");
    nghttp2_session_set_stream_user_data(
        session, frame->hd.stream_id,
        as_user_data(large ? self(user).large_bytes_ : self(user).small_bytes_));
    return 0;
  }

  static int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    const bool message = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (!message || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    if (self(user).hung_) return 0;
    const std::string length = std::to_string(left_of(session, frame->hd.stream_id));
    const std::array<nghttp2_nv, 3> fields{
        nv(":status", "200"), nv("content-type", "application/json"), nv("content-length", length)};
    nghttp2_data_provider body{{.ptr = nullptr}, read_body};
    nghttp2_submit_response(session, frame->hd.stream_id, fields.data(), fields.size(), &body);
    return 0;
  }

  static ssize_t read_body(nghttp2_session* session, int32_t id, uint8_t* buffer, size_t size,
                           uint32_t* flags, nghttp2_data_source* /*source*/, void* /*user*/) {
    const size_t left = left_of(session, id);
    const size_t n = std::min(size, left);
    std::memset(buffer, 'b', n);
    nghttp2_session_set_stream_user_data(session, id, as_user_data(left - n));
    if (n == left) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(n);
  }

  static nghttp2_nv nv(std::string_view name, std::string_view value) {
    return {reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
            reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
            NGHTTP2_NV_FLAG_NONE};
  }

  static nghttp2_session_callbacks* callbacks() {
    static nghttp2_session_callbacks* const kCallbacks = [] {
      nghttp2_session_callbacks* made = nullptr;
      if (nghttp2_session_callbacks_new(&made) != 0) die("nghttp2");
      nghttp2_session_callbacks_set_on_header_callback(made, on_header);
      nghttp2_session_callbacks_set_on_frame_recv_callback(made, on_frame);
      return made;
    }();
    return kCallbacks;
  }

  const bool hung_;
  const size_t small_bytes_;
  const size_t large_bytes_;
  nghttp2_session* session_ = nullptr;
};

}  // namespace bench
