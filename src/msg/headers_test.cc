#include "msg/headers.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>

namespace gnomon {
namespace {

constexpr std::array<std::pair<std::string_view, Known>, 22> kAllKnown = {{
    {"host", Known::host},
    {"connection", Known::connection},
    {"content-length", Known::content_length},
    {"transfer-encoding", Known::transfer_encoding},
    {"te", Known::te},
    {"trailer", Known::trailer},
    {"upgrade", Known::upgrade},
    {"expect", Known::expect},
    {"keep-alive", Known::keep_alive},
    {"proxy-connection", Known::proxy_connection},
    {"proxy", Known::proxy},
    {"cookie", Known::cookie},
    {"authorization", Known::authorization},
    {"user-agent", Known::user_agent},
    {"date", Known::date},
    {"server", Known::server},
    {"retry-after", Known::retry_after},
    {"x-forwarded-for", Known::x_forwarded_for},
    {"x-forwarded-proto", Known::x_forwarded_proto},
    {"x-request-id", Known::x_request_id},
    {"x-envoy-attempt-count", Known::x_envoy_attempt_count},
    {"x-gnomon-shadow", Known::x_gnomon_shadow},
}};

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return out;
}

TEST(KnownHeader, is_found_in_any_case) {
  for (const auto& [name, known] : kAllKnown) {
    EXPECT_EQ(known_header(name), known) << name;
    EXPECT_EQ(known_header(upper(name)), known) << name;
    std::string mixed(name);
    for (size_t i = 0; i < mixed.size(); i += 2) mixed[i] = upper(mixed.substr(i, 1))[0];
    EXPECT_EQ(known_header(mixed), known) << mixed;
  }
}

TEST(KnownHeader, the_list_above_is_complete) {
  EXPECT_EQ(kAllKnown.size(), static_cast<size_t>(Known::x_gnomon_shadow));
}

TEST(KnownHeader, is_not_taken_for_a_neighbour) {
  for (const auto& [name, known] : kAllKnown) {
    for (size_t i = 0; i < name.size(); ++i) {
      std::string other(name);
      other[i] = other[i] == 'q' ? 'z' : 'q';
      EXPECT_NE(known_header(other), known) << other;
    }
    EXPECT_NE(known_header(std::string(name) + " "), known);
    EXPECT_NE(known_header(name.substr(1)), known);
  }
  EXPECT_EQ(known_header(""), Known::none);
  EXPECT_EQ(known_header("x"), Known::none);
  EXPECT_EQ(known_header(std::string(300, 'x')), Known::none);
}

// '@' and '`', '[' and '{' differ in the same bit as 'A' and 'a', and are no letters.
TEST(EqualsIgnoreCase, ignores_the_case_of_ascii_letters_only) {
  EXPECT_TRUE(equals_ignore_case("Content-Type", "cONTENT-tYPE"));
  EXPECT_TRUE(equals_ignore_case("", ""));
  EXPECT_FALSE(equals_ignore_case("a", "ab"));
  EXPECT_FALSE(equals_ignore_case("@", "`"));
  EXPECT_FALSE(equals_ignore_case("[", "{"));
  EXPECT_FALSE(equals_ignore_case("\xc4", "\xe4"));
}

std::string render(const Headers& headers) {
  std::string out;
  for (const Field& field : headers) {
    out.append(field.name).append(": ").append(field.value).append("\n");
  }
  return out;
}

TEST(Headers, keeps_the_order_and_the_case_of_names) {
  Headers headers;
  headers.add("B", "1");
  headers.add("a", "2");
  headers.add("B", "3");
  EXPECT_EQ(render(headers), "B: 1\na: 2\nB: 3\n");
  EXPECT_EQ(headers.size(), 3u);
}

TEST(Headers, finds_the_first_of_a_name) {
  Headers headers;
  headers.add("X-One", "1");
  headers.add("x-one", "2");
  headers.add("User-Agent", "curl");
  EXPECT_EQ(headers.get("x-ONE"), "1");
  EXPECT_EQ(headers.get(Known::user_agent), "curl");
  EXPECT_TRUE(headers.has(Known::user_agent));
  EXPECT_EQ(headers.get("absent"), "");
  EXPECT_EQ(headers.find("absent"), nullptr);
  EXPECT_EQ(headers.find(Known::cookie), nullptr);
}

TEST(Headers, an_empty_value_is_a_field_all_the_same) {
  Headers headers;
  headers.add("X-Empty", "");
  ASSERT_NE(headers.find("x-empty"), nullptr);
  EXPECT_EQ(render(headers), "X-Empty: \n");
}

TEST(Headers, set_replaces_every_field_of_that_name) {
  Headers headers;
  headers.add("a", "1");
  headers.add("b", "2");
  headers.add("A", "3");
  headers.set("a", "4");
  EXPECT_EQ(render(headers), "b: 2\na: 4\n");
}

TEST(Headers, set_may_be_given_a_value_that_it_replaces) {
  Headers headers;
  headers.add("a", "old value");
  headers.set("a", headers.get("a").substr(4));
  EXPECT_EQ(render(headers), "a: value\n");
}

TEST(Headers, removes_by_name_by_number_and_by_choice) {
  Headers headers;
  headers.add("Cookie", "1");
  headers.add("x-a", "2");
  headers.add("cookie", "3");
  headers.add("X-A", "4");
  headers.add("y", "5");
  headers.remove(Known::cookie);
  EXPECT_EQ(render(headers), "x-a: 2\nX-A: 4\ny: 5\n");
  headers.remove("x-a");
  EXPECT_EQ(render(headers), "y: 5\n");
  headers.remove_if([](const Field& field) { return field.value == "5"; });
  EXPECT_TRUE(headers.empty());
}

TEST(Headers, a_copy_is_edited_on_its_own) {
  Headers original;
  original.add("a", "1");
  original.add("b", "2");
  Headers copy = original;
  copy.add("c", "copy");
  original.add("d", "original");
  copy.set("a", "changed");
  EXPECT_EQ(render(original), "a: 1\nb: 2\nd: original\n");
  EXPECT_EQ(render(copy), "b: 2\nc: copy\na: changed\n");
}

TEST(Headers, two_copies_do_not_write_over_each_others_text) {
  Headers original;
  original.add("a", "1");
  Headers first = original;
  Headers second = original;
  for (int i = 0; i < 200; ++i) {
    first.add("first", std::string(20, 'f'));
    second.add("second", std::string(20, 's'));
    original.add("original", std::string(20, 'o'));
  }
  for (const auto& [headers, letter] :
       {std::pair{&first, 'f'}, std::pair{&second, 's'}, std::pair{&original, 'o'}}) {
    size_t count = 0;
    for (const Field& field : *headers) {
      if (field.name == "a") continue;
      ASSERT_EQ(field.value, std::string(20, letter));
      ++count;
    }
    EXPECT_EQ(count, 200u);
  }
}

TEST(Headers, a_copy_outlives_the_original) {
  Headers copy;
  {
    Headers original;
    for (int i = 0; i < 100; ++i) original.add("name", std::string(100, 'v'));
    copy = original;
  }
  ASSERT_EQ(copy.size(), 100u);
  for (const Field& field : copy) EXPECT_EQ(field.value, std::string(100, 'v'));
}

TEST(Headers, assigning_to_itself_changes_nothing) {
  Headers headers;
  headers.add("a", "1");
  const Headers& same = headers;
  headers = same;
  EXPECT_EQ(render(headers), "a: 1\n");
}

TEST(Headers, keeps_adopted_blocks_alive) {
  Headers copy;
  {
    const Chunk text = Chunk::copy_of("name: value");
    Headers headers;
    headers.add_view(text.view().substr(0, 4), text.view().substr(6), Known::none);
    headers.adopt(text.block());
    headers.adopt(text.block());
    headers.adopt(BlockRef());
    copy = headers;
  }
  EXPECT_EQ(render(copy), "name: value\n");
}

TEST(Headers, lets_adopted_blocks_go_when_cleared) {
  const Chunk text = Chunk::copy_of("x");
  Headers headers;
  headers.adopt(text.block());
  EXPECT_FALSE(text.block()->unique());
  headers.clear();
  EXPECT_TRUE(text.block()->unique());
}

TEST(Headers, interned_text_stays_where_it_is) {
  Headers headers;
  const std::string_view small = headers.intern("small");
  const std::string_view large = headers.intern(std::string(100'000, 'l'));
  for (int i = 0; i < 1000; ++i) headers.intern("filler filler filler");
  EXPECT_EQ(small, "small");
  EXPECT_EQ(large, std::string(100'000, 'l'));
  EXPECT_EQ(headers.intern(""), "");
}

}  // namespace
}  // namespace gnomon
