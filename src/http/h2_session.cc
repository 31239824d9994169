#include "http/h2_session.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <new>
#include <utility>

namespace gnomon::http {
namespace {

constexpr size_t kCopyMax = 1536;  // a payload up to this size is copied behind its header
constexpr size_t kHeldCopyMax = size_t{8} * 1024;  // of what is held, more is kept by reference
constexpr size_t kOutboundFramesMax = 2000;
constexpr size_t kSettingsMax = 32;
constexpr size_t kAcksMax = 500;
constexpr uint32_t kWindowDefault = 65'535;

nghttp2_nv make_nv(std::string_view name, std::string_view value) noexcept {
  // nghttp2 copies both and takes neither to be writable.
  return {reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NONE};
}

std::string_view text(const uint8_t* bytes, size_t size) noexcept {
  return {reinterpret_cast<const char*>(bytes), size};
}

// What connections say about themselves has no place in HTTP/2 (RFC 9113 section 8.2.2).
bool stays_behind(Known known) noexcept {
  switch (known) {
    case Known::host:
    case Known::connection:
    case Known::content_length:
    case Known::transfer_encoding:
    case Known::te:
    case Known::upgrade:
    case Known::expect:
    case Known::keep_alive:
    case Known::proxy_connection:
    case Known::proxy:
      return true;
    default:
      return false;
  }
}

class Number {
 public:
  explicit Number(uint64_t value) : end_(std::to_chars(text_, text_ + sizeof(text_), value).ptr) {}
  std::string_view view() const noexcept { return {text_, static_cast<size_t>(end_ - text_)}; }

 private:
  char text_[20];
  char* end_;
};

// The fields of one head, which nghttp2 copies. Empty when begun; its memory is kept for the next.
std::vector<nghttp2_nv>& begin_fields() {
  thread_local std::vector<nghttp2_nv> fields;
  fields.clear();
  return fields;
}

void add_fields(std::vector<nghttp2_nv>& fields, const Headers& headers) {
  for (const Field& field : headers) {
    if (!stays_behind(field.known)) fields.push_back(make_nv(field.name, field.value));
  }
}

size_t bytes_of(const Headers& headers) noexcept {
  size_t bytes = 0;
  for (const Field& field : headers) bytes += field.name.size() + field.value.size();
  return bytes;
}

}  // namespace

// What nghttp2 calls; `user` is the session. Friends of session and stream.
struct H2Callbacks {
  static H2Session& self(void* user) noexcept { return *static_cast<H2Session*>(user); }
  static H2Stream* stream_of(nghttp2_session* session, int32_t id) noexcept {
    return static_cast<H2Stream*>(nghttp2_session_get_stream_user_data(session, id));
  }

  static int on_begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    H2Session& me = self(user);
    const auto& limits = me.limits_;
    me.receiving_ = nullptr;
    me.events_.on_head_progress(true);
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
      std::unique_ptr<H2Stream> made = me.events_.on_stream_begun();
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

  static int on_header(nghttp2_session* /*session*/, const nghttp2_frame* frame,
                       const uint8_t* name, size_t name_size, const uint8_t* value,
                       size_t value_size, uint8_t /*flags*/, void* user) {
    H2Stream* stream = self(user).receiving_;
    if (stream != nullptr && stream->id_ == frame->hd.stream_id && !stream->reset_) {
      stream->fields_.add(text(name, name_size), text(value, value_size));
    }
    return 0;
  }

  // By default nghttp2 only leaves such a field out.
  static int on_invalid_header(nghttp2_session* /*session*/, const nghttp2_frame* /*frame*/,
                               const uint8_t* /*name*/, size_t /*name_size*/,
                               const uint8_t* /*value*/, size_t /*value_size*/, uint8_t /*flags*/,
                               void* /*user*/) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  static int on_begin_frame(nghttp2_session* /*session*/, const nghttp2_frame_hd* hd, void* user) {
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
      default:
        me.calm_.on_idle_frame();
    }
    return 0;
  }

  static int on_data_chunk(nghttp2_session* session, uint8_t /*flags*/, int32_t id,
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

  static int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
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
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) me.events_.on_ping_answered();
        break;
      case NGHTTP2_GOAWAY:
        me.events_.on_goaway(frame->goaway.last_stream_id, frame->goaway.error_code);
        break;
      default:
        break;
    }
    return 0;
  }

  static void on_fields_complete(H2Session& me, nghttp2_session* session,
                                 const nghttp2_frame& frame) {
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

  static void on_reset_by_peer(H2Session& me, nghttp2_session* session, int32_t id) {
    H2Stream* stream = stream_of(session, id);
    if (stream == nullptr) return;
    stream->peer_reset_ = true;
    if (!stream->end_sent_ && me.role_ == H2Session::Role::server) me.calm_.on_reset();
  }

  static int on_frame_sent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
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

  static bool blames_peer(uint32_t code) noexcept {
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

  static int on_close(nghttp2_session* session, int32_t id, uint32_t code, void* user) {
    H2Session& me = self(user);
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

  static ssize_t read_body(nghttp2_session* session, int32_t id, uint8_t* /*buffer*/, size_t size,
                           uint32_t* flags, nghttp2_data_source* source, void* /*user*/) {
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
        submit_trailers(session, id, stream.trailers_);
      }
    }
    return static_cast<ssize_t>(n);
  }

  static void submit_trailers(nghttp2_session* session, int32_t id, const Headers& trailers) {
    std::vector<nghttp2_nv>& fields = begin_fields();
    add_fields(fields, trailers);
    nghttp2_submit_trailer(session, id, fields.data(), fields.size());
  }

  // A DATA frame leaves: its header is copied, its payload goes by reference.
  static int send_data(nghttp2_session* /*session*/, nghttp2_frame* /*frame*/,
                       const uint8_t* header, size_t size, nghttp2_data_source* source,
                       void* user) {
    H2Session& me = self(user);
    auto& stream = *static_cast<H2Stream*>(source->ptr);
    if (me.output_->size() >= me.enough_) return NGHTTP2_ERR_WOULDBLOCK;
    me.output_->append_copy(text(header, 9));
    if (size >= 256) me.calm_.on_useful_frame();
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

  static nghttp2_session_callbacks* make() {
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

  // Live as long as the process.
  static const nghttp2_session_callbacks* shared() {
    static const nghttp2_session_callbacks* const kShared = make();
    return kShared;
  }

  static nghttp2_option* make_options() {
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
  static const nghttp2_option* options() {
    static const nghttp2_option* const kShared = make_options();
    return kShared;
  }
};

H2Session::H2Session(Role role, const Limits& limits, H2Events& events)
    : limits_(limits), events_(events), role_(role) {
  const auto make =
      role == Role::server ? nghttp2_session_server_new2 : nghttp2_session_client_new2;
  if (make(&session_, H2Callbacks::shared(), this, H2Callbacks::options()) != 0) {
    throw std::bad_alloc();
  }
  std::array<nghttp2_settings_entry, 5> entries{};
  size_t count = 0;
  const auto set = [&](int32_t id, uint32_t value) { entries[count++] = {id, value}; };
  set(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.h2.stream_window);
  set(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.head_bytes);
  if (role == Role::server) {
    set(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.h2.streams_max);
    if (limits.extended_connect) set(NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1);
  } else {
    set(NGHTTP2_SETTINGS_ENABLE_PUSH, 0);
  }
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, entries.data(), count);
  if (limits.h2.connection_window > kWindowDefault) {
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0,
                                          static_cast<int32_t>(limits.h2.connection_window));
  }
}

H2Session::~H2Session() { nghttp2_session_del(session_); }

bool H2Session::feed(const Chunk& in, TimePoint now) {
  if (failed_) return false;
  calm_.tick(now);
  input_ = &in;
  const ssize_t taken =
      nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(in.data()), in.size());
  input_ = nullptr;
  if (taken < 0) return fail(static_cast<int>(taken));
  if (nghttp2_session_get_outbound_queue_size(session_) > kOutboundFramesMax) {
    calm_down(H2Flood::replies);
    return false;
  }
  if (calm_.exceeded() != H2Flood::none) {
    calm_down(calm_.exceeded());
    return false;
  }
  return true;
}

bool H2Session::pull(ByteQueue& out, size_t enough) {
  if (std::exchange(cancelled_detached_, false)) drop_detached();
  output_ = &out;
  enough_ = enough;
  while (!failed_ && out.size() < enough) {
    const uint8_t* data = nullptr;
    const ssize_t n = nghttp2_session_mem_send(session_, &data);
    if (n < 0) fail(static_cast<int>(n));
    if (n <= 0) break;
    out.append_copy(text(data, static_cast<size_t>(n)));
  }
  output_ = nullptr;
  if (!failed_ && calm_.exceeded() != H2Flood::none) calm_down(calm_.exceeded());
  tell_writable();
  if (!failed_) return true;
  while (!last_words_.empty()) out.append(last_words_.take_front(last_words_.size()));
  return false;
}

void H2Session::tell_writable() {
  const std::vector<int32_t> ready = std::exchange(writable_, {});
  for (const int32_t id : ready) {
    H2Stream* stream = H2Callbacks::stream_of(session_, id);
    if (stream != nullptr && !stream->reset_) events_.on_writable(*stream);
  }
}

bool H2Session::wants_write() const noexcept {
  return failed_ ? !last_words_.empty() : nghttp2_session_want_write(session_) != 0;
}

bool H2Session::over() const noexcept {
  if (failed_) return last_words_.empty();
  return nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
}

bool H2Session::fail(int error) {
  switch (error) {
    case NGHTTP2_ERR_FLOODED:
      calm_down(H2Flood::replies);
      break;
    case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
      calm_down(H2Flood::continuations);
      break;
    default:
      failed_ = true;
      put_raw_goaway(NGHTTP2_PROTOCOL_ERROR);
  }
  return false;
}

void H2Session::calm_down(H2Flood kind) {
  if (failed_) return;
  failed_ = true;
  flood_ = kind;
  put_raw_goaway(NGHTTP2_ENHANCE_YOUR_CALM);
}

// nghttp2 will not speak any more, or has too much to say before.
void H2Session::put_raw_goaway(uint32_t code) {
  const auto last = static_cast<uint32_t>(nghttp2_session_get_last_proc_stream_id(session_));
  char frame[17] = {0, 0, 8, NGHTTP2_GOAWAY, 0, 0, 0, 0, 0};
  for (int i = 0; i < 4; ++i) {
    frame[9 + i] = static_cast<char>(last >> (24 - 8 * i));
    frame[13 + i] = static_cast<char>(code >> (24 - 8 * i));
  }
  last_words_.append_copy({frame, sizeof(frame)});
}

// RFC 9113 section 5.1.1: an id that was passed over can never be used. nghttp2 takes it for one of
// a stream that has ended, and passes over its head.
void H2Session::check_order(int32_t id) {
  if (id > last_begun_) {
    if (id > last_begun_ + 2) {
      skipped_from_ = last_begun_ + 2;
      skipped_to_ = id;
    }
    last_begun_ = id;
  } else if (id >= skipped_from_ && id < skipped_to_) {
    nghttp2_session_terminate_session(session_, NGHTTP2_PROTOCOL_ERROR);
  }
}

void H2Session::adopt(std::unique_ptr<H2Stream> stream) {
  stream->index_ = streams_.size();
  streams_.push_back(std::move(stream));
}

void H2Session::drop(H2Stream& stream) {
  if (receiving_ == &stream) receiving_ = nullptr;
  const size_t at = stream.index_;
  std::swap(streams_[at], streams_.back());
  streams_[at]->index_ = at;
  const std::unique_ptr<H2Stream> gone = std::move(streams_.back());
  streams_.pop_back();
}

void H2Session::deliver(H2Stream& stream, Chunk chunk) {
  events_.on_data(stream, std::move(chunk));
}

void H2Session::deliver_end(H2Stream& stream, Headers trailers) {
  stream.end_received_ = true;
  if (stream.reset_) return;
  if (stream.paused_ || !stream.held_.empty()) {
    stream.end_held_ = true;
    stream.held_trailers_ = std::move(trailers);
    return;
  }
  events_.on_end(stream, std::move(trailers));
}

void H2Session::resume(H2Stream& stream) {
  stream.paused_ = false;
  const int32_t id = stream.id_;
  while (!stream.paused_ && !stream.reset_ && !stream.held_.empty()) {
    Chunk chunk = stream.held_.take_front(stream.held_.size());
    nghttp2_session_consume_stream(session_, id, chunk.size());
    events_.on_data(stream, std::move(chunk));
  }
  if (stream.paused_ || stream.reset_ || !stream.end_held_) return;
  stream.end_held_ = false;
  events_.on_end(stream, std::move(stream.held_trailers_));
  if (!stream.detached_) return;
  events_.on_stream_closed(stream, NGHTTP2_NO_ERROR);
  drop(stream);
}

// Cancelled while nghttp2 knew them no more.
void H2Session::drop_detached() {
  for_each_stream([&](H2Stream& stream) {
    if (!stream.detached_ || !stream.reset_) return;
    events_.on_stream_closed(stream, NGHTTP2_CANCEL);
    drop(stream);
  });
}

void H2Session::send_interim(H2Stream& stream, const ResponseHead& head) {
  if (stream.reset_ || failed_) return;
  const Number status(head.status);
  std::vector<nghttp2_nv>& fields = begin_fields();
  fields.push_back(make_nv(":status", status.view()));
  add_fields(fields, head.headers);
  nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream.id_, nullptr, fields.data(),
                         fields.size(), nullptr);
}

void H2Session::send_response(H2Stream& stream, const ResponseHead& head, bool end) {
  if (stream.reset_ || failed_) return;
  const Number status(head.status);
  const Number length(static_cast<uint64_t>(std::max<int64_t>(head.content_length, 0)));
  std::vector<nghttp2_nv>& fields = begin_fields();
  fields.push_back(make_nv(":status", status.view()));
  add_fields(fields, head.headers);
  if (head.content_length != kNoLength && head.status != 204 && head.status >= 200) {
    fields.push_back(make_nv("content-length", length.view()));
  }
  stream.end_asked_ = end;
  nghttp2_data_provider body{{.ptr = &stream}, H2Callbacks::read_body};
  const int error = nghttp2_submit_response(session_, stream.id_, fields.data(), fields.size(),
                                            end ? nullptr : &body);
  if (error != 0) reset(stream, NGHTTP2_INTERNAL_ERROR);
}

bool H2Session::send_request(std::unique_ptr<H2Stream>& stream, const RequestHead& head, bool end) {
  const Number length(static_cast<uint64_t>(std::max<int64_t>(head.content_length, 0)));
  const bool tunnel = !head.upgrade.empty();
  std::vector<nghttp2_nv>& fields = begin_fields();
  fields.push_back(make_nv(":method", tunnel ? "CONNECT" : head.method_name));
  if (tunnel) fields.push_back(make_nv(":protocol", head.upgrade));
  fields.push_back(make_nv(":scheme", head.scheme));
  if (!head.authority.empty()) fields.push_back(make_nv(":authority", head.authority));
  fields.push_back(make_nv(":path", head.path));
  add_fields(fields, head.headers);
  if (head.content_length != kNoLength && head.body != BodyKind::streamed && !tunnel) {
    fields.push_back(make_nv("content-length", length.view()));
  }
  if (head.te_trailers) fields.push_back(make_nv("te", "trailers"));
  if (head.expect_continue) fields.push_back(make_nv("expect", "100-continue"));
  stream->head_bytes_ = head.path.size() + head.authority.size() + bytes_of(head.headers);
  stream->end_asked_ = end;
  nghttp2_data_provider body{{.ptr = stream.get()}, H2Callbacks::read_body};
  const int32_t id = failed_
                         ? NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE
                         : nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(),
                                                  end ? nullptr : &body, stream.get());
  if (id < 0) return false;
  stream->id_ = id;
  adopt(std::move(stream));
  return true;
}

void H2Session::send_body(H2Stream& stream, Chunk chunk) {
  if (stream.reset_ || stream.end_asked_ || chunk.empty()) return;
  if (chunk.size() <= kCopyMax) {
    stream.out_.append_copy(chunk.view());
  } else {
    stream.out_.append(std::move(chunk));
  }
  if (stream.out_.size() > limits_.unsent_low_bytes) stream.was_full_ = true;
  kick(stream);
}

void H2Session::send_end(H2Stream& stream, const Headers& trailers) {
  if (stream.reset_ || std::exchange(stream.end_asked_, true)) return;
  stream.trailers_ = trailers;
  kick(stream);
}

void H2Session::kick(H2Stream& stream) {
  if (std::exchange(stream.deferred_, false) && !failed_) {
    nghttp2_session_resume_data(session_, stream.id_);
  }
}

void H2Session::reset(H2Stream& stream, uint32_t code) {
  if (std::exchange(stream.reset_, true)) return;
  stream.out_.clear();
  stream.held_.clear();
  stream.head_bytes_ = 0;
  if (stream.detached_) {
    cancelled_detached_ = true;
    return;
  }
  if (!failed_) nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id_, code);
}

void H2Session::send_shutdown_notice() {
  if (failed_) return;
  notice_given_ = true;
  nghttp2_submit_shutdown_notice(session_);
}

void H2Session::send_goaway(uint32_t code) {
  if (failed_) return;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session_), code, nullptr, 0);
}

uint32_t H2Session::peer_streams_max() const noexcept {
  return nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

bool H2Session::peer_takes_extended_connect() const noexcept {
  return nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) ==
         1;
}

bool H2Session::may_begin() const noexcept {
  return !failed_ && nghttp2_session_check_request_allowed(session_) != 0;
}

}  // namespace gnomon::http
