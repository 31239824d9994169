#include "config/text_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace gnomon::config {
namespace {

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

constexpr std::array<std::string_view, 10> kOwnHeaders{
    "connection",        "content-length", "expect",          "host", "keep-alive", "te", "trailer",
    "transfer-encoding", "upgrade",        "proxy-connection"};

char to_lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool is_own_header(std::string_view name) noexcept {
  return std::ranges::any_of(kOwnHeaders, [&](std::string_view own) {
    return std::ranges::equal(own, name, {}, {}, to_lower);
  });
}

bool one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

}  // namespace

const char* path_problem(std::string_view path) noexcept {
  for (size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (is_alphanumeric(c) || one_of(c, "/:@._~!$&'()*+,=;-")) continue;
    if (c != '%') return "it contains a character that cannot stand in a path";
    if (i + 2 >= path.size() || !is_hex(path[i + 1]) || !is_hex(path[i + 2])) {
      return "a % must be followed by two hexadecimal digits";
    }
  }
  if (path.find("//") != std::string_view::npos) return "it contains //";
  if (path.find("/./") != std::string_view::npos) return "it contains /./";
  if (path.find("/../") != std::string_view::npos) return "it contains /../";
  if (path.find("%2f") != std::string_view::npos || path.find("%2F") != std::string_view::npos) {
    return "it contains an escaped slash";
  }
  if (path.ends_with("/..") || path.ends_with("/.")) return "it ends in a dot segment";
  return nullptr;
}

bool is_header_name(std::string_view name) noexcept {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return is_alphanumeric(c) || one_of(c, "!#$%&'*+-.^_`|~");
  });
}

bool is_header_value(std::string_view value) noexcept {
  if (value.empty()) return true;
  if (one_of(value.front(), " \t") || one_of(value.back(), " \t")) return false;
  return std::ranges::none_of(value, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
  });
}

const char* header_problem(std::string_view name, std::string_view value) noexcept {
  if (name.starts_with(':') || is_own_header(name)) return "is written by the gateway itself";
  if (!is_header_name(name)) return "is not a header name";
  return is_header_value(value) ? nullptr : "has a value that cannot stand in a header";
}

bool is_authority(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_alphanumeric(c) || one_of(c, "-._~%!$&'()*+,;=:[]");
  });
}

std::string_view placeholder_hint(std::string_view text) noexcept {
  const bool left_in =
      text.find("${") != std::string_view::npos || text.find("$(") != std::string_view::npos;
  return left_in ? "a placeholder was left in; replace it, for example with envsubst" : "";
}

bool check_editable_name(std::string_view name, Position at, const Scope& scope) {
  if (name.starts_with(':') || is_own_header(name)) {
    scope.error(at, fmt::format("\"{}\" may not be changed here", name),
                "pseudo-headers, Host and framing headers are written by the gateway itself");
  } else if (!is_header_name(name)) {
    scope.error(at, fmt::format("\"{}\" is not a header name", name));
  } else {
    return true;
  }
  return false;
}

bool EditableNames::operator()(const std::vector<std::string>& names, const Node& node,
                               const Scope& scope) const {
  bool good = true;
  for (size_t i = 0; i < names.size(); ++i) {
    good &= check_editable_name(names[i], node.items()[i]->at(), scope.item(i));
  }
  return good;
}

bool EditableFields::operator()(const std::map<std::string, std::string>& fields, const Node& node,
                                const Scope& scope) const {
  bool good = true;
  for (const Entry& entry : node.entries()) {
    const auto field = fields.find(std::string(entry.key->text()));
    if (field == fields.end()) continue;
    const Scope inner = scope.field(field->first);
    good &= check_editable_name(field->first, entry.key->at(), inner);
    good &= ValidHeaderValue{}(field->second, *entry.value, inner);
  }
  return good;
}

bool ValidPath::operator()(const std::string& path, const Node& node, const Scope& scope) const {
  const char* problem = path_problem(path);
  if (problem == nullptr) return true;
  scope.error(node.at(), fmt::format("the path is invalid: {}", problem));
  return false;
}

bool ValidRewrite::operator()(const std::string& path, const Node& node, const Scope& scope) const {
  const size_t query = path.find('?');
  const char* problem = path_problem(std::string_view(path).substr(0, query));
  const bool clean =
      std::ranges::all_of(path, [](char c) { return c > ' ' && c < 0x7F && c != '#'; });
  if (problem == nullptr && clean) return true;
  scope.error(node.at(), fmt::format("the rewrite is invalid: {}",
                                     problem != nullptr ? problem
                                                        : "its query contains a character that "
                                                          "cannot stand there"));
  return false;
}

bool ValidHeaderValue::operator()(const std::string& value, const Node& node,
                                  const Scope& scope) const {
  if (is_header_value(value)) return true;
  scope.error(node.at(), "this cannot stand in a header",
              "no control characters, and no blanks at either end");
  return false;
}

bool LookupName::operator()(const std::string& name, const Node& node, const Scope& scope) const {
  if (is_header_name(name)) return true;
  scope.error(node.at(), fmt::format("\"{}\" is not a name that can be looked up", name));
  return false;
}

bool ValidAuthority::operator()(const std::string& host, const Node& node,
                                const Scope& scope) const {
  if (host.empty() || is_authority(host)) return true;
  scope.error(node.at(), "this is not a host name with an optional port",
              std::string(placeholder_hint(host)));
  return false;
}

}  // namespace gnomon::config
