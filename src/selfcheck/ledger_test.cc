#include "selfcheck/ledger.h"

#include <gtest/gtest.h>

namespace gnomon::selfcheck {
namespace {

TEST(Ledger, settles_what_was_said_once_and_to_the_byte) {
  Ledger ledger;
  ledger.note(1, "one");
  ledger.note(2, "two");
  EXPECT_TRUE(ledger.settle(1, "one"));
  EXPECT_FALSE(ledger.settle(1, "one"));
  EXPECT_FALSE(ledger.settle(2, "tw0"));
  EXPECT_FALSE(ledger.settle(3, ""));
  EXPECT_EQ(ledger.repeated(), 0u);
}

TEST(Ledger, counts_what_the_primary_got_twice) {
  Ledger ledger;
  ledger.note(1, "one");
  ledger.note(1, "one again");
  EXPECT_EQ(ledger.repeated(), 1u);
}

}  // namespace
}  // namespace gnomon::selfcheck
