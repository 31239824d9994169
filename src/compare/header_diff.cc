#include "compare/header_diff.h"

#include <algorithm>

#include "compare/media_type.h"

namespace gnomon::compare {
namespace {

constexpr std::string_view kSets[] = {
    "accept-ranges",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-expose-headers",
    "allow",
    "cache-control",
    "vary",
};
// Their items are names in any case.
constexpr std::string_view kCaseless[] = {
    "accept-ranges",
    "access-control-allow-headers",
    "access-control-expose-headers",
    "cache-control",
    "content-encoding",
    "vary",
};
constexpr std::string_view kSetCookie = "set-cookie";

template <size_t N>
bool is_one_of(const std::string_view (&names)[N], std::string_view name) noexcept {
  return std::ranges::any_of(
      names, [name](std::string_view other) { return equals_ignore_case(name, other); });
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view trimmed(std::string_view text) noexcept {
  const size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

// Splits at a character outside of quotes; empty items are left out.
std::vector<std::string_view> items(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  bool quoted = false;
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && (quoted || text[i] != separator)) {
      if (text[i] == '"') quoted = !quoted;
      if (text[i] == '\\' && quoted) ++i;
      continue;
    }
    const std::string_view item = trimmed(text.substr(begin, std::min(i, text.size()) - begin));
    if (!item.empty()) out.push_back(item);
    begin = i + 1;
  }
  if (begin < text.size()) out.push_back(trimmed(text.substr(begin)));
  return out;
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (const std::string& part : parts) {
    if (!out.empty()) out += separator;
    out += part;
  }
  return out;
}

std::string canonical_media_type(std::string_view value) {
  std::vector<std::string> parameters;
  for (const std::string_view item : items(value, ';')) {
    const size_t equals = item.find('=');
    if (equals == item.npos) {
      if (!parameters.empty() || item != media_type(value)) {
        parameters.push_back(lower_case(item));
      }
      continue;
    }
    const std::string name = lower_case(trimmed(item.substr(0, equals)));
    const std::string_view text = media_parameter(value, name);
    parameters.push_back(name + "=" + (name == "charset" ? lower_case(text) : std::string(text)));
  }
  std::ranges::sort(parameters);
  const std::string type = lower_case(media_type(value));
  return parameters.empty() ? type : type + "; " + joined(parameters, "; ");
}

std::string sorted_items(std::string_view value) {
  std::vector<std::string> parts;
  for (const std::string_view item : items(value, ',')) parts.emplace_back(item);
  std::ranges::sort(parts);
  return joined(parts, ", ");
}

}  // namespace

std::string canonical_value(std::string_view name, std::string_view value) {
  if (equals_ignore_case(name, "content-type")) return canonical_media_type(value);
  std::vector<std::string> parts;
  const bool caseless = is_one_of(kCaseless, name);
  for (const std::string_view item : items(value, ',')) {
    parts.push_back(caseless ? lower_case(item) : std::string(item));
  }
  if (is_one_of(kSets, name)) std::ranges::sort(parts);
  return joined(parts, ", ");
}

void HeaderDiff::headers(const Headers& left, const Headers& right, const Rules& rules,
                         RuleHits& hits, Findings& findings) {
  rules_ = &rules;
  hits_ = &hits;
  findings_ = &findings;
  list_fields(left, true, left_);
  list_fields(right, true, right_);
  compare(Area::header, "header:");
  list_cookies(left, left_);
  list_cookies(right, right_);
  compare(Area::cookie, "cookie:");
}

void HeaderDiff::trailers(const Headers& left, const Headers& right, const Rules& rules,
                          RuleHits& hits, Findings& findings) {
  rules_ = &rules;
  hits_ = &hits;
  findings_ = &findings;
  list_fields(left, false, left_);
  list_fields(right, false, right_);
  compare(Area::trailer, "trailer:");
}

void HeaderDiff::list_fields(const Headers& from, bool headers, Entries& to) const {
  to.clear();
  uint32_t place = 0;
  for (const Field& field : from) {
    const bool left_out = headers && (equals_ignore_case(field.name, kSetCookie) ||
                                      rules_->ignores_header(field.name));
    if (!left_out) to.push_back({lower_case(field.name), field.value, place++});
  }
}

// "a=1; Path=/; Secure" becomes "a" with the value "1", "a;path" with "/", and "a;secure".
void HeaderDiff::list_cookies(const Headers& from, Entries& to) {
  to.clear();
  uint32_t place = 0;
  for (const Field& field : from) {
    if (!equals_ignore_case(field.name, kSetCookie)) continue;
    std::string cookie;
    bool first = true;
    for (const std::string_view item : items(field.value, ';')) {
      const size_t equals = item.find('=');
      const std::string_view name = trimmed(item.substr(0, equals));
      const std::string_view value =
          equals == item.npos ? std::string_view() : trimmed(item.substr(equals + 1));
      if (first) cookie = name;
      to.push_back({first ? cookie : cookie + ";" + lower_case(name), value, place++});
      first = false;
    }
  }
}

void HeaderDiff::compare(Area area, std::string_view prefix) {
  const auto by_name = [](const Entry& a, const Entry& b) {
    return std::tie(a.name, a.place) < std::tie(b.name, b.place);
  };
  std::ranges::sort(left_, by_name);
  std::ranges::sort(right_, by_name);
  const auto group_at = [](const Entries& entries, Entries::const_iterator at) {
    const auto end = std::find_if(at, entries.cend(),
                                  [at](const Entry& entry) { return entry.name != at->name; });
    return Group(at, end);
  };
  auto l = left_.cbegin();
  auto r = right_.cbegin();
  while (l != left_.cend() || r != right_.cend()) {
    const bool has_left = l != left_.cend() && (r == right_.cend() || l->name <= r->name);
    const bool has_right = r != right_.cend() && (l == left_.cend() || r->name <= l->name);
    const Group left = has_left ? group_at(left_, l) : Group(l, l);
    const Group right = has_right ? group_at(right_, r) : Group(r, r);
    compare_group(area, prefix, left, right);
    l = left.second;
    r = right.second;
  }
}

void HeaderDiff::compare_group(Area area, std::string_view prefix, const Group& left,
                               const Group& right) {
  const bool has_left = left.first != left.second;
  const bool has_right = right.first != right.second;
  const std::string& name = has_left ? left.first->name : right.first->name;
  const auto value_of = [&](const Group& group) {
    std::string all;
    for (auto entry = group.first; entry != group.second; ++entry) {
      if (entry != group.first) all += ", ";
      all += entry->value;
    }
    return area == Area::cookie ? all : canonical_value(name, all);
  };
  for (const uint32_t id : rules_->of(area)) {
    if ((*rules_)[id].path.matches_name(name)) hits_->select(id);
  }
  const bool same = std::ranges::equal(left.first, left.second, right.first, right.second, {},
                                       &Entry::value, &Entry::value);
  if (same) return;
  const std::string l = value_of(left);
  const std::string r = value_of(right);
  if (has_left && has_right && l == r) return;
  const int32_t rule = excusing(area, name, has_left ? &l : nullptr, has_right ? &r : nullptr);
  const std::string path = std::string(prefix) + name;
  Risk risk = Risk::medium;
  if (!has_left) risk = Risk::low;
  if (!has_right) risk = Risk::high;
  findings_->add_named(path, Kind::header, l, r, rule, risk);
}

int32_t HeaderDiff::excusing(Area area, const std::string& name, const std::string* left,
                             const std::string* right) {
  if (left == nullptr && rules_->subset()) return kSubsetMode;
  for (const uint32_t id : rules_->of(area)) {
    const Rule& rule = (*rules_)[id];
    if (!rule.path.matches_name(name)) continue;
    bool excused = rule.action == RuleAction::ignore;
    if (rule.action == RuleAction::subset) excused = left == nullptr;
    if (left != nullptr && right != nullptr) {
      if (rule.action == RuleAction::set) excused = sorted_items(*left) == sorted_items(*right);
      if (rule.is_about_values()) excused = rule.excuses(*left, *right);
    }
    if (excused) return static_cast<int32_t>(id);
  }
  return kNoRule;
}

}  // namespace gnomon::compare
