#include "config/gateway.h"

#include "config/rules.h"
#include "config/schema.h"

namespace gnomon::config {
namespace {

// Guides leave it out where they change a Gateway that is there already: with a port it is clear
// what is meant.
bool check_type(Gateway& gateway, const Node& node, const Scope& scope) {
  if (gateway.http || gateway.tcp.value || gateway.hybrid) return true;
  scope.warning(node.at(),
                "invalid gateway: gateway must contain gatewayType; taken for an httpGateway",
                "add \"httpGateway: {}\"");
  gateway.http.emplace();
  return true;
}

bool check_port(const Node& node, const Scope& scope) {
  if (node.find_any({"bindPort", "bind_port"}) != nullptr) return true;
  scope.error(node.at(), "\"bindPort\" is missing");
  if (node.find_any({"httpGateway", "http_gateway", "tcpGateway", "tcp_gateway", "hybridGateway",
                     "hybrid_gateway"}) == nullptr) {
    scope.error(node.at(), "invalid gateway: gateway must contain gatewayType",
                "add \"httpGateway: {}\"");
  }
  return false;
}

}  // namespace

void describe(Schema<Gateway>& s) {
  s.field("ssl", &Gateway::ssl);
  s.field("bindAddress", &Gateway::bind_address);
  s.field("bindPort", &Gateway::bind_port);
  s.field("httpGateway", &Gateway::http);
  s.unserved(
      "tcpGateway", &Gateway::tcp,
      "is not served: connections are not forwarded as they are; this Gateway is not opened");
  s.field("hybridGateway", &Gateway::hybrid);
  s.one_of({"httpGateway", "tcpGateway", "hybridGateway"});
  s.shape(check_port);
  s.check(check_type);
  s.field("options", &Gateway::options);
  s.field("routeOptions", &Gateway::route_options);
  s.field("useProxyProto", &Gateway::use_proxy_protocol);
  s.ignored({"proxyNames", "namespacedStatuses", "status"});
}

}  // namespace gnomon::config
