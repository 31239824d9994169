#include "proxy/stream_limit.h"

#include <algorithm>

#include "proxy/grpc.h"

namespace gnomon::proxy {
namespace {

Millis shortened(Millis deadline, const routing::StreamDuration& rule) noexcept {
  if (*rule.grpc_max > Millis::zero()) deadline = std::min(deadline, *rule.grpc_max);
  return std::max(deadline - rule.grpc_offset, Millis::zero());
}

}  // namespace

StreamLimit stream_limit(const routing::Route& route, Millis listener, const Headers& request) {
  const std::optional<routing::StreamDuration>& rule = route.stream_duration;
  StreamLimit limit{.is_route_s = rule.has_value()};
  if (rule && rule->grpc_max) {
    if (const std::optional<Millis> deadline = grpc_timeout(request)) {
      limit.longest = shortened(*deadline, *rule);
      return limit;
    }
  }
  const Millis longest = rule ? rule->longest.value_or(listener) : listener;
  if (longest > Millis::zero()) limit.longest = longest;
  return limit;
}

}  // namespace gnomon::proxy
