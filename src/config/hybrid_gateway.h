// hybridGateway: several gateways behind one address, of which each connection gets the one that
// its matcher fits best.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/connection_manager.h"
#include "config/http_gateway.h"
#include "config/label_expression.h"
#include "config/metadata.h"
#include "config/ssl.h"

namespace gnomon::config {

struct GatewayMatcher {
  Position at;
  std::optional<SslConfig> ssl;    // TLS is spoken; what VirtualServices leave out is taken from it
  std::vector<CidrRange> sources;  // none: from everywhere
};

struct MatchedGateway {
  Position at;
  GatewayMatcher matcher;
  std::optional<HttpGateway> http;
  Located<bool> tcp;
};

struct GatewaySelector {
  std::vector<std::string> namespaces;
  Labels labels;
  std::vector<LabelExpression> expressions;
};

// MatchableHttpGateways, by reference or by selector.
struct DelegatedHttpGateways {
  Position at;
  std::optional<ResourceRef> ref;
  std::optional<GatewaySelector> selector;
  std::optional<ConnectionManager> manager;  // what they leave out is taken from it
  std::optional<SslConfig> ssl;              // likewise; without it only those in clear are meant
  bool prevent_child_overrides = false;
};

struct HybridGateway {
  Position at;
  std::vector<MatchedGateway> matched;
  std::optional<DelegatedHttpGateways> delegated;  // counts only without `matched`
};

void describe(Schema<GatewayMatcher>& s);
void describe(Schema<MatchedGateway>& s);
void describe(Schema<GatewaySelector>& s);
void describe(Schema<DelegatedHttpGateways>& s);
void describe(Schema<HybridGateway>& s);

}  // namespace gnomon::config
