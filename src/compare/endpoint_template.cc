#include "compare/endpoint_template.h"

#include <algorithm>

#include "compare/path_segment.h"

namespace gnomon::compare {
namespace {

constexpr size_t kMaxParts = 64;

bool is_method(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace

std::expected<EndpointTemplate, std::string> EndpointTemplate::parse(std::string_view text) {
  EndpointTemplate parsed;
  const size_t space = text.find(' ');
  if (space != std::string_view::npos) {
    parsed.method_ = text.substr(0, space);
    if (!is_method(parsed.method_)) return std::unexpected("the word before the path is no method");
    text.remove_prefix(space + 1);
  }
  if (!text.starts_with('/')) return std::unexpected("a path begins with \"/\"");
  if (text.find_first_of("?#; ") != std::string_view::npos) {
    return std::unexpected("only a path, without query, parameters or spaces");
  }
  parsed.path_ = text;
  std::vector<std::string_view> segments = path_segments(text, kMaxParts + 1);
  if (segments.size() > kMaxParts) return std::unexpected("more than 64 segments");
  if (segments.back() == "**") {
    parsed.rest_ = true;
    segments.pop_back();
  }
  for (const std::string_view segment : segments) {
    const bool braces = segment.starts_with('{') && segment.ends_with('}') &&
                        segment.find_first_of("{}", 1) == segment.size() - 1;
    const bool any = segment == "*" || braces;
    if (!any && segment.find_first_of("{}*") != std::string_view::npos) {
      return std::unexpected("\"{name}\" and \"*\" stand for a whole segment, \"**\" for the rest");
    }
    parsed.parts_.push_back({std::string(any ? "" : segment), any});
  }
  return parsed;
}

bool EndpointTemplate::matches(std::string_view method,
                               std::span<const std::string_view> segments) const noexcept {
  if (!method_.empty() && method_ != method) return false;
  if (rest_ ? segments.size() <= parts_.size() : segments.size() != parts_.size()) return false;
  for (size_t i = 0; i < parts_.size(); ++i) {
    const bool fits = parts_[i].any ? !segments[i].empty() : parts_[i].literal == segments[i];
    if (!fits) return false;
  }
  return true;
}

}  // namespace gnomon::compare
