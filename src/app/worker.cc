#include "app/worker.h"

#include <algorithm>
#include <utility>

#include "app/server_settings.h"
#include "base/thread_name.h"

namespace gnomon::app {
namespace {

constexpr Millis kHousekeeping{5'000};
constexpr Millis kDrainPoll{10};
constexpr Millis kProxyHeaderLimit{10'000};
constexpr Millis kFirstByteLimit{15'000};  // as long as Envoy waits
constexpr Millis kIdleSearchPause{100};
constexpr size_t kIdleShareClosed = 16;  // one in so many: the search is paid for by what it finds
constexpr size_t kHandshakesMax = 4096;  // at a time

}  // namespace

struct Worker::Port {
  Port(Worker& worker, size_t listener)
      : dispatcher(worker.proxy_, listener),
        server{worker.loop_, worker.read_buffer_, settings, dispatcher, worker} {}
  proxy::Dispatcher dispatcher;
  // Connections look here at every request: a reload changes them in place.
  http::ServerSettings settings;
  routing::ConnectionSettings connections;
  tls::ServerContextsPtr tls;  // null: clear text
  Millis handshake_timeout{0};
  http::ServerContext server;
};

Worker::Worker(WorkerShared& shared, uint64_t seed, size_t index)
    : shared_(shared),
      index_(index),
      loop_(shared.clock, poller_),
      network_(loop_),
      rng_(seed),
      date_(loop_),
      live_pools_{loop_,           network_,
                  read_buffer_,    shared.client_settings,
                  net::Lane::live, &shared.live_health,
                  &shared.log},
      shadow_pools_{loop_,
                    network_,
                    read_buffer_,
                    shared.client_settings,
                    net::Lane::background,
                    &shared.shadow_health,
                    &shared.log},
      clusters_(live_pools_, rng_, shared.live_breakers, stats_.clusters),
      shadows_({loop_, rng_, shared.shadow_limits, shadow_stats_, shared.gateway_ip, shared.trios},
               shadow_pools_, shared.shadow_breakers, shadow_cluster_stats_),
      proxy_{loop_, rng_, date_, stats_, clusters_, &shadows_},
      graveyard_(loop_),
      parking_(loop_),
      used_readers_(loop_),
      used_first_bytes_(loop_),
      handshake_turns_(loop_),
      used_handshakes_(loop_),
      housekeeping_timer_(loop_.timers(), [this] { housekeep(); }),
      drain_timer_(loop_.timers(), [this] { on_drain_timer(); }) {
  housekeeping_timer_.arm(kHousekeeping);
}

Worker::~Worker() {
  join();
  readers_.clear();
  first_bytes_.clear();
  handshakes_.clear();
  // Connections hold exchanges, and those hold copies and pool tickets: they go first.
  connections_.clear();
}

std::expected<void, std::string> Worker::install(const routing::SnapshotPtr& snapshot,
                                                 const proxy::AddressBookPtr& book,
                                                 const std::vector<BoundListener>& listeners) {
  clusters_.install(snapshot, book,
                    [&](routing::ClusterId id) { return snapshot->clusters()[id].primary; });
  shadows_.install(snapshot, book);
  std::map<std::string, std::unique_ptr<Port>> before = std::exchange(ports_, {});
  std::vector<std::pair<net::Address, Ports>> doors;
  for (size_t i = 0; i < listeners.size(); ++i) {
    const routing::Listener& listener = snapshot->listeners()[i];
    const std::string key = listeners[i].address.to_string() + " " + listener.chain;
    auto known = before.extract(key);
    std::unique_ptr<Port> port =
        known ? std::move(known.mapped()) : std::make_unique<Port>(*this, i);
    configure(*port, snapshot, listeners, i);
    const bool same = !doors.empty() && doors.back().first == listeners[i].address;
    if (!same) doors.emplace_back(listeners[i].address, Ports{{}, listener.entrances});
    doors.back().second.ports.push_back(port.get());
    ports_.emplace(key, std::move(port));
  }
  for (auto& [key, port] : before) {
    for (http::ServerConnection* connection : open_connections(port.get())) connection->drain();
    closed_ports_.push_back(std::move(port));
  }
  return open_doors(doors);
}

std::expected<void, std::string> Worker::open_doors(
    const std::vector<std::pair<net::Address, Ports>>& wanted) {
  std::expected<void, std::string> result;
  std::map<std::string, Door> before = std::exchange(doors_, {});
  for (const auto& [address, ports] : wanted) {
    const std::string key = address.to_string();
    auto known = before.extract(key);
    Door& door = doors_[key];
    if (known) door = std::move(known.mapped());
    door.ports = std::make_shared<const Ports>(ports);
    if (door.acceptor != nullptr) continue;
    auto acceptor = network_.listen(
        address, [this, key](std::unique_ptr<net::Stream> s) { on_accept(key, std::move(s)); });
    if (acceptor) {
      door.acceptor = std::move(*acceptor);
    } else {
      result = std::unexpected(acceptor.error());
    }
  }
  return result;
}

void Worker::configure(Port& port, const routing::SnapshotPtr& snapshot,
                       const std::vector<BoundListener>& listeners, size_t at) {
  const BoundListener& bound = listeners[at];
  const routing::ListenerSettings& settings = proxy::listener_settings(*snapshot, at);
  port.settings = server_settings(shared_.server_settings, settings);
  port.connections = settings.connections;
  const routing::Listener& listener = snapshot->listeners()[at];
  port.tls = listener.tls;
  port.handshake_timeout = listener.handshake_timeout;
  port.dispatcher.listener().install(
      {snapshot, at, bound.address.port(), bound.limits,
       index_ < bound.outlets.size() ? bound.outlets[index_] : std::vector<proxy::AccessOutlet>()});
}

void Worker::resolve(const proxy::AddressBookPtr& book) {
  clusters_.resolve(book);
  shadows_.resolve(book);
}

void Worker::start() {
  thread_ = std::thread([this] {
    name_thread("worker");
    loop_.run();
  });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::on_accept(const std::string& address, std::unique_ptr<net::Stream> stream) {
  Arrival arrival{doors_.find(address)->second.ports, nullptr, nullptr};
  Port& first = *arrival.ports->ports.front();
  // Of several ports it is not known yet which one's limits count.
  if (arrival.ports->entrances == nullptr) {
    if (!admit(first, arrival, stream)) return;
  } else if (!take_descriptor(arrival)) {
    return refuse(proxy::Refusal::descriptors);
  }
  const routing::InboundProxyProtocol header = first.connections.proxy_protocol;
  if (header == routing::InboundProxyProtocol::off) {
    return sort(std::move(arrival), std::move(stream));
  }
  read_proxy_header(std::move(arrival), std::move(stream),
                    header == routing::InboundProxyProtocol::optional);
}

bool Worker::admit(Port& port, Arrival& arrival, std::unique_ptr<net::Stream>& stream) {
  const proxy::ListenerLimits& limits = port.dispatcher.listener().limits();
  if (limits.connection_rate != nullptr && !limits.connection_rate->take(loop_.now())) {
    refuse(proxy::Refusal::connection_rate);
    return false;
  }
  if (arrival.descriptor == nullptr && !take_descriptor(arrival)) {
    refuse(proxy::Refusal::descriptors);
    return false;
  }
  // Counted first and judged by what was before: two workers cannot both get the last place.
  const uint32_t before = limits.connections->fetch_add(1, std::memory_order_relaxed);
  arrival.place =
      Place(limits.connections.get(),
            [kept = limits.connections, descriptor = arrival.descriptor](
                std::atomic<uint32_t>* count) { count->fetch_sub(1, std::memory_order_relaxed); });
  const uint32_t most = port.connections.max_active;
  if (most == 0 || before < most) return true;
  refuse(proxy::Refusal::connection_limit);
  parking_.park(std::move(stream), std::move(arrival.descriptor),
                port.connections.delay_before_close);
  return false;
}

bool Worker::take_descriptor(Arrival& arrival) {
  const uint64_t before = shared_.clients.fetch_add(1, std::memory_order_relaxed);
  arrival.descriptor = Descriptor(&shared_.clients, [this](void* /*count*/) {
    shared_.clients.fetch_sub(1, std::memory_order_relaxed);
  });
  return before < shared_.clients_max || close_idle_clients();
}

bool Worker::close_idle_clients() {
  if (loop_.now() < none_idle_until_) return false;
  std::vector<std::pair<TimePoint, http::ServerConnection*>> idle;
  for (const auto& [key, client] : connections_) {
    if (const auto since = key->idle_since()) idle.emplace_back(*since, key);
  }
  const auto most = static_cast<ptrdiff_t>((idle.size() + kIdleShareClosed - 1) / kIdleShareClosed);
  std::ranges::nth_element(idle, idle.begin() + most);
  idle.resize(static_cast<size_t>(most));
  const size_t before = connections_.size();
  for (const auto& [since, connection] : idle) connection->close_idle();
  if (connections_.size() < before) return true;
  none_idle_until_ = loop_.now() + kIdleSearchPause;
  return false;
}

void Worker::read_proxy_header(Arrival arrival, std::unique_ptr<net::Stream> stream,
                               bool optional) {
  const auto done = [this, arrival = std::move(arrival)](net::ProxyHeaderReader& reader,
                                                         net::ProxyHeaderReader::Outcome outcome) {
    const auto it = readers_.find(&reader);
    if (outcome == net::ProxyHeaderReader::Outcome::ready) {
      sort(arrival, reader.take_stream());
    } else {
      refuse(proxy::Refusal::proxy_protocol);
    }
    used_readers_.bury(std::move(it->second));
    readers_.erase(it);
  };
  auto reader = std::make_unique<net::ProxyHeaderReader>(loop_, std::move(stream), optional,
                                                         kProxyHeaderLimit, done);
  net::ProxyHeaderReader* const key = reader.get();
  readers_.emplace(key, std::move(reader));
}

void Worker::sort(Arrival arrival, std::unique_ptr<net::Stream> stream) {
  const Ports& ports = *arrival.ports;
  if (ports.entrances == nullptr) {
    Port& port = *ports.ports.front();
    if (port.tls == nullptr) return serve(port, std::move(arrival.place), std::move(stream));
    return secure(std::move(arrival), std::move(stream), port.tls, port.handshake_timeout);
  }
  const routing::Entrance* entrance = ports.entrances->find(stream->peer().ip());
  if (entrance == nullptr) return refuse(proxy::Refusal::no_gateway);
  if (entrance->tls != nullptr && entrance->clear) {
    return read_first_byte(std::move(arrival), std::move(stream), *entrance);
  }
  if (entrance->tls != nullptr)
    return secure_sorted(std::move(arrival), std::move(stream), *entrance);
  serve_sorted(std::move(arrival), std::move(stream), entrance->clear);
}

void Worker::read_first_byte(Arrival arrival, std::unique_ptr<net::Stream> stream,
                             const routing::Entrance& entrance) {
  // The entrance lives as long as the arrival's ports.
  const auto done = [this, arrival = std::move(arrival), &entrance](
                        net::FirstByte& reader, net::FirstByte::Outcome outcome) {
    const auto it = first_bytes_.find(&reader);
    if (outcome == net::FirstByte::Outcome::tls) {
      secure_sorted(arrival, reader.take_stream(), entrance);
    } else if (outcome == net::FirstByte::Outcome::other) {
      serve_sorted(arrival, reader.take_stream(), entrance.clear);
    } else {
      refuse(proxy::Refusal::no_gateway);
    }
    used_first_bytes_.bury(std::move(it->second));
    first_bytes_.erase(it);
  };
  auto reader = std::make_unique<net::FirstByte>(loop_, std::move(stream), kFirstByteLimit, done);
  net::FirstByte* const key = reader.get();
  first_bytes_.emplace(key, std::move(reader));
}

// Handshakes may take as long as the most patient of the ports allows.
void Worker::secure_sorted(Arrival arrival, std::unique_ptr<net::Stream> stream,
                           const routing::Entrance& entrance) {
  Millis limit{0};
  for (const Port* port : arrival.ports->ports) limit = std::max(limit, port->handshake_timeout);
  secure(std::move(arrival), std::move(stream), entrance.tls, limit);
}

void Worker::secure(Arrival arrival, std::unique_ptr<net::Stream> stream,
                    const tls::ServerContextsPtr& contexts, Millis limit) {
  if (handshakes_.size() >= kHandshakesMax) return refuse(proxy::Refusal::tls_handshake);
  auto accept =
      std::make_unique<net::TlsAccept>(loop_, handshake_turns_, std::move(stream), contexts, limit,
                                       [this, contexts, arrival = std::move(arrival)](
                                           net::TlsAccept& from, net::TlsAccept::Outcome outcome) {
                                         on_secured(arrival, *contexts, from, outcome);
                                       });
  net::TlsAccept* const key = accept.get();
  handshakes_.emplace(key, std::move(accept));
}

void Worker::on_secured(const Arrival& arrival, const tls::ServerContexts& contexts,
                        net::TlsAccept& accept, net::TlsAccept::Outcome outcome) {
  const auto it = handshakes_.find(&accept);
  used_handshakes_.bury(std::move(it->second));
  handshakes_.erase(it);
  if (outcome == net::TlsAccept::Outcome::ready) {
    std::unique_ptr<net::Stream> stream = accept.take_stream();
    if (arrival.place != nullptr) {
      return serve(*arrival.ports->ports.front(), arrival.place, std::move(stream));
    }
    const auto chosen = contexts.tag_of(stream->tls()->server_name);
    return serve_sorted(arrival, std::move(stream), chosen);
  }
  refuse(proxy::Refusal::tls_handshake);
  shared_.log.debug("TLS handshake failed",
                    {{"client", accept.peer().to_string()}, {"reason", accept.failure()}});
  check_drained();
}

void Worker::serve_sorted(Arrival arrival, std::unique_ptr<net::Stream> stream,
                          std::optional<uint32_t> chosen) {
  if (!chosen) return refuse(proxy::Refusal::no_gateway);
  Port& port = *arrival.ports->ports[*chosen];
  if (admit(port, arrival, stream)) serve(port, std::move(arrival.place), std::move(stream));
}

void Worker::serve(Port& port, Place place, std::unique_ptr<net::Stream> stream) {
  stats_.connections.add();
  stats_.connections_active.add(1);
  auto connection = http::make_server_connection(port.server, std::move(stream));
  http::ServerConnection* key = connection.get();
  connections_.emplace(key, Client{std::move(connection), &port, std::move(place)});
  if (drain_ != Drain::no) key->drain();
}

void Worker::on_closed(http::ServerConnection& connection) {
  const auto it = connections_.find(&connection);
  if (it == connections_.end()) return;
  stats_.connections_active.add(-1);
  graveyard_.bury(std::move(it->second.connection));
  connections_.erase(it);
  check_drained();
}

void Worker::drain(Duration drain_timeout, Duration shadow_grace) {
  loop_.post([this, drain_timeout, shadow_grace] { begin_drain(drain_timeout, shadow_grace); });
}

void Worker::begin_drain(Duration drain_timeout, Duration shadow_grace) {
  if (drain_ != Drain::no) return;
  drain_ = Drain::live;
  shadow_grace_ = shadow_grace;
  drain_timer_.arm(drain_timeout);
  for (auto& [address, door] : doors_) door.acceptor.reset();
  for (auto& [key, port] : ports_) port->dispatcher.listener().set_draining();
  for (http::ServerConnection* connection : open_connections(nullptr)) connection->drain();
  check_drained();
}

// Those of one port, or all.
std::vector<http::ServerConnection*> Worker::open_connections(const Port* port) const {
  std::vector<http::ServerConnection*> open;
  open.reserve(connections_.size());
  for (const auto& [key, client] : connections_) {
    if (port == nullptr || client.port == port) open.push_back(key);
  }
  return open;
}

void Worker::check_drained() {
  if (drain_ != Drain::live || !connections_.empty() || !handshakes_.empty()) return;
  drain_ = Drain::shadows;
  shadows_.stop();
  shadow_deadline_ = loop_.now() + shadow_grace_;
  drain_timer_.arm(Duration::zero());
}

void Worker::on_drain_timer() {
  if (drain_ == Drain::live) return close_live();
  if (shadows_.in_flight() == 0 || loop_.now() >= shadow_deadline_) return finish();
  drain_timer_.arm(kDrainPoll);
}

void Worker::close_live() {
  handshakes_.clear();
  for (http::ServerConnection* connection : open_connections(nullptr)) connection->close_now();
  check_drained();
}

void Worker::finish() {
  drain_ = Drain::done;
  shadows_.cut_all();
  finished_.store(true, std::memory_order_release);
  loop_.stop();
}

void Worker::housekeep() {
  clusters_.close_stale();
  shadows_.close_stale();
  housekeeping_timer_.arm(kHousekeeping);
}

}  // namespace gnomon::app
