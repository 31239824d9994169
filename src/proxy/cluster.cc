#include "proxy/cluster.h"

#include <algorithm>
#include <utility>

namespace gnomon::proxy {
namespace {

constexpr std::string_view kHashKeyLabel = "hash_key";

const std::string* find_label(const routing::Subset& labels, std::string_view name) {
  for (const auto& [key, value] : labels) {
    if (key == name) return &value;
  }
  return nullptr;
}

// The labels of these names; nothing when one is missing.
std::optional<routing::Subset> project(const routing::Subset& labels,
                                       const std::vector<std::string>& keys) {
  routing::Subset out;
  for (const std::string& key : keys) {
    const std::string* value = find_label(labels, key);
    if (value == nullptr) return std::nullopt;
    out.emplace_back(key, *value);
  }
  return out;
}

bool has_labels(const routing::Subset& labels, const routing::Subset& wanted) {
  return std::ranges::all_of(wanted, [&](const auto& one) {
    const std::string* value = find_label(labels, one.first);
    return value != nullptr && *value == one.second;
  });
}

}  // namespace

Cluster::Cluster(const PoolContext& context, Rng& rng, const routing::Cluster& config,
                 const AddressBook& book, std::shared_ptr<BreakerCounts> counts,
                 std::shared_ptr<ClusterStats> stats)
    : context_(context),
      rng_(rng),
      counts_(std::move(counts)),
      stats_(std::move(stats)),
      health_(context.health != nullptr ? context.health->get(config.name)
                                        : std::make_shared<UpstreamHealth>()) {
  configure(config, book);
}

Cluster::~Cluster() = default;

void Cluster::configure(const routing::Cluster& config, const AddressBook& book) {
  config_ = config;
  const bool renew = set_limits();
  rebuild(book);
  for (const Host& host : hosts_) {
    renew ? host.pool->renew() : host.pool->leave_other_version();
  }
}

bool Cluster::set_limits() {
  const routing::ConnectionRules& rules = config_.connection;
  // A context that says the same is kept, with the sessions that it remembers.
  const tls::ClientContextPtr before = std::exchange(limits_.tls, nullptr);
  const tls::ClientContextPtr& wanted = config_.tls;
  const bool same = before == wanted || (before != nullptr && wanted != nullptr &&
                                         before->identity() == wanted->identity());
  limits_ = PoolLimits();
  limits_.tls = same ? before : wanted;
  limits_.breakers = config_.breakers;
  limits_.connect_timeout = config_.connect_timeout;
  limits_.rules = rules;
  limits_.client = context_.settings;
  limits_.client.proper_case = rules.proper_case;
  if (rules.idle_timeout) limits_.idle_timeout = *rules.idle_timeout;
  if (rules.fields_max != 0) limits_.client.h1.fields = rules.fields_max;
  http::H2Limits& h2 = limits_.client.h2;
  h2.stream_window = rules.stream_window.value_or(h2.stream_window);
  h2.connection_window = rules.shared_window.value_or(h2.connection_window);
  h2.streams_max = rules.streams_max.value_or(h2.streams_max);
  if (rules.buffer_bytes) {
    limits_.client.unsent_high_bytes = *rules.buffer_bytes;
    limits_.client.unsent_low_bytes = *rules.buffer_bytes / 2;
  }
  outliers_ = config_.outliers;
  return !same;
}

void Cluster::resolve(const AddressBook& book) {
  const std::vector<ResolvedEndpoint> wanted = resolve_endpoints(config_, book);
  const bool same = std::ranges::equal(wanted, hosts_, [](const auto& endpoint, const Host& host) {
    return endpoint.address == host.pool->address();
  });
  if (!same) rebuild(book);
}

Cluster::Host Cluster::make_host(const ResolvedEndpoint& from) {
  Host host;
  host.pool = std::make_unique<HostPool>(context_, limits_, from.address, *counts_, *stats_);
  host.since = context_.loop.now();
  host.health = health_->host(from.address.to_string());
  host.usable = host.health->usable();
  return host;
}

void Cluster::rebuild(const AddressBook& book) {
  std::vector<Host> before = std::exchange(hosts_, {});
  const bool existed = !before.empty();
  bool changed = false;
  for (const ResolvedEndpoint& wanted : resolve_endpoints(config_, book)) {
    const auto old = std::ranges::find_if(before, [&](const Host& host) {
      return host.pool != nullptr && host.pool->address() == wanted.address;
    });
    changed |= old == before.end();
    hosts_.push_back(old != before.end() ? std::move(*old) : make_host(wanted));
    Host& host = hosts_.back();
    host.endpoint = wanted.endpoint;
    host.pool->set_hostname(wanted.endpoint->is_name ? wanted.endpoint->host : std::string());
    host.pool->set_server_name(wanted.endpoint->server_name);
    // The record may have been made anew; monitors also refer to it.
    host.health = health_->host(wanted.address.to_string());
    host.pool->set_monitor(
        std::make_unique<HostMonitor>(*health_, host.health, outliers_, context_.loop, rng_));
  }
  for (Host& host : before) {
    if (host.pool == nullptr) continue;
    changed = true;
    host.pool->drain();
    leaving_.push_back(std::move(host.pool));
  }
  if (changed && existed && config_.balance_options.close_on_host_change) {
    for (const Host& host : hosts_) host.pool->renew();
  }
  regroup();
}

void Cluster::regroup() {
  health_seen_ = health_->version();
  std::vector<uint32_t> ids;
  for (uint32_t id = 0; id < hosts_.size(); ++id) {
    Host& host = hosts_[id];
    const bool usable = host.health->usable();
    if (usable && !host.usable) host.since = context_.loop.now();
    host.usable = usable;
    ids.push_back(id);
  }
  assign(all_, ids);
  regroup_subsets();
}

BalancedHost Cluster::balanced(uint32_t id) const {
  const Host& host = hosts_[id];
  BalancedHost out;
  out.id = id;
  const std::string* key = find_label(host.endpoint->labels, kHashKeyLabel);
  if (key != nullptr && !key->empty()) {
    out.key = *key;
  } else {
    out.key = config_.balance_options.hash_hostname ? host.endpoint->host
                                                    : host.pool->address().to_string();
  }
  out.weight = host.endpoint->weight;
  out.since = host.since;
  out.healthy = host.usable;
  out.active = &host.pool->active;
  return out;
}

void Cluster::assign(HostGroup& group, const std::vector<uint32_t>& ids) {
  std::vector<BalancedHost> hosts;
  hosts.reserve(ids.size());
  for (const uint32_t id : ids) hosts.push_back(balanced(id));
  group.assign(std::move(hosts), config_.balance, config_.balance_options, context_.loop.now(),
               rng_);
}

void Cluster::regroup_subsets() {
  using Fallback = routing::SubsetRules::Fallback;
  const routing::SubsetRules& rules = config_.subsets;
  std::vector<uint32_t> defaults;
  std::map<routing::Subset, std::vector<uint32_t>> members;
  for (uint32_t id = 0; id < hosts_.size(); ++id) {
    const routing::Subset& labels = hosts_[id].endpoint->labels;
    if (rules.fallback == Fallback::default_subset && has_labels(labels, rules.default_subset)) {
      defaults.push_back(id);
    }
    for (const routing::SubsetRules::Selector& selector : rules.selectors) {
      const auto subset = project(labels, selector.keys);
      if (!subset) continue;
      std::vector<uint32_t>& ids = members[*subset];
      if (!selector.single_host || ids.empty()) ids.push_back(id);
    }
  }
  std::erase_if(subsets_, [&](const auto& entry) { return !members.contains(entry.first); });
  for (const auto& [subset, ids] : members) assign(subsets_[subset], ids);
  assign(fallback_, defaults);
}

HostGroup& Cluster::group_for(const PickContext& context) {
  if (config_.subsets.selectors.empty()) return all_;
  if (context.subset != nullptr && !context.subset->empty()) {
    const auto found = subsets_.find(*context.subset);
    if (found != subsets_.end()) return found->second;
  }
  const bool any = config_.subsets.fallback == routing::SubsetRules::Fallback::any_endpoint;
  return any ? all_ : fallback_;
}

HostPool* Cluster::pick(const PickContext& context) {
  if (health_->version() != health_seen_) regroup();
  HostGroup& group = group_for(context);
  const auto id = group.pick(context.hash, context_.loop.now(), rng_);
  if (!id) {
    stats_->no_host.add();
    return nullptr;
  }
  if (group.panic()) stats_->panics.add();
  return hosts_[*id].pool.get();
}

Result<void> Cluster::begin_request() {
  if (!counts_->requests.take(config_.breakers.max_requests)) {
    stats_->overflow_requests.add();
    return std::unexpected(
        Error{Errc::overflow, Side::backend, Retry::no, "too many requests to the upstream"});
  }
  stats_->requests_active.add(1);
  return {};
}

void Cluster::end_request() noexcept {
  counts_->requests.give_back();
  stats_->requests_active.add(-1);
}

bool Cluster::begin_retry() {
  if (counts_->retries.take(config_.breakers.max_retries)) return true;
  stats_->overflow_retries.add();
  return false;
}

void Cluster::close_stale() {
  for (const Host& host : hosts_) host.pool->close_stale();
  for (const auto& host : leaving_) host->drain();
  std::erase_if(leaving_, [](const auto& host) { return host->unused() && host->active == 0; });
}

}  // namespace gnomon::proxy
