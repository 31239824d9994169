// What the text of a scalar means. Gloo reads YAML 1.1 through JSON (go-yaml v2, then proto-JSON),
// so these rules follow go-yaml and Go's own parsers, not YAML 1.2.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace gnomon::config {

enum class ScalarType : uint8_t { null, boolean, integer, real, string };

std::string_view to_string(ScalarType type) noexcept;

// The type of an unquoted scalar.
ScalarType classify(std::string_view text) noexcept;

// y, yes, on, true and their opposites, in lower, capitalised and upper case.
std::optional<bool> parse_bool(std::string_view text) noexcept;

// Decimal, 0x, 0o, 0b, octal by a leading zero, with underscores; also a real number without a
// fraction, such as 1e3. Nothing when it does not fit.
std::optional<int64_t> parse_int64(std::string_view text) noexcept;
std::optional<uint64_t> parse_uint64(std::string_view text) noexcept;

// Also .inf and .nan in their spellings, and NaN, Infinity of proto-JSON.
std::optional<float> parse_float(std::string_view text) noexcept;
std::optional<double> parse_double(std::string_view text) noexcept;

using Duration = std::chrono::nanoseconds;

// "1.5s", "100ms", "1h30m", "-2us" and "0", as Go's time.ParseDuration.
std::optional<Duration> parse_duration(std::string_view text) noexcept;

// A number of bytes or things as Kubernetes writes it: 100, 64Mi, 1.5Gi, 2k.
std::optional<uint64_t> parse_quantity(std::string_view text) noexcept;

}  // namespace gnomon::config
