// Turns requests of one listener into exchanges.
#pragma once

#include <memory>

#include "base/rng.h"
#include "http/server.h"
#include "net/event_loop.h"
#include "proxy/access_record.h"
#include "proxy/cluster_set.h"
#include "proxy/date_cache.h"
#include "proxy/listener_state.h"
#include "proxy/stats.h"
#include "proxy/tap.h"

namespace gnomon::proxy {

// What every exchange of a worker borrows. Outlives them.
struct ProxyContext {
  net::EventLoop& loop;
  Rng& rng;
  DateCache& date;
  WorkerStats& stats;
  ClusterSet& clusters;
  TapSource* taps = nullptr;     // null: nobody watches
  AccessSink* access = nullptr;  // null: no access log
  size_t held_body_bytes_max =
      size_t{64} * 1024;  // of a request whose backend is not connected yet
  size_t replay_body_bytes_max =
      size_t{1024} * 1024;                        // of a request that may have to be sent again
  size_t unsent_high_bytes = size_t{128} * 1024;  // towards one side, before the other is paused
};

class Dispatcher final : public http::Service {
 public:
  Dispatcher(const ProxyContext& context, size_t listener)
      : context_(context), listener_(listener) {}

  ListenerState& listener() noexcept { return listener_; }

  std::unique_ptr<http::RequestHandler> on_request(http::ServerStream& stream,
                                                   RequestHead head) override;
  void on_refused(const net::Address& peer, const http::ProtocolError& error) override;
  void on_flood(const net::Address& peer, http::H2Flood kind) override;

 private:
  const ProxyContext& context_;
  ListenerState listener_;
};

}  // namespace gnomon::proxy
