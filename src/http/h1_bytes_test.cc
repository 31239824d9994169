#include "http/h1_bytes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gnomon::http {
namespace {

// The definitions again, in the words of the RFCs and not of the table.
bool in_token(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c != 0 &&
          std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos);
}
bool in_value(unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7f); }
bool in_target(unsigned char c) { return c > 0x20 && c < 0x7f && c != '#' && c != '\\'; }

TEST(H1Bytes, classes_hold_exactly_the_bytes_of_their_definitions) {
  for (unsigned c = 0; c < 256; ++c) {
    const auto byte = static_cast<unsigned char>(c);
    const auto ch = static_cast<char>(c);
    EXPECT_EQ(is(ch, kToken), in_token(byte)) << c;
    EXPECT_EQ(is(ch, kValue), in_value(byte)) << c;
    EXPECT_EQ(is(ch, kTarget), in_target(byte)) << c;
    EXPECT_EQ(is(ch, kQuoted), in_value(byte) && c != '"' && c != '\\') << c;
    EXPECT_EQ(is(ch, kHost),
              (in_token(byte) && isalnum(static_cast<int>(c))) || c == '-' || c == '.' || c == '_')
        << c;
  }
}

// Every byte in every place of texts that are shorter and longer than a vector.
TEST(H1Bytes, loops_stop_at_the_first_byte_outside_wherever_it_lies) {
  for (size_t length : {1, 15, 16, 17, 31, 32, 33, 50}) {
    // The text ends where its allocation ends, so that a sanitizer sees a read beyond it.
    std::vector<char> text(length, 'a');
    const char* const begin = text.data();
    const char* const end = begin + length;
    for (size_t at = 0; at < length; ++at) {
      for (unsigned c = 0; c < 256; ++c) {
        text[at] = static_cast<char>(c);
        const auto byte = static_cast<unsigned char>(c);
        ASSERT_EQ(skip_token(begin, end), in_token(byte) ? end : begin + at) << c << " at " << at;
        ASSERT_EQ(skip_value(begin, end), in_value(byte) ? end : begin + at) << c << " at " << at;
        ASSERT_EQ(skip_target(begin, end), in_target(byte) ? end : begin + at) << c << " at " << at;
      }
      text[at] = 'a';
    }
  }
}

TEST(H1Bytes, padded_checks_look_at_the_given_bytes_only) {
  for (size_t length = 1; length <= 40; ++length) {
    std::string text(length + 15, '\n');
    for (size_t at = 0; at < length; ++at) {
      for (unsigned c = 0; c < 256; ++c) {
        std::fill_n(text.begin(), length, 'a');
        text[at] = static_cast<char>(c);
        const auto byte = static_cast<unsigned char>(c);
        ASSERT_EQ(all_token_padded(text.data(), length), in_token(byte)) << c << " at " << at;
        ASSERT_EQ(all_value_padded(text.data(), length), in_value(byte)) << c << " at " << at;
      }
    }
  }
  EXPECT_TRUE(all_value_padded("\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n", 0));
}

TEST(H1Bytes, lists_give_their_members_without_whitespace) {
  std::string_view list = "a, b\t,,\t c d ,";
  std::vector<std::string_view> members;
  while (!list.empty()) members.push_back(next_member(list));
  EXPECT_EQ(members, (std::vector<std::string_view>{"a", "b", "", "c d"}));
}

}  // namespace
}  // namespace gnomon::http
