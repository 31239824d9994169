#include "world.h"

#include <algorithm>

#include "backend.h"

namespace gnomon::sim {

net::Address primary_address() { return *net::Address::parse("10.0.0.1", 80); }
net::Address shadow_address(int number) {
  return *net::Address::parse("10.0.1." + std::to_string(number + 1), 80);
}

OneRouteSnapshot::OneRouteSnapshot() {
  routing::Cluster primary;
  primary.name = "primary";
  primary.endpoints.push_back({primary_address().ip(), primary_address().port(), false});
  clusters_.push_back(primary);
  listeners_.emplace_back();
  route.name = "route";
  route.clusters.push_back({0, 1, "primary"});
  route.total_weight = 1;
}

routing::ShadowPolicy& OneRouteSnapshot::add_shadow(const std::string& name, const net::Address& at,
                                                    bool http2) {
  routing::Cluster cluster;
  cluster.name = name;
  cluster.primary = false;
  cluster.shadow = true;
  cluster.connection.http2 = http2;
  cluster.endpoints.push_back({at.ip(), at.port(), false});
  clusters_.push_back(cluster);
  routing::ShadowPolicy policy;
  policy.name = name;
  policy.cluster = static_cast<routing::ClusterId>(clusters_.size() - 1);
  policy.cluster_name = name;
  policy.per_million = 1'000'000;
  shadow_names_.push_back(name);
  std::ranges::sort(shadow_names_);
  route.shadows.push_back(policy);
  return route.shadows.back();
}

World::World(uint64_t seed, shadow::TrioSink* trios)
    : rng(seed),
      shadows({loop, rng, limits, shadow_registry, "192.0.2.1", trios}, shadow_pools,
              shadow_breakers, shadow_cluster_stats) {
  limits.in_flight_max = 100'000;
}

World::~World() {
  connections_.clear();
  settle();
  shadows.cut_all();
}

void World::serve(std::shared_ptr<const OneRouteSnapshot> snapshot) {
  const auto book = std::make_shared<proxy::AddressBook>();
  clusters.install(snapshot, book,
                   [&](routing::ClusterId id) { return snapshot->clusters()[id].primary; });
  shadows.install(snapshot, book);
}

Backend& World::add_backend(const net::Address& at, Behaviour behaviour) {
  backends_.push_back(std::make_unique<Backend>(*this, at, behaviour));
  return *backends_.back();
}

std::unique_ptr<net::Stream> World::connect() {
  auto [client, server] = network.make_pair();
  auto connection = http::make_server_connection(server_context_, std::move(server));
  connections_.emplace(connection.get(), std::move(connection));
  return std::move(client);
}

void World::on_closed(http::ServerConnection& connection) {
  const auto it = connections_.find(&connection);
  if (it == connections_.end()) return;
  graveyard_.bury(std::move(it->second));
  connections_.erase(it);
}

void World::settle() {
  for (int turn = 0; turn < 300; ++turn) loop.run_once(Duration::zero());
}

void World::advance(Duration by) {
  const TimePoint end = clock.now() + by;
  settle();
  while (clock.now() < end) {
    loop.run_once(end - clock.now());
    settle();
  }
}

Client::Client(World& world) : world_(world), stream_(world.connect()) {
  stream_->set_handler(this);
}

void Client::send(const std::string& bytes) {
  unsent_ += bytes;
  on_stream_ready();
}

void Client::close() {
  stream_.reset();
  closed_ = true;
}

void Client::reset() {
  stream_->abort();
  close();
}

void Client::on_stream_ready() {
  while (stream_ != nullptr && !unsent_.empty() && stream_->writable()) {
    const struct iovec part{unsent_.data(), unsent_.size()};
    const net::IoResult io = stream_->write(&part, 1);
    if (io.status != net::IoResult::Status::ok) {
      unsent_.clear();
      break;
    }
    unsent_.erase(0, io.bytes);
  }
  char buffer[65536];
  while (stream_ != nullptr && stream_->readable()) {
    const net::IoResult io = stream_->read(buffer, sizeof(buffer));
    if (io.status != net::IoResult::Status::ok) {
      closed_ = io.status != net::IoResult::Status::would_block;
      return;
    }
    received_.append(buffer, io.bytes);
    last_byte_at_ = world_.loop.now();
  }
}

}  // namespace gnomon::sim
