// Nodes to values. One `Reader` per type of value; each says what it expected and found, and leaves
// the value untouched when it fails. null is as good as absent, as in proto-JSON.
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/scalar.h"
#include "config/scope.h"
#include "config/source.h"
#include "config/yaml.h"

namespace gnomon::config {

// Names of an enum's values, given by an overload of enum_names that argument-dependent lookup
// finds.
template <typename E>
struct EnumName {
  std::string_view name;
  E value;
};

// Reports that `node` is not what was expected. Returns false.
bool refuse(const Node& node, const Scope& scope, std::string_view expected, std::string hint = {});
bool read_bool(const Node& node, const Scope& scope, bool& out);
bool read_string(const Node& node, const Scope& scope, std::string& out);
bool read_duration(const Node& node, const Scope& scope, Duration& out);
bool read_int(const Node& node, const Scope& scope, int64_t min, int64_t max, int64_t& out);
bool read_uint(const Node& node, const Scope& scope, uint64_t max, uint64_t& out);
// Index into `names`, by name or by position's number.
bool read_choice(const Node& node, const Scope& scope, std::span<const std::string_view> names,
                 std::span<const int64_t> numbers, size_t& out);
// The candidate that `word` is most likely a misspelling of, or "".
std::string_view closest(std::string_view word, std::span<const std::string_view> candidates);

template <typename T>
struct Reader;

template <typename T>
bool read(const Node& node, const Scope& scope, T& out) {
  return Reader<T>::read(node, scope, out);
}

template <>
struct Reader<bool> {
  static bool read(const Node& node, const Scope& scope, bool& out) {
    return read_bool(node, scope, out);
  }
};

template <>
struct Reader<std::string> {
  static bool read(const Node& node, const Scope& scope, std::string& out) {
    return read_string(node, scope, out);
  }
};

template <>
struct Reader<Duration> {
  static bool read(const Node& node, const Scope& scope, Duration& out) {
    return read_duration(node, scope, out);
  }
};

template <std::signed_integral T>
struct Reader<T> {
  static bool read(const Node& node, const Scope& scope, T& out) {
    int64_t value = 0;
    using Limits = std::numeric_limits<T>;
    if (!read_int(node, scope, Limits::min(), Limits::max(), value)) return false;
    out = static_cast<T>(value);
    return true;
  }
};

template <std::unsigned_integral T>
struct Reader<T> {
  static bool read(const Node& node, const Scope& scope, T& out) {
    uint64_t value = 0;
    if (!read_uint(node, scope, std::numeric_limits<T>::max(), value)) return false;
    out = static_cast<T>(value);
    return true;
  }
};

template <>
struct Reader<float> {
  static bool read(const Node& node, const Scope& scope, float& out) {
    const auto value = parse_float(node.text());
    if (!value) return refuse(node, scope, "a number");
    out = *value;
    return true;
  }
};

template <>
struct Reader<double> {
  static bool read(const Node& node, const Scope& scope, double& out) {
    const auto value = parse_double(node.text());
    if (!value) return refuse(node, scope, "a number");
    out = *value;
    return true;
  }
};

template <typename E>
bool read_enum(const Node& node, const Scope& scope, E& out) {
  const std::span<const EnumName<E>> known = enum_names(E{});
  std::vector<std::string_view> names;
  std::vector<int64_t> numbers;
  for (const EnumName<E>& entry : known) {
    names.push_back(entry.name);
    numbers.push_back(static_cast<int64_t>(entry.value));
  }
  size_t index = 0;
  if (!read_choice(node, scope, names, numbers, index)) return false;
  out = known[index].value;
  return true;
}

template <typename E>
  requires std::is_enum_v<E>
struct Reader<E> {
  static bool read(const Node& node, const Scope& scope, E& out) {
    return read_enum(node, scope, out);
  }
};

template <typename T>
struct Reader<std::optional<T>> {
  static bool read(const Node& node, const Scope& scope, std::optional<T>& out) {
    T value{};
    if (!Reader<T>::read(node, scope, value)) return false;
    out = std::move(value);
    return true;
  }
};

template <typename T>
struct Reader<Located<T>> {
  static bool read(const Node& node, const Scope& scope, Located<T>& out) {
    out.at = node.at();
    return Reader<T>::read(node, scope, out.value);
  }
};

template <typename T>
struct Reader<std::vector<T>> {
  static bool read(const Node& node, const Scope& scope, std::vector<T>& out) {
    if (!node.is_sequence()) return refuse(node, scope, "a list");
    out.clear();
    out.reserve(node.items().size());
    size_t index = 0;
    bool good = true;
    for (const Node* item : node.items()) {
      T value{};
      // A bad element stays in the list, so that indices go on naming the same places.
      good &= Reader<T>::read(*item, scope.item(index++), value);
      out.push_back(std::move(value));
    }
    return good;
  }
};

template <typename T>
struct Reader<std::map<std::string, T>> {
  static bool read(const Node& node, const Scope& scope, std::map<std::string, T>& out) {
    if (!node.is_mapping()) return refuse(node, scope, "a mapping");
    out.clear();
    bool good = true;
    for (const Entry& entry : node.entries()) {
      T value{};
      good &= Reader<T>::read(*entry.value, scope.field(entry.key->text()), value);
      out.emplace(entry.key->text(), std::move(value));
    }
    return good;
  }
};

}  // namespace gnomon::config
