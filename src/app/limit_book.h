// The limits of listeners that all workers share. They live as long as their address is listened
// on; a reload starts only those anew whose settings it changes.
#pragma once

#include <map>
#include <string>

#include "proxy/listener_state.h"
#include "routing/listener_settings.h"

namespace gnomon::app {

class LimitBook {
 public:
  // `key` is the address, and which of the listeners there.
  proxy::ListenerLimits of(const std::string& key, const routing::ListenerSettings& settings);

 private:
  std::map<std::string, proxy::ListenerLimits> limits_;
};

}  // namespace gnomon::app
