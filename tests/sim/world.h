// A gateway worker without sockets or real time: the data path of the product over a network in
// memory and a clock that is moved by hand. A run is a function of its seed.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "http/server_connection.h"
#include "net/graveyard.h"
#include "net/memory.h"
#include "proxy/dispatcher.h"
#include "routing/snapshot.h"
#include "shadow/shadow_manager.h"

namespace gnomon::sim {

// One route to one upstream, with whatever shadows a test adds.
class OneRouteSnapshot final : public routing::Snapshot {
 public:
  OneRouteSnapshot();
  routing::Match match(size_t /*listener*/, const RequestHead& head) const override {
    return {&route, "sim", head.path.size()};
  }
  std::span<const routing::Listener> listeners() const override { return listeners_; }
  std::span<const routing::Cluster> clusters() const override { return clusters_; }
  std::span<const std::string> shadow_names() const override { return shadow_names_; }

  // Adds a shadow with an upstream of its own; returns its policy.
  routing::ShadowPolicy& add_shadow(const std::string& name, const net::Address& at,
                                    bool http2 = false);

  // Controls are copies to the primary's own upstream.
  void share_primary() { clusters_.front().shadow = true; }

  routing::Route route;

 private:
  std::vector<routing::Listener> listeners_;
  std::vector<routing::Cluster> clusters_;
  std::vector<std::string> shadow_names_;
};

net::Address primary_address();
net::Address shadow_address(int number = 0);

// What a fake backend does with each connection.
enum class Behaviour : uint8_t {
  echo,  // 200 with the request's method, path and body length
  hung,  // reads, never answers
  never_read,
  reset_at_once,
  close_at_once,
  reset_mid_body,  // after the first bytes
  garbage,
  endless_body,
  endless_head,
  interim_flood,
  trickle,  // a byte per second
  truncated,
  early_answer,  // before it has read the body
  two_answers,
  large,                    // 200 with kLargeBytes
  half,                     // the head and half of the body, and then nothing
  stalls_at_the_second,     // of a connection's requests, and answers none from there on
  closes_after_the_second,  // which says that it will
  closes_at_random,         // within, after or instead of an answer
};
inline constexpr size_t kLargeBytes = 100'000;
extern const std::vector<Behaviour> kFaults;
const char* name_of(Behaviour behaviour);

class Backend;

class World final : private http::ServerOwner {
 public:
  // `trios`: who gets the answers of requests that are compared.
  explicit World(uint64_t seed, shadow::TrioSink* trios = nullptr);
  ~World();

  // Serves `snapshot`; call again to reload.
  void serve(std::shared_ptr<const OneRouteSnapshot> snapshot);
  Backend& add_backend(const net::Address& at, Behaviour behaviour);
  // A client connection to the gateway; what is written to it arrives there.
  std::unique_ptr<net::Stream> connect();

  // Turns at the same instant until nothing moves any more.
  void settle();
  // Lets virtual time pass, with everything that happens in it.
  void advance(Duration by);

  // Held from the first call on, whatever becomes of the shadow.
  shadow::ShadowStats& shadow_stats(const std::string& name) {
    auto& held = held_stats_[name];
    if (held == nullptr) held = shadow_registry.get(name);
    return *held;
  }

  // Which backend got the requests that came, in their order.
  std::vector<net::Address> served;

  ManualClock clock;
  net::VirtualPoller poller{clock};
  net::EventLoop loop{clock, poller};
  net::MemoryNetwork network{loop};
  Rng rng;
  http::ReadBuffer read_buffer;
  http::ServerSettings server_settings;
  http::ClientSettings client_settings;
  proxy::WorkerStats stats;
  Registry<proxy::ClusterStats> shadow_cluster_stats;
  shadow::ShadowRegistry shadow_registry;
  proxy::BreakerRegistry live_breakers;
  proxy::BreakerRegistry shadow_breakers;
  shadow::SharedLimits limits;
  proxy::DateCache date{loop};
  proxy::PoolContext live_pools{loop, network, read_buffer, client_settings, net::Lane::live};
  proxy::PoolContext shadow_pools{loop, network, read_buffer, client_settings,
                                  net::Lane::background};
  proxy::ClusterSet clusters{live_pools, rng, live_breakers, stats.clusters};
  shadow::ShadowManager shadows;
  proxy::ProxyContext proxy_context{loop, rng, date, stats, clusters, &shadows};

 private:
  void on_closed(http::ServerConnection& connection) override;

  proxy::Dispatcher dispatcher_{proxy_context, 0};
  http::ServerContext server_context_{loop, read_buffer, server_settings, dispatcher_, *this};
  std::map<http::ServerConnection*, std::unique_ptr<http::ServerConnection>> connections_;
  net::Graveyard<http::ServerConnection> graveyard_{loop};
  std::vector<std::unique_ptr<Backend>> backends_;
  std::map<std::string, std::shared_ptr<shadow::ShadowStats>> held_stats_;
};

// A client that sends a script of bytes with pauses and notes what comes back and when.
class Client final : private net::StreamHandler {
 public:
  explicit Client(World& world);
  // Queues bytes; they leave as fast as the gateway takes them.
  void send(const std::string& bytes);
  void close();
  void reset();

  const std::string& received() const noexcept { return received_; }
  bool closed() const noexcept { return closed_; }
  bool all_sent() const noexcept { return unsent_.empty(); }
  TimePoint last_byte_at() const noexcept { return last_byte_at_; }

 private:
  void on_stream_ready() override;

  World& world_;
  std::unique_ptr<net::Stream> stream_;
  std::string unsent_;
  std::string received_;
  TimePoint last_byte_at_{};
  bool closed_ = false;
};

}  // namespace gnomon::sim
