// How the live path shows a request to whoever copies it. The shape is the promise: methods are
// noexcept, take shared bytes and return nothing, so there is no way to wait, fail or push back.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/chunk.h"
#include "http/server.h"
#include "msg/head.h"
#include "net/address.h"
#include "proxy/cluster_set.h"
#include "routing/plan.h"

namespace gnomon::proxy {

// Why a request will not be seen whole.
enum class TapCut : uint8_t {
  client_abort,      // the client left in the middle of it
  primary_rejected,  // the live answer was complete before the request was
};

// Why a request with shadows is not shown at all.
enum class TapRefusal : uint8_t {
  upgrade,           // CONNECT and upgrades are never copied
  primary_rejected,  // it was answered without reaching its upstream
};

// Why the client got no answer of its upstream's, or not all of one.
enum class LiveFailure : uint8_t {
  unanswered,   // no host, no connection, a reset before the answer
  overflow,     // refused by a circuit breaker
  timeout,      // a time limit of the route
  cut_short,    // the answer ended before its end
  malformed,    // it was not HTTP
  client_gone,  // nobody waits for it any more
};

// Sees one request, and then its answer as the upstream gave it. Owned by its exchange. Whatever it
// does happens later, in the background lane.
class Tap {
 public:
  virtual ~Tap() = default;
  virtual void on_body(const Chunk& chunk) noexcept = 0;
  virtual void on_request_end(const Headers& trailers) noexcept = 0;
  virtual void on_cut(TapCut why) noexcept = 0;

  // How an attempt ended that is made again: it was answered, or it was not.
  virtual void on_retry(const ResponseHead& head) noexcept = 0;
  virtual void on_retry(LiveFailure why) noexcept = 0;

  // The answer that the client gets, of the last attempt, before anything of ours is added to it.
  virtual void on_answer(const ResponseHead& head) noexcept = 0;
  virtual void on_answer_body(const Chunk& chunk) noexcept = 0;
  // One of these two ends it, or neither when the exchange is let go before.
  virtual void on_answer_end(const Headers& trailers) noexcept = 0;
  virtual void on_answer_failed(LiveFailure why) noexcept = 0;
};

struct TapContext {
  const ClusterGeneration& generation;
  const routing::Route& route;
  routing::ClusterId cluster;  // of the live request
  const net::Address& client;
  std::optional<uint64_t> hash;  // by which the live request's host is picked
  const http::ServerStream* stream =
      nullptr;  // of the client, for upstreams that want a PROXY header
};

class TapSource {
 public:
  // Called once for each request whose route has shadows, after all rewrites and before the first
  // attempt. Null when nothing is copied.
  virtual std::unique_ptr<Tap> open(const RequestHead& head,
                                    const TapContext& context) noexcept = 0;
  virtual void refuse(const routing::Route& route, TapRefusal why) noexcept = 0;

 protected:
  ~TapSource() = default;
};

}  // namespace gnomon::proxy
