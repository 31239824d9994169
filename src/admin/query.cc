#include "admin/query.h"

#include <charconv>

namespace gnomon::admin {

std::optional<std::string_view> query_parameter(std::string_view path_and_query,
                                                std::string_view name) noexcept {
  const size_t mark = path_and_query.find('?');
  if (mark == std::string_view::npos) return std::nullopt;
  std::string_view rest = path_and_query.substr(mark + 1);
  while (!rest.empty()) {
    const size_t end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (!pair.starts_with(name)) continue;
    if (pair.size() == name.size()) return std::string_view();
    if (pair[name.size()] == '=') return pair.substr(name.size() + 1);
  }
  return std::nullopt;
}

std::string_view query_value(std::string_view path_and_query, std::string_view name) noexcept {
  return query_parameter(path_and_query, name).value_or(std::string_view());
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const bool escape = text[i] == '%' && i + 2 < text.size();
    const char* const digits = text.data() + i + 1;
    if (escape && std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
      out.push_back(static_cast<char>(value));
      i += 2;
    } else {
      out.push_back(text[i] == '+' ? ' ' : text[i]);
    }
  }
  return out;
}

}  // namespace gnomon::admin
