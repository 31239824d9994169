// The shadows of one worker: decides for every request which of its route's shadows get a copy, and
// keeps the copies.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <map>
#include <memory>
#include <string>

#include "base/rng.h"
#include "net/graveyard.h"
#include "proxy/cluster_set.h"
#include "proxy/tap.h"
#include "shadow/shadow_copy.h"

namespace gnomon::shadow {

struct ShadowContext {
  net::EventLoop& loop;
  Rng& rng;
  SharedLimits& limits;
  ShadowRegistry& stats;
  std::string gateway_ip;     // appended to X-Forwarded-For of copies
  TrioSink* trios = nullptr;  // null: nobody compares
};

class ShadowManager final : public proxy::TapSource, private CopyOwner {
 public:
  ShadowManager(const ShadowContext& context, const proxy::PoolContext& pools,
                proxy::BreakerRegistry& breakers, Registry<proxy::ClusterStats>& cluster_stats);
  ~ShadowManager();

  void install(const routing::SnapshotPtr& snapshot, const proxy::AddressBookPtr& book);
  void resolve(const proxy::AddressBookPtr& book) { clusters_.resolve(book); }
  // Housekeeping, every few seconds.
  void close_stale();

  // From now on nothing is copied any more.
  void stop() noexcept { stopped_ = true; }
  // Cuts what is still under way.
  void cut_all();
  size_t in_flight() const noexcept { return copies_.size(); }

  std::unique_ptr<proxy::Tap> open(const RequestHead& head,
                                   const proxy::TapContext& context) noexcept override;
  void refuse(const routing::Route& route, proxy::TapRefusal why) noexcept override;

  template <typename Visit>
  void for_each_cluster(Visit&& visit) const {
    if (clusters_.current() == nullptr) return;
    for (const auto& cluster : clusters_.current()->clusters) {
      if (cluster != nullptr) visit(*cluster);
    }
  }

 private:
  // One request's copies, as the live path sees them.
  class RequestTap;

  void on_copy_ended(ShadowCopy& copy) noexcept override;
  ShadowState& state_of(const routing::ShadowPolicy& policy);
  // Shadows that the configuration does not name, once no copy refers to them.
  void forget_unnamed();
  // What the live path shows of a request, and to whom.
  struct Shown {
    const RequestHead& head;
    const proxy::TapContext& context;
    RequestTap& tap;
  };
  void consider(const Shown& shown, const routing::ShadowPolicy& policy);
  void compare(const Shown& shown, const routing::ShadowPolicy& policy, ShadowCopy::Grant candidate,
               uint64_t client);
  // The draw for a control, and what it needs; nothing when there is none for this request. Beside
  // a probe of the candidate's breaker there is one without a draw.
  std::optional<ShadowCopy::Grant> draw_control(const proxy::TapContext& context,
                                                const routing::ShadowPolicy& policy, bool probe);
  std::shared_ptr<ShadowCopy> begin(const Shown& shown, const routing::ShadowPolicy& policy,
                                    routing::ClusterId cluster, const ShadowCopy::Grant& grant);
  // Takes what a copy needs, or says why it may not have it.
  std::optional<Reason> admit(ShadowState& state, const routing::ShadowPolicy& policy, bool& probe);

  ShadowContext context_;
  const std::shared_ptr<TrioShelf> shelf_ = std::make_shared<TrioShelf>();
  PassedOver passed_over_{context_.loop, context_.trios};
  proxy::ClusterSet clusters_;
  std::map<std::string, std::unique_ptr<ShadowState>> states_;
  boost::unordered_flat_map<const routing::ShadowPolicy*, ShadowState*> by_policy_;
  boost::unordered_flat_map<ShadowCopy*, std::shared_ptr<ShadowCopy>> copies_;
  std::vector<std::shared_ptr<ShadowCopy>> ended_;
  net::Task sweep_;
  bool stopped_ = false;
};

}  // namespace gnomon::shadow
