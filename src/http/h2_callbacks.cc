#include "http/h2_callbacks.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "http/h2_out_fields.h"

namespace gnomon::http {
namespace {

constexpr size_t kHeldCopyMax = size_t{8} * 1024;  // of what is held, more is kept by reference
constexpr size_t kSettingsMax = 32;
constexpr size_t kAcksMax = 500;

std::string_view text(const uint8_t* bytes, size_t size) noexcept {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

int H2Callbacks::on_begin_headers(nghttp2_session* session, const nghttp2_frame* frame,
                                  void* user) {
  H2Session& me = self(user);
  const auto& limits = me.limits_;
  me.receiving_ = nullptr;
  me.head_of_ = frame->hd.stream_id;
  me.events_.on_head_progress(true);
  if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
    // nghttp2 reads no more once a client that has said GOAWAY has no stream left, but not before
    // the next read. Refused, a request may be sent elsewhere.
    std::unique_ptr<H2Stream> made = me.peer_leaves_ ? nullptr : me.events_.on_stream_begun();
    if (made == nullptr) {
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                NGHTTP2_REFUSED_STREAM);
      return 0;
    }
    made->id_ = frame->hd.stream_id;
    made->fields_.start(limits.head_bytes, limits.fields);
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, made.get());
    me.receiving_ = made.get();
    me.adopt(std::move(made));
    return 0;
  }
  me.receiving_ = stream_of(session, frame->hd.stream_id);
  if (H2Stream* stream = me.receiving_) {
    // A client cannot know yet whether this is a head or the trailers.
    const bool trailers = me.role_ == H2Session::Role::server;
    stream->fields_.start(trailers ? limits.trailer_bytes : limits.head_bytes,
                          trailers ? limits.trailer_fields : limits.fields);
  }
  return 0;
}

int H2Callbacks::on_header(nghttp2_session* /*session*/, const nghttp2_frame* frame,
                           const uint8_t* name, size_t name_size, const uint8_t* value,
                           size_t value_size, uint8_t /*flags*/, void* user) {
  H2Stream* stream = self(user).receiving_;
  if (stream != nullptr && stream->id_ == frame->hd.stream_id && !stream->reset_) {
    stream->fields_.add(text(name, name_size), text(value, value_size));
  }
  return 0;
}

// By default nghttp2 only leaves such a field out.
int H2Callbacks::on_invalid_header(nghttp2_session* /*session*/, const nghttp2_frame* /*frame*/,
                                   const uint8_t* /*name*/, size_t /*name_size*/,
                                   const uint8_t* /*value*/, size_t /*value_size*/,
                                   uint8_t /*flags*/, void* /*user*/) {
  return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

int H2Callbacks::on_begin_frame(nghttp2_session* /*session*/, const nghttp2_frame_hd* hd,
                                void* user) {
  H2Session& me = self(user);
  switch (hd->type) {
    case NGHTTP2_HEADERS:
      if (me.role_ == H2Session::Role::server) me.check_order(hd->stream_id);
      break;
    case NGHTTP2_CONTINUATION:
      break;
    case NGHTTP2_DATA:
      if (hd->length > 0) {
        me.calm_.on_useful_frame();
      } else if ((hd->flags & NGHTTP2_FLAG_END_STREAM) == 0) {
        me.calm_.on_idle_frame();
      }
      break;
    case NGHTTP2_WINDOW_UPDATE:
    case NGHTTP2_PING:
      me.calm_.on_echo_frame();
      break;
    default:
      me.calm_.on_idle_frame();
  }
  return 0;
}

int H2Callbacks::on_data_chunk(nghttp2_session* session, uint8_t /*flags*/, int32_t id,
                               const uint8_t* data, size_t size, void* user) {
  H2Session& me = self(user);
  H2Stream* stream = stream_of(session, id);
  nghttp2_session_consume_connection(session, size);
  if (stream == nullptr || stream->reset_) return 0;
  const auto* bytes = reinterpret_cast<const char*>(data);
  if (stream->paused_ || stream->held_.size() > 0) {
    if (size > kHeldCopyMax) {
      stream->held_.append(Chunk(me.input_->block(), bytes, size));
    } else {
      stream->held_.append_copy({bytes, size});
    }
    return 0;
  }
  nghttp2_session_consume_stream(session, id, size);
  me.deliver(*stream, Chunk(me.input_->block(), bytes, size));
  return 0;
}

int H2Callbacks::on_frame(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
  H2Session& me = self(user);
  switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
      on_fields_complete(me, session, *frame);
      break;
    case NGHTTP2_DATA:
      if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
        if (H2Stream* stream = stream_of(session, frame->hd.stream_id)) {
          me.deliver_end(*stream, {});
        }
      }
      break;
    case NGHTTP2_RST_STREAM:
      on_reset_by_peer(me, session, frame->hd.stream_id);
      break;
    case NGHTTP2_SETTINGS:
      if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) {
        me.settings_received_ = true;
        me.events_.on_settings();
      }
      break;
    case NGHTTP2_PING:
      if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0 &&
          std::memcmp(frame->ping.opaque_data, kPing, sizeof(kPing)) != 0) {
        me.events_.on_notice_answered();
      }
      break;
    case NGHTTP2_GOAWAY:
      me.peer_leaves_ = true;
      me.events_.on_goaway(frame->goaway.last_stream_id, frame->goaway.error_code);
      break;
    default:
      break;
  }
  return 0;
}

void H2Callbacks::on_fields_complete(H2Session& me, nghttp2_session* session,
                                     const nghttp2_frame& frame) {
  me.head_of_ = 0;
  me.events_.on_head_progress(false);
  H2Stream* stream = stream_of(session, frame.hd.stream_id);
  if (stream == nullptr || stream->reset_) return;
  const bool end = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  const bool head =
      me.role_ == H2Session::Role::server ? !stream->started_ : stream->fields_.has_status();
  if (!head) {
    if (stream->fields_.too_large()) return me.reset(*stream, NGHTTP2_ENHANCE_YOUR_CALM);
    if (end) me.deliver_end(*stream, stream->fields_.take_trailers());
    return;
  }
  stream->started_ = true;
  me.calm_.on_useful_frame();
  if (me.role_ == H2Session::Role::client && ++stream->interim_ > me.limits_.interim_responses) {
    return me.reset(*stream, NGHTTP2_ENHANCE_YOUR_CALM);
  }
  if (end) stream->end_received_ = true;
  me.events_.on_head(*stream, end);
  stream = stream_of(session, frame.hd.stream_id);
  if (end && stream != nullptr && !stream->reset_) me.deliver_end(*stream, {});
}

void H2Callbacks::on_reset_by_peer(H2Session& me, nghttp2_session* session, int32_t id) {
  H2Stream* stream = stream_of(session, id);
  if (stream == nullptr) return;
  stream->peer_reset_ = true;
  if (!stream->end_sent_ && me.role_ == H2Session::Role::server) me.calm_.on_reset();
}

int H2Callbacks::on_frame_sent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
  H2Session& me = self(user);
  switch (frame->hd.type) {
    case NGHTTP2_RST_STREAM:
      if (blames_peer(frame->rst_stream.error_code)) me.calm_.on_reset();
      if (frame->rst_stream.error_code == NGHTTP2_REFUSED_STREAM) me.calm_.on_idle_frame();
      return 0;
    case NGHTTP2_GOAWAY:
      // Only behind the notice, which an answer shall prove to have been read.
      if (std::exchange(me.notice_given_, false)) {
        nghttp2_submit_ping(session, NGHTTP2_FLAG_NONE, nullptr);
      }
      return 0;
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA:
      break;
    default:
      return 0;
  }
  H2Stream* stream = stream_of(session, frame->hd.stream_id);
  if (stream == nullptr) return 0;
  if (frame->hd.type == NGHTTP2_HEADERS) {
    stream->head_sent_ = true;
    stream->head_bytes_ = 0;
  }
  if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
    stream->end_sent_ = true;
    me.calm_.on_exchange();
    me.events_.on_sent_end(*stream);
  }
  return 0;
}

bool H2Callbacks::blames_peer(uint32_t code) noexcept {
  switch (code) {
    case NGHTTP2_PROTOCOL_ERROR:
    case NGHTTP2_FLOW_CONTROL_ERROR:
    case NGHTTP2_STREAM_CLOSED:
    case NGHTTP2_FRAME_SIZE_ERROR:
    case NGHTTP2_ENHANCE_YOUR_CALM:
      return true;
    default:
      return false;
  }
}

int H2Callbacks::on_close(nghttp2_session* session, int32_t id, uint32_t code, void* user) {
  H2Session& me = self(user);
  // nghttp2 tells nothing else of a head that it refuses.
  if (id == me.head_of_) {
    me.head_of_ = 0;
    me.events_.on_head_progress(false);
  }
  H2Stream* stream = stream_of(session, id);
  if (stream == nullptr) return 0;
  nghttp2_session_set_stream_user_data(session, id, nullptr);
  // A whole answer may wait here for one who has paused it.
  const bool whole = code == NGHTTP2_NO_ERROR && stream->end_held_ && !stream->reset_;
  if (whole && me.role_ == H2Session::Role::client) {
    stream->detached_ = true;
    return 0;
  }
  me.events_.on_stream_closed(*stream, code);
  me.drop(*stream);
  return 0;
}

ssize_t H2Callbacks::read_body(nghttp2_session* session, int32_t id, uint8_t* /*buffer*/,
                               size_t size, uint32_t* flags, nghttp2_data_source* source,
                               void* /*user*/) {
  auto& stream = *static_cast<H2Stream*>(source->ptr);
  const size_t n = std::min(size, stream.out_.size());
  const bool last = stream.end_asked_ && n == stream.out_.size();
  if (n == 0 && !last) {
    stream.deferred_ = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (last) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!stream.trailers_.empty()) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      const H2OutFields fields = h2_trailer_fields(stream.trailers_);
      nghttp2_submit_trailer(session, id, fields.data(), fields.size());
    }
  }
  return static_cast<ssize_t>(n);
}

// A DATA frame leaves: its header is copied, its payload goes by reference. Of a stream that was
// reset after the frame was made, the bytes are gone; nghttp2 drops the frame.
int H2Callbacks::send_data(nghttp2_session* /*session*/, nghttp2_frame* /*frame*/,
                           const uint8_t* header, size_t size, nghttp2_data_source* source,
                           void* user) {
  H2Session& me = self(user);
  auto& stream = *static_cast<H2Stream*>(source->ptr);
  if (stream.reset_) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  if (me.output_->size() >= me.enough_) return NGHTTP2_ERR_WOULDBLOCK;
  me.output_->append_copy(text(header, 9));
  if (size > 0) me.calm_.on_data_sent();
  me.events_.on_data_sent(stream);
  while (size > 0) {
    Chunk piece = stream.out_.take_front(size);
    size -= piece.size();
    if (piece.size() <= kCopyMax) {
      me.output_->append_copy(piece.view());
    } else {
      me.output_->append(std::move(piece));
    }
  }
  if (stream.was_full_ && stream.out_.size() <= me.limits_.unsent_low_bytes) {
    stream.was_full_ = false;
    me.writable_.push_back(stream.id_);
  }
  return 0;
}

nghttp2_session_callbacks* H2Callbacks::make() {
  nghttp2_session_callbacks* made = nullptr;
  if (nghttp2_session_callbacks_new(&made) != 0) throw std::bad_alloc();
  nghttp2_session_callbacks_set_on_begin_headers_callback(made, on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(made, on_header);
  nghttp2_session_callbacks_set_on_invalid_header_callback(made, on_invalid_header);
  nghttp2_session_callbacks_set_on_begin_frame_callback(made, on_begin_frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, on_data_chunk);
  nghttp2_session_callbacks_set_on_frame_recv_callback(made, on_frame);
  nghttp2_session_callbacks_set_on_frame_send_callback(made, on_frame_sent);
  nghttp2_session_callbacks_set_on_stream_close_callback(made, on_close);
  nghttp2_session_callbacks_set_send_data_callback(made, send_data);
  return made;
}

const nghttp2_session_callbacks* H2Callbacks::shared() {
  static const nghttp2_session_callbacks* const kShared = make();
  return kShared;
}

nghttp2_option* H2Callbacks::make_options() {
  nghttp2_option* made = nullptr;
  if (nghttp2_option_new(&made) != 0) throw std::bad_alloc();
  nghttp2_option_set_no_auto_window_update(made, 1);
  nghttp2_option_set_max_outbound_ack(made, kAcksMax);
  nghttp2_option_set_max_settings(made, kSettingsMax);
  nghttp2_option_set_max_send_header_block_length(made, size_t{1} << 20);
  // Resets are counted by H2Calm, which also counts those that we are made to send.
  nghttp2_option_set_stream_reset_rate_limit(made, 1'000'000, 1'000'000);
  return made;
}
const nghttp2_option* H2Callbacks::options() {
  static const nghttp2_option* const kShared = make_options();
  return kShared;
}

}  // namespace gnomon::http
