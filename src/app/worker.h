// One thread of the data path with everything it owns: loop, listeners, client connections, pools,
// shadows, counters. Nothing of it is touched by another thread, but for the counters, which are
// read.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "app/parking.h"
#include "base/log.h"
#include "base/rng.h"
#include "http/server_connection.h"
#include "net/first_byte.h"
#include "net/graveyard.h"
#include "net/proxied_stream.h"
#include "net/tcp.h"
#include "net/tls_accept.h"
#include "proxy/dispatcher.h"
#include "routing/entrances.h"
#include "routing/snapshot.h"
#include "shadow/shadow_manager.h"

namespace gnomon::app {

// What all workers share, each part thread-safe. Outlives them.
struct WorkerShared {
  const Clock& clock;
  Log& log;
  http::ServerSettings server_settings;
  http::ClientSettings client_settings;
  proxy::BreakerRegistry live_breakers;
  proxy::BreakerRegistry shadow_breakers;
  proxy::HealthRegistry live_health;
  proxy::HealthRegistry shadow_health;
  shadow::SharedLimits shadow_limits;
  shadow::TrioSink* trios = nullptr;  // who compares answers; outlives the workers
  std::atomic<uint64_t> clients = 0;  // connections that hold a descriptor
  uint64_t clients_max = 0;           // the share of descriptors that is theirs
  std::string gateway_ip;
};

// A listener with the port that was really bound.
struct BoundListener {
  std::string name;
  net::Address address;
  proxy::ListenerLimits limits;
  std::vector<std::vector<proxy::AccessOutlet>> outlets;  // of each worker
};

class Worker final : private http::ServerOwner {
 public:
  // `index` counts the workers from 0.
  Worker(WorkerShared& shared, uint64_t seed, size_t index);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Before start(), or on the worker's own thread. `listeners` are those of the snapshot, in its
  // order. An error names the address that could not be bound; the others are open.
  std::expected<void, std::string> install(const routing::SnapshotPtr& snapshot,
                                           const proxy::AddressBookPtr& book,
                                           const std::vector<BoundListener>& listeners);
  void resolve(const proxy::AddressBookPtr& book);

  // Before start().
  void set_access(proxy::AccessSink* access) noexcept { proxy_.access = access; }
  void start();
  bool post(std::function<void()> work) { return loop_.post(std::move(work)); }

  // From any thread. Listeners close, live requests finish until `drain_timeout`, then copies until
  // `shadow_grace`; then the thread ends.
  void drain(Duration drain_timeout, Duration shadow_grace);
  bool finished() const noexcept { return finished_.load(std::memory_order_acquire); }
  void join();

  const proxy::WorkerStats& stats() const noexcept { return stats_; }
  proxy::WorkerStats& stats() noexcept { return stats_; }
  const Registry<proxy::ClusterStats>& shadow_cluster_stats() const noexcept {
    return shadow_cluster_stats_;
  }
  const shadow::ShadowRegistry& shadow_stats() const noexcept { return shadow_stats_; }

  // On the worker's thread only.
  const proxy::ClusterSet& live_clusters() const noexcept { return clusters_; }
  const shadow::ShadowManager& shadows() const noexcept { return shadows_; }

 private:
  // A listener with the dispatcher and the settings that its connections refer to. Stays in memory
  // until the last of them is gone.
  struct Port;
  // Those that share an address; as many as a hybrid Gateway has, else one.
  struct Ports {
    std::vector<Port*> ports;
    routing::EntrancesPtr entrances;  // which of them; null where there is one
  };
  // An address that is listened on. Connections that are not sorted yet keep the ports of their
  // arrival over a reload.
  struct Door {
    std::shared_ptr<const Ports> ports;
    std::unique_ptr<net::Acceptor> acceptor;
  };

  void on_closed(http::ServerConnection& connection) override;
  void configure(Port& port, const routing::SnapshotPtr& snapshot,
                 const std::vector<BoundListener>& listeners, size_t at);
  std::expected<void, std::string> open_doors(
      const std::vector<std::pair<net::Address, Ports>>& wanted);
  // A place among the connections of a listener, given back when the last copy is gone.
  using Place = std::shared_ptr<std::atomic<uint32_t>>;
  // A descriptor out of the share of clients; likewise.
  using Descriptor = std::shared_ptr<void>;
  // A connection that is not served yet.
  struct Arrival {
    std::shared_ptr<const Ports> ports;
    Descriptor descriptor;
    Place place;  // null until it is known which port it is for
  };

  void on_accept(const std::string& address, std::unique_ptr<net::Stream> stream);
  // Whether the port takes one more. Where it does not, that has been counted.
  bool admit(Port& port, Arrival& arrival, std::unique_ptr<net::Stream>& stream);
  bool take_descriptor(Arrival& arrival);
  // Closes connections of this worker that are between two requests, the longest idle first. False
  // if there is none.
  bool close_idle_clients();
  void refuse(proxy::Refusal reason) noexcept { stats_.refusals.add(reason); }
  void read_proxy_header(Arrival arrival, std::unique_ptr<net::Stream> stream, bool optional);
  // By the client's address and, where some ports speak TLS and others do not, its first byte.
  void sort(Arrival arrival, std::unique_ptr<net::Stream> stream);
  void read_first_byte(Arrival arrival, std::unique_ptr<net::Stream> stream,
                       const routing::Entrance& entrance);
  void secure_sorted(Arrival arrival, std::unique_ptr<net::Stream> stream,
                     const routing::Entrance& entrance);
  void serve_sorted(Arrival arrival, std::unique_ptr<net::Stream> stream,
                    std::optional<uint32_t> chosen);
  void secure(Arrival arrival, std::unique_ptr<net::Stream> stream,
              const tls::ServerContextsPtr& contexts, Millis limit);
  void on_secured(const Arrival& arrival, const tls::ServerContexts& contexts,
                  net::TlsAccept& accept, net::TlsAccept::Outcome outcome);
  void serve(Port& port, Place place, std::unique_ptr<net::Stream> stream);
  void begin_drain(Duration drain_timeout, Duration shadow_grace);
  void check_drained();
  void on_drain_timer();
  void close_live();
  void finish();
  std::vector<http::ServerConnection*> open_connections(const Port* port) const;
  void housekeep();

  WorkerShared& shared_;
  const size_t index_;
  net::EpollPoller poller_;
  net::EventLoop loop_;
  net::TcpNetwork network_;
  Rng rng_;
  http::ReadBuffer read_buffer_;
  proxy::WorkerStats stats_;
  Registry<proxy::ClusterStats> shadow_cluster_stats_;
  shadow::ShadowRegistry shadow_stats_;
  proxy::DateCache date_;
  const proxy::PoolContext live_pools_;
  const proxy::PoolContext shadow_pools_;
  proxy::ClusterSet clusters_;
  shadow::ShadowManager shadows_;
  proxy::ProxyContext proxy_;

  std::map<std::string, std::unique_ptr<Port>> ports_;  // by address and chain
  std::map<std::string, Door> doors_;                   // by address
  std::vector<std::unique_ptr<Port>> closed_ports_;
  struct Client {
    std::unique_ptr<http::ServerConnection> connection;
    const Port* port;
    Place place;
  };
  std::unordered_map<http::ServerConnection*, Client> connections_;
  TimePoint none_idle_until_{};  // not worth looking again before
  net::Graveyard<http::ServerConnection> graveyard_;
  Parking parking_;
  std::unordered_map<net::ProxyHeaderReader*, std::unique_ptr<net::ProxyHeaderReader>> readers_;
  net::Graveyard<net::ProxyHeaderReader> used_readers_;
  std::unordered_map<net::FirstByte*, std::unique_ptr<net::FirstByte>> first_bytes_;
  net::Graveyard<net::FirstByte> used_first_bytes_;
  net::HandshakeTurns handshake_turns_;
  std::unordered_map<net::TlsAccept*, std::unique_ptr<net::TlsAccept>> handshakes_;
  net::Graveyard<net::TlsAccept> used_handshakes_;

  net::Timer housekeeping_timer_;
  net::Timer drain_timer_;
  Duration shadow_grace_{};
  TimePoint shadow_deadline_{};
  enum class Drain : uint8_t { no, live, shadows, done } drain_ = Drain::no;
  std::atomic<bool> finished_{false};
  std::thread thread_;
};

}  // namespace gnomon::app
