// Settings of a listener for a person to read: those that a Gateway changed, and the ones that
// matter most in any case.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "routing/listener_settings.h"

namespace gnomon::routing {

nlohmann::ordered_json listener_settings_json(const ListenerSettings& settings);

}  // namespace gnomon::routing
