#include "config/hash_policy.h"

#include "config/rules.h"
#include "config/schema.h"
#include "config/text_rules.h"

namespace gnomon::config {
namespace {

struct Token {
  bool operator()(const std::string& name, const Node& node, const Scope& scope) const {
    if (is_header_name(name)) return true;
    scope.error(node.at(), "is not a valid name");
    return false;
  }
};

// It ends up in Set-Cookie, where a semicolon would begin an attribute.
struct CookiePath {
  bool operator()(const std::string& path, const Node& node, const Scope& scope) const {
    if (is_header_value(path) && path.find(';') == std::string::npos) return true;
    scope.error(node.at(), "is not a valid path for a cookie");
    return false;
  }
};

}  // namespace

void describe(Schema<HashCookie>& s) {
  s.field("name", &HashCookie::name, kRequired, Token{});
  s.field("ttl", &HashCookie::ttl, kNotNegative);
  s.field("path", &HashCookie::path, CookiePath{});
}

void describe(Schema<HashPolicy>& s) {
  s.field("header", &HashPolicy::header, Token{});
  s.field("cookie", &HashPolicy::cookie);
  s.field("sourceIp", &HashPolicy::source_ip);
  s.field("terminal", &HashPolicy::terminal);
  s.one_of({"header", "cookie", "sourceIp"}, "a hash policy needs header, cookie or sourceIp");
}

void describe(Schema<LoadBalancerHash>& s) { s.field("hashPolicies", &LoadBalancerHash::policies); }

}  // namespace gnomon::config
