#include "msg/cookie.h"

namespace gnomon {
namespace {

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view unquote(std::string_view text) noexcept {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

}  // namespace

std::string_view find_cookie(const Headers& headers, std::string_view name) noexcept {
  for (const Field& field : headers) {
    if (field.known != Known::cookie) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const size_t end = rest.find(';');
      const std::string_view pair = trim(rest.substr(0, end));
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
      const size_t equals = pair.find('=');
      if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
        return unquote(pair.substr(equals + 1));
      }
    }
  }
  return {};
}

std::string set_cookie_value(std::string_view name, std::string_view value, std::string_view path,
                             std::chrono::seconds max_age) {
  std::string out(name);
  out.append("=\"").append(value).append("\"");
  if (max_age.count() > 0) out.append("; Max-Age=").append(std::to_string(max_age.count()));
  if (!path.empty()) out.append("; Path=").append(path);
  out.append("; HttpOnly");
  return out;
}

}  // namespace gnomon
