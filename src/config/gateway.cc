#include "config/gateway.h"

#include "config/rules.h"
#include "config/schema.h"

namespace gnomon::config {
namespace {

constexpr std::string_view kNotOpened = "is not served yet; this Gateway is not opened";

}  // namespace

void describe(Schema<HttpGateway>& s) {
  s.field("virtualServices", &HttpGateway::virtual_services);
  s.field("virtualServiceSelector", &HttpGateway::selector);
  s.field("virtualServiceNamespaces", &HttpGateway::namespaces);
  s.field("virtualServiceExpressions", &HttpGateway::expressions);
  s.field("options", &HttpGateway::options);
}

void describe(Schema<Gateway>& s) {
  s.field("ssl", &Gateway::ssl);
  s.field("bindAddress", &Gateway::bind_address);
  s.field("bindPort", &Gateway::bind_port, kRequired);
  s.field("httpGateway", &Gateway::http);
  s.unserved("tcpGateway", &Gateway::tcp, kNotOpened);
  s.unserved("hybridGateway", &Gateway::hybrid, kNotOpened);
  s.one_of({"httpGateway", "tcpGateway", "hybridGateway"}, "a Gateway must have an httpGateway");
  s.field("options", &Gateway::options);
  s.field("routeOptions", &Gateway::route_options);
  s.field("useProxyProto", &Gateway::use_proxy_protocol);
  s.ignored({"proxyNames", "namespacedStatuses", "status"});
}

}  // namespace gnomon::config
