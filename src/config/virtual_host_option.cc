#include "config/virtual_host_option.h"

#include "config/schema.h"

namespace gnomon::config {

void describe(Schema<VirtualHostOption>& s) {
  s.field("options", &VirtualHostOption::options);
  s.unserved({"targetRefs"},
             "belongs to the Kubernetes Gateway API and has no effect; name this "
             "VirtualHostOption in optionsConfigRefs");
  s.ignored({"namespacedStatuses", "status"});
}

}  // namespace gnomon::config
