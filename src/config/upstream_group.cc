#include "config/upstream_group.h"

#include "config/schema.h"

namespace gnomon::config {
namespace {

bool check_group_weights(const UpstreamGroup& group, const Node& node, const Scope& scope) {
  return check_weights(group.destinations, node, scope);
}

}  // namespace

void describe(Schema<UpstreamGroup>& s) {
  s.field("destinations", &UpstreamGroup::destinations);
  s.ignored({"namespacedStatuses", "status"});
  s.check(check_group_weights);
}

}  // namespace gnomon::config
