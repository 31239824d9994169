#include "verdict/client_shares.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace gnomon::verdict {
namespace {

TEST(ClientShares, tells_the_share_of_the_busiest) {
  Rng rng(7);
  ClientShares shares;
  EXPECT_EQ(shares.largest(), 0);
  const uint64_t busy = rng.next();
  for (int i = 0; i < 10'000; ++i) {
    shares.add(busy);
    shares.add(rng.next());
  }
  EXPECT_NEAR(shares.largest(), 0.5, 0.01);
  ClientShares more;
  for (int i = 0; i < 20'000; ++i) more.add(busy);
  shares += more;
  EXPECT_NEAR(shares.largest(), 0.75, 0.01);
}

}  // namespace
}  // namespace gnomon::verdict
