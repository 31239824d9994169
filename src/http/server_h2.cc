#include <algorithm>
#include <string>
#include <utility>

#include "base/pool.h"
#include "http/h2_session.h"
#include "http/server_connection.h"
#include "http/websocket.h"

namespace gnomon::http {
namespace {

constexpr int kReadsPerTurn = 4;                    // then other connections get theirs
constexpr size_t kOutputBytes = size_t{64} * 1024;  // of frames that wait for the socket
constexpr Millis kFlushTimeout{300'000};  // without progress, where streams have no such limit
constexpr Error kVanished{Errc::reset, Side::client, Retry::no, "client closed the connection"};
constexpr Error kReset{Errc::reset, Side::client, Retry::no, "client reset the stream"};
constexpr Error kSlowRequest{Errc::timeout, Side::client, Retry::no, "request took too long"};
constexpr Error kIdleStream{Errc::timeout, Side::client, Retry::no, "no byte moved for too long"};
constexpr Error kTooLong{Errc::timeout, Side::client, Retry::no, "exchange took too long"};
constexpr Error kTooLarge{Errc::limit, Side::client, Retry::no, "request body over its limit"};
constexpr Error kClosing{Errc::shutdown, Side::internal, Retry::no, "connection closed by gateway"};
constexpr Error kBroken{Errc::protocol, Side::client, Retry::no, "client broke HTTP/2"};

// RFC 9113 section 7
constexpr uint32_t kNoError = 0;
constexpr uint32_t kInternalError = 2;
constexpr uint32_t kCancel = 8;

H2Session::Limits session_limits(const ServerSettings& settings) {
  return {.h2 = settings.h2,
          .head_bytes = settings.h1.head_bytes,
          .fields = settings.h1.fields,
          .trailer_bytes = settings.h1.trailer_bytes,
          .trailer_fields = settings.h1.trailer_fields,
          .interim_responses = settings.h1.interim_responses,
          .unsent_low_bytes = settings.unsent_low_bytes,
          .extended_connect = true};
}

// A connection that speaks HTTP/2 with a client.
class ServerH2 final : public ServerConnection, private H2Events, private net::StreamHandler {
 public:
  ServerH2(ServerContext& context, std::unique_ptr<net::Stream> stream, Chunk read)
      : context_(context),
        stream_(std::move(stream)),
        peer_ip_(stream_->peer().ip()),
        session_(H2Session::Role::server, session_limits(context.settings), *this),
        pending_(std::move(read)),
        flush_task_([this] { flush(); }),
        finish_task_([this] { finish_streams(); }),
        resume_task_([this] { resume_streams(); }),
        read_task_([this] { read_some(); }),
        phase_timer_(context.loop.timers(), [this] { on_phase_timeout(); }),
        stream_timer_(context.loop.timers(), [this] { check_streams(); }),
        drain_timer_(context.loop.timers(), [this] { on_drain_timer(); }) {
    scope_.id = next_connection_id();
    stream_->set_handler(this);
    arm_phase(settings().header_timeout > Millis::zero() ? settings().header_timeout
                                                         : settings().idle_timeout);
    if (settings().max_connection_duration > Millis::zero()) {
      drain_timer_.arm(settings().max_connection_duration);
    }
    schedule_flush();
    context.loop.schedule(read_task_, net::Lane::live);
  }

  // A stream begun before the client has heard of it is served: first comes a notice, and a ping
  // whose answer says that it was read.
  void drain() override {
    if (std::exchange(draining_, true) || phase_ != Phase::open) return;
    session_.send_shutdown_notice();
    drain_timer_.arm(settings().drain_timeout);
    schedule_flush();
  }
  void close_now() override { abandon(kClosing); }
  bool idle() const noexcept override { return session_.open_streams() == 0; }

 private:
  // closing: the last bytes go out. lingering: FIN sent, waiting for the client's.
  enum class Phase : uint8_t { open, closing, lingering, closed };

  class Exchange;

  const ServerSettings& settings() const noexcept { return context_.settings; }
  static Exchange& own(H2Stream& stream) noexcept;

  void arm_phase(Millis limit) {
    if (limit > Millis::zero()) {
      phase_timer_.arm(limit);
    } else {
      phase_timer_.cancel();
    }
  }

  void on_stream_ready() override {
    if (phase_ == Phase::closed) return;
    if (stream_->broken() && !stream_->readable()) return abandon(kVanished);
    if (stream_->writable() && (!out_.empty() || session_.wants_write())) flush();
    if (phase_ != Phase::closed) read_some();
  }

  bool wants_read() const noexcept { return phase_ == Phase::open || phase_ == Phase::lingering; }

  void read_some() {
    for (int reads = 0; wants_read(); ++reads) {
      if (!pending_.empty()) {
        feed(std::exchange(pending_, Chunk()));
        continue;
      }
      if (!stream_->readable()) break;
      if (reads == kReadsPerTurn) {
        context_.loop.schedule_continuation(read_task_, net::Lane::live);
        return;
      }
      ReadBuffer::Outcome got = context_.read_buffer.read(*stream_);
      switch (got.io.status) {
        case net::IoResult::Status::ok:
          feed(got.chunk);
          break;
        case net::IoResult::Status::would_block:
          break;
        case net::IoResult::Status::eof:
          return on_eof();
        case net::IoResult::Status::error:
          return abandon(kVanished);
      }
    }
  }

  void feed(const Chunk& in) {
    if (phase_ == Phase::lingering) return;
    if (!session_.feed(in, context_.loop.now())) return fail();
    if (session_.wants_write()) schedule_flush();
    if (session_.over()) close_after_flush();
  }

  // What the client sent cannot go on. Its streams end here, and the last thing that it hears is
  // why.
  void fail() {
    if (failed_ || phase_ == Phase::closed) return;
    failed_ = true;
    if (session_.flood() != H2Flood::none) {
      context_.service.on_flood(stream_->peer(), session_.flood());
    }
    lose_handlers(kBroken);
    close_after_flush();
  }

  void on_eof() {
    if (phase_ == Phase::lingering || session_.open_streams() == 0) return close();
    abandon(kVanished);
  }

  // H2Events
  std::unique_ptr<H2Stream> on_stream_begun() override;
  void on_head(H2Stream& stream, bool end) override;
  void on_data(H2Stream& stream, Chunk chunk) override;
  void on_end(H2Stream& stream, Headers trailers) override;
  void on_writable(H2Stream& stream) override;
  void on_data_sent(H2Stream& stream) override;
  void on_sent_end(H2Stream& stream) override;
  void on_stream_closed(H2Stream& stream, uint32_t code) override;
  void on_goaway(int32_t /*last_id*/, uint32_t /*code*/) override { drain(); }
  void on_ping_answered() override {
    if (draining_ && !drained_) finish_drain();
  }
  void on_head_progress(bool begun) override {
    if (phase_ != Phase::open) return;
    if (begun) return arm_phase(settings().header_timeout);
    phase_timer_.cancel();
  }

  void on_drain_timer() {
    if (!draining_) return drain();
    finish_drain();
  }

  void finish_drain() {
    if (std::exchange(drained_, true) || phase_ != Phase::open) return;
    drain_timer_.cancel();
    session_.send_goaway(kNoError);
    schedule_flush();
    if (idle()) close_after_flush();
  }

  void begin_exchange(Exchange& exchange, RequestHead head);
  void refuse(Exchange& exchange, const ProtocolError& error);
  void lose_handler(Exchange& exchange, const Error& error);
  void lose_handlers(const Error& error);
  void finish_streams();
  void resume_streams();
  void check_streams();
  TimePoint check_stream(Exchange& exchange, TimePoint now);
  void arm_stream_timer(TimePoint at);

  void abandon(const Error& error) {
    if (phase_ == Phase::closed) return;
    lose_handlers(error);
    stream_->abort();
    close();
  }

  // What a turn brings leaves in one write; unless it is so much that it would only take up memory.
  void schedule_flush(size_t body_bytes = 0) {
    gathered_ += body_bytes;
    if (gathered_ < kOutputBytes) {
      return context_.loop.schedule_gathering(flush_task_, net::Lane::live);
    }
    flush_task_.cancel();
    context_.loop.schedule(flush_task_, net::Lane::live);
  }

  void flush() {
    gathered_ = 0;
    if (phase_ == Phase::closed) return;
    bool going = true;
    do {
      if (phase_ == Phase::open || phase_ == Phase::closing) {
        going = session_.pull(out_, kOutputBytes);
      }
      if (!going) fail();
      if (phase_ == Phase::closed) return;
      if (!write_out()) return;
    } while (going && out_.empty() && session_.wants_write());
    if (!out_.empty()) return;
    if (phase_ == Phase::open && session_.over()) return close_after_flush();
    if (phase_ == Phase::closing) on_flushed();
  }

  bool write_out() {
    while (!out_.empty() && stream_->writable()) {
      struct iovec parts[32];
      const int count = out_.fill_iovec(parts, 32);
      const net::IoResult io = stream_->write(parts, count);
      if (io.status == net::IoResult::Status::error) {
        abandon(kVanished);
        return false;
      }
      if (io.status != net::IoResult::Status::ok) break;
      last_write_ = context_.loop.now();
      if (phase_ == Phase::closing) arm_flush_limit();
      out_.consume(io.bytes);
    }
    return true;
  }

  void close_after_flush() {
    if (phase_ != Phase::open) return;
    phase_ = Phase::closing;
    arm_flush_limit();
    schedule_flush();
  }

  // A client that takes what it is sent may take its time, as during an exchange.
  void arm_flush_limit() {
    const Millis limit = settings().stream_idle_timeout;
    phase_timer_.arm(limit > Millis::zero() ? limit : kFlushTimeout);
  }

  // Closing with unread bytes would reset the connection and could destroy our last words.
  void on_flushed() {
    if (stream_->peer_closed() || settings().linger_timeout <= Millis::zero()) return close();
    stream_->shutdown_write();
    phase_ = Phase::lingering;
    phase_timer_.arm(settings().linger_timeout);
    context_.loop.schedule(read_task_, net::Lane::live);
  }

  void close() {
    if (phase_ == Phase::closed) return;
    lose_handlers(kClosing);
    phase_ = Phase::closed;
    phase_timer_.cancel();
    stream_timer_.cancel();
    drain_timer_.cancel();
    flush_task_.cancel();
    finish_task_.cancel();
    resume_task_.cancel();
    read_task_.cancel();
    stream_->set_handler(nullptr);
    context_.owner.on_closed(*this);
  }

  void on_phase_timeout() {
    switch (phase_) {
      case Phase::open:
        if (idle()) {
          session_.send_goaway(kNoError);
          return close_after_flush();
        }
        return abandon(kSlowRequest);  // in the middle of a head
      case Phase::closing:
        stream_->abort();
        return close();
      case Phase::lingering:
        return close();
      case Phase::closed:
        return;
    }
  }

  ServerContext& context_;
  const std::unique_ptr<net::Stream> stream_;
  const std::string peer_ip_;
  ConnectionScope scope_;
  H2Session session_;
  ByteQueue out_;
  size_t gathered_ = 0;  // of bodies, since the last flush
  Chunk pending_;        // read before the connection was ours

  net::Task flush_task_;
  net::Task finish_task_;
  net::Task resume_task_;
  net::Task read_task_;
  net::Timer phase_timer_;
  net::Timer stream_timer_;
  net::Timer drain_timer_;
  TimePoint stream_deadline_ = TimePoint::max();  // that its timer is armed for
  TimePoint last_write_{};

  uint32_t requests_ = 0;
  Phase phase_ = Phase::open;
  bool draining_ = false;
  bool drained_ = false;  // the last GOAWAY is sent
  bool failed_ = false;
};

// One request and its response, as the handler sees it.
class ServerH2::Exchange final : public Pooled<Exchange>, public H2Stream, public ServerStream {
 public:
  explicit Exchange(ServerH2& owner) : ServerStream(owner.scope_), owner_(owner) {}

  void send_interim(const ResponseHead& head) override {
    if (!answering() || head_given_) return;
    owner_.session_.send_interim(*this, head);
    owner_.schedule_flush();
  }

  void send_head(const ResponseHead& head) override {
    if (!answering() || std::exchange(head_given_, true)) return;
    if (head.status == 101) return begin_tunnel(head);
    const bool none = head_request || head.body == BodyKind::none ||
                      (head.body == BodyKind::sized && head.content_length == 0);
    bodiless_ = none;
    owner_.session_.send_response(*this, head, none);
    owner_.schedule_flush();
  }

  void send_body(Chunk chunk) override {
    if (!answering() || bodiless_) return;
    const size_t bytes = chunk.size();
    owner_.session_.send_body(*this, std::move(chunk));
    owner_.schedule_flush(bytes);
  }

  void send_end(const Headers& trailers) override {
    if (!answering()) return;
    response_done = true;
    if (!bodiless_) {
      owner_.session_.send_end(*this, owner_.settings().trailers ? trailers : Headers());
    }
    owner_.schedule_flush();
    if (request_done || !tunnel)
      owner_.context_.loop.schedule(owner_.finish_task_, net::Lane::live);
  }

  void reset() override {
    if (was_reset()) return;
    response_done = request_done = true;
    owner_.session_.reset(*this, kInternalError);
    owner_.schedule_flush();
    owner_.context_.loop.schedule(owner_.finish_task_, net::Lane::live);
  }

  void pause() override { owner_.session_.pause(*this); }
  void resume() override {
    if (!std::exchange(wants_resume, true)) {
      owner_.context_.loop.schedule(owner_.resume_task_, net::Lane::live);
    }
  }
  size_t unsent() const noexcept override { return unsent_bytes(); }
  void leave_idling_to_handler() override { handler_times_idling = true; }
  const net::Address& peer() const noexcept override { return owner_.stream_->peer(); }
  std::string_view peer_ip() const noexcept override { return owner_.peer_ip_; }
  net::Address local() const noexcept override { return owner_.stream_->local(); }
  const tls::TlsFacts* tls() const noexcept override { return owner_.stream_->tls(); }
  void close_after_answer() noexcept override { owner_.drain(); }

  bool answering() const noexcept { return !response_done && !was_reset() && !gone; }
  bool head_given() const noexcept { return head_given_; }
  // Whether there is more for the handler to do than to be destroyed.
  bool open() const noexcept { return !response_done || (tunnel && !request_done); }
  // Bytes that its client may still take.
  bool owes_bytes() const noexcept { return unsent_bytes() > 0 && !was_reset(); }

  std::unique_ptr<RequestHandler> handler;
  TimePoint begun{};
  TimePoint last_activity{};
  uint64_t body_bytes = 0;
  bool head_request = false;
  bool tunnel = false;
  bool upgrade = false;  // an extended CONNECT that has not been answered
  bool request_done = false;
  bool response_done = false;
  bool wants_resume = false;
  bool handler_times_idling = false;
  bool gone = false;  // the handler has been told that its client is

 private:
  // RFC 8441 section 5: success is a 200, and the body is what comes after a 101.
  void begin_tunnel(const ResponseHead& head) {
    tunnel = upgrade;
    upgrade = false;
    request_done = false;
    ResponseHead answer = head;
    answer.status = 200;
    answer.headers.remove(std::string_view("sec-websocket-accept"));
    owner_.session_.send_response(*this, answer, false);
    owner_.schedule_flush();
    resume();
  }

  ServerH2& owner_;
  bool head_given_ = false;
  bool bodiless_ = false;
};

ServerH2::Exchange& ServerH2::own(H2Stream& stream) noexcept {
  return static_cast<Exchange&>(stream);
}

std::unique_ptr<H2Stream> ServerH2::on_stream_begun() {
  if (drained_ || phase_ != Phase::open) return nullptr;
  return std::make_unique<Exchange>(*this);
}

void ServerH2::on_head(H2Stream& stream, bool end) {
  Exchange& exchange = own(stream);
  exchange.begun = exchange.last_activity = context_.loop.now();
  if (session_.fields(stream).too_large()) return refuse(exchange, {431, "request head too long"});
  ProtocolError error;
  std::optional<RequestHead> head =
      session_.fields(stream).take_request(end, settings().rules, error);
  if (!head) return refuse(exchange, error);
  const uint64_t most = settings().request_body_bytes_max;
  if (most > 0 && head->content_length > 0 && static_cast<uint64_t>(head->content_length) > most) {
    return refuse(exchange, {413, kTooLarge.detail});
  }
  begin_exchange(exchange, std::move(*head));
}

void ServerH2::begin_exchange(Exchange& exchange, RequestHead head) {
  ++requests_;
  if (settings().max_requests > 0 && requests_ >= settings().max_requests) drain();
  // How the request came is for the connection to say, whatever its client claims.
  head.scheme = stream_->tls() != nullptr ? "https" : "http";
  exchange.head_request = head.method == Method::head;
  exchange.upgrade = !head.upgrade.empty();
  if (exchange.upgrade) {
    add_websocket_key(head, scope_.id, static_cast<uint64_t>(exchange.id()));
    // What belongs to the new protocol waits until it has been switched to.
    session_.pause(exchange);
  }
  arm_stream_timer(check_stream(exchange, context_.loop.now()));
  exchange.handler = context_.service.on_request(exchange, std::move(head));
  if (!exchange.upgrade) return;
  exchange.request_done = true;
  exchange.handler->on_request_end({});
}

void ServerH2::on_data(H2Stream& stream, Chunk chunk) {
  Exchange& exchange = own(stream);
  exchange.last_activity = context_.loop.now();
  if (exchange.handler == nullptr || exchange.gone) return;
  if (exchange.response_done && !exchange.tunnel) return;
  exchange.body_bytes += chunk.size();
  const uint64_t most = settings().request_body_bytes_max;
  if (!exchange.tunnel && most > 0 && exchange.body_bytes > most) {
    lose_handler(exchange, kTooLarge);
    if (exchange.head_given()) return session_.reset(stream, kCancel);
    return refuse(exchange, {413, kTooLarge.detail});
  }
  exchange.handler->on_body(std::move(chunk));
}

void ServerH2::on_end(H2Stream& stream, Headers trailers) {
  Exchange& exchange = own(stream);
  exchange.last_activity = context_.loop.now();
  if (exchange.handler == nullptr || exchange.gone || exchange.request_done) return;
  exchange.request_done = true;
  if (!settings().trailers) trailers.clear();
  if (settings().rules.underscores != Underscores::allow) {
    trailers.remove_if([](const Field& field) { return field.name.contains('_'); });
  }
  if (!exchange.response_done || exchange.tunnel) {
    exchange.handler->on_request_end(std::move(trailers));
  }
  if (exchange.response_done) context_.loop.schedule(finish_task_, net::Lane::live);
}

void ServerH2::on_writable(H2Stream& stream) {
  Exchange& exchange = own(stream);
  if (exchange.answering() && exchange.handler != nullptr) exchange.handler->on_client_writable();
}

void ServerH2::on_data_sent(H2Stream& stream) { own(stream).last_activity = context_.loop.now(); }

// The answer is complete. A client that is still sending is told to stop (RFC 9113 section 8.1).
void ServerH2::on_sent_end(H2Stream& stream) {
  if (own(stream).response_done) context_.loop.schedule(finish_task_, net::Lane::live);
  if (stream.end_received() || (own(stream).tunnel && own(stream).handler != nullptr)) return;
  session_.reset(stream, kNoError);
  schedule_flush();
}

void ServerH2::on_stream_closed(H2Stream& stream, uint32_t /*code*/) {
  Exchange& exchange = own(stream);
  if (exchange.open() || exchange.owes_bytes()) lose_handler(exchange, kReset);
  if (session_.open_streams() > 1 || phase_ != Phase::open) return;
  stream_timer_.cancel();
  stream_deadline_ = TimePoint::max();
  if (drained_) return close_after_flush();
  arm_phase(settings().idle_timeout);
}

// Answers on behalf of no handler.
void ServerH2::refuse(Exchange& exchange, const ProtocolError& error) {
  context_.service.on_refused(stream_->peer(), error);
  ResponseHead head;
  head.status = error.status;
  head.body = BodyKind::sized;
  const std::string text = std::string(reason_phrase(error.status)) + "\n";
  head.content_length = static_cast<int64_t>(text.size());
  head.headers.add("content-type", "text/plain");
  exchange.gone = false;
  exchange.send_head(head);
  exchange.send_body(Chunk::copy_of(text));
  exchange.send_end({});
  exchange.gone = true;
}

// Tells the handler that its client is lost. It may be on the stack above us and is kept until the
// stream ends.
void ServerH2::lose_handler(Exchange& exchange, const Error& error) {
  if (exchange.handler == nullptr || std::exchange(exchange.gone, true)) return;
  exchange.handler->on_client_gone(error);
}

void ServerH2::lose_handlers(const Error& error) {
  session_.for_each_stream([&](H2Stream& stream) {
    Exchange& exchange = own(stream);
    if (exchange.open() || exchange.owes_bytes()) lose_handler(exchange, error);
  });
}

// The handlers of exchanges that are over go once the last bytes are in frames.
void ServerH2::finish_streams() {
  session_.for_each_stream([&](H2Stream& stream) {
    Exchange& exchange = own(stream);
    if (!exchange.open() && !exchange.owes_bytes()) exchange.handler.reset();
  });
}

void ServerH2::resume_streams() {
  session_.for_each_stream([&](H2Stream& stream) {
    if (std::exchange(own(stream).wants_resume, false)) session_.resume(stream);
  });
  if (phase_ != Phase::closed && session_.wants_write()) schedule_flush();
}

void ServerH2::arm_stream_timer(TimePoint at) {
  if (at >= stream_deadline_) return;
  stream_deadline_ = at;
  stream_timer_.arm(std::max(std::chrono::ceil<Millis>(at - context_.loop.now()), Millis(1)));
}

// One timer for all streams. It looks at them when the first may be due, so that activity costs no
// timer work.
void ServerH2::check_streams() {
  stream_deadline_ = TimePoint::max();
  if (phase_ != Phase::open) return;
  const TimePoint now = context_.loop.now();
  const Millis idle_limit = settings().stream_idle_timeout;
  if (!out_.empty() && idle_limit > Millis::zero() && now - last_write_ >= idle_limit) {
    return abandon(kIdleStream);
  }
  TimePoint next = TimePoint::max();
  session_.for_each_stream(
      [&](H2Stream& stream) { next = std::min(next, check_stream(own(stream), now)); });
  if (session_.wants_write()) schedule_flush();
  if (phase_ == Phase::open && next != TimePoint::max()) arm_stream_timer(next);
}

// Ends an exchange whose time is over. Returns when to look again.
TimePoint ServerH2::check_stream(Exchange& exchange, TimePoint now) {
  TimePoint next = TimePoint::max();
  const auto due = [&](Millis limit, TimePoint since) {
    if (limit <= Millis::zero()) return false;
    if (now >= since + limit) return true;
    next = std::min(next, since + limit);
    return false;
  };
  const auto give_up = [&](const Error& error, uint16_t status) {
    lose_handler(exchange, error);
    if (exchange.head_given() || status == 0) {
      session_.reset(exchange, kCancel);
    } else {
      refuse(exchange, {status, error.detail});
    }
    return now + settings().linger_timeout + Millis(1);
  };
  if (exchange.was_reset()) return next;
  if (!exchange.request_done && !exchange.end_received() && !exchange.tunnel &&
      due(settings().request_timeout, exchange.begun)) {
    return give_up(kSlowRequest, 408);
  }
  if (!exchange.response_done && due(settings().max_stream_duration, exchange.begun)) {
    return give_up(kTooLong, exchange.request_done ? 504 : 408);
  }
  const bool ours = !exchange.handler_times_idling || exchange.response_done;
  if (ours && due(settings().stream_idle_timeout, exchange.last_activity)) {
    return give_up(kIdleStream, 0);
  }
  return next;
}

}  // namespace

std::unique_ptr<ServerConnection> make_server_h2(ServerContext& context,
                                                 std::unique_ptr<net::Stream> stream, Chunk read) {
  return std::make_unique<ServerH2>(context, std::move(stream), std::move(read));
}

}  // namespace gnomon::http
