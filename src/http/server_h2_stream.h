// One request of an HTTP/2 client and its response: the session's stream on one side, what the
// handler speaks to on the other.
#pragma once

#include <memory>
#include <string>

#include "base/pool.h"
#include "http/h2_flush.h"
#include "http/h2_session.h"
#include "http/server_connection.h"

namespace gnomon::http {

// What the streams of a connection use of it. Outlives them.
struct ServerH2Shared {
  ServerContext& context;
  ServerConnection& connection;
  net::Stream& stream;
  const std::string& peer_ip;
  ConnectionScope& scope;
  H2Session& session;
  H2Flush& flush;
  net::Task& finish;  // lets go of the handlers whose exchange is over
  net::Task& resume;  // of streams that want to
};

class ServerH2Stream final : public Pooled<ServerH2Stream>, public H2Stream, public ServerStream {
 public:
  explicit ServerH2Stream(ServerH2Shared& shared) : ServerStream(shared.scope), shared_(shared) {}

  // From the session. False: the request was refused, and is answered.
  bool on_head(bool end);
  void on_data(Chunk chunk);
  void on_end(Headers trailers);
  void on_writable();
  void on_data_sent() noexcept { last_activity_ = now(); }
  void on_sent_end();

  // Tells the handler that its client is lost, unless it is done. It may be on the stack above us
  // and is kept until the stream ends.
  void lose_client(const Error& error) {
    if (open() || owes_bytes()) tell_gone(error);
  }
  void finish() {
    if (!open() && !owes_bytes()) handler_.reset();
  }
  void resume_if_wanted() {
    if (std::exchange(wants_resume_, false)) shared_.session.resume(*this);
  }
  // Ends the exchange if its time is over. Returns when to look again.
  TimePoint check_time();

 private:
  void send_interim(const ResponseHead& head) override;
  void send_head(const ResponseHead& head) override;
  void send_body(Chunk chunk) override;
  void send_end(const Headers& trailers) override;
  void reset() override;
  void pause() override { shared_.session.pause(*this); }
  void resume() override {
    if (!std::exchange(wants_resume_, true)) schedule(shared_.resume);
  }
  size_t unsent() const noexcept override { return unsent_bytes(); }
  void leave_idling_to_handler() override { handler_times_idling_ = true; }
  void leave_duration_to_handler() override { handler_times_duration_ = true; }
  const net::Address& peer() const noexcept override { return shared_.stream.peer(); }
  std::string_view peer_ip() const noexcept override { return shared_.peer_ip; }
  net::Address local() const noexcept override { return shared_.stream.local(); }
  const tls::TlsFacts* tls() const noexcept override { return shared_.stream.tls(); }
  void close_after_answer() noexcept override { shared_.connection.drain(); }

  const ServerSettings& settings() const noexcept { return shared_.context.settings; }
  TimePoint now() const noexcept { return shared_.context.loop.now(); }
  void schedule(net::Task& task) { shared_.context.loop.schedule(task, net::Lane::live); }

  bool answering() const noexcept { return !response_done_ && !was_reset() && !gone_; }
  // Whether there is more for the handler to do than to be destroyed.
  bool open() const noexcept { return !response_done_ || (tunnel_ && !request_done_); }
  // Bytes that its client may still take.
  bool owes_bytes() const noexcept { return unsent_bytes() > 0 && !was_reset(); }

  void begin(RequestHead head);
  void begin_tunnel(const ResponseHead& head);
  // Answers on behalf of no handler.
  void refuse(const ProtocolError& error);
  void tell_gone(const Error& error);
  void give_up(const Error& error, uint16_t status);
  bool over_limit(uint64_t body_bytes) const noexcept;

  ServerH2Shared& shared_;
  std::unique_ptr<RequestHandler> handler_;
  TimePoint begun_{};
  TimePoint last_activity_{};
  uint64_t body_bytes_ = 0;
  bool head_request_ = false;
  bool head_given_ = false;
  bool bodiless_ = false;
  bool tunnel_ = false;
  bool upgrade_ = false;  // an extended CONNECT that has not been answered
  bool request_done_ = false;
  bool response_done_ = false;
  bool wants_resume_ = false;
  bool handler_times_idling_ = false;
  bool handler_times_duration_ = false;
  bool gone_ = false;  // the handler has been told that its client is
};

}  // namespace gnomon::http
