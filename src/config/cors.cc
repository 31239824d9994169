#include "config/cors.h"

#include "config/rules.h"
#include "config/schema.h"
#include "config/text_rules.h"

namespace gnomon::config {
namespace {

struct HeaderValues {
  bool operator()(const std::vector<std::string>& values, const Node& node,
                  const Scope& scope) const {
    bool good = true;
    for (size_t i = 0; i < values.size(); ++i) {
      good &= ValidHeaderValue{}(values[i], *node.items()[i], scope.item(i));
    }
    return good;
  }
};

bool check_origins(const Cors& cors, const Node& node, const Scope& scope) {
  if (cors.disable_for_route || !cors.allow_origin.empty() || !cors.allow_origin_regex.empty()) {
    return true;
  }
  scope.error(node.at(), "must provide at least one of AllowOrigin or AllowOriginRegex",
              "write allowOrigin: [\"*\"] to allow every origin");
  return false;
}

}  // namespace

std::span<const EnumName<CorsMerge>> enum_names(CorsMerge /*tag*/) {
  static constexpr EnumName<CorsMerge> kNames[] = {{"DEFAULT", CorsMerge::route_wins},
                                                   {"UNION", CorsMerge::join}};
  return kNames;
}

void describe(Schema<Cors>& s) {
  s.field("allowOrigin", &Cors::allow_origin);
  s.field("allowOriginRegex", &Cors::allow_origin_regex);
  s.field("allowMethods", &Cors::allow_methods, HeaderValues{});
  s.field("allowHeaders", &Cors::allow_headers, HeaderValues{});
  s.field("exposeHeaders", &Cors::expose_headers, HeaderValues{});
  s.field("maxAge", &Cors::max_age, ValidHeaderValue{});
  s.field("allowCredentials", &Cors::allow_credentials);
  s.field("disableForRoute", &Cors::disable_for_route);
  s.check(check_origins);
}

void describe(Schema<CorsMergeSettings>& s) {
  s.field("exposeHeaders", &CorsMergeSettings::expose_headers);
}

}  // namespace gnomon::config
