#include "proxy/path_rules.h"

#include <optional>

#include "msg/head.h"

namespace gnomon::proxy {
namespace {

using Kind = PathVerdict::Kind;

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte that is escaped at `at`, or -1.
int escaped_byte(std::string_view path, size_t at) noexcept {
  if (path[at] != '%' || at + 2 >= path.size()) return -1;
  const int high = hex_value(path[at + 1]);
  const int low = hex_value(path[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// RFC 3986 section 2.3: escaped or not, these mean the same.
bool is_unreserved(int byte) noexcept {
  const char c = static_cast<char>(byte);
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::string unescape_slashes(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (size_t i = 0; i < path.size(); ++i) {
    const int byte = escaped_byte(path, i);
    const bool slash = byte == '/' || byte == '\\';
    out += slash ? '/' : path[i];
    if (slash) i += 2;
  }
  return out;
}

// Nothing when an escaped NUL would end the path for programs in C.
std::optional<std::string> unescape_unreserved(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (size_t i = 0; i < path.size(); ++i) {
    const int byte = escaped_byte(path, i);
    if (byte == 0) return std::nullopt;
    if (byte > 0 && is_unreserved(byte)) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += path[i];
    }
  }
  return out;
}

// RFC 3986 section 5.2.4.
std::string remove_dot_segments(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (size_t at = 0; at < path.size();) {
    const size_t end = std::min(path.find('/', at + 1), path.size());
    const std::string_view segment = path.substr(at, end - at);  // with its leading slash
    const bool last = end == path.size();
    at = end;
    if (segment == "/." || segment == "/..") {
      if (segment == "/..") out.resize(out.empty() ? 0 : out.rfind('/'));
      if (last) out += '/';
    } else {
      out += segment;
    }
  }
  return out.empty() ? "/" : out;
}

std::string merge_slashes(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (const char c : path) {
    if (c != '/' || out.empty() || out.back() != '/') out += c;
  }
  return out;
}

// Most paths have nothing to change, and cost one look.
bool may_change(const routing::PathSettings& settings, std::string_view path) noexcept {
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '%') return true;
    if (path[i] != '/' || i + 1 == path.size()) continue;
    if (path[i + 1] == '.' && settings.normalize) return true;
    if (path[i + 1] == '/' && settings.merge_slashes) return true;
  }
  return false;
}

}  // namespace

PathVerdict apply_path_rules(const routing::PathSettings& settings,
                             std::string_view path_and_query) {
  using routing::EscapedSlashes;
  const std::string_view before = path_only(path_and_query);
  if (!before.starts_with('/') || !may_change(settings, before)) return {};
  std::string path(before);
  bool redirect = false;
  if (settings.escaped_slashes != EscapedSlashes::keep) {
    path = unescape_slashes(before);
    const bool found = path.size() != before.size();
    if (found && settings.escaped_slashes == EscapedSlashes::reject) {
      return {Kind::refused, {}, "escaped slash in the path"};
    }
    redirect = found && settings.escaped_slashes == EscapedSlashes::redirect;
  }
  if (settings.normalize) {
    const auto plain = unescape_unreserved(path);
    if (!plain) return {Kind::refused, {}, "escaped NUL in the path"};
    path = remove_dot_segments(*plain);
  }
  if (settings.merge_slashes) path = merge_slashes(path);
  if (path == before) return {};
  path += path_and_query.substr(before.size());
  return {redirect ? Kind::redirect : Kind::changed, std::move(path), ""};
}

}  // namespace gnomon::proxy
