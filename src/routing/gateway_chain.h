// One httpGateway with everything that decides what it serves: a Gateway has one, a hybrid Gateway
// several behind its address.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/gateway.h"
#include "routing/build_context.h"

namespace gnomon::routing {

struct GatewayChain {
  const config::Metadata* owner =
      nullptr;        // of what is said here: the Gateway or what it refers to
  std::string where;  // what stands before "httpGateway" there
  std::optional<config::HttpGateway> http;  // nothing: a tcpGateway, which is not served
  bool ssl = false;
  config::GatewayMatcher matcher;  // of a hybrid Gateway
  std::string name;                // likewise
};

// Of a Gateway that is for HTTP alone.
GatewayChain plain_chain(const config::Gateway& gateway);

// Of a hybrid Gateway; none where nothing of it can be served, which has been reported.
std::vector<GatewayChain> hybrid_chains(BuildContext& context, const config::Gateway& gateway);

}  // namespace gnomon::routing
