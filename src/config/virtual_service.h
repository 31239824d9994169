// VirtualService: the routes of some domains.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/metadata.h"
#include "config/route.h"
#include "config/source.h"
#include "config/ssl.h"

namespace gnomon::config {

struct VirtualHost {
  std::vector<Located<std::string>> domains;
  std::vector<Route> routes;
  std::optional<VirtualHostOptions> options;
  std::optional<OptionsRefs> options_refs;
};

struct VirtualService {
  Metadata metadata;
  std::string display_name;
  std::optional<VirtualHost> virtual_host;
  std::optional<SslConfig> ssl_config;  // given: belongs to TLS listeners only
};

void describe(Schema<VirtualHost>& s);
void describe(Schema<VirtualService>& s);

}  // namespace gnomon::config
