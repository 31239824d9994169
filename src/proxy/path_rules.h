// What a listener does to the path of every request before it is routed, so that a rule about a
// path and the backend behind it look at the same bytes. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "routing/listener_settings.h"

namespace gnomon::proxy {

struct PathVerdict {
  enum class Kind : uint8_t { unchanged, changed, redirect, refused };
  Kind kind = Kind::unchanged;
  std::string path;          // of `changed` and `redirect`, with the query
  const char* problem = "";  // of `refused`
};

PathVerdict apply_path_rules(const routing::PathSettings& settings,
                             std::string_view path_and_query);

}  // namespace gnomon::proxy
