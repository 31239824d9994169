// options.cors: which other origins a browser may call from.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "config/metadata.h"
#include "config/source.h"

namespace gnomon::config {

struct Cors {
  Position at;
  std::vector<std::string> allow_origin;
  std::vector<Located<std::string>> allow_origin_regex;
  std::vector<std::string> allow_methods;
  std::vector<std::string> allow_headers;
  std::vector<std::string> expose_headers;
  std::string max_age;  // seconds; Gloo passes the text on as it stands
  bool allow_credentials = false;
  bool disable_for_route = false;
};

enum class CorsMerge : uint8_t {
  route_wins,  // what the route says replaces what the virtual host says
  join         // both count
};

template <typename E>
struct EnumName;
std::span<const EnumName<CorsMerge>> enum_names(CorsMerge tag);

struct CorsMergeSettings {
  CorsMerge expose_headers = CorsMerge::route_wins;
};

void describe(Schema<Cors>& s);
void describe(Schema<CorsMergeSettings>& s);

}  // namespace gnomon::config
