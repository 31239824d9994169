#include <string>
#include <utility>

#include "http/client_loss.h"
#include "http/h1_request_parser.h"
#include "http/h1_writer.h"
#include "http/read_in_turns.h"
#include "http/server_connection.h"
#include "http/server_rules.h"
#include "http/write_out.h"

namespace gnomon::http {
namespace {

constexpr size_t kDiscardMax = size_t{256} * 1024;  // of a body nobody wants, before we hang up
constexpr Millis kDiscardTimeout{2'000};            // for the rest of a body nobody wants
constexpr Millis kLastChance{1'000};  // for the first request of a connection, draining

// A connection that speaks HTTP/1.1 with a client: one exchange at a time, pipelined requests wait
// in the kernel or in `pending_`.
class ServerH1 final : public ServerConnection, private ServerStream, private net::StreamHandler {
 public:
  ServerH1(ServerContext& context, std::unique_ptr<net::Stream> stream, PrefaceSink* preface_sink)
      : ServerStream(scope_),
        context_(context),
        preface_sink_(preface_sink),
        stream_(std::move(stream)),
        peer_ip_(stream_->peer().ip()),
        parser_(context.settings.h1, context.settings.rules),
        flush_task_([this] { flush(); }),
        finish_task_([this] { finish_exchange(); }),
        read_task_([this] { read_some(); }),
        phase_timer_(context.loop.timers(), [this] { on_phase_timeout(); }),
        activity_timer_(context.loop.timers(), [this] { on_activity_timeout(); }) {
    scope_.id = next_connection_id();
    stream_->set_handler(this);
    arm_limit(phase_timer_, first_head_limit(settings()));
    if (settings().max_connection_duration > Millis::zero()) {
      age_timer_ = std::make_unique<net::Timer>(context.loop.timers(), [this] { drain(); });
      age_timer_->arm(settings().max_connection_duration);
    }
  }

  void drain() override {
    draining_ = true;
    if (phase_ != Phase::idle || !parser_.idle()) return;
    if (served_ && !stream_->readable()) return close_after_flush();
    phase_timer_.arm(kLastChance);
  }
  void close_now() override { abandon(kClosing); }
  bool idle() const noexcept override { return phase_ == Phase::idle; }
  std::optional<TimePoint> idle_since() const noexcept override {
    const bool waiting = phase_ == Phase::idle && parser_.idle() && served_;
    if (!waiting || stream_->readable() || !out_.empty()) return std::nullopt;
    return last_activity_;
  }

  // For read_in_turns().
  bool wants_read() const noexcept {
    switch (phase_) {
      case Phase::idle:
        return !owes_answer();
      case Phase::exchange:
        return !request_done_ && !paused_;
      case Phase::discarding:
      case Phase::lingering:
        return true;
      case Phase::closing:
      case Phase::closed:
        return false;
    }
    return false;
  }

  bool feed_pending() {
    if (pending_.empty() && !events_left_) return false;
    feed(std::exchange(pending_, Chunk()));
    return true;
  }

  void feed_read(Chunk in) {
    last_activity_ = context_.loop.now();
    feed(std::move(in));
  }

  void on_read_end(ReadEnd end) {
    if (end == ReadEnd::reset) return abandon(kVanished);
    switch (phase_) {
      case Phase::idle:
        if (!parser_.in_head()) return close_after_flush();
        return refuse({400, "connection ended in a request head"});
      case Phase::exchange:
        if (tunnel_) {
          request_done_ = true;
          handler_->on_request_end({});
          if (response_done_) context_.loop.schedule(finish_task_, net::Lane::live);
          return;
        }
        if (!head_sent_) {
          lose_handler(kUploadCut);
          return refuse({400, "connection ended in a request body"});
        }
        return abandon(kUploadCut);
      case Phase::discarding:
        return close_after_flush();
      case Phase::lingering:
        return close();
      case Phase::closing:
      case Phase::closed:
        return;
    }
  }

 private:
  // idle: between exchanges, maybe in the middle of a head. exchange: a handler is at work.
  // discarding: the answer is complete, the rest of the request is read and dropped. closing: the
  // last bytes go out. lingering: FIN sent, waiting for the client's. closed: only to be destroyed.
  enum class Phase : uint8_t { idle, exchange, discarding, closing, lingering, closed };

  const ServerSettings& settings() const noexcept { return context_.settings; }

  void on_stream_ready() override {
    if (phase_ == Phase::closed) return;
    if (stream_->broken() && phase_ != Phase::idle && !stream_->readable()) {
      return abandon(kVanished);
    }
    if (stream_->writable() && !out_.empty()) flush();
    if (phase_ != Phase::closed) read_some();
    // Nobody reads any more, or not now, and so nobody would notice that the client is gone.
    const bool deaf = phase_ == Phase::exchange ? request_done_ || paused_ : owes_answer();
    if (deaf && stream_->broken()) abandon(kVanished);
  }

  // The exchange is over but for bytes that the client has not taken; its handler waits for them.
  bool owes_answer() const noexcept { return handler_ != nullptr && phase_ != Phase::exchange; }

  void read_some() {
    read_in_turns({*stream_, context_.read_buffer, context_.loop, read_task_, net::Lane::live},
                  *this);
    if (phase_ == Phase::idle && parser_.in_head() && !head_timed_) {
      head_timed_ = true;
      if (settings().header_timeout > Millis::zero()) phase_timer_.arm(settings().header_timeout);
    }
  }

  void feed(Chunk in) {
    events_left_ = false;
    if (preface_sink_ != nullptr && !past_preface(in)) return;
    if (phase_ == Phase::lingering) return count_discarded(in.size());
    while (wants_read()) {
      switch (parser_.next(in)) {
        case H1Event::need_data:
          return;
        case H1Event::head:
          begin_exchange();
          break;
        case H1Event::body:
          on_body(parser_.take_body());
          break;
        case H1Event::end:
          pending_ = std::move(in);
          return on_request_end();
        case H1Event::error:
          return on_protocol_error();
      }
    }
    pending_ = std::move(in);
    events_left_ = true;
  }

  // Whether the first bytes begin a request of HTTP/1. False while they may still be the preface of
  // HTTP/2, and when they were.
  bool past_preface(Chunk& in) {
    if (!preface_.empty()) in = Chunk::copy_of(std::string(preface_.view()).append(in.view()));
    const std::string_view looked = in.view().substr(0, kH2Preface.size());
    const bool maybe = kH2Preface.starts_with(looked);
    if (maybe && looked.size() < kH2Preface.size()) {
      preface_ = std::move(in);
      return false;
    }
    preface_ = Chunk();
    PrefaceSink* const sink = std::exchange(preface_sink_, nullptr);
    if (maybe) hand_over(*sink, std::move(in));
    return !maybe;
  }

  // Nothing but the destructor follows.
  void hand_over(PrefaceSink& sink, Chunk in) {
    phase_ = Phase::closed;
    phase_timer_.cancel();
    if (age_timer_ != nullptr) age_timer_->cancel();
    read_task_.cancel();
    sink.on_preface(std::move(stream_), std::move(in), draining_);
  }

  void on_body(Chunk chunk) {
    if (phase_ == Phase::discarding) {
      count_discarded(chunk.size());
    } else if (phase_ == Phase::exchange) {
      body_bytes_ += chunk.size();
      if (!tunnel_ && over_limit(body_bytes_)) return refuse_body();
      handler_->on_body(std::move(chunk));
    }
  }

  bool over_limit(uint64_t body_bytes) const noexcept {
    return body_bytes_max_ > 0 && body_bytes > body_bytes_max_;
  }

  void refuse_body() {
    lose_handler(kTooLarge);
    if (head_sent_) return abandon(kTooLarge);
    refuse({413, kTooLarge.detail});
  }

  void count_discarded(size_t n) {
    discarded_ += n;
    if (discarded_ <= kDiscardMax) return;
    if (phase_ == Phase::lingering) {
      close();
    } else {
      close_after_flush();
    }
  }

  void begin_exchange() {
    phase_ = Phase::exchange;
    request_done_ = response_done_ = head_sent_ = paused_ = tunnel_ = false;
    handler_times_idling_ = false;
    body_bytes_ = 0;
    body_bytes_max_ = settings().request_body_bytes_max;
    RequestHead head = parser_.take_head();
    if (tls() != nullptr) head.scheme = "https";
    if (head.content_length > 0 && over_limit(static_cast<uint64_t>(head.content_length))) {
      return refuse({413, kTooLarge.detail});
    }
    client_version_ = head.version;
    head_request_ = head.method == Method::head;
    ++requests_;
    const bool last = settings().max_requests > 0 && requests_ >= settings().max_requests;
    keep_alive_ = parser_.keep_alive() && !last;
    if (head.body != BodyKind::none && settings().request_timeout > Millis::zero()) {
      phase_timer_.arm(settings().request_timeout);
    } else {
      phase_timer_.cancel();
    }
    arm_stream_timer();
    last_activity_ = context_.loop.now();
    if (!activity_timer_.armed() && settings().stream_idle_timeout > Millis::zero()) {
      activity_timer_.arm(settings().stream_idle_timeout);
    }
    handler_ = context_.service.on_request(*this, std::move(head));
  }

  void arm_stream_timer() {
    const Millis limit = settings().max_stream_duration;
    if (limit <= Millis::zero()) return;
    if (stream_timer_ == nullptr) {
      stream_timer_ =
          std::make_unique<net::Timer>(context_.loop.timers(), [this] { on_stream_timeout(); });
    }
    stream_timer_->arm(limit);
  }

  void on_stream_timeout() {
    if (phase_ == Phase::discarding) return close_after_flush();
    if (phase_ != Phase::exchange) return;
    if (head_sent_) return abandon(kTooLong);
    lose_handler(kTooLong);
    const uint16_t status = request_done_ ? 504 : 408;
    refuse({status, kTooLong.detail});
  }

  Headers take_trailers() {
    Headers trailers = parser_.take_trailers();
    drop_unwanted_trailers(trailers, settings());
    return trailers;
  }

  void on_request_end() {
    Headers trailers = take_trailers();
    request_done_ = true;
    phase_timer_.cancel();
    if (phase_ == Phase::discarding) {
      response_done_ = true;
      return context_.loop.schedule(finish_task_, net::Lane::live);
    }
    if (phase_ != Phase::exchange) return;
    handler_->on_request_end(std::move(trailers));
    if (response_done_) context_.loop.schedule(finish_task_, net::Lane::live);
  }

  void on_protocol_error() {
    const ProtocolError error = parser_.error();
    if (phase_ == Phase::idle) return refuse(error);
    if (phase_ == Phase::discarding) return close_after_flush();
    lose_handler({Errc::protocol, Side::client, Retry::no, error.detail});
    if (head_sent_) return abandon(kUploadCut);
    refuse(error);
  }

  // Answers on behalf of no handler, then closes.
  void refuse(const ProtocolError& error) {
    context_.service.on_refused(stream_->peer(), error);
    const Refusal refusal = make_refusal(error);
    write_response_head(out_, refusal.head, Version::http11, ConnectionOption::close, Method::get,
                        field_case());
    out_.append_copy(refusal.text);
    must_linger_ = true;
    close_after_flush();
  }

  FieldCase field_case() const noexcept {
    return settings().proper_case ? FieldCase::proper : FieldCase::as_is;
  }

  // Tells the handler that its client is lost, and forgets it.
  void lose_handler(const Error& error) {
    finish_task_.cancel();
    if (handler_ == nullptr) return;
    const std::unique_ptr<RequestHandler> handler = std::move(handler_);
    if (!response_done_ || !request_done_) handler->on_client_gone(error);
  }

  void abandon(const Error& error) {
    if (phase_ == Phase::closed) return;
    // The handler may be on the stack above us: it is told now and destroyed with the connection.
    const bool complete = response_done_ && request_done_ && out_.empty();
    if (handler_ != nullptr && !complete && !abandoned_) {
      abandoned_ = true;
      handler_->on_client_gone(error);
    }
    stream_->abort();
    close();
  }

  void send_interim(const ResponseHead& head) override {
    if (!answering() || client_version_ == Version::http10) return;
    write_response_head(out_, head, client_version_, ConnectionOption::none, Method::get,
                        field_case());
    schedule_flush();
  }

  void send_head(const ResponseHead& head) override {
    if (!answering()) return;
    head_sent_ = true;
    tunnel_ = head.status == 101;
    const bool ends_with_connection =
        client_version_ == Version::http10 && !head_request_ &&
        (head.body == BodyKind::streamed || head.body == BodyKind::until_close);
    if (ends_with_connection || draining_) keep_alive_ = false;
    if (tunnel_) {
      keep_alive_ = false;
      phase_timer_.cancel();
      parser_.enter_tunnel();
      request_done_ = false;
      context_.loop.schedule(read_task_, net::Lane::live);
    }
    ConnectionOption option = ConnectionOption::none;
    if (!keep_alive_ && !tunnel_) option = ConnectionOption::close;
    if (keep_alive_ && client_version_ == Version::http10) option = ConnectionOption::keep_alive;
    body_kind_ = write_response_head(out_, head, client_version_, option,
                                     head_request_ ? Method::head : Method::get, field_case());
    if (head_request_) body_kind_ = BodyKind::none;
    schedule_flush();
  }

  void send_body(Chunk chunk) override {
    if (!answering() || (body_kind_ == BodyKind::none && !tunnel_)) return;
    if (tunnel_) {
      out_.append(std::move(chunk));
    } else {
      write_body(out_, std::move(chunk), body_kind_);
    }
    schedule_flush();
  }

  void send_end(const Headers& trailers) override {
    if (!answering()) return;
    if (!tunnel_) write_end(out_, body_kind_, settings().trailers ? trailers : Headers());
    response_done_ = true;
    schedule_flush();
    if (request_done_ || !tunnel_) context_.loop.schedule(finish_task_, net::Lane::live);
  }

  void reset() override {
    if (phase_ != Phase::exchange) return;
    // Where the client can tell from the framing that the message is short, a close is enough and
    // lets it read what has been sent; otherwise only a reset tells.
    reset_after_flush_ = !head_sent_ || tunnel_ || body_kind_ == BodyKind::until_close;
    keep_alive_ = false;
    must_linger_ = true;
    response_done_ = request_done_ = true;
    context_.loop.schedule(finish_task_, net::Lane::live);
  }

  void pause() override { paused_ = true; }
  void resume() override {
    if (!std::exchange(paused_, false)) return;
    context_.loop.schedule(read_task_, net::Lane::live);
  }
  size_t unsent() const noexcept override { return out_.size(); }
  void leave_idling_to_handler() override { handler_times_idling_ = true; }
  void leave_duration_to_handler() override {
    if (stream_timer_ != nullptr) stream_timer_->cancel();
  }
  const net::Address& peer() const noexcept override { return stream_->peer(); }
  std::string_view peer_ip() const noexcept override { return peer_ip_; }
  net::Address local() const noexcept override { return stream_->local(); }
  const tls::TlsFacts* tls() const noexcept override { return stream_->tls(); }
  void close_after_answer() noexcept override { keep_alive_ = false; }

  bool answering() const noexcept { return phase_ == Phase::exchange && !response_done_; }

  void schedule_flush() { context_.loop.schedule(flush_task_, net::Lane::live); }

  void flush() {
    const bool was_high = out_.size() > settings().unsent_low_bytes;
    if (phase_ == Phase::closed) return;
    const Written written = write_out(out_, *stream_);
    if (written.failed) return abandon(kVanished);
    if (written.bytes > 0) {
      last_activity_ = context_.loop.now();
      if (phase_ == Phase::closing) arm_flush_limit(phase_timer_, settings());
    }
    if (out_.empty()) {
      if (owes_answer()) on_answer_left();
      if (tunnel_ && response_done_ && !fin_sent_) {
        fin_sent_ = true;
        stream_->shutdown_write();
      }
      if (phase_ == Phase::closing) return on_flushed();
    }
    if (was_high && out_.size() <= settings().unsent_low_bytes && answering() &&
        handler_ != nullptr) {
      handler_->on_client_writable();
    }
  }

  void on_answer_left() {
    handler_.reset();
    if (phase_ != Phase::idle) return;
    arm_limit(phase_timer_, settings().idle_timeout);
    context_.loop.schedule(read_task_, net::Lane::live);
  }

  // Both directions have ended, or the answer has and the rest of the request is not wanted.
  void finish_exchange() {
    if (phase_ != Phase::exchange && phase_ != Phase::discarding) return;
    if (out_.empty()) handler_.reset();
    if (stream_timer_ != nullptr) stream_timer_->cancel();
    if (!request_done_) {
      phase_ = Phase::discarding;
      discarded_ = 0;
      must_linger_ = true;
      paused_ = false;
      phase_timer_.arm(kDiscardTimeout);
      return read_some();
    }
    if (tunnel_ || !keep_alive_ || draining_) return close_after_flush();
    must_linger_ = false;
    served_ = true;
    phase_ = Phase::idle;
    head_timed_ = false;
    arm_limit(phase_timer_, settings().idle_timeout);
    if (!pending_.empty() || stream_->readable()) read_some();
  }

  void close_after_flush() {
    if (phase_ == Phase::closed) return;
    phase_ = Phase::closing;
    arm_flush_limit(phase_timer_, settings());
    if (out_.empty()) return on_flushed();
    schedule_flush();
  }

  void on_flushed() {
    if (reset_after_flush_) return abandon(kVanished);
    // Closing with unread bytes would reset the connection and could destroy our last answer on its
    // way (RFC 9112 section 9.6).
    if (stream_->peer_closed() || (!must_linger_ && !stream_->readable() && pending_.empty())) {
      return close();
    }
    if (!fin_sent_) stream_->shutdown_write();
    fin_sent_ = true;
    phase_ = Phase::lingering;
    pending_ = Chunk();
    if (settings().linger_timeout <= Millis::zero()) return close();
    phase_timer_.arm(settings().linger_timeout);
    context_.loop.schedule(read_task_, net::Lane::live);
  }

  void close() {
    if (phase_ == Phase::closed) return;
    phase_ = Phase::closed;
    phase_timer_.cancel();
    activity_timer_.cancel();
    if (age_timer_ != nullptr) age_timer_->cancel();
    if (stream_timer_ != nullptr) stream_timer_->cancel();
    flush_task_.cancel();
    finish_task_.cancel();
    read_task_.cancel();
    stream_->set_handler(nullptr);
    context_.owner.on_closed(*this);
  }

  void on_phase_timeout() {
    switch (phase_) {
      case Phase::idle:
        if (parser_.in_head()) return refuse({408, "request head took too long"});
        return close_after_flush();
      case Phase::exchange:
        if (head_sent_) return abandon(kSlowRequest);
        lose_handler(kSlowRequest);
        return refuse({408, "request body took too long"});
      case Phase::discarding:
        return close_after_flush();
      case Phase::closing:
        return abandon(kIdleStream);
      case Phase::lingering:
        return close();
      case Phase::closed:
        return;
    }
  }

  // Armed once and looked at when it fires, so that activity costs no timer work.
  void on_activity_timeout() {
    if (phase_ != Phase::exchange && phase_ != Phase::discarding) return;
    const Duration quiet = context_.loop.now() - last_activity_;
    if (handler_times_idling_ && phase_ == Phase::exchange) {
      return activity_timer_.arm(settings().stream_idle_timeout);
    }
    if (quiet >= settings().stream_idle_timeout) return abandon(kIdleStream);
    activity_timer_.arm(settings().stream_idle_timeout - quiet);
  }

  ConnectionScope scope_;
  ServerContext& context_;
  PrefaceSink* preface_sink_;  // until the first bytes say that it is HTTP/1
  std::unique_ptr<net::Stream> stream_;
  const std::string peer_ip_;
  H1RequestParser parser_;
  ByteQueue out_;
  Chunk preface_;  // the first bytes, while they may be the beginning of HTTP/2
  Chunk pending_;  // read but not parsed: the exchange is paused, or it belongs to the next request
  std::unique_ptr<RequestHandler> handler_;

  net::Task flush_task_;
  net::Task finish_task_;
  net::Task read_task_;
  net::Timer phase_timer_;
  net::Timer activity_timer_;
  // Only where a limit asks for them.
  std::unique_ptr<net::Timer> age_timer_;
  std::unique_ptr<net::Timer> stream_timer_;
  TimePoint last_activity_{};

  size_t discarded_ = 0;
  uint64_t body_bytes_ = 0;
  uint64_t body_bytes_max_ = 0;  // as it was when the exchange began
  uint32_t requests_ = 0;
  Phase phase_ = Phase::idle;
  Version client_version_ = Version::http11;
  BodyKind body_kind_ = BodyKind::none;
  bool head_request_ = false;
  bool head_sent_ = false;
  bool head_timed_ = false;
  bool request_done_ = false;
  bool response_done_ = false;
  bool keep_alive_ = true;
  bool served_ = false;  // at least one exchange
  bool paused_ = false;
  bool events_left_ = false;  // the parser was not asked until it wanted more bytes
  bool tunnel_ = false;
  bool draining_ = false;
  bool abandoned_ = false;
  bool must_linger_ = false;
  bool fin_sent_ = false;
  bool reset_after_flush_ = false;
  bool handler_times_idling_ = false;
};

}  // namespace

std::unique_ptr<ServerConnection> make_server_h1(ServerContext& context,
                                                 std::unique_ptr<net::Stream> stream,
                                                 PrefaceSink* preface_sink) {
  return std::make_unique<ServerH1>(context, std::move(stream), preface_sink);
}

}  // namespace gnomon::http
