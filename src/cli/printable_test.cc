#include "cli/printable.h"

#include <gtest/gtest.h>

namespace gnomon::cli {
namespace {

TEST(Printable, LeavesTextAsItIs) {
  for (const char* text :
       {"", "$.pets[*].name", "caf\xC3\xA9 \xE2\x80\xA6 \xF0\x9F\x98\x80", "\xC2", "\xE2\x80"}) {
    EXPECT_EQ(printable(text), text);
  }
}

TEST(Printable, EscapesWhatATerminalObeys) {
  EXPECT_EQ(printable("\x1b[31m\a\n\x7f"), "\\x1b[31m\\x07\\x0a\\x7f");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m\xC2\x9D\xC2\xA0"),
            "\\u009b31m\\u009d\xC2\xA0");
  EXPECT_EQ(printable("a\xE2\x80\xAE"
                      "b\xE2\x81\xA6"
                      "c\xE2\x80\x8F"
                      "d\xE2\x80\xA8"),
            "a\\u202eb\\u2066c\\u200fd\\u2028");
}

}  // namespace
}  // namespace gnomon::cli
