#include <utility>

#include "http/backend_loss.h"
#include "http/client_connection.h"
#include "http/h1_response_parser.h"
#include "http/h1_writer.h"
#include "http/read_in_turns.h"
#include "http/write_out.h"

namespace gnomon::http {
namespace {

// A connection that speaks HTTP/1.1 with a backend, one exchange at a time.
class ClientH1 final : public ClientConnection, private ClientStream, private net::StreamHandler {
 public:
  ClientH1(const ClientContext& context, ClientOwner& owner, std::unique_ptr<net::Stream> stream,
           Duration connect_timeout, std::string_view preface)
      : context_(context),
        owner_(owner),
        stream_(std::move(stream)),
        parser_(context_.settings.h1),
        flush_task_([this] { flush(); }),
        read_task_([this] { read_some(); }),
        connect_timer_(context_.loop.timers(), [this] { fail_connect(Errc::connect_timeout); }) {
    stream_->set_handler(this);
    connect_timer_.arm(connect_timeout);
    if (!preface.empty()) out_.append_copy(preface);
  }

  ClientStream& start(ResponseHandler& handler) override {
    handler_ = &handler;
    phase_ = Phase::busy;
    request_done_ = paused_ = got_bytes_ = events_left_ = false;
    return *this;
  }

  void close() override {
    handler_ = nullptr;
    shut(nullptr);
  }

  TimePoint idle_since() const noexcept override { return idle_since_; }
  const tls::HandshakeFailure* handshake_failure() const noexcept override {
    return stream_->handshake_failure();
  }

  // For read_in_turns().
  bool wants_read() const noexcept {
    return phase_ == Phase::idle || (phase_ == Phase::busy && !paused_ && !tunnel_ended_);
  }

  bool feed_pending() {
    if (pending_.empty() && !events_left_) return false;
    feed(std::exchange(pending_, Chunk()));
    return true;
  }

  void feed_read(Chunk in) {
    if (phase_ == Phase::idle) return shut(nullptr);  // nobody asked for anything
    got_bytes_ = true;
    feed(std::move(in));
  }

  void on_read_end(ReadEnd end) {
    const bool reset = end == ReadEnd::reset;
    if (phase_ == Phase::idle) return shut(nullptr);
    if (!got_bytes_) return fail(closed_unanswered(reused()));
    if (tunnel_ && !reset) return end_tunnel_response();
    if (!reset && parser_.finish() == H1Event::end) return finish(true);
    fail(closed_amid(reset));
  }

 private:
  enum class Phase : uint8_t { connecting, idle, busy, closed };

  void on_stream_ready() override {
    if (phase_ == Phase::connecting) {
      if (stream_->state() == net::Stream::State::connecting) return;
      if (stream_->state() == net::Stream::State::failed) {
        return fail_connect(stream_->connect_error());
      }
      connect_timer_.cancel();
      become_idle();
      if (!out_.empty()) schedule_flush();
      return owner_.on_connected(*this);
    }
    if (stream_->writable() && !out_.empty()) flush();
    if (phase_ != Phase::closed) read_some();
  }

  void fail_connect(Errc code) {
    const Error error = no_connection(code);
    stream_->abort();
    shut(&error);
  }

  void become_idle() {
    phase_ = Phase::idle;
    idle_since_ = context_.loop.now();
  }

  void send_head(const RequestHead& head) override {
    body_kind_ = head.body;
    parser_.expect(head.method, !head.upgrade.empty());
    write_request_head(out_, head, {.proper_case = context_.settings.proper_case});
    schedule_flush();
  }

  void send_body(Chunk chunk) override {
    if (write_failed_) return;
    if (tunnel_) {
      out_.append(std::move(chunk));
    } else {
      write_body(out_, std::move(chunk), body_kind_);
    }
    schedule_flush();
  }

  void send_end(const Headers& trailers) override {
    request_done_ = true;
    if (tunnel_ended_) handler_ = nullptr;  // both halves are over: nothing is left to be told
    if (!tunnel_) write_end(out_, body_kind_, trailers);
    schedule_flush();
  }

  void cancel() override {
    if (phase_ != Phase::busy) return;
    handler_ = nullptr;
    stream_->abort();
    shut(nullptr);
  }

  void pause() override { paused_ = true; }
  void resume() override {
    if (std::exchange(paused_, false)) context_.loop.schedule(read_task_, context_.lane);
  }
  size_t unsent() const noexcept override { return out_.size(); }
  size_t pinned_bytes() const noexcept override { return out_.pinned_bytes(); }
  void compact_unsent() override { out_.compact(); }
  bool reused() const noexcept override { return served_ > 0; }

  void schedule_flush() { context_.loop.schedule(flush_task_, context_.lane); }

  void flush() {
    if (phase_ == Phase::closed || phase_ == Phase::connecting) return;
    const bool was_high = out_.size() > context_.settings.unsent_low_bytes;
    if (write_out(out_, *stream_).failed) {
      // The backend may have answered before it stopped listening; what it said is still there.
      if (tunnel_ended_) return shut(nullptr);
      write_failed_ = true;
      out_.clear();
      context_.loop.schedule(read_task_, context_.lane);
    }
    if (tunnel_ && request_done_ && out_.empty() && !fin_sent_) {
      fin_sent_ = true;
      if (tunnel_ended_) return shut(nullptr);
      stream_->shutdown_write();
    }
    if (was_high && out_.size() <= context_.settings.unsent_low_bytes && handler_ != nullptr) {
      handler_->on_backend_writable();
    }
  }

  void read_some() {
    read_in_turns(
        {*stream_, context_.read_buffer, context_.loop, read_task_, context_.lane, write_failed_},
        *this);
  }

  void feed(Chunk in) {
    events_left_ = false;
    while (phase_ == Phase::busy && !paused_) {
      switch (parser_.next(in)) {
        case H1Event::need_data:
          return;
        case H1Event::head:
          on_head(parser_.take_head());
          break;
        case H1Event::body:
          handler_->on_response_body(parser_.take_body());
          break;
        case H1Event::end:
          return finish(!in.empty());
        case H1Event::error:
          return fail(parser_error());
      }
    }
    pending_ = std::move(in);
    events_left_ = true;
  }

  void on_head(ResponseHead head) {
    if (head.status == 101) tunnel_ = true;
    if (head.status < 200 && head.status != 101) {
      handler_->on_interim(std::move(head));
    } else {
      handler_->on_response_head(std::move(head));
    }
  }

  Error parser_error() const {
    const ProtocolError& error = parser_.error();
    return {Errc::protocol, Side::backend, Retry::no, error.detail};
  }

  // The backend has closed its half of an upgraded connection; ours stays open until send_end.
  void end_tunnel_response() {
    tunnel_ended_ = true;
    ResponseHandler* handler = handler_;
    if (request_done_) {
      handler_ = nullptr;
      if (out_.empty()) shut(nullptr);
    }
    handler->on_response_end({});
  }

  // The response is complete. Only an exchange that ended on both sides, with nothing left over,
  // leaves a connection that the next one may use.
  void finish(bool surplus) {
    ResponseHandler* handler = std::exchange(handler_, nullptr);
    const bool reusable = request_done_ && !surplus && !tunnel_ && !write_failed_ && out_.empty() &&
                          parser_.keep_alive() && !stream_->peer_closed();
    Headers trailers = parser_.take_trailers();
    ++served_;
    if (reusable) {
      become_idle();
    } else {
      if (!request_done_) stream_->abort();
      shut(nullptr);
    }
    handler->on_response_end(std::move(trailers));
    if (reusable && phase_ == Phase::idle) owner_.on_idle(*this);
  }

  void fail(const Error& error) {
    ResponseHandler* handler = std::exchange(handler_, nullptr);
    stream_->abort();
    shut(nullptr);
    if (handler != nullptr) handler->on_response_error(error);
  }

  void shut(const Error* connect_error) {
    if (phase_ == Phase::closed) return;
    phase_ = Phase::closed;
    connect_timer_.cancel();
    flush_task_.cancel();
    read_task_.cancel();
    out_.clear();
    stream_->set_handler(nullptr);
    owner_.on_closed(*this, connect_error);
  }

  const ClientContext context_;
  ClientOwner& owner_;
  const std::unique_ptr<net::Stream> stream_;
  H1ResponseParser parser_;
  ByteQueue out_;
  Chunk pending_;  // read but not parsed, while paused
  ResponseHandler* handler_ = nullptr;

  net::Task flush_task_;
  net::Task read_task_;
  net::Timer connect_timer_;
  TimePoint idle_since_{};

  uint32_t served_ = 0;
  Phase phase_ = Phase::connecting;
  BodyKind body_kind_ = BodyKind::none;
  bool request_done_ = false;
  bool tunnel_ = false;
  bool tunnel_ended_ = false;
  bool paused_ = false;
  bool events_left_ = false;  // the parser was not asked until it wanted more bytes
  bool got_bytes_ = false;
  bool write_failed_ = false;
  bool fin_sent_ = false;
};

}  // namespace

std::unique_ptr<ClientConnection> make_client_h1(const ClientContext& context, ClientOwner& owner,
                                                 std::unique_ptr<net::Stream> stream,
                                                 Duration connect_timeout,
                                                 std::string_view preface) {
  return std::make_unique<ClientH1>(context, owner, std::move(stream), connect_timeout, preface);
}

}  // namespace gnomon::http
