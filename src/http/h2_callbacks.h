// What nghttp2 calls as an HTTP/2 session goes on; `user` is the session. Friends of session and
// stream.
#pragma once

#include <nghttp2/nghttp2.h>

#include "http/h2_session.h"

namespace gnomon::http {

inline constexpr size_t kCopyMax = 1536;  // a payload up to this size is copied behind its header
// Tells the answer to a question for life from that to a notice, which holds zeros.
inline constexpr uint8_t kPing[8] = {'a', 'l', 'i', 'v', 'e', '?'};

struct H2Callbacks {
  // Both live as long as the process.
  static const nghttp2_session_callbacks* shared();
  static const nghttp2_option* options();

  static H2Stream* stream_of(nghttp2_session* session, int32_t id) noexcept {
    return static_cast<H2Stream*>(nghttp2_session_get_stream_user_data(session, id));
  }
  // Where DATA frames of a stream come from.
  static ssize_t read_body(nghttp2_session* session, int32_t id, uint8_t* buffer, size_t size,
                           uint32_t* flags, nghttp2_data_source* source, void* user);

 private:
  static H2Session& self(void* user) noexcept { return *static_cast<H2Session*>(user); }
  static int on_begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void* user);
  static int on_header(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name,
                       size_t name_size, const uint8_t* value, size_t value_size, uint8_t flags,
                       void* user);
  static int on_invalid_header(nghttp2_session* session, const nghttp2_frame* frame,
                               const uint8_t* name, size_t name_size, const uint8_t* value,
                               size_t value_size, uint8_t flags, void* user);
  static int on_begin_frame(nghttp2_session* session, const nghttp2_frame_hd* hd, void* user);
  static int on_data_chunk(nghttp2_session* session, uint8_t flags, int32_t id, const uint8_t* data,
                           size_t size, void* user);
  static int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void* user);
  static void on_fields_complete(H2Session& me, nghttp2_session* session,
                                 const nghttp2_frame& frame);
  static void on_reset_by_peer(H2Session& me, nghttp2_session* session, int32_t id);
  static int on_frame_sent(nghttp2_session* session, const nghttp2_frame* frame, void* user);
  static bool blames_peer(uint32_t code) noexcept;
  static int on_close(nghttp2_session* session, int32_t id, uint32_t code, void* user);
  static int send_data(nghttp2_session* session, nghttp2_frame* frame, const uint8_t* header,
                       size_t size, nghttp2_data_source* source, void* user);
  static nghttp2_session_callbacks* make();
  static nghttp2_option* make_options();
};

}  // namespace gnomon::http
