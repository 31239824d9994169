#include "trial/traffic_meter.h"

namespace gnomon::trial {
namespace {

using shadow::Reason;

// Requests that the trial was never meant to see.
bool unwanted(size_t reason) noexcept {
  return reason == static_cast<size_t>(Reason::sampled_out) ||
         reason == static_cast<size_t>(Reason::method) ||
         reason == static_cast<size_t>(Reason::upgrade) ||
         reason == static_cast<size_t>(Reason::marked);
}

uint64_t grown(uint64_t before, uint64_t now) noexcept {
  return now >= before ? now - before : now;
}

}  // namespace

std::map<std::string, Traffic> TrafficMeter::read(
    std::span<const shadow::ShadowRegistry* const> workers) {
  std::map<std::string, Totals> now;
  for (const shadow::ShadowRegistry* worker : workers) {
    worker->for_each([&](const std::string& name, const shadow::ShadowStats& stats) {
      Totals& totals = now[name];
      totals.requests += stats.requests.value();
      for (size_t i = 0; i < shadow::kReasons; ++i) totals.dropped[i] += stats.dropped[i].value();
      for (size_t i = 0; i < totals.uncompared.size(); ++i) {
        totals.uncompared[i] += stats.uncompared[i].value();
      }
    });
  }
  std::map<std::string, Traffic> news;
  for (const auto& [name, totals] : now) news.emplace(name, since(before_[name], totals));
  before_ = std::move(now);
  return news;
}

Traffic TrafficMeter::since(const Totals& before, const Totals& now) {
  Traffic traffic;
  traffic.seen = grown(before.requests, now.requests);
  traffic.sampled = traffic.seen;
  for (size_t i = 0; i < shadow::kReasons; ++i) {
    const uint64_t times = grown(before.dropped[i], now.dropped[i]);
    if (times == 0) continue;
    if (unwanted(i)) {
      traffic.sampled -= std::min(traffic.sampled, times);
    } else {
      traffic.excluded.add(shadow::kReasonNames[i], times);
    }
  }
  for (size_t i = 0; i < now.uncompared.size(); ++i) {
    const uint64_t times = grown(before.uncompared[i], now.uncompared[i]);
    if (times > 0) traffic.excluded.add(shadow::kUncomparedNames[i], times);
  }
  return traffic;
}

}  // namespace gnomon::trial
