// The effective configuration as JSON, for the admin API's /config_dump.
#pragma once

#include <string>

#include "routing/configured_snapshot.h"

namespace gnomon::routing {

// Version 1 of the form: {"version", "listeners", "virtualHosts", "clusters"}.
std::string snapshot_json(const ConfiguredSnapshot::Parts& parts);
// A route as it stands in there.
std::string route_json_text(const Route& route);

}  // namespace gnomon::routing
