#include "compare/utf8.h"

#include <gtest/gtest.h>

namespace gnomon::compare {
namespace {

TEST(Utf8, a_cut_leaves_no_character_in_two) {
  EXPECT_EQ(utf8_cut("abc", 3), 3u);
  EXPECT_EQ(utf8_cut("abc", 9), 3u);
  EXPECT_EQ(utf8_cut("abc", 2), 2u);
  constexpr std::string_view kEuros = "a\xE2\x82\xAC\xE2\x82\xAC";
  EXPECT_EQ(utf8_cut(kEuros, 6), 4u);
  EXPECT_EQ(utf8_cut(kEuros, 4), 4u);
  EXPECT_EQ(utf8_cut(kEuros, 3), 1u);
  EXPECT_EQ(utf8_cut("\x80\x80\x80", 2), 0u);
}

}  // namespace
}  // namespace gnomon::compare
