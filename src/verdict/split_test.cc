#include "verdict/split.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gnomon::verdict {
namespace {

TEST(Split, gives_the_worked_values) {
  struct Case {
    uint64_t fresh;
    uint64_t old;
    double share;
    double expected;
  };
  constexpr Case kCases[] = {
      {10, 10, 0.5, 0.2702601836},
      {30, 15, 0.5, 4.378343276},
      {20, 100, 0.1, 1.16318904},
      {30, 100, 0.1, 1222.373409},
  };
  for (const Case& each : kCases) {
    EXPECT_NEAR(std::exp(log_e_split(each.fresh, each.old, each.share)) / each.expected, 1, 1e-6)
        << each.fresh;
  }
}

}  // namespace
}  // namespace gnomon::verdict
