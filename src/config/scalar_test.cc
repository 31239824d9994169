#include "config/scalar.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string_view>

namespace gnomon::config {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""us;
using std::chrono_literals::operator""ns;

TEST(Scalar, has_the_type_that_yaml_1_1_gives_it) {
  struct Case {
    std::string_view text;
    ScalarType type;
  };
  constexpr auto kString = ScalarType::string;
  constexpr auto kInteger = ScalarType::integer;
  constexpr auto kReal = ScalarType::real;
  constexpr auto kBoolean = ScalarType::boolean;
  constexpr auto kNull = ScalarType::null;
  constexpr Case kCases[] = {
      {"", kNull},
      {"~", kNull},
      {"null", kNull},
      {"Null", kNull},
      {"NULL", kNull},
      {"nULL", kString},
      {"none", kString},
      {"yes", kBoolean},
      {"No", kBoolean},
      {"ON", kBoolean},
      {"off", kBoolean},
      {"y", kBoolean},
      {"N", kBoolean},
      {"True", kBoolean},
      {"tRUE", kString},
      {"yess", kString},
      {"0", kInteger},
      {"-7", kInteger},
      {"+7", kInteger},
      {"010", kInteger},
      {"0x1F", kInteger},
      {"0o17", kInteger},
      {"0b101", kInteger},
      {"1_000", kInteger},
      {"08", kReal},
      {"1.5", kReal},
      {"1.", kReal},
      {".5", kReal},
      {"1e3", kReal},
      {"-1.5E-3", kReal},
      {".inf", kReal},
      {"-.Inf", kReal},
      {".nan", kReal},
      {"1e", kString},
      {"1.2.3", kString},
      {"-", kString},
      {".", kString},
      {"+", kString},
      {"0x", kString},
      {"0xg", kString},
      {"12:30", kString},
      {"2024-01-01", kString},
      {"5s", kString},
      {"*", kString},
      {"NaN", kString},
      {"Infinity", kString},
      {"::", kString},
      {"127.0.0.1", kString},
      {"18446744073709551615", kInteger},
      {"18446744073709551616", kReal},
  };
  for (const Case& c : kCases) EXPECT_EQ(classify(c.text), c.type) << c.text;
}

TEST(Scalar, reads_booleans_of_yaml_1_1) {
  for (const auto* text :
       {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"}) {
    EXPECT_EQ(parse_bool(text), true) << text;
  }
  for (const auto* text :
       {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"}) {
    EXPECT_EQ(parse_bool(text), false) << text;
  }
  for (const auto* text : {"", "1", "0", "yEs", "t", "f", "enabled", "truee"}) {
    EXPECT_EQ(parse_bool(text), std::nullopt) << text;
  }
}

TEST(Scalar, reads_whole_numbers_in_every_base) {
  EXPECT_EQ(parse_int64("42"), 42);
  EXPECT_EQ(parse_int64("-0x10"), -16);
  EXPECT_EQ(parse_int64("017"), 15);
  EXPECT_EQ(parse_int64("0b11"), 3);
  EXPECT_EQ(parse_int64("1_000_000"), 1'000'000);
  EXPECT_EQ(parse_int64("5.0"), 5);
  EXPECT_EQ(parse_int64("1e3"), 1000);
  EXPECT_EQ(parse_int64("08"), 8);
  EXPECT_EQ(parse_int64("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(parse_int64("9223372036854775808"), std::nullopt);
  EXPECT_EQ(parse_int64("5.5"), std::nullopt);
  EXPECT_EQ(parse_int64("1e400"), std::nullopt);
  EXPECT_EQ(parse_int64("5abc"), std::nullopt);
  EXPECT_EQ(parse_int64(" 5"), std::nullopt);
  EXPECT_EQ(parse_int64(""), std::nullopt);
  EXPECT_EQ(parse_uint64("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(parse_uint64("18446744073709551616"), std::nullopt);
  EXPECT_EQ(parse_uint64("-0"), 0u);
  EXPECT_EQ(parse_uint64("-1"), std::nullopt);
}

TEST(Scalar, reads_real_numbers_as_float32) {
  EXPECT_EQ(parse_float("0.39"), 0.39F);
  EXPECT_EQ(parse_float("+1.5"), 1.5F);
  EXPECT_EQ(parse_float("100"), 100.0F);
  EXPECT_EQ(parse_float("0x64"), 100.0F);
  EXPECT_EQ(parse_float("1e-60"), std::nullopt);
  EXPECT_EQ(parse_float("1e60"), std::nullopt);
  EXPECT_EQ(parse_float("-.inf"), -INFINITY);
  EXPECT_EQ(parse_float("Infinity"), INFINITY);
  EXPECT_TRUE(std::isnan(parse_float(".NaN").value_or(0)));
  EXPECT_TRUE(std::isnan(parse_float("NaN").value_or(0)));
  EXPECT_EQ(parse_float("inf"), std::nullopt);
  EXPECT_EQ(parse_float("nan"), std::nullopt);
  EXPECT_EQ(parse_float("0x1p4"), std::nullopt);
  EXPECT_EQ(parse_float("1,5"), std::nullopt);
}

TEST(Scalar, reads_durations_as_go_does) {
  struct Case {
    std::string_view text;
    std::optional<Duration> value;
  };
  const Case cases[] = {
      {"5s", 5s},
      {"1.5s", 1500ms},
      {"100ms", 100ms},
      {"1h30m", 1h + 30min},
      {"1m0.5s", 60s + 500ms},
      {"2us", 2us},
      {"2\xC2\xB5s", 2us},
      {"3ns", 3ns},
      {"0", 0s},
      {"-0", 0s},
      {"0s", 0s},
      {"-2s", -2s},
      {"+2s", 2s},
      {".5s", 500ms},
      {"5.s", 5s},
      {"0.1ns", 0ns},
      {"", std::nullopt},
      {"5", std::nullopt},
      {"s", std::nullopt},
      {"5 s", std::nullopt},
      {"5d", std::nullopt},
      {"1s2", std::nullopt},
      {".s", std::nullopt},
      {"1e3s", std::nullopt},
      {"3000000h", std::nullopt},
      {"99999999999999999999s", std::nullopt},
  };
  for (const Case& c : cases) EXPECT_EQ(parse_duration(c.text), c.value) << c.text;
}

TEST(Scalar, reads_quantities_as_kubernetes_does) {
  EXPECT_EQ(parse_quantity("100"), 100u);
  EXPECT_EQ(parse_quantity("64Mi"), uint64_t{64} << 20);
  EXPECT_EQ(parse_quantity("1.5Gi"), uint64_t{3} << 29);
  EXPECT_EQ(parse_quantity("2k"), 2000u);
  EXPECT_EQ(parse_quantity("1E"), 1'000'000'000'000'000'000u);
  EXPECT_EQ(parse_quantity("0"), 0u);
  for (const auto* text : {"", "Mi", "64MB", "64 Mi", "-1", "64mi", "1.5", "100Ei", "1m"}) {
    EXPECT_EQ(parse_quantity(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace gnomon::config
