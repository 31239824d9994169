// What may stand in paths, header names and header values. A configuration must not be able to make
// the gateway write a malformed or smuggled message.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/scope.h"
#include "config/yaml.h"

namespace gnomon::config {

// Why the path cannot be matched or written, or null. Gloo's own rules for exact, prefix and
// rewrites.
const char* path_problem(std::string_view path) noexcept;
bool is_header_name(std::string_view name) noexcept;    // a token (RFC 9110 section 5.1)
bool is_header_value(std::string_view value) noexcept;  // RFC 9110 section 5.5
// Why that header cannot be added to a message, without quoting its value; or null.
const char* header_problem(std::string_view name, std::string_view value) noexcept;
// A host with an optional port, as it may stand in Host.
bool is_authority(std::string_view text) noexcept;
// What to do about text with ${NAME} or $(command) left in, as manifests for envsubst have it; ""
// for other text.
std::string_view placeholder_hint(std::string_view text) noexcept;

// False, and says why, for names that only the gateway itself may write: pseudo-headers, Host and
// whatever frames a message. A second copy of these would be a smuggling hole.
bool check_editable_name(std::string_view name, Position at, const Scope& scope);

// The same as rules for a schema's fields.
struct ValidPath {
  bool operator()(const std::string& path, const Node& node, const Scope& scope) const;
};
// A path that may bring a query along.
struct ValidRewrite {
  bool operator()(const std::string& path, const Node& node, const Scope& scope) const;
};
struct ValidHeaderValue {
  bool operator()(const std::string& value, const Node& node, const Scope& scope) const;
};
struct ValidAuthority {
  bool operator()(const std::string& host, const Node& node, const Scope& scope) const;
};

// The name of a header or cookie that is looked up.
struct LookupName {
  bool operator()(const std::string& name, const Node& node, const Scope& scope) const;
};

struct EditableName {
  bool operator()(const std::string& name, const Node& node, const Scope& scope) const {
    return check_editable_name(name, node.at(), scope);
  }
};
struct EditableNames {
  bool operator()(const std::vector<std::string>& names, const Node& node,
                  const Scope& scope) const;
};
// name: value for every entry
struct EditableFields {
  bool operator()(const std::map<std::string, std::string>& fields, const Node& node,
                  const Scope& scope) const;
};

}  // namespace gnomon::config
