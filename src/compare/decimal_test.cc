#include "compare/decimal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace gnomon::compare {
namespace {

TEST(DecimalTest, SpellingsOfOneNumberAreEqualAndHashAlike) {
  const std::pair<const char*, const char*> pairs[] = {
      {"1", "1.0"},         {"1.0", "1.00"},
      {"1e2", "100"},       {"1E+2", "100.0"},
      {"100", "0.1e3"},     {"0", "-0"},
      {"0.0", "0e99"},      {"0", "-0.000e-5"},
      {"12.50", "125e-1"},  {"0.001", "1e-3"},
      {"10.01", "1001E-2"}, {"12345678901234567890123", "1.2345678901234567890123e22"},
      {"1e400", "10e399"},  {"1e00002", "100"},
  };
  for (const auto& [a, b] : pairs) {
    EXPECT_TRUE(equal_numbers(a, b)) << a << ' ' << b;
    EXPECT_TRUE(equal_numbers(b, a)) << a << ' ' << b;
    EXPECT_EQ(Decimal::parse(a)->hash(), Decimal::parse(b)->hash()) << a << ' ' << b;
  }
}

TEST(DecimalTest, DifferentNumbersDifferHoweverClose) {
  const std::pair<const char*, const char*> pairs[] = {
      {"1", "-1"},
      {"1", "10"},
      {"0.1", "0.10000000000000000000001"},
      {"12345678901234567890123", "12345678901234567890124"},
      {"9007199254740993", "9007199254740992"},
      {"1e400", "1e401"},
      {"1e-400", "0"},
      {"10.01", "100.1"},
      {"101", "11"},
  };
  for (const auto& [a, b] : pairs) {
    EXPECT_FALSE(equal_numbers(a, b)) << a << ' ' << b;
    EXPECT_NE(Decimal::parse(a)->hash(), Decimal::parse(b)->hash()) << a << ' ' << b;
  }
}

TEST(DecimalTest, RefusesWhatIsNoNumber) {
  for (const char* token : {"", "-", "01", "-01", "1.", ".5", "1e", "1e+", "+1", "1a", "0x1", "NaN",
                            "1 ", "1.5.5", "1e1.5", "--1", "Infinity"}) {
    EXPECT_FALSE(Decimal::parse(token)) << token;
  }
}

// Nobody reckons with them, but they are numbers.
TEST(DecimalTest, ExponentsMayHaveAnyNumberOfDigits) {
  EXPECT_TRUE(equal_numbers("1e100000000000000000000", "1.0E+0100000000000000000000"));
  EXPECT_TRUE(equal_numbers("1e100000000000000000000", "1.000e100000000000000000000"));
  EXPECT_TRUE(equal_numbers("0e100000000000000000000", "0"));
  EXPECT_TRUE(equal_numbers("1e00000000000000000000002", "100"));
  const char* const different[] = {"1e100000000000000000000",
                                   "-1e100000000000000000000",
                                   "1e-100000000000000000000",
                                   "2e100000000000000000000",
                                   "1e100000000000000000001",
                                   "10e100000000000000000000",
                                   "1",
                                   "0"};
  for (const char* a : different) {
    for (const char* b : different) {
      if (a == b) continue;
      EXPECT_FALSE(equal_numbers(a, b)) << a << ' ' << b;
      EXPECT_NE(Decimal::parse(a)->hash(), Decimal::parse(b)->hash()) << a << ' ' << b;
    }
  }
  EXPECT_EQ(approximate("-1e100000000000000000000"), -INFINITY);
  EXPECT_EQ(approximate("1e-100000000000000000000"), 0.0);
  EXPECT_FALSE(Decimal::parse("1e1000000000000000000000x"));
}

TEST(DecimalTest, ApproximatesToTheNearestDouble) {
  EXPECT_EQ(approximate("1.5"), 1.5);
  EXPECT_EQ(approximate("-2e3"), -2000);
  EXPECT_EQ(approximate("1e400"), INFINITY);
  EXPECT_EQ(approximate("-1e400"), -INFINITY);
  EXPECT_EQ(approximate("1e-400"), 0.0);
  EXPECT_EQ(approximate("abc"), std::nullopt);
  EXPECT_EQ(approximate(""), std::nullopt);
}

}  // namespace
}  // namespace gnomon::compare
