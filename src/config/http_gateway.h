// httpGateway: which VirtualServices are served, and how.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/label_expression.h"
#include "config/listener_options.h"
#include "config/metadata.h"

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

void describe(Schema<HttpGateway>& s);

}  // namespace gnomon::config
