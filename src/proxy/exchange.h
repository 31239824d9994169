// One live request with its response. Reads as a list of phases: identify, route, pass the
// route's filters, answer locally or rewrite, show to the tap, attempt (maybe again), relay,
// account.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/pool.h"
#include "http/client.h"
#include "http/server.h"
#include "proxy/admission.h"
#include "proxy/deadlines.h"
#include "proxy/dispatcher.h"
#include "proxy/header_levels.h"
#include "proxy/host_pool.h"
#include "proxy/request_front.h"
#include "proxy/request_hash.h"

namespace gnomon::proxy {

class Exchange final : public Pooled<Exchange>,
                       public http::RequestHandler,
                       private http::ResponseHandler,
                       private PoolTicket,
                       private Deadlines::Owner {
 public:
  Exchange(const ProxyContext& context, http::ServerStream& client, RequestHead head,
           ListenerState& listener);
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
  // Time is over.
  void on_answer_late() override;
  void on_attempt_late() override;
  void on_attempt_endless() override;
  void on_exchange_idle() override;
  void on_exchange_endless() override;

  bool answer_early();
  // The route's filters. False when they have answered, or hold the request back for a while.
  bool pass_filters();
  // What the route leads to.
  void proceed();
  void on_pause_over();
  void answer_directly(const routing::DirectResponse& direct);
  void answer_redirect(const routing::Redirect& redirect);
  bool choose_cluster();
  void rewrite();
  void rewrite_host(std::string_view authority);
  void rewrite_host_for_backend();
  void open_tap();
  // The client gets no answer of its upstream's, or only a part of one.
  void tell_tap(LiveFailure why) noexcept;

  void attempt();
  void end_attempt() noexcept;
  void on_attempt_failed(const Error& error);
  bool may_send_again() const noexcept;
  void retry_after(Millis pause);
  void arm_answer_deadline();
  // False when time is over already.
  bool arm_deadlines();
  void give_up(uint16_t status, std::string_view text, uint32_t flags);
  bool body_too_large() const noexcept;

  bool opens_tunnel_by_mistake(const ResponseHead& head) const noexcept;

  // What goes onto every answer of the route, whoever made it.
  void decorate(ResponseHead& head);

  // The first half of an upgraded connection may end long before the second.
  void end_tunnel_half() noexcept;

  void keep_for_replay(const Chunk& chunk);
  void forget_replay() noexcept;
  void pause_client_if_full();
  size_t backend_high_bytes() const noexcept;
  // Ends the exchange with an answer of our own.
  void reply(uint16_t status, std::string_view text, uint32_t flags);
  void reply_to_error(const Error& error);
  void send_reply(ResponseHead head, std::string_view body);
  void apply_edits(Headers& headers, EditSide side, const ResponseHead* response);
  StreamFacts facts(Duration duration) const;
  // Counters, once, when the answer has ended: whoever has read it finds itself counted.
  void account();
  // The access log, once, when the answer has left for the kernel or the client is gone.
  void log();

  const ProxyContext& context_;
  http::ServerStream& client_;
  RequestHead head_;
  ListenerState& listener_;
  const routing::ListenerSettings* settings_ = nullptr;  // of the generation
  FrontFacts front_;
  std::string_view retriable_names_;  // lives as long as head_
  GenerationPtr generation_;
  routing::Match match_;
  const routing::WeightedCluster* destination_ = nullptr;
  routing::ClusterId cluster_id_ = routing::kNoCluster;
  Cluster* cluster_ = nullptr;
  HostPool* host_ = nullptr;
  http::ClientStream* backend_ = nullptr;
  std::unique_ptr<Tap> tap_;

  std::vector<Chunk> replay_;  // the request's body so far, while it may have to be sent (again)
  size_t replay_bytes_ = 0;
  Headers request_trailers_;

  Deadlines deadlines_;
  net::Timer pause_timer_;           // before a retry, or before a request that a fault delays
  std::unique_ptr<Admission> held_;  // what follows that delay
  RequestHash hash_;

  // What the account needs.
  ResponseHead response_head_;  // kept only where an access log reads it
  Headers response_trailers_;
  Duration request_time_{};
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
  // In the head or in the trailers of the answer, or of an answer of our own that HTTP's status
  // does not imply.
  std::optional<uint32_t> grpc_status_;
  std::string tls_failure_;  // why the last attempt has no connection
  uint32_t attempts_ = 0;
  bool head_sent_ = false;  // of the attempt in hand
  uint32_t retries_ = 0;
  uint32_t stale_retries_ = 0;
  uint16_t status_ = 0;

  bool request_done_ = false;
  bool replay_complete_ = true;  // replay_ holds everything so far
  bool client_paused_ = false;
  bool response_started_ = false;
  bool response_ended_ = false;
  bool backend_answered_ = false;
  bool backend_is_http2_ = false;  // in this attempt or, before its connection, the last
  bool in_attempt_ = false;
  bool holds_retry_ = false;
  bool tunnel_ = false;
  bool tunnel_half_closed_ = false;
  bool accounted_ = false;
  bool logged_ = false;
  bool origin_allowed_ = false;
  bool is_call_ = false;  // of gRPC
};

}  // namespace gnomon::proxy
