#include "http/h2_session.h"

#include <nghttp2/nghttp2.h>

#include <array>
#include <new>
#include <utility>

#include "http/h2_callbacks.h"
#include "http/h2_memory.h"
#include "http/h2_out_fields.h"

namespace gnomon::http {
namespace {

constexpr size_t kOutboundFramesMax = 2000;  // besides those of a client's own requests
constexpr size_t kFramesPerRequest = 3;      // a head, a reset, a grant of window
constexpr uint32_t kWindowDefault = 65'535;

std::string_view text(const uint8_t* bytes, size_t size) noexcept {
  return {reinterpret_cast<const char*>(bytes), size};
}

size_t bytes_of(const Headers& headers) noexcept {
  size_t bytes = 0;
  for (const Field& field : headers) bytes += field.name.size() + field.value.size();
  return bytes;
}

}  // namespace

H2Session::H2Session(Role role, const Limits& limits, H2Events& events)
    : limits_(limits), events_(events), role_(role) {
  const auto make =
      role == Role::server ? nghttp2_session_server_new3 : nghttp2_session_client_new3;
  if (make(&session_, H2Callbacks::shared(), this, H2Callbacks::options(), h2_memory()) != 0) {
    throw std::bad_alloc();
  }
  std::array<nghttp2_settings_entry, 5> entries{};
  size_t count = 0;
  const auto set = [&](int32_t id, uint32_t value) { entries[count++] = {id, value}; };
  set(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.h2.stream_window);
  set(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.head_bytes);
  if (role == Role::server) {
    set(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.h2.streams_max);
    set(NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1);
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
  const size_t own = role_ == Role::client ? kFramesPerRequest * streams_.size() : 0;
  if (nghttp2_session_get_outbound_queue_size(session_) > kOutboundFramesMax + own) {
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

size_t H2Session::outlive_connection() {
  size_t count = 0;
  for_each_stream([&](H2Stream& stream) {
    if (!stream.holds_whole()) return;
    stream.detached_ = true;
    ++count;
  });
  return count;
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
  const H2OutFields fields = h2_response_fields(head);
  nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream.id_, nullptr, fields.data(),
                         fields.size(), nullptr);
}

void H2Session::send_response(H2Stream& stream, const ResponseHead& head, bool end) {
  if (stream.reset_ || failed_) return;
  const H2OutFields fields = h2_response_fields(head);
  stream.end_asked_ = end;
  nghttp2_data_provider body{{.ptr = &stream}, H2Callbacks::read_body};
  const int error = nghttp2_submit_response(session_, stream.id_, fields.data(), fields.size(),
                                            end ? nullptr : &body);
  if (error != 0) reset(stream, NGHTTP2_INTERNAL_ERROR);
}

bool H2Session::send_request(std::unique_ptr<H2Stream>& stream, const RequestHead& head, bool end) {
  const H2OutFields fields = h2_request_fields(head);
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

void H2Session::send_ping() {
  if (!failed_) nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, kPing);
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
