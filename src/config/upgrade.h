// Which upgrades of a connection are passed on; given for a Gateway and for a route.
#pragma once

#include <optional>

#include "config/metadata.h"
#include "config/source.h"

namespace gnomon::config {

struct UpgradeSwitch {
  std::optional<bool> enabled;  // absent: yes
};

struct UpgradeConfig {
  Position at;
  std::optional<UpgradeSwitch> websocket;  // absent: one of the kinds that are not served
};

void describe(Schema<UpgradeSwitch>& s);
void describe(Schema<UpgradeConfig>& s);

}  // namespace gnomon::config
