// Gateway: where clients connect, and which VirtualServices they reach there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "config/http_gateway.h"
#include "config/hybrid_gateway.h"
#include "config/listener_options.h"
#include "config/metadata.h"
#include "config/source.h"

namespace gnomon::config {

struct Gateway {
  Metadata metadata;
  bool ssl = false;
  Located<std::string> bind_address{"::", {}};
  Located<uint16_t> bind_port;  // 0: any free port
  std::optional<HttpGateway> http;
  Located<bool> tcp;
  std::optional<HybridGateway> hybrid;
  std::optional<ListenerOptions> options;
  GatewayRouteOptions route_options;
  bool use_proxy_protocol = false;
};

void describe(Schema<Gateway>& s);

}  // namespace gnomon::config
