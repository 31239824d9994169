#include "compare/path.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "compare/value_class.h"
#include "msg/headers.h"

namespace gnomon::compare {
namespace {

constexpr std::string_view kSpecial = ".[]{}*'\"\\$ \t\r\n";
constexpr std::array<bool, 256> kIsSpecial = [] {
  std::array<bool, 256> table{};
  for (const char c : kSpecial) table[static_cast<uint8_t>(c)] = true;
  return table;
}();
constexpr size_t kIndexDigitsMax = 9;

bool is_plain(std::string_view name) noexcept {
  const auto is_special = [](char c) { return kIsSpecial[static_cast<uint8_t>(c)]; };
  return !name.empty() && std::ranges::none_of(name, is_special);
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// Reads "$" and what follows it.
class TreePath {
 public:
  explicit TreePath(std::string_view text) : text_(text) {}

  std::expected<std::vector<PathStep>, PathError> steps() {
    std::vector<PathStep> out;
    while (at_ < text_.size()) {
      if (auto problem = step(out); !problem.empty()) return error(std::move(problem));
    }
    return out;
  }

 private:
  std::unexpected<PathError> error(std::string message) const {
    return std::unexpected(PathError{at_ + 1, std::move(message)});
  }
  bool take(std::string_view token) noexcept {
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  // Each returns what is wrong, or "".
  std::string step(std::vector<PathStep>& out) {
    if (take("..")) {
      out.push_back({PathStep::Kind::descend, {}, 0});
      return text_.substr(at_).starts_with('[') ? bracket(out) : name(out);
    }
    if (take(".")) return name(out);
    if (text_.substr(at_).starts_with('[')) return bracket(out);
    return "expected \".\" or \"[\"";
  }

  std::string name(std::vector<PathStep>& out) {
    if (take("*") || take("{}")) {
      out.push_back({PathStep::Kind::any, {}, 0});
      return {};
    }
    const size_t end = std::min(text_.find_first_of(kSpecial, at_), text_.size());
    if (end == at_) return "expected a name, \"*\" or \"{}\"";
    out.push_back({PathStep::Kind::name, std::string(text_.substr(at_, end - at_)), 0});
    at_ = end;
    return {};
  }

  std::string bracket(std::vector<PathStep>& out) {
    take("[");
    if (take("*")) {
      out.push_back({PathStep::Kind::any, {}, 0});
    } else if (take("'")) {
      if (!quoted('\'', out)) return "this name has no closing \"'\"";
    } else if (take("\"")) {
      if (!quoted('"', out)) return "this name has no closing '\"'";
    } else if (!index(out)) {
      return "expected \"*\", a number or a name in quotes";
    }
    return take("]") ? "" : "expected \"]\"";
  }

  bool quoted(char quote, std::vector<PathStep>& out) {
    std::string name;
    for (size_t i = at_; i < text_.size(); ++i) {
      if (text_[i] == quote) {
        out.push_back({PathStep::Kind::name, std::move(name), 0});
        at_ = i + 1;
        return true;
      }
      if (text_[i] == '\\' && i + 1 < text_.size()) ++i;
      name += text_[i];
    }
    return false;
  }

  bool index(std::vector<PathStep>& out) {
    uint32_t value = 0;
    const std::string_view digits = text_.substr(at_, kIndexDigitsMax);
    const auto [stop, problem] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (problem != std::errc()) return false;
    at_ += static_cast<size_t>(stop - digits.data());
    out.push_back({PathStep::Kind::index, {}, value});
    return true;
  }

  const std::string_view text_;
  size_t at_ = 1;
};

struct NamedArea {
  std::string_view prefix;
  Area area;
};
constexpr NamedArea kNamedAreas[] = {
    {"header:", Area::header}, {"trailer:", Area::trailer}, {"cookie:", Area::cookie}};

std::expected<PathPattern, PathError> parse_named(const NamedArea& named, std::string_view text) {
  PathPattern out{named.area, {}, {}, false};
  std::string_view name = text.substr(named.prefix.size());
  out.prefix = name.ends_with('*');
  if (out.prefix) name.remove_suffix(1);
  if (name.empty() && !out.prefix) {
    return std::unexpected(PathError{named.prefix.size() + 1, "expected a name"});
  }
  if (const size_t odd = name.find_first_of("* \t:,"); odd != name.npos) {
    return std::unexpected(
        PathError{named.prefix.size() + odd + 1,
                  fmt::format("'{}' cannot be in a name; '*' may stand at its end", name[odd])});
  }
  out.name = named.area == Area::cookie ? std::string(name) : lower_case(name);
  return out;
}

bool all_of(std::string_view text, bool (*holds)(char)) noexcept {
  return std::ranges::all_of(text, holds);
}
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_hex(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_token_char(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
         c == '=' || c == '+' || c == '/';
}

}  // namespace

std::expected<PathPattern, PathError> PathPattern::parse(std::string_view text) {
  if (text == "status") return PathPattern{Area::status, {}, {}, false};
  if (text == "body") return PathPattern{Area::body, {}, {}, false};
  for (const NamedArea& named : kNamedAreas) {
    if (text.starts_with(named.prefix)) return parse_named(named, text);
  }
  if (!text.starts_with('$')) {
    return std::unexpected(PathError{
        1,
        "a path begins with \"$\", \"header:\", \"trailer:\" or \"cookie:\", or is \"status\" or "
        "\"body\""});
  }
  auto steps = TreePath(text).steps();
  if (!steps) return std::unexpected(std::move(steps.error()));
  return PathPattern{Area::tree, std::move(*steps), {}, false};
}

bool PathPattern::matches_name(std::string_view other) const noexcept {
  if (prefix && other.size() > name.size()) other = other.substr(0, name.size());
  return area == Area::cookie ? name == other : equals_ignore_case(name, other);
}

void append_member(std::string& path, std::string_view name) {
  if (is_plain(name)) {
    path += '.';
    path += name;
    return;
  }
  path += "['";
  for (const char c : name) {
    if (c == '\'' || c == '\\') path += '\\';
    path += c;
  }
  path += "']";
}

bool is_dynamic_name(std::string_view name) noexcept {
  constexpr size_t kHexMin = 16;
  constexpr size_t kTokenMin = 20;
  constexpr size_t kWordMax = 100;  // what is longer is a text
  if (name.empty()) return false;
  if (name.size() > kWordMax) return true;
  if (std::ranges::none_of(name, [](char c) { return is_digit(c) || c == '@'; })) return false;
  const auto digits = std::ranges::count_if(name, is_digit);
  // An address of mail; "@name" is an attribute of XML.
  const size_t at = name.find('@');
  const bool is_mail = at != name.npos && at != 0 && name.find('.', at) != name.npos;
  if (digits == 0 || is_mail) return is_mail;
  if (static_cast<size_t>(digits) == name.size()) return true;
  if (name.size() >= kHexMin && all_of(name, is_hex)) return true;
  if (name.size() >= kTokenMin && digits >= 3 && all_of(name, is_token_char)) return true;
  return is_of_class(name, ValueClass::uuid) || is_of_class(name, ValueClass::ip) ||
         is_of_class(name, ValueClass::timestamp);
}

}  // namespace gnomon::compare
