// Gateway: where clients connect, and which VirtualServices they reach there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/label_expression.h"
#include "config/listener_options.h"
#include "config/metadata.h"
#include "config/source.h"

namespace gnomon::config {

// Of expressions, selector and references the first that is given counts; without any, every
// VirtualService is served.
struct HttpGateway {
  std::vector<ResourceRef> virtual_services;
  Labels selector;
  std::optional<LabelExpressions> expressions;
  std::vector<std::string> namespaces;
  std::optional<HttpListenerOptions> options;
};

struct Gateway {
  Metadata metadata;
  bool ssl = false;
  Located<std::string> bind_address{"::", {}};
  Located<uint16_t> bind_port;  // 0: any free port
  std::optional<HttpGateway> http;
  Located<bool> tcp;
  Located<bool> hybrid;
  std::optional<ListenerOptions> options;
  GatewayRouteOptions route_options;
  bool use_proxy_protocol = false;
};

void describe(Schema<HttpGateway>& s);
void describe(Schema<Gateway>& s);

}  // namespace gnomon::config
