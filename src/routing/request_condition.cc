#include "routing/request_condition.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace gnomon::routing {
namespace {

// The value of the first parameter of that name; not decoded, as in Envoy.
std::optional<std::string_view> find_parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const size_t equals = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equals) == name) {
      return pair.substr(std::min(pair.size(), equals + 1));
    }
  }
  return std::nullopt;
}

// Several fields of one name count as one, their values joined by commas (RFC 9110 section 5.3).
std::optional<std::string_view> joined_value(const Headers& headers, std::string_view name,
                                             std::string& storage) {
  std::optional<std::string_view> value;
  for (const Field& field : headers) {
    if (!equals_ignore_case(field.name, name)) continue;
    if (!value) {
      value = field.value;
      continue;
    }
    if (storage.empty()) storage = *value;
    storage.append(",").append(field.value);
    value = storage;
  }
  return value;
}

std::optional<std::string_view> header_value(const RequestHead& head, std::string_view name,
                                             std::string& storage) {
  if (name.starts_with(':')) {
    if (name == ":authority") return head.authority;
    if (name == ":path") return head.path;
    if (name == ":method") return head.method_name;
    if (name == ":scheme") return head.scheme;
    return std::nullopt;
  }
  // These are members of the head, not fields.
  switch (known_header(name)) {
    case Known::host:
      return head.authority;
    case Known::upgrade:
      return head.upgrade.empty() ? std::nullopt : std::optional(head.upgrade);
    case Known::content_length:
      if (head.content_length == kNoLength) return std::nullopt;
      storage = std::to_string(head.content_length);
      return storage;
    default:
      return joined_value(head.headers, name, storage);
  }
}

}  // namespace

std::string to_lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return out;
}

bool ValueCondition::matches(std::string_view value) const {
  if (literal) return value == *literal;
  return regex == nullptr || matches_fully(*regex, value);
}

bool HeaderCondition::matches(const RequestHead& head) const {
  std::string storage;
  const std::optional<std::string_view> found = header_value(head, name, storage);
  // A value that is not there matches nothing, not even inverted; only presence itself can be
  // inverted. So does Envoy.
  const bool presence_only = !value.literal && value.regex == nullptr;
  if (!found && !presence_only) return false;
  return (found.has_value() && value.matches(*found)) != invert;
}

bool QueryCondition::matches(std::string_view query) const {
  const std::optional<std::string_view> found = find_parameter(query, name);
  return found.has_value() && value.matches(*found);
}

bool RequestCondition::matches(const RequestHead& head) const {
  const auto method_matches = [&](const ValueCondition& m) { return m.matches(head.method_name); };
  if (!methods.empty() && !std::ranges::any_of(methods, method_matches)) return false;
  if (!std::ranges::all_of(headers, [&](const auto& h) { return h.matches(head); })) return false;
  if (query.empty()) return true;
  const size_t mark = head.path.find('?');
  const std::string_view text =
      mark == std::string_view::npos ? std::string_view() : head.path.substr(mark + 1);
  return std::ranges::all_of(query, [&](const auto& q) { return q.matches(text); });
}

}  // namespace gnomon::routing
