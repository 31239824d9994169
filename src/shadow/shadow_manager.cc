#include "shadow/shadow_manager.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/pool.h"
#include "shadow/copy_head.h"
#include "shadow/sampler.h"

namespace gnomon::shadow {
namespace {

// A route without a timeout must not give its copies for ever.
constexpr Millis kTimeoutDefault{15'000};

bool wants_method(const routing::ShadowPolicy& policy, std::string_view method) noexcept {
  return policy.methods.empty() ||
         std::find(policy.methods.begin(), policy.methods.end(), method) != policy.methods.end();
}

}  // namespace

class ShadowManager::RequestTap final : public Pooled<RequestTap>, public proxy::Tap {
 public:
  void add(std::shared_ptr<ShadowCopy> copy) { copies_.push_back(std::move(copy)); }
  void watch(std::shared_ptr<Pairing> pairing) { pairings_.push_back(std::move(pairing)); }
  bool empty() const noexcept { return copies_.empty(); }

  ~RequestTap() override {
    if (!complete_) cut(Reason::client_abort);
    RequestTap::on_answer_failed(proxy::LiveFailure::client_gone);
  }
  RequestTap() = default;
  RequestTap(const RequestTap&) = delete;
  RequestTap& operator=(const RequestTap&) = delete;

  void on_body(const Chunk& chunk) noexcept override {
    for (const auto& copy : copies_) copy->offer(chunk);
  }
  void on_request_end(const Headers& trailers) noexcept override {
    complete_ = true;
    for (const auto& copy : copies_) copy->offer_end(trailers);
    copies_.clear();
  }
  void on_cut(proxy::TapCut why) noexcept override {
    complete_ = true;
    cut(why == proxy::TapCut::client_abort ? Reason::client_abort : Reason::primary_rejected);
  }

  void on_retry(const ResponseHead& head) noexcept override {
    for (const auto& pairing : pairings_) pairing->live_retried(head);
  }
  void on_retry(proxy::LiveFailure why) noexcept override {
    for (const auto& pairing : pairings_) pairing->live_retried(why);
  }

  void on_answer(const ResponseHead& head) noexcept override {
    for (const auto& pairing : pairings_) pairing->live_head(head);
  }
  void on_answer_body(const Chunk& chunk) noexcept override {
    for (const auto& pairing : pairings_) pairing->live_body(chunk);
  }
  void on_answer_end(const Headers& trailers) noexcept override {
    for (const auto& pairing : pairings_) pairing->live_end(trailers);
    pairings_.clear();
  }
  void on_answer_failed(proxy::LiveFailure why) noexcept override {
    for (const auto& pairing : pairings_) pairing->live_failed(why);
    pairings_.clear();
  }

 private:
  void cut(Reason reason) noexcept {
    for (const auto& copy : copies_) copy->cut(reason);
    copies_.clear();
  }

  template <typename T>
  using List = std::vector<std::shared_ptr<T>, PoolAllocator<std::shared_ptr<T>>>;

  List<ShadowCopy> copies_;
  List<Pairing> pairings_;
  bool complete_ = false;
};

ShadowManager::ShadowManager(const ShadowContext& context, const proxy::PoolContext& pools,
                             proxy::BreakerRegistry& breakers,
                             Registry<proxy::ClusterStats>& cluster_stats)
    : context_(context),
      clusters_(pools, context_.rng, breakers, cluster_stats),
      sweep_([this] { ended_.clear(); }) {}

ShadowManager::~ShadowManager() {
  stopped_ = true;
  cut_all();
}

void ShadowManager::install(const routing::SnapshotPtr& snapshot,
                            const proxy::AddressBookPtr& book) {
  clusters_.install(snapshot, book,
                    [&](routing::ClusterId id) { return snapshot->clusters()[id].shadow; });
  forget_unnamed();
  by_policy_.clear();
}

void ShadowManager::close_stale() {
  clusters_.close_stale();
  shelf_->trim();
  forget_unnamed();
}

// A request that began before a reload may still be shown to a shadow that is gone since.
void ShadowManager::forget_unnamed() {
  if (clusters_.current() == nullptr) return;
  const auto names = clusters_.current()->snapshot->shadow_names();
  const size_t gone = std::erase_if(states_, [&](const auto& entry) {
    return entry.second->copies == 0 && !std::ranges::binary_search(names, entry.first);
  });
  if (gone > 0) by_policy_.clear();
}

ShadowState& ShadowManager::state_of(const routing::ShadowPolicy& policy) {
  if (const auto known = by_policy_.find(&policy); known != by_policy_.end()) {
    return *known->second;
  }
  auto& state = states_[policy.name];
  if (state == nullptr) {
    state = std::make_unique<ShadowState>(context_.stats.get(policy.name),
                                          context_.limits.by_shadow.get(policy.name));
  }
  by_policy_.emplace(&policy, state.get());
  return *state;
}

std::unique_ptr<proxy::Tap> ShadowManager::open(const RequestHead& head,
                                                const proxy::TapContext& context) noexcept {
  auto tap = std::make_unique<RequestTap>();
  for (const routing::ShadowPolicy& policy : context.route.shadows) {
    consider({head, context, *tap}, policy);
  }
  if (tap->empty()) return nullptr;
  return tap;
}

void ShadowManager::consider(const Shown& shown, const routing::ShadowPolicy& policy) {
  ShadowState& state = state_of(policy);
  state.stats.requests.add();
  const auto drop = [&](Reason reason) { state.stats.drop(reason); };
  const RequestHead& head = shown.head;
  const proxy::TapContext& context = shown.context;
  if (is_marked(head)) return drop(Reason::marked);
  if (!wants_method(policy, head.method_name)) return drop(Reason::method);
  if (!sample(policy, head, context.client, context_.rng)) return drop(Reason::sampled_out);
  if (stopped_) return drop(Reason::shutdown);
  const proxy::GenerationPtr& generation = clusters_.current();
  const bool same_snapshot =
      generation != nullptr && generation->snapshot == context.generation.snapshot;
  if (!same_snapshot || generation->find(policy.cluster) == nullptr) {
    return drop(Reason::no_upstream);
  }
  const bool compares = policy.trial != nullptr && context_.trios != nullptr;
  const bool capped = policy.client_per_thousand < ClientQuota::kRound;
  const uint64_t client = compares || capped ? client_of(policy, head, context.client) : 0;
  if (capped && !state.limits.clients.has_room(client, policy.client_per_thousand)) {
    return drop(Reason::client_share);
  }
  bool probe = false;
  if (const std::optional<Reason> refused = admit(state, policy, probe)) return drop(*refused);
  if (capped) state.limits.clients.count(client);
  const ShadowCopy::Grant grant{context_.limits, state, probe};
  if (compares) return compare(shown, policy, grant, client);
  shown.tap.add(begin(shown, policy, policy.cluster, grant));
}

// The two copies leave together, in an order that tells neither apart.
void ShadowManager::compare(const Shown& shown, const routing::ShadowPolicy& policy,
                            ShadowCopy::Grant candidate, uint64_t client) {
  const Pairing::Context context{context_.loop,
                                 *context_.trios,
                                 *shelf_,
                                 passed_over_,
                                 candidate.state.stats_owner,
                                 candidate.state.limits_owner};
  auto pairing = std::allocate_shared<Pairing>(PoolAllocator<Pairing>(), context, policy);
  if (!pairing->reserve(shown.head, client)) {
    return shown.tap.add(begin(shown, policy, policy.cluster, candidate));
  }
  std::optional<ShadowCopy::Grant> control = draw_control(shown.context, policy, candidate.probe);
  const bool control_first = control && context_.rng.below(2) == 0;
  const auto begin_leg = [&](Leg leg) {
    const bool own = leg == Leg::candidate;
    auto copy = begin(shown, own ? policy : *policy.control,
                      own ? policy.cluster : shown.context.cluster, own ? candidate : *control);
    copy->report_to(pairing, leg);
    shown.tap.add(std::move(copy));
  };
  if (control) pairing->expect_control();
  if (control_first) begin_leg(Leg::control);
  begin_leg(Leg::candidate);
  if (control && !control_first) begin_leg(Leg::control);
  shown.tap.watch(std::move(pairing));
}

// What a dead candidate is proven by are pairs, and its breaker lets few copies through. Whether
// one is a probe follows from what was seen before, so it favours neither side. A control of 0 % is
// none.
std::optional<ShadowCopy::Grant> ShadowManager::draw_control(const proxy::TapContext& context,
                                                             const routing::ShadowPolicy& policy,
                                                             bool probe) {
  if (policy.control == nullptr) return std::nullopt;
  const routing::ShadowPolicy& control = *policy.control;
  ShadowState& state = state_of(control);
  state.stats.requests.add();
  std::optional<Reason> dropped;
  bool own_probe = false;
  const bool certain = probe && control.per_million > 0;
  if (!certain && context_.rng.below(kMillion) >= control.per_million) {
    dropped = Reason::sampled_out;
  } else if (clusters_.current()->find(context.cluster) == nullptr) {
    dropped = Reason::no_upstream;
  } else {
    dropped = admit(state, control, own_probe);
  }
  if (!dropped) return ShadowCopy::Grant{context_.limits, state, own_probe};
  state.stats.drop(*dropped);
  return std::nullopt;
}

std::shared_ptr<ShadowCopy> ShadowManager::begin(const Shown& shown,
                                                 const routing::ShadowPolicy& policy,
                                                 routing::ClusterId cluster,
                                                 const ShadowCopy::Grant& grant) {
  const proxy::TapContext& context = shown.context;
  const proxy::GenerationPtr& generation = clusters_.current();
  Millis timeout = policy.timeout.value_or(context.route.timeout);
  if (timeout <= Millis::zero()) timeout = kTimeoutDefault;
  CopyOwner& owner = *this;
  auto copy =
      std::allocate_shared<ShadowCopy>(PoolAllocator<ShadowCopy>(), context_.loop, owner, grant,
                                       ShadowCopy::Course{generation, cluster, timeout}, policy,
                                       make_copy_head(shown.head, policy, context_.gateway_ip));
  copy->set_hash(context.hash);
  if (context.stream != nullptr && generation->find(cluster)->speaks_for_clients()) {
    copy->speak_for({context.client, context.stream->local()});
  }
  copies_.emplace(copy.get(), copy);
  return copy;
}

std::optional<Reason> ShadowManager::admit(ShadowState& state, const routing::ShadowPolicy& policy,
                                           bool& probe) {
  if (!state.limits.in_flight.take(1, policy.in_flight_max)) return Reason::budget_inflight;
  if (!context_.limits.in_flight.take(1, context_.limits.in_flight_max)) {
    state.limits.in_flight.give_back(1);
    return Reason::budget_inflight;
  }
  std::optional<Reason> refused;
  const TimePoint now = context_.loop.now();
  const FailureBreaker::Permit permit = state.breaker.ask(now);
  probe = permit == FailureBreaker::Permit::probe;
  if (permit == FailureBreaker::Permit::refused) {
    refused = Reason::breaker_open;
  } else if (!state.limits.rate.take(now, policy.requests_per_second)) {
    refused = Reason::rate;
    state.breaker.on_void(probe);
  }
  if (refused.has_value()) {
    state.limits.in_flight.give_back(1);
    context_.limits.in_flight.give_back(1);
  }
  return refused;
}

void ShadowManager::refuse(const routing::Route& route, proxy::TapRefusal why) noexcept {
  const Reason reason =
      why == proxy::TapRefusal::upgrade ? Reason::upgrade : Reason::primary_rejected;
  for (const routing::ShadowPolicy& policy : route.shadows) {
    ShadowState& state = state_of(policy);
    state.stats.requests.add();
    state.stats.drop(reason);
  }
}

void ShadowManager::cut_all() {
  std::vector<std::shared_ptr<ShadowCopy>> open;
  open.reserve(copies_.size());
  for (const auto& [key, copy] : copies_) open.push_back(copy);
  for (const auto& copy : open) copy->end_now(Reason::shutdown);
}

void ShadowManager::on_copy_ended(ShadowCopy& copy) noexcept {
  const auto it = copies_.find(&copy);
  if (it == copies_.end()) return;
  ended_.push_back(std::move(it->second));
  copies_.erase(it);
  context_.loop.schedule(sweep_, net::Lane::background);
}

}  // namespace gnomon::shadow
