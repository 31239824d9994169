#include "proxy/health_checker.h"

#include <algorithm>
#include <utility>

#include "proxy/proxy_header.h"

namespace gnomon::proxy {
namespace {

constexpr int64_t kPercent = 100;

}  // namespace

// One host's checks.
class HealthChecker::Session {
 public:
  Session(HealthChecker& checker, std::string address, ProbeTarget target)
      : checker_(checker),
        check_(*checker.cluster_.health_check),
        address_(std::move(address)),
        failed_(checker.records_.front()->host(address_)->failed_check()),
        interval_(checker.context_.loop.timers(), [this] { ask(); }),
        timeout_(checker.context_.loop.timers(), [this] { on_timeout(); }),
        probe_(make_probe(checker.context_, checker.cluster_, std::move(target),
                          [this](ProbeResult result) { on_result(result); })) {
    interval_.arm(checker_.jittered(Millis(0), check_.initial_jitter, 0));
  }

  bool first() const noexcept { return first_; }

 private:
  // How a result bears on the host's state.
  enum class Change : uint8_t { none, pending, done };

  void ask() {
    timeout_.arm(check_.timeout);
    probe_->start();
  }

  void on_timeout() {
    probe_->stop();
    on_result(ProbeResult::network);
  }

  void on_result(ProbeResult result) {
    timeout_.cancel();
    const bool good = result == ProbeResult::good;
    const Change change = good ? on_good() : on_bad(result);
    const TimePoint now = checker_.context_.loop.now();
    for (UpstreamHealth* record : checker_.records_) {
      record->set_check(address_, !failed_);
      record->count_check(address_, good, now);
    }
    interval_.arm(checker_.jittered(pause(good, change), check_.jitter, check_.jitter_percent));
    if (change == Change::done || (!good && check_.log_failures)) {
      checker_.on_event_(
          {checker_.cluster_.name, address_, !failed_, change == Change::done, result});
    }
    if (std::exchange(first_, false) && checker_.told_) checker_.told_();
  }

  Change on_good() {
    bad_ = 0;
    if (!failed_) return Change::none;
    // The very first answer counts at once, so that a start is quick.
    if (!first_ && ++good_ < check_.healthy_threshold) return Change::pending;
    failed_ = false;
    return Change::done;
  }

  // An answer that says "unwell" counts at once; only silence is given several chances.
  Change on_bad(ProbeResult result) {
    good_ = 0;
    if (failed_) return Change::none;
    if (result == ProbeResult::network && ++bad_ < check_.unhealthy_threshold) {
      return Change::pending;
    }
    failed_ = true;
    return Change::done;
  }

  Millis pause(bool good, Change change) const {
    if (!checker_.used()) return check_.no_traffic_interval;
    const bool edge = change == Change::pending;
    if (good) return edge ? check_.healthy_edge_interval : check_.interval;
    return edge ? check_.unhealthy_edge_interval : check_.unhealthy_interval;
  }

  HealthChecker& checker_;
  const routing::HealthCheck& check_;
  const std::string address_;
  bool failed_;
  bool first_ = true;
  uint32_t good_ = 0;  // in a row, while the host counts as failed
  uint32_t bad_ = 0;   // in a row, while it does not
  net::Timer interval_;
  net::Timer timeout_;
  std::unique_ptr<HealthProbe> probe_;
};

HealthChecker::HealthChecker(const ProbeContext& context, Rng& rng, const routing::Cluster& cluster,
                             std::vector<UpstreamHealth*> records, OnEvent on_event)
    : context_(context),
      rng_(rng),
      cluster_(cluster),
      records_(std::move(records)),
      on_event_(std::move(on_event)) {}

HealthChecker::~HealthChecker() = default;

void HealthChecker::set_hosts(const std::vector<ResolvedEndpoint>& hosts) {
  std::map<std::string, std::unique_ptr<Session>> before = std::exchange(sessions_, {});
  for (const ResolvedEndpoint& host : hosts) {
    std::string address = host.address.to_string();
    if (sessions_.contains(address)) continue;
    if (auto known = before.extract(address)) {
      sessions_.insert(std::move(known));
      continue;
    }
    ProbeTarget target{host.address, host.endpoint->is_pipe ? cluster_.name : host.endpoint->host,
                       proxy_header(cluster_.connection.proxy_protocol, {}), cluster_.tls,
                       host.endpoint->server_name};
    auto session = std::make_unique<Session>(*this, address, std::move(target));
    sessions_.emplace(std::move(address), std::move(session));
  }
}

size_t HealthChecker::unknown() const noexcept {
  return static_cast<size_t>(
      std::ranges::count_if(sessions_, [](const auto& entry) { return entry.second->first(); }));
}

bool HealthChecker::used() const noexcept {
  return std::ranges::any_of(records_, [](const UpstreamHealth* record) { return record->used(); });
}

// Never zero, so that a check cannot spin.
Millis HealthChecker::jittered(Millis base, Millis jitter, uint32_t percent) {
  const auto draw = [&](int64_t below) {
    return below <= 0 ? 0 : static_cast<int64_t>(rng_.next() % static_cast<uint64_t>(below));
  };
  const int64_t spread = draw(base.count() * percent / kPercent) + draw(jitter.count());
  return std::max(base + Millis(spread), Millis(1));
}

}  // namespace gnomon::proxy
