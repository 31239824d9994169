#include "config/virtual_service.h"

#include "config/schema.h"

namespace gnomon::config {

void describe(Schema<VirtualHost>& s) {
  s.field("domains", &VirtualHost::domains);
  s.field("routes", &VirtualHost::routes);
  s.field("options", &VirtualHost::options);
  s.unserved({"optionsConfigRefs"});
}

void describe(Schema<VirtualService>& s) {
  s.field("virtualHost", &VirtualService::virtual_host);
  s.unserved("sslConfig", &VirtualService::ssl_config,
             "TLS listeners are not served yet; this VirtualService gets no traffic");
  s.ignored({"displayName", "namespacedStatuses", "status"});
}

}  // namespace gnomon::config
