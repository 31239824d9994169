#include <algorithm>
#include <utility>

#include "base/pool.h"
#include "http/backend_loss.h"
#include "http/client_connection.h"
#include "http/h2_error.h"
#include "http/h2_session.h"
#include "http/read_in_turns.h"
#include "http/websocket.h"
#include "http/write_out.h"

namespace gnomon::http {
namespace {

// Many streams share a connection, so a live one gets more than one that has a single exchange.
// What is read at a time also leaves at a time.
constexpr int kLiveReadsPerTurn = 16;
constexpr size_t kOutputBytes = size_t{64} * 1024;  // of frames that wait for the socket
// An HTTP/2 peer reads all the time: windows are how it holds us back. One that does not take what
// lies ready gets no further request after the first time, and is given up after the second.
constexpr Millis kSluggish{1'000};
constexpr Millis kStalled{30'000};

// Unlike one that has closed while it was idle, it may have looked at the request.
constexpr Error kSilent{Errc::reset, Side::backend, Retry::no, "backend answers no ping"};

// A connection that speaks HTTP/2 with a backend, many exchanges at a time. What its exchanges say
// in one turn of the loop leaves in one write.
class ClientH2 final : public ClientConnection, private H2Events, private net::StreamHandler {
 public:
  ClientH2(const ClientContext& context, ClientOwner& owner, std::unique_ptr<net::Stream> stream,
           Duration connect_timeout, std::string_view preface)
      : context_(context),
        owner_(owner),
        stream_(std::move(stream)),
        session_(H2Session::Role::client, H2Session::limits_of(context.settings), *this),
        flush_task_([this] { flush(); }),
        read_task_([this] { read_some(); }),
        resume_task_([this] { resume_streams(); }),
        room_task_([this] { tell_room(); }),
        timer_(context_.loop.timers(), [this] { on_timer(); }),
        heartbeat_(context.settings.heartbeat),
        heartbeat_timer_(context_.loop.timers(), [this] { check_life(); }) {
    stream_->set_handler(this);
    timer_.arm(connect_timeout);
    if (!preface.empty()) out_.append_copy(preface);
  }

  ClientStream& start(ResponseHandler& handler) override;
  void close() override {
    forget_handlers();
    shut(nullptr);
  }
  TimePoint idle_since() const noexcept override { return idle_since_; }
  const tls::HandshakeFailure* handshake_failure() const noexcept override {
    return stream_->handshake_failure();
  }
  uint32_t room() const noexcept override {
    if (phase_ != Phase::open || leaving_ || !session_.may_begin()) return 0;
    if (sluggish() || heartbeat_.unanswered(context_.loop.now(), kSluggish)) return 0;
    const uint32_t peer = streams_allowed().value_or(context_.streams_expected);
    const uint32_t most = std::min(peer, context_.settings.h2.streams_max);
    const auto used = static_cast<uint32_t>(session_.open_streams() + fresh_.size());
    return most > used ? most - used : 0;
  }
  std::optional<uint32_t> streams_allowed() const noexcept override {
    if (!session_.settings_received()) return std::nullopt;
    return session_.peer_streams_max();
  }
  bool speaks_http2() const noexcept override { return true; }
  bool idle() const noexcept override { return session_.open_streams() == 0 && fresh_.empty(); }

  // For read_in_turns().
  bool wants_read() const noexcept { return phase_ == Phase::open; }

  bool feed_pending() const noexcept { return false; }  // the session takes everything

  void feed_read(const Chunk& in) {
    const TimePoint now = context_.loop.now();
    if (heartbeat_.unanswered(now, kSluggish)) schedule_room();
    heartbeat_.on_life(now);
    if (!session_.feed(in, now)) fail(broken());
  }

  void on_read_end(ReadEnd end) { fail(gone(end != ReadEnd::fin)); }

 private:
  // outlived: the socket is closed, and whole answers wait here for who has paused them.
  enum class Phase : uint8_t { connecting, open, outlived, closed };

  class Exchange;
  static Exchange& own(H2Stream& stream) noexcept;

  void on_stream_ready() override {
    if (phase_ == Phase::closed || phase_ == Phase::outlived) return;
    if (phase_ == Phase::connecting) {
      if (stream_->state() == net::Stream::State::connecting) return;
      if (stream_->state() == net::Stream::State::failed) {
        return fail_connect(stream_->connect_error());
      }
      timer_.cancel();
      phase_ = Phase::open;
      idle_since_ = last_progress_ = context_.loop.now();
      schedule_flush();
      return owner_.on_connected(*this);
    }
    if (stream_->writable() && (!out_.empty() || session_.wants_write())) flush();
    if (phase_ != Phase::closed) read_some();
  }

  void fail_connect(Errc code) {
    const Error error = no_connection(code);
    stream_->abort();
    shut(&error);
  }

  void on_timer() {
    if (phase_ == Phase::connecting) return fail_connect(Errc::connect_timeout);
    if (out_.empty()) return;
    const Duration quiet = context_.loop.now() - last_progress_;
    if (quiet >= kStalled) {
      return fail({Errc::timeout, Side::backend, Retry::no, "backend does not read"});
    }
    timer_.arm(std::chrono::ceil<Millis>(kStalled - quiet));
  }

  bool sluggish() const noexcept {
    return !out_.empty() && context_.loop.now() - last_progress_ >= kSluggish;
  }

  // Armed as long as there are streams or an answer is owed to our question, and looked at when it
  // fires, so that activity costs no timer work.
  void check_life() {
    if (phase_ != Phase::open || (idle() && !heartbeat_.asking())) return;
    const TimePoint now = context_.loop.now();
    if (stream_->readable()) heartbeat_.on_life(now);  // a shadow's turn may come late
    TimePoint next;
    switch (heartbeat_.check(now, next)) {
      case H2Heartbeat::Verdict::fine:
        break;
      case H2Heartbeat::Verdict::ask:
        session_.send_ping();
        schedule_flush();
        break;
      case H2Heartbeat::Verdict::dead:
        return fail(kSilent);
    }
    arm_heartbeat(next);
  }

  void arm_heartbeat(TimePoint at) {
    const Duration left = at - context_.loop.now();
    heartbeat_timer_.arm(std::max(std::chrono::ceil<Millis>(left), Millis(1)));
  }

  void schedule_flush() { context_.loop.schedule_gathering(flush_task_, context_.lane); }

  void flush() {
    if (phase_ != Phase::open) return;
    bool going = true;
    do {
      going = session_.pull(out_, kOutputBytes);
      if (phase_ != Phase::open) return;
      write_out();
    } while (going && out_.empty() && session_.wants_write());
    if (!going) return fail(broken());
    if (!out_.empty() && !timer_.armed()) timer_.arm(kStalled);
    leave_if_idle();
    if (phase_ == Phase::open && out_.empty() && session_.over()) fail(gone(false));
  }

  void write_out() {
    if (out_.empty()) return;
    if (!blocked_) last_progress_ = context_.loop.now();
    const Written written = http::write_out(out_, *stream_);
    if (written.bytes > 0) last_progress_ = context_.loop.now();
    if (written.failed) {
      // It may have said why before it stopped listening.
      write_failed_ = true;
      out_.clear();
      context_.loop.schedule(read_task_, context_.lane);
    }
    blocked_ = !out_.empty();
  }

  void read_some() {
    const int most = context_.lane == net::Lane::live ? kLiveReadsPerTurn : kReadsPerTurn;
    read_in_turns({*stream_, context_.read_buffer, context_.loop, read_task_, context_.lane,
                   write_failed_, most},
                  *this);
    if (phase_ == Phase::open && session_.wants_write()) schedule_flush();
    leave_if_idle();
  }

  static Error broken() {
    return {Errc::protocol, Side::backend, Retry::no, "backend broke HTTP/2"};
  }
  // Found out in the middle of nothing, it may have happened while the connection was idle.
  static Error gone(bool reset) {
    Error error = closed_amid(reset);
    error.retry = Retry::if_reused;
    return error;
  }

  // H2Events
  void on_head(H2Stream& stream, bool end) override;
  void on_data(H2Stream& stream, Chunk chunk) override;
  void on_end(H2Stream& stream, Headers trailers) override;
  void on_writable(H2Stream& stream) override;
  void on_sent_end(H2Stream& /*stream*/) override {}
  void on_stream_closed(H2Stream& stream, uint32_t code) override;
  void on_goaway(int32_t /*last_id*/, uint32_t /*code*/) override {
    leaving_ = true;
    schedule_flush();
  }
  void on_settings() override { schedule_room(); }

  std::unique_ptr<H2Stream> take_fresh(const H2Stream& stream);
  void after_cancel();
  void fail_exchange(Exchange& exchange, const Error& error);
  void resume_streams();
  void forget_handlers();

  // A place has come free.
  void schedule_room() { context_.loop.schedule(room_task_, context_.lane); }
  void tell_room();

  void leave_if_idle() {
    if (phase_ == Phase::open && leaving_ && idle() && out_.empty()) shut(nullptr);
  }

  // The connection is over; whoever waits for more of an answer is told.
  void fail(const Error& error);
  void shut_when_taken();
  void lose(Exchange& exchange, Error error);

  // Of the connection; what it has received may stay.
  void stop(Phase phase) {
    phase_ = phase;
    timer_.cancel();
    heartbeat_timer_.cancel();
    flush_task_.cancel();
    read_task_.cancel();
    out_.clear();
    stream_->set_handler(nullptr);
  }

  void shut(const Error* connect_error) {
    if (phase_ == Phase::closed) return;
    stop(Phase::closed);
    resume_task_.cancel();
    room_task_.cancel();
    owner_.on_closed(*this, connect_error);
  }

  const ClientContext context_;
  ClientOwner& owner_;
  const std::unique_ptr<net::Stream> stream_;
  H2Session session_;
  ByteQueue out_;
  std::vector<std::unique_ptr<H2Stream>> fresh_;  // started, and no head was sent yet

  net::Task flush_task_;
  net::Task read_task_;
  net::Task resume_task_;
  net::Task room_task_;
  net::Timer timer_;
  H2Heartbeat heartbeat_;
  net::Timer heartbeat_timer_;
  TimePoint idle_since_{};
  TimePoint last_progress_{};  // of bytes into the socket

  uint32_t served_ = 0;
  Phase phase_ = Phase::connecting;
  bool leaving_ = false;  // after GOAWAY
  bool blocked_ = false;
  bool write_failed_ = false;
};

// One request and its response.
class ClientH2::Exchange final : public Pooled<Exchange>, public H2Stream, public ClientStream {
 public:
  Exchange(ClientH2& owner, ResponseHandler& to, bool reused)
      : handler(&to), owner_(owner), reused_(reused) {}

  void send_head(const RequestHead& head) override {
    if (!head.upgrade.empty()) remember_upgrade(head);
    const bool end = head.body == BodyKind::none && head.upgrade.empty();
    std::unique_ptr<H2Stream> self = owner_.take_fresh(*this);
    const bool refused = !protocol.empty() && owner_.session_.settings_received() &&
                         !owner_.session_.peer_takes_extended_connect();
    if (refused || !owner_.session_.send_request(self, head, end)) {
      no_stream = true;
      owner_.fresh_.push_back(std::move(self));
      owner_.schedule_room();
      return;
    }
    owner_.schedule_flush();
  }

  void send_body(Chunk chunk) override {
    if (no_stream || handler == nullptr) return;
    owner_.session_.send_body(*this, std::move(chunk));
    owner_.schedule_flush();
  }

  void send_end(const Headers& trailers) override {
    if (no_stream) return;
    if (tunnel_ended) handler = nullptr;  // both halves are over: nothing is left to be told
    owner_.session_.send_end(*this, trailers);
    owner_.schedule_flush();
  }

  void cancel() override {
    handler = nullptr;
    if (no_stream) return;
    if (id() == 0) {
      no_stream = true;
      return owner_.schedule_room();
    }
    owner_.session_.reset(*this, kCancel);
    owner_.after_cancel();
  }

  void pause() override {
    if (!no_stream) owner_.session_.pause(*this);
  }
  void resume() override {
    if (!std::exchange(wants_resume, true)) {
      owner_.context_.loop.schedule(owner_.resume_task_, owner_.context_.lane);
    }
  }
  size_t unsent() const noexcept override { return unsent_bytes(); }
  size_t pinned_bytes() const noexcept override { return unsent_pinned(); }
  void compact_unsent() override { compact_unsent_bytes(); }
  bool reused() const noexcept override { return reused_; }

  ResponseHandler* handler;
  std::string protocol;  // that an extended CONNECT asks for
  std::string accept;    // what an HTTP/1 client expects in the answer to it
  bool no_stream = false;
  bool answered = false;  // a final head has come
  bool tunnel = false;
  bool tunnel_ended = false;
  bool wants_resume = false;

 private:
  void remember_upgrade(const RequestHead& head) {
    protocol = head.upgrade;
    const std::string_view key = head.headers.get(std::string_view("sec-websocket-key"));
    if (!key.empty()) accept = websocket_accept(key);
  }

  ClientH2& owner_;
  const bool reused_;
};

ClientH2::Exchange& ClientH2::own(H2Stream& stream) noexcept {
  return static_cast<Exchange&>(stream);
}

ClientStream& ClientH2::start(ResponseHandler& handler) {
  if (heartbeat_.on() && idle()) {
    heartbeat_.on_wait(context_.loop.now());
    if (!heartbeat_timer_.armed()) arm_heartbeat(heartbeat_.due());
  }
  auto exchange = std::make_unique<Exchange>(*this, handler, served_ > 0);
  ClientStream& stream = *exchange;
  fresh_.push_back(std::move(exchange));
  return stream;
}

std::unique_ptr<H2Stream> ClientH2::take_fresh(const H2Stream& stream) {
  const auto at = std::ranges::find_if(
      fresh_, [&](const std::unique_ptr<H2Stream>& fresh) { return fresh.get() == &stream; });
  std::unique_ptr<H2Stream> taken = std::move(*at);
  fresh_.erase(at);
  return taken;
}

// The stream itself goes when its reset has been put into a frame. Behind a peer that takes nothing
// that may be never; when nobody needs the connection any more it goes instead.
void ClientH2::after_cancel() {
  if (phase_ == Phase::outlived) return context_.loop.schedule(resume_task_, context_.lane);
  schedule_flush();
  if (!blocked_ || out_.empty()) return;
  bool needed = !fresh_.empty();
  session_.for_each_stream([&](H2Stream& stream) { needed |= own(stream).handler != nullptr; });
  if (needed) return;
  stream_->abort();
  shut(nullptr);
}

void ClientH2::on_head(H2Stream& stream, bool end) {
  Exchange& exchange = own(stream);
  heartbeat_.on_message();
  if (exchange.handler == nullptr) return;
  ProtocolError error;
  std::optional<ResponseHead> head;
  if (!session_.fields(stream).too_large()) {
    head = session_.fields(stream).take_response(end, error);
  }
  if (!head) {
    const Errc code = session_.fields(stream).too_large() ? Errc::limit : Errc::protocol;
    session_.reset(stream, code == Errc::limit ? kEnhanceYourCalm : kProtocolError);
    return fail_exchange(exchange, {code, Side::backend, Retry::no, error.detail});
  }
  if (head->status < 200) return exchange.handler->on_interim(std::move(*head));
  exchange.answered = true;
  if (!exchange.protocol.empty() && head->status < 300 && !end) {
    exchange.tunnel = true;
    head->status = 101;
    head->upgrade = head->headers.intern(exchange.protocol);
    if (!exchange.accept.empty()) head->headers.set("sec-websocket-accept", exchange.accept);
    head->body = BodyKind::none;
    head->content_length = kNoLength;
  }
  exchange.handler->on_response_head(std::move(*head));
}

void ClientH2::on_data(H2Stream& stream, Chunk chunk) {
  heartbeat_.on_message();
  if (ResponseHandler* handler = own(stream).handler) handler->on_response_body(std::move(chunk));
}

void ClientH2::on_end(H2Stream& stream, Headers trailers) {
  Exchange& exchange = own(stream);
  if (exchange.handler == nullptr) return;
  ResponseHandler* const handler = exchange.handler;
  if (exchange.tunnel && !stream.end_asked()) {
    exchange.tunnel_ended = true;
    return handler->on_response_end({});
  }
  exchange.handler = nullptr;
  // Whatever is left of the request nobody needs.
  if (!exchange.tunnel && !(stream.end_asked() && stream.unsent_bytes() == 0)) {
    session_.reset(stream, kCancel);
    schedule_flush();
  }
  handler->on_response_end(std::move(trailers));
}

void ClientH2::on_writable(H2Stream& stream) {
  if (ResponseHandler* handler = own(stream).handler) handler->on_backend_writable();
}

void ClientH2::on_stream_closed(H2Stream& stream, uint32_t code) {
  Exchange& exchange = own(stream);
  ++served_;
  idle_since_ = context_.loop.now();
  schedule_room();
  if (exchange.handler == nullptr) return;
  Error error{Errc::reset, Side::backend, Retry::no, "backend reset the stream"};
  if (!exchange.answered && (!stream.head_sent() || code == kRefusedStream)) {
    error.retry = Retry::yes;
    error.detail = "backend refused the stream";
  } else if (!stream.was_reset_by_peer() && code != kNoError) {
    error.code = Errc::protocol;
    error.detail = "backend broke HTTP/2 in its answer";
  }
  fail_exchange(exchange, error);
}

void ClientH2::fail_exchange(Exchange& exchange, const Error& error) {
  ResponseHandler* const handler = std::exchange(exchange.handler, nullptr);
  if (handler != nullptr) handler->on_response_error(error);
}

void ClientH2::resume_streams() {
  session_.for_each_stream([&](H2Stream& stream) {
    if (std::exchange(own(stream).wants_resume, false)) session_.resume(stream);
  });
  if (phase_ == Phase::outlived) return shut_when_taken();
  if (phase_ == Phase::open && session_.wants_write()) schedule_flush();
}

// Also tells those for whom no stream could be begun.
void ClientH2::tell_room() {
  std::vector<std::unique_ptr<H2Stream>> refused;
  std::erase_if(fresh_, [&](std::unique_ptr<H2Stream>& fresh) {
    if (!own(*fresh).no_stream) return false;
    refused.push_back(std::move(fresh));
    return true;
  });
  for (const auto& stream : refused) {
    const bool upgrade = !own(*stream).protocol.empty();
    fail_exchange(own(*stream), {upgrade ? Errc::protocol : Errc::reset, Side::backend,
                                 upgrade ? Retry::no : Retry::yes, "backend takes no such stream"});
  }
  leave_if_idle();
  if (phase_ == Phase::open || phase_ == Phase::outlived) owner_.on_idle(*this);
}

void ClientH2::forget_handlers() {
  session_.for_each_stream([](H2Stream& stream) { own(stream).handler = nullptr; });
  for (const auto& fresh : fresh_) own(*fresh).handler = nullptr;
}

void ClientH2::fail(const Error& error) {
  if (phase_ == Phase::closed || phase_ == Phase::outlived) return;
  stream_->abort();
  if (session_.outlive_connection() > 0) {
    stop(Phase::outlived);
    schedule_room();  // who waits for some gets it elsewhere
  } else {
    shut(nullptr);
  }
  // One that hears of it may cancel others, which then hear nothing.
  session_.for_each_stream([&](H2Stream& stream) {
    if (!stream.holds_whole()) lose(own(stream), error);
  });
  for (const auto& fresh : fresh_) lose(own(*fresh), error);
}

void ClientH2::shut_when_taken() {
  session_.drop_detached();
  if (session_.outlive_connection() == 0) shut(nullptr);
}

void ClientH2::lose(Exchange& exchange, Error error) {
  const bool closed = error.retry == Retry::if_reused;
  error.retry = Retry::no;
  if (!exchange.answered && error.code != Errc::protocol) {
    if (closed) error = closed_unanswered(exchange.reused());
    if (!exchange.head_sent()) error.retry = Retry::yes;
  }
  fail_exchange(exchange, error);
}

}  // namespace

std::unique_ptr<ClientConnection> make_client_h2(const ClientContext& context, ClientOwner& owner,
                                                 std::unique_ptr<net::Stream> stream,
                                                 Duration connect_timeout,
                                                 std::string_view preface) {
  return std::make_unique<ClientH2>(context, owner, std::move(stream), connect_timeout, preface);
}

}  // namespace gnomon::http
