// MatchableHttpGateway: one of the gateways behind a hybrid Gateway, as a resource of its own.
#pragma once

#include <optional>

#include "config/hybrid_gateway.h"
#include "config/metadata.h"

namespace gnomon::config {

struct MatchableHttpGateway {
  Metadata metadata;
  GatewayMatcher matcher;
  std::optional<HttpGateway> http;
};

void describe(Schema<MatchableHttpGateway>& s);

}  // namespace gnomon::config
