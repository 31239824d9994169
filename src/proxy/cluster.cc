#include "proxy/cluster.h"

#include <algorithm>

namespace gnomon::proxy {

Cluster::Cluster(const PoolContext& context, Rng& rng, const routing::Cluster& config,
                 const AddressBook& book, BreakerCounts& counts, ClusterStats& stats)
    : context_(context), rng_(rng), counts_(counts), stats_(stats) {
  configure(config, book);
  // Workers start at different hosts, so that N workers do not all begin with the first.
  if (!hosts_.empty()) next_host_ = rng_.below(static_cast<uint32_t>(hosts_.size()));
}

Cluster::~Cluster() = default;

void Cluster::configure(const routing::Cluster& config, const AddressBook& book) {
  config_ = config;
  limits_.breakers = config.breakers;
  limits_.connect_timeout = config.connect_timeout;
  rebuild(book);
}

void Cluster::resolve(const AddressBook& book) { rebuild(book); }

void Cluster::rebuild(const AddressBook& book) {
  std::vector<net::Address> wanted;
  for (const routing::Endpoint& endpoint : config_.endpoints) {
    if (!endpoint.is_name) {
      if (const auto address = net::Address::parse(endpoint.host, endpoint.port)) {
        wanted.push_back(*address);
      }
      continue;
    }
    const auto found = book.find(endpoint.host);
    if (found == book.end()) continue;
    for (net::Address address : found->second) {
      address.set_port(endpoint.port);
      wanted.push_back(address);
    }
  }
  std::vector<std::unique_ptr<HostPool>> before = std::move(hosts_);
  hosts_.clear();
  for (const net::Address& address : wanted) {
    const auto old = std::find_if(before.begin(), before.end(), [&](const auto& host) {
      return host != nullptr && host->address() == address;
    });
    if (old != before.end()) {
      hosts_.push_back(std::move(*old));
    } else {
      hosts_.push_back(std::make_unique<HostPool>(context_, limits_, address, counts_, stats_));
    }
  }
  for (std::unique_ptr<HostPool>& host : before) {
    if (host == nullptr) continue;
    host->drain();
    leaving_.push_back(std::move(host));
  }
  next_host_ = hosts_.empty() ? 0 : next_host_ % hosts_.size();
}

HostPool* Cluster::pick() {
  const auto count = static_cast<uint32_t>(hosts_.size());
  if (count == 0) {
    stats_.no_host.add();
    return nullptr;
  }
  if (count == 1) return hosts_[0].get();
  switch (config_.balance) {
    case routing::Balance::round_robin:
      next_host_ = (next_host_ + 1) % count;
      return hosts_[next_host_].get();
    case routing::Balance::random:
      return hosts_[rng_.below(count)].get();
    case routing::Balance::least_request: {
      // The better of two drawn at random (Mitzenmacher 2001), as in Envoy.
      HostPool* a = hosts_[rng_.below(count)].get();
      HostPool* b = hosts_[rng_.below(count)].get();
      return b->active < a->active ? b : a;
    }
  }
  return hosts_[0].get();
}

Result<void> Cluster::begin_request() {
  if (!counts_.requests.take(config_.breakers.max_requests)) {
    stats_.overflow_requests.add();
    return std::unexpected(
        Error{Errc::overflow, Side::backend, Retry::no, "too many requests to the upstream"});
  }
  stats_.requests_active.add(1);
  return {};
}

void Cluster::end_request() noexcept {
  counts_.requests.give_back();
  stats_.requests_active.add(-1);
}

bool Cluster::begin_retry() {
  if (counts_.retries.take(config_.breakers.max_retries)) return true;
  stats_.overflow_retries.add();
  return false;
}

void Cluster::close_stale() {
  for (const auto& host : hosts_) host->close_stale();
  for (const auto& host : leaving_) host->drain();
  std::erase_if(leaving_, [](const auto& host) { return host->unused() && host->active == 0; });
}

}  // namespace gnomon::proxy
