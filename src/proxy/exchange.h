// One live request with its response. Reads as a list of phases: identify, route, answer locally or
// rewrite, show to the tap, attempt (maybe again), relay, account.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/pool.h"
#include "http/client.h"
#include "http/server.h"
#include "proxy/dispatcher.h"
#include "proxy/host_pool.h"

namespace gnomon::proxy {

class Exchange final : public Pooled<Exchange>,
                       public http::RequestHandler,
                       private http::ResponseHandler,
                       private PoolTicket {
 public:
  Exchange(const ProxyContext& context, http::ServerStream& client, RequestHead head,
           size_t listener);
  ~Exchange() override;

  // The phases up to the first attempt. May answer at once.
  void start();

 private:
  // From the client.
  void on_body(Chunk chunk) override;
  void on_request_end(Headers trailers) override;
  void on_client_gone(Error error) override;
  void on_client_writable() override;
  // From the backend.
  void on_interim(ResponseHead head) override;
  void on_response_head(ResponseHead head) override;
  void on_response_body(Chunk chunk) override;
  void on_response_end(Headers trailers) override;
  void on_response_error(Error error) override;
  void on_backend_writable() override;
  // From the pool.
  void on_connection(http::ClientConnection& connection) override;
  void on_no_connection(const Error& error) override;

  void answer_directly(const routing::DirectResponse& direct);
  void answer_redirect(const routing::Redirect& redirect);
  void rewrite();
  bool choose_cluster();
  void open_tap();

  void attempt();
  void end_attempt() noexcept;
  void on_attempt_failed(const Error& error);
  bool may_send_again() const noexcept;
  void retry_later();
  void on_route_timeout();
  void on_try_timeout();
  void arm_route_timeout();

  // The first half of an upgraded connection may end long before the second.
  void end_tunnel_half() noexcept;

  void keep_for_replay(const Chunk& chunk);
  void forget_replay() noexcept;
  void pause_client_if_full();
  // Ends the exchange with an answer of our own.
  void reply(uint16_t status, std::string_view text, uint32_t flags);
  void reply_to_error(const Error& error);
  void send_reply(ResponseHead head, std::string_view body);
  // Counters and the access log, once, at the end of the answer.
  void account();

  const ProxyContext& context_;
  http::ServerStream& client_;
  RequestHead head_;
  const size_t listener_;
  GenerationPtr generation_;
  routing::Match match_;
  Cluster* cluster_ = nullptr;
  HostPool* host_ = nullptr;
  http::ClientStream* backend_ = nullptr;
  std::unique_ptr<Tap> tap_;

  std::vector<Chunk> replay_;  // the request's body so far, while it may have to be sent (again)
  size_t replay_bytes_ = 0;
  Headers request_trailers_;

  net::Timer route_timer_;
  net::Timer try_timer_;
  net::Timer retry_timer_;

  // What the account needs.
  std::string_view client_path_;
  std::string_view client_authority_;
  TimePoint started_;
  WallTime started_wall_;
  TimePoint attempt_started_{};
  Duration backend_time_{};
  uint64_t bytes_received_ = 0;
  uint64_t bytes_sent_ = 0;
  net::Address backend_address_;
  uint32_t flags_ = 0;
  uint32_t retries_ = 0;
  uint32_t stale_retries_ = 0;
  uint16_t status_ = 0;

  bool request_done_ = false;
  bool replay_complete_ = true;  // replay_ holds everything so far
  bool client_paused_ = false;
  bool response_started_ = false;
  bool response_ended_ = false;
  bool backend_answered_ = false;
  bool in_attempt_ = false;
  bool holds_retry_ = false;
  bool tunnel_ = false;
  bool tunnel_half_closed_ = false;
  bool accounted_ = false;
};

}  // namespace gnomon::proxy
