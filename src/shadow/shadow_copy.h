// One copy of one request on its way to one shadow. Lives on its worker, works in the background
// lane, and ends in exactly one counted outcome.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "http/client.h"
#include "proxy/cluster_set.h"
#include "proxy/host_pool.h"
#include "routing/plan.h"
#include "shadow/failure_breaker.h"
#include "shadow/limits.h"
#include "shadow/pairing.h"
#include "shadow/shadow_stats.h"

namespace gnomon::shadow {

class ShadowCopy;

// One shadow as one worker knows it; survives reloads that keep its name.
struct ShadowState {
  ShadowState(std::shared_ptr<ShadowStats> stats_in, std::shared_ptr<ShadowLimits> limits_in)
      : stats_owner(std::move(stats_in)),
        limits_owner(std::move(limits_in)),
        stats(*stats_owner),
        limits(*limits_owner) {}
  const std::shared_ptr<ShadowStats> stats_owner;
  const std::shared_ptr<ShadowLimits> limits_owner;
  ShadowStats& stats;
  ShadowLimits& limits;
  FailureBreaker breaker;
  size_t copies = 0;  // that refer to it
};

class CopyOwner {
 public:
  // The copy has ended. It must be let go, but not before the caller's stack has unwound.
  virtual void on_copy_ended(ShadowCopy& copy) noexcept = 0;

 protected:
  ~CopyOwner() = default;
};

class ShadowCopy final : private http::ResponseHandler, private proxy::PoolTicket {
 public:
  // What the manager has taken for this copy; given back when it ends.
  struct Grant {
    SharedLimits& shared;
    ShadowState& state;
    bool probe = false;  // of the breaker
  };

  // Where it goes, and how long it may take.
  struct Course {
    proxy::GenerationPtr generation;
    routing::ClusterId cluster;
    Millis timeout;
  };

  // `policy` is of the course's generation.
  ShadowCopy(net::EventLoop& loop, CopyOwner& owner, const Grant& grant, Course course,
             const routing::ShadowPolicy& policy, RequestHead head);
  ~ShadowCopy() override;

  // Where the shadow's upstream is affine, copies keep together as their live requests do.
  void set_hash(std::optional<uint64_t> hash) noexcept { hash_ = hash; }

  // From the tap, on the live path: they queue and return.
  void offer(const Chunk& chunk);
  void offer_end(const Headers& trailers);
  void cut(Reason reason);

  // Before it begins: who wants to know what it answers.
  void report_to(std::shared_ptr<Pairing> pairing, Leg leg) noexcept {
    pairing_ = std::move(pairing);
    leg_ = leg;
  }
  // Before it begins: the client that its connection shall speak for.
  void speak_for(proxy::Origin origin) { origin_ = std::move(origin); }
  // From the manager: ends it now.
  void end_now(Reason reason) { fail(reason); }

 private:
  void on_interim(ResponseHead head) override;
  void on_response_head(ResponseHead head) override;
  void on_response_body(Chunk chunk) override;
  void on_response_end(Headers trailers) override;
  void on_response_error(Error error) override;
  void on_backend_writable() override;
  void on_connection(http::ClientConnection& connection) override;
  void on_no_connection(const Error& error) override;

  void work();
  void acquire();
  void forward();
  void settle();
  bool charge(size_t bytes);
  void on_timeout();
  void fail(Reason reason);
  void answered();
  void end();

  net::EventLoop& loop_;
  CopyOwner& owner_;
  SharedLimits& shared_;
  ShadowState& state_;
  const proxy::GenerationPtr generation_;  // keeps policy_ alive
  const routing::ShadowPolicy& policy_;
  proxy::Cluster* const cluster_;
  std::optional<uint64_t> hash_;
  proxy::HostPool* host_ = nullptr;
  http::ClientStream* backend_ = nullptr;

  std::shared_ptr<Pairing> pairing_;  // null: nobody compares
  Leg leg_ = Leg::candidate;

  RequestHead head_;
  const bool is_call_;                   // of gRPC
  std::optional<uint32_t> grpc_status_;  // in the head of the answer
  std::vector<Chunk> inbox_;             // offered and not yet given to the connection
  Headers trailers_;
  size_t inbox_bytes_ = 0;
  size_t charged_ = 0;
  size_t connection_bytes_ = 0;  // of charged_, for as long as it has a connection of its own
  size_t response_bytes_ = 0;
  const Millis timeout_;
  const TimePoint started_;
  net::Task work_;
  net::Timer timer_;

  Reason cut_reason_ = Reason::client_abort;
  uint16_t status_ = 0;
  const bool probe_;
  bool acquired_ = false;
  bool in_request_ = false;
  bool request_complete_ = false;
  bool end_sent_ = false;
  bool cut_ = false;
  bool ended_ = false;
};

}  // namespace gnomon::shadow
