#include "config/route_option.h"

#include "config/schema.h"

namespace gnomon::config {

void describe(Schema<RouteOption>& s) {
  s.field("options", &RouteOption::options);
  s.unserved({"targetRefs"},
             "belongs to the Kubernetes Gateway API and has no effect; name this "
             "RouteOption in optionsConfigRefs");
  s.ignored({"namespacedStatuses", "status"});
}

}  // namespace gnomon::config
