#include "config/virtual_service.h"

#include "config/schema.h"

namespace gnomon::config {
namespace {

// A matcher that names no path would match any; Gloo takes that for a mistake, except where the
// route delegates. In RouteTables a path may also be inherited, so routing/delegation.h asks there.
bool check_paths_given(const Node& route, const Scope& scope) {
  const Node* matchers = route.find("matchers");
  if (matchers == nullptr || route.find_any({"delegateAction", "delegate_action"})) return true;
  const Scope list = scope.field("matchers");
  bool good = true;
  for (size_t i = 0; i < matchers->items().size(); ++i) {
    const Node& matcher = *matchers->items()[i];
    if (!matcher.is_mapping() ||
        matcher.find_any({"prefix", "exact", "regex", "connectMatcher", "connect_matcher"})) {
      continue;
    }
    list.item(i).error(matcher.at(), std::string(kNoPath), std::string(kNoPathHint));
    good = false;
  }
  return good;
}

bool check_routes(const Node& host, const Scope& scope) {
  const Node* routes = host.find("routes");
  if (routes == nullptr) return true;
  const Scope list = scope.field("routes");
  bool good = true;
  for (size_t i = 0; i < routes->items().size(); ++i) {
    const Node& route = *routes->items()[i];
    if (route.is_mapping()) good &= check_paths_given(route, list.item(i));
  }
  return good;
}

}  // namespace

void describe(Schema<VirtualHost>& s) {
  s.field("domains", &VirtualHost::domains);
  s.field("routes", &VirtualHost::routes);
  s.field("options", &VirtualHost::options);
  s.field("optionsConfigRefs", &VirtualHost::options_refs);
  s.shape(check_routes);
}

void describe(Schema<VirtualService>& s) {
  s.field("virtualHost", &VirtualService::virtual_host);
  s.field("sslConfig", &VirtualService::ssl_config);
  s.field("displayName", &VirtualService::display_name);
  s.ignored({"namespacedStatuses", "status"});
}

}  // namespace gnomon::config
