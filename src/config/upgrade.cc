#include "config/upgrade.h"

#include "config/schema.h"

namespace gnomon::config {

void describe(Schema<UpgradeSwitch>& s) { s.field("enabled", &UpgradeSwitch::enabled); }

void describe(Schema<UpgradeConfig>& s) {
  s.field("websocket", &UpgradeConfig::websocket);
  s.unserved({"connect", "connectTerminate"}, "is never served: there are no tunnels to anywhere");
  s.one_of({"websocket", "connect", "connectTerminate"},
           "an upgrade must be websocket, connect or connectTerminate");
}

}  // namespace gnomon::config
