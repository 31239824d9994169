#include "app/descriptors.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace gnomon::app {
namespace {

TEST(Descriptors, every_client_finds_one_for_its_backend_whatever_copies_take) {
  for (const uint64_t limit : {64u, 128u, 256u, 1024u, 20'000u, 1'048'576u}) {
    const DescriptorShares shares = share_descriptors(limit);
    EXPECT_LE(shares.copies + 2 * shares.clients, limit);
    EXPECT_GE(limit - shares.copies - 2 * shares.clients, std::min<uint64_t>(limit / 4, 256));
    EXPECT_GE(shares.clients, limit / 4);
  }
}

TEST(Descriptors, takes_what_the_hard_limit_allows) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit low{before.rlim_max / 2, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(raise_descriptor_limit(), before.rlim_max);
  rlimit after{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
}

}  // namespace
}  // namespace gnomon::app
