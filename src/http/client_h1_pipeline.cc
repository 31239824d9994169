#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

#include "base/pool.h"
#include "http/backend_loss.h"
#include "http/client_connection.h"
#include "http/h1_response_parser.h"
#include "http/h1_writer.h"
#include "http/read_in_turns.h"
#include "http/write_out.h"

namespace gnomon::http {
namespace {

// Of an answer that nobody waits for any more, read for the sake of those behind it.
constexpr size_t kUnwantedBytesMax = size_t{256} * 1024;
// A backend that takes so long over one answer gets no further request behind it.
constexpr Millis kSluggish{1'000};

constexpr Error kLostAside{Errc::canceled, Side::backend, Retry::no,
                           "connection ended on account of another request"};
constexpr Error kUnasked{Errc::protocol, Side::backend, Retry::no,
                         "backend answers what it was not asked"};

// A connection that speaks HTTP/1.1 with a backend, several requests under way at a time. Answers
// are told apart by nothing but their order, so a request is either written whole or is the last.
// What its exchanges say in one turn of the loop leaves in one write.
class ClientH1Pipeline final : public ClientConnection, private net::StreamHandler {
 public:
  ClientH1Pipeline(const ClientContext& context, ClientOwner& owner,
                   std::unique_ptr<net::Stream> stream, Duration connect_timeout,
                   std::string_view preface, uint32_t depth)
      : context_(context),
        owner_(owner),
        stream_(std::move(stream)),
        depth_(depth),
        parser_(context_.settings.h1),
        flush_task_([this] { read_and_flush(); }),
        read_task_([this] { read_some(); }),
        connect_timer_(context_.loop.timers(), [this] { fail_connect(Errc::connect_timeout); }) {
    stream_->set_handler(this);
    connect_timer_.arm(connect_timeout);
    if (!preface.empty()) out_.append_copy(preface);
  }

  ClientStream& start(ResponseHandler& handler) override;
  void close() override;
  TimePoint idle_since() const noexcept override { return idle_since_; }
  const tls::HandshakeFailure* handshake_failure() const noexcept override {
    return stream_->handshake_failure();
  }
  uint32_t room() const noexcept override;
  bool idle() const noexcept override { return exchanges_.empty(); }

  // For read_in_turns().
  bool wants_read() const noexcept;
  bool feed_pending() {
    if (pending_.empty() && !events_left_) return false;
    feed(std::exchange(pending_, Chunk()));
    return true;
  }
  void feed_read(Chunk in) {
    if (exchanges_.empty()) return shut(nullptr);  // nobody asked for anything
    feed(std::move(in));
  }
  void on_read_end(ReadEnd end);

 private:
  enum class Phase : uint8_t { connecting, open, closed };
  class Exchange;
  using Exchanges = std::deque<std::unique_ptr<Exchange>>;

  void on_stream_ready() override {
    if (phase_ == Phase::closed) return;
    if (phase_ == Phase::connecting) {
      if (stream_->state() == net::Stream::State::connecting) return;
      if (stream_->state() == net::Stream::State::failed) {
        return fail_connect(stream_->connect_error());
      }
      connect_timer_.cancel();
      phase_ = Phase::open;
      idle_since_ = context_.loop.now();
      if (!out_.empty()) schedule_flush();
      return owner_.on_connected(*this);
    }
    read_and_flush();
  }

  // What lies here already is no answer to what has yet to leave.
  void read_and_flush() {
    if (stream_->readable()) read_some();
    if (!out_.empty() || freed_) flush();
  }

  void fail_connect(Errc code) {
    const Error error = no_connection(code);
    stream_->abort();
    shut(&error);
  }

  void schedule_flush() { context_.loop.schedule_gathering(flush_task_, context_.lane); }
  // Where the next byte to be said stands among all that are ever said here.
  uint64_t said() const noexcept { return written_ + out_.size(); }

  void send_head(Exchange& exchange, const RequestHead& head);
  void send_body(Exchange& exchange, Chunk chunk);
  void send_end(Exchange& exchange, const Headers& trailers);
  void cancel(Exchange& exchange);
  void resume(Exchange& exchange);

  void flush();
  void on_write_failed();
  void tell_writable(uint64_t written_before);
  void tell_room();

  void read_some() {
    read_in_turns(
        {*stream_, context_.read_buffer, context_.loop, read_task_, context_.lane, write_failed_},
        *this);
    tell_room();
  }
  void feed(Chunk in);
  void on_head(ResponseHead head);
  void on_body(Chunk chunk);
  void finish(bool surplus);
  bool goes_on(const Exchange& done, bool surplus) const noexcept;
  Error parser_error() const {
    return {Errc::protocol, Side::backend, Retry::no, parser_.error().detail};
  }

  void leave_queue(size_t index);
  void cut_at(size_t index);
  void withdraw(uint64_t begin, uint64_t end);
  Exchanges take_from(size_t index);
  void lose_from(size_t index);
  static void tell_lost(const Exchanges& lost, size_t from = 0);
  bool needed() const noexcept { return exchanges_.size() > unwanted_; }

  void fail(const Error& error);
  void shut(const Error* connect_error);

  const ClientContext context_;
  ClientOwner& owner_;
  const std::unique_ptr<net::Stream> stream_;
  const uint32_t depth_;
  H1ResponseParser parser_;
  ByteQueue out_;
  uint64_t written_ = 0;  // bytes that the socket has taken, or that were dropped after it failed
  Chunk pending_;         // read but not parsed, while paused
  Exchanges exchanges_;   // in the order of their answers
  size_t unwanted_ = 0;   // of them, whose answers nobody waits for
  size_t unwanted_bytes_ = 0;  // of the answer that is being read

  net::Task flush_task_;
  net::Task read_task_;
  net::Timer connect_timer_;
  TimePoint idle_since_{};
  TimePoint turn_since_{};  // when the answer that is due became the next

  uint32_t served_ = 0;
  Phase phase_ = Phase::connecting;
  bool proven_ = false;       // its last answer was one of HTTP/1.1, after which it goes on
  bool persistent_ = true;    // as far as the answer says that is being read
  bool http11_ = false;       // the same of its version
  bool cut_ = false;          // a request was left half written
  bool expected_ = false;     // the parser has been told of the answer that is due
  bool events_left_ = false;  // the parser was not asked until it wanted more bytes
  bool blocked_ = false;      // the socket takes no more at the moment
  bool write_failed_ = false;
  bool had_room_ = false;  // when that was looked at last
  bool freed_ = false;     // an exchange has left since the owner heard of room
};

// One request and its answer.
class ClientH1Pipeline::Exchange final : public Pooled<Exchange>, public ClientStream {
 public:
  Exchange(ClientH1Pipeline& owner, ResponseHandler& to, bool reused)
      : handler(&to), owner_(owner), reused_(reused) {}

  void send_head(const RequestHead& head) override { owner_.send_head(*this, head); }
  void send_body(Chunk chunk) override { owner_.send_body(*this, std::move(chunk)); }
  void send_end(const Headers& trailers) override { owner_.send_end(*this, trailers); }
  void cancel() override { owner_.cancel(*this); }
  void pause() override { paused = true; }
  void resume() override { owner_.resume(*this); }
  size_t unsent() const noexcept override { return unsent_after(owner_.written_); }
  size_t pinned_bytes() const noexcept override {
    return unsent() > 0 ? owner_.out_.pinned_bytes() : 0;
  }
  void compact_unsent() override { owner_.out_.compact(); }
  bool reused() const noexcept override { return reused_; }
  bool in_turn() const noexcept override {
    return !owner_.exchanges_.empty() && owner_.exchanges_.front().get() == this;
  }

  size_t unsent_after(uint64_t written) const noexcept {
    return end > written ? end - std::max(begin, written) : 0;
  }
  bool untouched() const noexcept { return begin >= owner_.written_; }
  bool sent_whole() const noexcept { return request_done && end <= owner_.written_; }

  ResponseHandler* handler;     // null: nobody waits for the answer
  uint64_t begin = UINT64_MAX;  // where the request stands among all bytes said
  uint64_t end = 0;
  Method method = Method::get;
  BodyKind body = BodyKind::none;
  bool request_done = false;
  bool paused = false;

 private:
  ClientH1Pipeline& owner_;
  const bool reused_;
};

ClientStream& ClientH1Pipeline::start(ResponseHandler& handler) {
  if (exchanges_.empty()) turn_since_ = context_.loop.now();
  exchanges_.push_back(std::make_unique<Exchange>(*this, handler, served_ > 0));
  had_room_ = false;
  return *exchanges_.back();
}

void ClientH1Pipeline::close() {
  for (const auto& exchange : exchanges_) exchange->handler = nullptr;
  shut(nullptr);
}

uint32_t ClientH1Pipeline::room() const noexcept {
  if (phase_ != Phase::open || !persistent_ || cut_ || write_failed_ || blocked_) return 0;
  if (unwanted_ > 0 || stream_->peer_closed()) return 0;
  if (exchanges_.empty()) return proven_ ? depth_ : 1;
  if (!proven_ || !exchanges_.back()->request_done) return 0;
  if (context_.loop.now() - turn_since_ >= kSluggish) return 0;
  const auto used = static_cast<uint32_t>(exchanges_.size());
  return depth_ > used ? depth_ - used : 0;
}

// ---- what is said

void ClientH1Pipeline::send_head(Exchange& exchange, const RequestHead& head) {
  exchange.method = head.method;
  exchange.body = head.body;
  exchange.begin = said();
  const H1RequestOptions options{.proper_case = context_.settings.proper_case};
  if (head.upgrade.empty()) {
    write_request_head(out_, head, options);
  } else {
    RequestHead plain = head;
    plain.upgrade = {};
    write_request_head(out_, plain, options);
  }
  exchange.end = said();
  schedule_flush();
}

void ClientH1Pipeline::send_body(Exchange& exchange, Chunk chunk) {
  if (write_failed_) return;
  write_body(out_, std::move(chunk), exchange.body);
  exchange.end = said();
  schedule_flush();
}

void ClientH1Pipeline::send_end(Exchange& exchange, const Headers& trailers) {
  exchange.request_done = true;
  if (!write_failed_) write_end(out_, exchange.body, trailers);
  exchange.end = said();
  schedule_flush();
}

void ClientH1Pipeline::flush() {
  if (phase_ != Phase::open) return;
  const uint64_t before = written_;
  const Written written = write_out(out_, *stream_);
  written_ += written.bytes;
  if (written.failed) return on_write_failed();
  blocked_ = !out_.empty();
  tell_writable(before);
  tell_room();
}

// It may have answered before it stopped listening; what it said is still there. Whoever has not
// been heard at all is not answered.
void ClientH1Pipeline::on_write_failed() {
  write_failed_ = true;
  const auto unheard =
      std::ranges::find_if(exchanges_, [](const auto& exchange) { return exchange->untouched(); });
  const auto heard = static_cast<size_t>(unheard - exchanges_.begin());
  if (heard == 0 && !exchanges_.empty()) {
    return fail(closed_unanswered(exchanges_.front()->reused()));
  }
  lose_from(heard);
  if (phase_ != Phase::open) return;
  written_ = said();
  out_.clear();
  context_.loop.schedule(read_task_, context_.lane);
}

void ClientH1Pipeline::tell_writable(uint64_t written_before) {
  const size_t low = context_.settings.unsent_low_bytes;
  if (said() - written_before <= low) return;
  for (size_t i = 0; i < exchanges_.size(); ++i) {
    const Exchange& exchange = *exchanges_[i];
    if (exchange.handler == nullptr || exchange.unsent_after(written_before) <= low) continue;
    if (exchange.unsent() <= low) exchange.handler->on_backend_writable();
  }
}

void ClientH1Pipeline::tell_room() {
  if (phase_ != Phase::open) return;
  const bool has_room = room() > 0;
  const bool news = (has_room && !had_room_) || freed_;
  had_room_ = has_room;
  freed_ = false;
  if (news) owner_.on_idle(*this);
}

// ---- what is answered

bool ClientH1Pipeline::wants_read() const noexcept {
  return phase_ == Phase::open && (exchanges_.empty() || !exchanges_.front()->paused);
}

void ClientH1Pipeline::resume(Exchange& exchange) {
  if (std::exchange(exchange.paused, false)) context_.loop.schedule(read_task_, context_.lane);
}

void ClientH1Pipeline::feed(Chunk in) {
  events_left_ = false;
  while (phase_ == Phase::open && !exchanges_.empty() && !exchanges_.front()->paused) {
    if (!expected_) {
      const Exchange& due = *exchanges_.front();
      if (in.empty()) return;
      if (due.untouched()) return fail(kUnasked);
      parser_.expect(due.method, false);
      expected_ = true;
    }
    switch (parser_.next(in)) {
      case H1Event::need_data:
        return;
      case H1Event::head:
        on_head(parser_.take_head());
        break;
      case H1Event::body:
        on_body(parser_.take_body());
        break;
      case H1Event::end:
        finish(!in.empty());
        break;
      case H1Event::error:
        return fail(parser_error());
    }
  }
  if (phase_ != Phase::open || exchanges_.empty()) return;
  pending_ = std::move(in);
  events_left_ = true;
}

void ClientH1Pipeline::on_head(ResponseHead head) {
  const bool final = head.status >= 200;
  if (final) {
    persistent_ = parser_.keep_alive();
    http11_ = head.version == Version::http11;
    unwanted_bytes_ = 0;
    if (!persistent_) lose_from(1);
    if (phase_ != Phase::open) return;
  }
  ResponseHandler* const handler = exchanges_.front()->handler;
  if (handler == nullptr) return;
  final ? handler->on_response_head(std::move(head)) : handler->on_interim(std::move(head));
}

void ClientH1Pipeline::on_body(Chunk chunk) {
  if (ResponseHandler* const handler = exchanges_.front()->handler) {
    return handler->on_response_body(std::move(chunk));
  }
  unwanted_bytes_ += chunk.size();
  if (unwanted_bytes_ > kUnwantedBytesMax) fail(kLostAside);
}

// The answer is complete. The next one follows only where this one says that the connection goes
// on.
void ClientH1Pipeline::finish(bool surplus) {
  const std::unique_ptr<Exchange> done = std::move(exchanges_.front());
  exchanges_.pop_front();
  expected_ = false;
  ++served_;
  turn_since_ = context_.loop.now();
  freed_ = true;
  proven_ = http11_;
  if (done->handler == nullptr) --unwanted_;
  Headers trailers = parser_.take_trailers();
  Exchanges lost;
  if (!goes_on(*done, surplus)) {
    lost = std::exchange(exchanges_, {});
    if (!done->sent_whole() || cut_ || !lost.empty()) stream_->abort();
    shut(nullptr);
  } else if (exchanges_.empty()) {
    idle_since_ = context_.loop.now();
  }
  if (done->handler != nullptr) done->handler->on_response_end(std::move(trailers));
  tell_lost(lost);
}

bool ClientH1Pipeline::goes_on(const Exchange& done, bool surplus) const noexcept {
  if (!persistent_ || !done.request_done) return false;
  if (!exchanges_.empty()) return needed();
  return !surplus && !cut_ && !write_failed_ && out_.empty() && !stream_->peer_closed();
}

void ClientH1Pipeline::on_read_end(ReadEnd end) {
  if (exchanges_.empty()) return shut(nullptr);
  if (!parser_.started()) return fail(closed_unanswered(exchanges_.front()->reused()));
  if (end == ReadEnd::fin && parser_.finish() == H1Event::end) return finish(true);
  fail(closed_amid(end == ReadEnd::reset));
}

// ---- who gives up, and who is lost

void ClientH1Pipeline::cancel(Exchange& exchange) {
  if (std::exchange(exchange.handler, nullptr) == nullptr || phase_ != Phase::open) return;
  const auto at =
      std::ranges::find_if(exchanges_, [&](const auto& one) { return one.get() == &exchange; });
  if (at == exchanges_.end()) return;  // it is being told that it is lost
  const auto index = static_cast<size_t>(at - exchanges_.begin());
  if (exchange.untouched()) return leave_queue(index);
  if (!exchange.sent_whole()) return cut_at(index);
  ++unwanted_;
  // Its answer is read for the others; without them the connection has no use.
  if (!needed()) fail(kLostAside);
}

// Not a byte of it has left.
void ClientH1Pipeline::leave_queue(size_t index) {
  const uint64_t begin = exchanges_[index]->begin;
  const uint64_t bytes = exchanges_[index]->unsent();
  withdraw(begin, begin + bytes);
  exchanges_.erase(exchanges_.begin() + static_cast<ptrdiff_t>(index));
  for (size_t i = index; i < exchanges_.size(); ++i) {
    exchanges_[i]->begin -= bytes;
    exchanges_[i]->end -= bytes;
  }
  if (!exchanges_.empty() && !needed()) return fail(kLostAside);
  if (index == 0) turn_since_ = idle_since_ = context_.loop.now();
  freed_ = true;
  schedule_flush();
}

// A part of it has left: nothing can follow. Those before it are still answered; then the
// connection is reset, so that the cut request never looks complete.
void ClientH1Pipeline::cut_at(size_t index) {
  cut_ = true;
  const Exchanges lost = take_from(index);
  if (!needed()) fail(kLostAside);
  tell_lost(lost, 1);
}

// Takes bytes back that have not left.
void ClientH1Pipeline::withdraw(uint64_t begin, uint64_t end) {
  begin = std::max(begin, written_);
  if (begin >= end) return;
  ByteQueue kept;
  for (uint64_t at = written_; !out_.empty();) {
    const bool wanted = at < begin || at >= end;
    const uint64_t stop = at < begin ? begin : at < end ? end : UINT64_MAX;
    Chunk piece = out_.take_front(stop - at);
    at += piece.size();
    if (wanted) kept.append(std::move(piece));
  }
  out_ = std::move(kept);
}

ClientH1Pipeline::Exchanges ClientH1Pipeline::take_from(size_t index) {
  Exchanges taken;
  while (exchanges_.size() > index) {
    if (exchanges_.back()->handler == nullptr && exchanges_.back()->sent_whole()) --unwanted_;
    taken.push_front(std::move(exchanges_.back()));
    exchanges_.pop_back();
  }
  if (!taken.empty()) withdraw(taken.front()->begin, said());
  return taken;
}

// Those from there on will not be answered.
void ClientH1Pipeline::lose_from(size_t index) {
  if (index >= exchanges_.size()) return;
  const Exchanges lost = take_from(index);
  if (!needed()) fail(kLostAside);
  tell_lost(lost);
}

// One that hears of it may cancel others, which then hear nothing.
void ClientH1Pipeline::tell_lost(const Exchanges& lost, size_t from) {
  for (size_t i = from; i < lost.size(); ++i) {
    ResponseHandler* const handler = std::exchange(lost[i]->handler, nullptr);
    if (handler != nullptr) handler->on_response_error(kLostAside);
  }
}

// The connection is over. The answer that was due is lost for a reason of its own, those behind it
// on its account.
void ClientH1Pipeline::fail(const Error& error) {
  const Exchanges lost = std::exchange(exchanges_, {});
  stream_->abort();
  shut(nullptr);
  if (lost.empty()) return;
  ResponseHandler* const due = std::exchange(lost.front()->handler, nullptr);
  if (due != nullptr) due->on_response_error(error);
  tell_lost(lost, 1);
}

void ClientH1Pipeline::shut(const Error* connect_error) {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  connect_timer_.cancel();
  flush_task_.cancel();
  read_task_.cancel();
  out_.clear();
  stream_->set_handler(nullptr);
  owner_.on_closed(*this, connect_error);
}

}  // namespace

std::unique_ptr<ClientConnection> make_client_h1_pipeline(
    const ClientContext& context, ClientOwner& owner, std::unique_ptr<net::Stream> stream,
    Duration connect_timeout, std::string_view preface, uint32_t depth) {
  return std::make_unique<ClientH1Pipeline>(context, owner, std::move(stream), connect_timeout,
                                            preface, depth);
}

}  // namespace gnomon::http
