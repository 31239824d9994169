#include "config/read.h"

#include <algorithm>
#include <numeric>

namespace gnomon::config {
namespace {

constexpr size_t kQuotedMax = 60;

std::string describe(const Node& node, bool concealed) {
  if (node.is_sequence()) return "a list";
  if (node.is_mapping()) return "a mapping";
  if (node.is_null()) return "nothing";
  const ScalarType type = node.is_plain() ? classify(node.text()) : ScalarType::string;
  if (concealed) return std::string(to_string(type));
  const std::string_view text = node.text();
  return fmt::format("{} \"{}{}\"", to_string(type), text.substr(0, kQuotedMax),
                     text.size() > kQuotedMax ? "..." : "");
}

bool is_number_type(ScalarType type) {
  return type == ScalarType::integer || type == ScalarType::real;
}

// Edits that turn one word into the other, counted up to a small limit.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

std::string lower_without_separators(std::string_view word) {
  std::string out;
  for (const char c : word) {
    if (c == '_' || c == '-') continue;
    out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
  }
  return out;
}

}  // namespace

bool refuse(const Node& node, const Scope& scope, std::string_view expected, std::string hint) {
  const std::string found = describe(node, scope.is_concealed(node.at().file));
  scope.error(node.at(), fmt::format("expected {}, found {}", expected, found), std::move(hint));
  return false;
}

bool read_bool(const Node& node, const Scope& scope, bool& out) {
  if (node.is_scalar() && node.is_plain()) {
    if (const auto value = parse_bool(node.text())) {
      out = *value;
      return true;
    }
  }
  return refuse(node, scope, "true or false");
}

bool read_string(const Node& node, const Scope& scope, std::string& out) {
  if (!node.is_scalar()) return refuse(node, scope, "a string");
  if (node.is_plain() && classify(node.text()) != ScalarType::string) {
    return refuse(node, scope, "a string", "put it in quotes");
  }
  out = node.text();
  return true;
}

bool read_duration(const Node& node, const Scope& scope, Duration& out) {
  if (node.is_scalar() && !(node.is_plain() && is_number_type(classify(node.text())))) {
    if (const auto value = parse_duration(node.text())) {
      out = *value;
      return true;
    }
  }
  return refuse(node, scope, "a duration", "write it with its unit, such as 5s, 1.5s or 100ms");
}

bool read_int(const Node& node, const Scope& scope, int64_t min, int64_t max, int64_t& out) {
  const auto value = parse_int64(node.text());
  if (!value || *value < min || *value > max) {
    return refuse(node, scope, fmt::format("a whole number from {} to {}", min, max));
  }
  out = *value;
  return true;
}

bool read_uint(const Node& node, const Scope& scope, uint64_t max, uint64_t& out) {
  const auto value = parse_uint64(node.text());
  if (!value || *value > max) {
    return refuse(node, scope, fmt::format("a whole number from 0 to {}", max));
  }
  out = *value;
  return true;
}

bool read_choice(const Node& node, const Scope& scope, std::span<const std::string_view> names,
                 std::span<const int64_t> numbers, size_t& out) {
  const auto named = std::ranges::find(names, node.text());
  if (node.is_scalar() && named != names.end()) {
    out = static_cast<size_t>(named - names.begin());
    return true;
  }
  if (const auto number = parse_int64(node.text()); number && node.is_plain()) {
    const auto found = std::ranges::find(numbers, *number);
    if (found != numbers.end()) {
      out = static_cast<size_t>(found - numbers.begin());
      return true;
    }
  }
  const std::string_view meant = closest(node.text(), names);
  return refuse(node, scope, fmt::format("one of {}", fmt::join(names, ", ")),
                meant.empty() ? "" : fmt::format("did you mean {}?", meant));
}

std::string_view closest(std::string_view word, std::span<const std::string_view> candidates) {
  constexpr size_t kLongest = 64;  // longer words are no misspellings, and cost time to compare
  if (word.size() > kLongest) return {};
  const std::string plain = lower_without_separators(word);
  const size_t tolerated = std::max<size_t>(1, (plain.size() + 1) / 3);
  std::string_view best;
  size_t best_distance = tolerated + 1;
  for (const std::string_view candidate : candidates) {
    const size_t distance = edit_distance(plain, lower_without_separators(candidate));
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace gnomon::config
