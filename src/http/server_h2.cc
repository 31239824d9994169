#include <algorithm>
#include <string>
#include <utility>

#include "http/client_loss.h"
#include "http/h2_error.h"
#include "http/h2_session.h"
#include "http/read_in_turns.h"
#include "http/server_connection.h"
#include "http/server_h2_stream.h"
#include "http/server_rules.h"
#include "http/write_out.h"

namespace gnomon::http {
namespace {

constexpr size_t kOutputBytes = size_t{64} * 1024;  // of frames that wait for the socket

// A connection that speaks HTTP/2 with a client.
class ServerH2 final : public ServerConnection, private H2Events, private net::StreamHandler {
 public:
  ServerH2(ServerContext& context, std::unique_ptr<net::Stream> stream, Chunk read)
      : context_(context),
        stream_(std::move(stream)),
        peer_ip_(stream_->peer().ip()),
        shared_{context,  *this,  *stream_,     peer_ip_,    scope_,
                session_, flush_, finish_task_, resume_task_},
        session_(H2Session::Role::server, H2Session::limits_of(context.settings), *this),
        heartbeat_(context.settings.heartbeat),
        pending_(std::move(read)),
        flush_(context.loop, [this] { flush(); }),
        finish_task_([this] { session_.for_each_stream([](H2Stream& s) { own(s).finish(); }); }),
        resume_task_([this] { resume_streams(); }),
        read_task_([this] { read_some(); }),
        phase_timer_(context.loop.timers(), [this] { on_phase_timeout(); }),
        stream_timer_(context.loop.timers(), [this] { check_streams(); }),
        drain_timer_(context.loop.timers(), [this] { on_drain_timer(); }) {
    scope_.id = next_connection_id();
    stream_->set_handler(this);
    arm_limit(phase_timer_, first_head_limit(settings()));
    if (settings().max_connection_duration > Millis::zero()) {
      drain_timer_.arm(settings().max_connection_duration);
    }
    flush_.schedule();
    context.loop.schedule(read_task_, net::Lane::live);
  }

  // A stream begun before the client has heard of it is served: first comes a notice, and a ping
  // whose answer says that it was read.
  void drain() override {
    if (std::exchange(draining_, true) || phase_ != Phase::open) return;
    session_.send_shutdown_notice();
    drain_timer_.arm(settings().drain_timeout);
    flush_.schedule();
  }
  void close_now() override { abandon(kClosing); }
  bool idle() const noexcept override { return session_.open_streams() == 0; }
  std::optional<TimePoint> idle_since() const noexcept override {
    const bool waiting = phase_ == Phase::open && idle() && requests_ > 0 && pending_.empty();
    if (!waiting || stream_->readable() || !out_.empty() || session_.wants_write()) {
      return std::nullopt;
    }
    return idle_since_;
  }
  // A request that is on its way is behind the GOAWAY, and may be sent elsewhere.
  void close_idle() override {
    hurried_ = true;
    session_.send_goaway(kNoError);
    close_after_flush();
    flush();
  }

  // For read_in_turns().
  bool wants_read() const noexcept { return phase_ == Phase::open || phase_ == Phase::lingering; }

  bool feed_pending() {
    if (pending_.empty()) return false;
    feed_read(std::exchange(pending_, Chunk()));
    return true;
  }

  void feed_read(const Chunk& in) {
    if (phase_ == Phase::lingering) return;
    heartbeat_.on_life(context_.loop.now());
    if (!session_.feed(in, context_.loop.now())) return fail();
    if (session_.wants_write()) flush_.schedule();
    if (session_.over()) close_after_flush();
  }

  void on_read_end(ReadEnd end) {
    if (end == ReadEnd::reset) return abandon(kVanished);
    if (phase_ == Phase::lingering || session_.open_streams() == 0) return close();
    abandon(kVanished);
  }

 private:
  // closing: the last bytes go out. lingering: FIN sent, waiting for the client's.
  enum class Phase : uint8_t { open, closing, lingering, closed };

  const ServerSettings& settings() const noexcept { return context_.settings; }
  static ServerH2Stream& own(H2Stream& stream) noexcept {
    return static_cast<ServerH2Stream&>(stream);
  }

  void on_stream_ready() override {
    if (phase_ == Phase::closed) return;
    if (stream_->broken() && !stream_->readable()) return abandon(kVanished);
    if (stream_->writable() && (!out_.empty() || session_.wants_write())) flush();
    if (phase_ != Phase::closed) read_some();
  }

  void read_some() {
    read_in_turns({*stream_, context_.read_buffer, context_.loop, read_task_, net::Lane::live},
                  *this);
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

  // H2Events
  std::unique_ptr<H2Stream> on_stream_begun() override;
  void on_head(H2Stream& stream, bool end) override;
  void on_data(H2Stream& stream, Chunk chunk) override {
    heartbeat_.on_message();
    own(stream).on_data(std::move(chunk));
  }
  void on_end(H2Stream& stream, Headers trailers) override {
    own(stream).on_end(std::move(trailers));
  }
  void on_writable(H2Stream& stream) override { own(stream).on_writable(); }
  void on_data_sent(H2Stream& stream) override { own(stream).on_data_sent(); }
  void on_sent_end(H2Stream& stream) override { own(stream).on_sent_end(); }
  void on_stream_closed(H2Stream& stream, uint32_t code) override;
  // A client that ends the connection itself needs no notice.
  void on_goaway(int32_t /*last_id*/, uint32_t /*code*/) override {
    draining_ = true;
    finish_drain();
  }
  void on_notice_answered() override {
    if (draining_ && !drained_) finish_drain();
  }
  void on_head_progress(bool begun) override {
    if (phase_ != Phase::open) return;
    if (begun) return arm_limit(phase_timer_, settings().header_timeout);
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
    flush_.schedule();
    if (idle()) close_after_flush();
  }

  void lose_handlers(const Error& error) {
    session_.for_each_stream([&](H2Stream& stream) { own(stream).lose_client(error); });
  }
  void resume_streams();
  void check_streams();
  TimePoint check_life(TimePoint now);
  void arm_stream_timer(TimePoint at);

  void abandon(const Error& error) {
    if (phase_ == Phase::closed) return;
    lose_handlers(error);
    stream_->abort();
    close();
  }

  void flush() {
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
    const Written written = http::write_out(out_, *stream_);
    if (written.failed) {
      abandon(kVanished);
      return false;
    }
    if (written.bytes == 0) return true;
    last_write_ = context_.loop.now();
    if (phase_ == Phase::closing) arm_flush_limit(phase_timer_, settings());
    return true;
  }

  void close_after_flush() {
    if (phase_ != Phase::open) return;
    phase_ = Phase::closing;
    arm_flush_limit(phase_timer_, settings());
    flush_.schedule();
  }

  // Closing with unread bytes would reset the connection and could destroy our last words.
  void on_flushed() {
    const bool lingers = !hurried_ && settings().linger_timeout > Millis::zero();
    if (stream_->peer_closed() || !lingers) return close();
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
    flush_.cancel();
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
  ServerH2Shared shared_;  // before the streams, which refer to it
  H2Session session_;
  H2Heartbeat heartbeat_;
  ByteQueue out_;
  Chunk pending_;  // read before the connection was ours

  H2Flush flush_;
  net::Task finish_task_;
  net::Task resume_task_;
  net::Task read_task_;
  net::Timer phase_timer_;
  net::Timer stream_timer_;
  net::Timer drain_timer_;
  TimePoint stream_deadline_ = TimePoint::max();  // that its timer is armed for
  TimePoint last_write_{};
  TimePoint idle_since_{};

  uint32_t requests_ = 0;
  Phase phase_ = Phase::open;
  bool draining_ = false;
  bool drained_ = false;  // the last GOAWAY is sent
  bool failed_ = false;
  bool hurried_ = false;  // its place is needed
};

std::unique_ptr<H2Stream> ServerH2::on_stream_begun() {
  if (drained_ || phase_ != Phase::open) return nullptr;
  return std::make_unique<ServerH2Stream>(shared_);
}

void ServerH2::on_head(H2Stream& stream, bool end) {
  heartbeat_.on_message();
  if (own(stream).on_head(end)) {
    ++requests_;
    if (settings().max_requests > 0 && requests_ >= settings().max_requests) drain();
  }
  arm_stream_timer(std::min(own(stream).check_time(), check_life(context_.loop.now())));
}

void ServerH2::on_stream_closed(H2Stream& stream, uint32_t /*code*/) {
  own(stream).lose_client(kReset);
  if (session_.open_streams() > 1 || phase_ != Phase::open) return;
  idle_since_ = context_.loop.now();
  stream_timer_.cancel();
  stream_deadline_ = TimePoint::max();
  if (drained_) return close_after_flush();
  arm_limit(phase_timer_, settings().idle_timeout);
}

void ServerH2::resume_streams() {
  session_.for_each_stream([](H2Stream& stream) { own(stream).resume_if_wanted(); });
  if (phase_ != Phase::closed && session_.wants_write()) flush_.schedule();
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
  TimePoint next = check_life(now);
  if (phase_ != Phase::open) return;
  session_.for_each_stream(
      [&](H2Stream& stream) { next = std::min(next, own(stream).check_time()); });
  if (session_.wants_write()) flush_.schedule();
  if (phase_ == Phase::open && next != TimePoint::max()) arm_stream_timer(next);
}

// Gives up a client that shows no sign of life. Returns when to look again.
TimePoint ServerH2::check_life(TimePoint now) {
  TimePoint next = TimePoint::max();
  if (!heartbeat_.on()) return next;
  if (stream_->readable()) heartbeat_.on_life(now);
  switch (heartbeat_.check(now, next)) {
    case H2Heartbeat::Verdict::fine:
      break;
    case H2Heartbeat::Verdict::ask:
      session_.send_ping();
      break;
    case H2Heartbeat::Verdict::dead:
      abandon(kSilent);
  }
  return next;
}

}  // namespace

std::unique_ptr<ServerConnection> make_server_h2(ServerContext& context,
                                                 std::unique_ptr<net::Stream> stream, Chunk read) {
  return std::make_unique<ServerH2>(context, std::move(stream), std::move(read));
}

}  // namespace gnomon::http
