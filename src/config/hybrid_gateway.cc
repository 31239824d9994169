#include "config/hybrid_gateway.h"

#include "config/rules.h"
#include "config/schema.h"

namespace gnomon::config {
namespace {

constexpr std::string_view kNoTcp =
    "is not served: connections are not forwarded as they are; those that match it are closed";

}  // namespace

void describe(Schema<GatewayMatcher>& s) {
  s.field("sslConfig", &GatewayMatcher::ssl);
  s.field("sourcePrefixRanges", &GatewayMatcher::sources);
  s.unserved({"passthroughCipherSuites"},
             "belong to tcpGateways, which are not served; TLS ends here whatever its cipher");
}

void describe(Schema<MatchedGateway>& s) {
  s.field("matcher", &MatchedGateway::matcher);
  s.field("httpGateway", &MatchedGateway::http);
  s.unserved("tcpGateway", &MatchedGateway::tcp, kNoTcp);
  s.one_of({"httpGateway", "tcpGateway"}, "a matched gateway needs \"httpGateway\"");
}

void describe(Schema<GatewaySelector>& s) {
  s.field("namespaces", &GatewaySelector::namespaces);
  s.field("labels", &GatewaySelector::labels);
  s.field("expressions", &GatewaySelector::expressions);
}

void describe(Schema<DelegatedHttpGateways>& s) {
  s.field("ref", &DelegatedHttpGateways::ref);
  s.field("selector", &DelegatedHttpGateways::selector);
  s.field("httpConnectionManagerSettings", &DelegatedHttpGateways::manager);
  s.field("sslConfig", &DelegatedHttpGateways::ssl);
  s.field("preventChildOverrides", &DelegatedHttpGateways::prevent_child_overrides);
  s.one_of({"ref", "selector"});
}

void describe(Schema<HybridGateway>& s) {
  s.field("matchedGateways", &HybridGateway::matched);
  s.field("delegatedHttpGateways", &HybridGateway::delegated);
  s.unserved({"delegatedTcpGateways"}, "are not served: connections are not forwarded as they are");
}

}  // namespace gnomon::config
