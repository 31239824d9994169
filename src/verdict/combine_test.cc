#include "verdict/combine.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace gnomon::verdict {
namespace {

std::vector<double> logs(std::vector<double> values) {
  for (double& value : values) value = std::log(value);
  return values;
}

TEST(Combine, weighs_tests_to_their_mean) {
  constexpr std::array<double, 4> kQuarters = {0.25, 0.25, 0.25, 0.25};
  EXPECT_NEAR(std::exp(log_weighted_mean(logs({60, 1, 1, 1}), kQuarters)), 15.75, 1e-6);
  EXPECT_NEAR(std::exp(log_weighted_mean(logs({80, 1, 1, 1}), kQuarters)), 20.75, 1e-6);
}

TEST(Combine, gives_out_no_more_weight_than_there_is) {
  double sum = 0;
  for (size_t j = 1; j <= 100'000; ++j) sum += slot_weight(j);
  EXPECT_LE(sum, 1);
  EXPECT_GT(sum, 0.99);
}

TEST(Combine, rejects_as_e_bh_does) {
  EXPECT_EQ(e_bh(logs({1, 100, 1, 50, 1, 45, 10, 1, 1, 1}), 0.1), (std::vector<size_t>{1, 3, 5}));
  EXPECT_TRUE(e_bh(logs({99, 49, 10, 1, 1, 1, 1, 1, 1, 1}), 0.1).empty());
  EXPECT_TRUE(e_bh({}, 0.1).empty());
}

}  // namespace
}  // namespace gnomon::verdict
