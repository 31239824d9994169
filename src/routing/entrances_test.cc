#include "routing/entrances.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tls/testing.h"

namespace gnomon::routing {
namespace {

const tls::ServerContextPtr& certificate() {
  static const tls::ServerContextPtr made = [] {
    const tls::testing::Identity identity = tls::testing::make_identity("a", {"DNS:a.test"});
    tls::Settings settings;
    settings.certificate_pem = identity.certificate_pem;
    settings.key_pem = identity.key_pem;
    return *tls::ServerContext::make(std::move(settings));
  }();
  return made;
}

EntranceRule clear(std::optional<uint32_t> listener, std::vector<AddressRange> sources = {}) {
  return {false, {}, std::move(sources), listener};
}
EntranceRule tls_for(std::optional<uint32_t> listener, std::vector<std::string> names,
                     std::vector<AddressRange> sources = {}) {
  EntranceRule rule{true, {}, std::move(sources), listener};
  for (std::string& name : names) rule.names.emplace_back(std::move(name), certificate());
  return rule;
}

class EntrancesTest : public testing::Test {
 protected:
  void make(const std::vector<EntranceRule>& rules) {
    entrances_.emplace(rules, [&](uint32_t one, uint32_t other, std::string_view name) {
      conflicts_ += fmt::format("{} {} {};", one, other, name);
    });
  }
  // Who gets a connection in clear text, and who one that asks for a name.
  std::string clear_from(std::string_view ip) {
    const Entrance* entrance = entrances_->find(ip);
    return entrance != nullptr && entrance->clear ? std::to_string(*entrance->clear) : "nobody";
  }
  std::string tls_from(std::string_view ip, std::string_view name) {
    const Entrance* entrance = entrances_->find(ip);
    if (entrance == nullptr || entrance->tls == nullptr) return "nobody";
    const auto who = entrance->tls->tag_of(name);
    return who ? std::to_string(*who) : "nobody";
  }

  const AddressRange ten_ = *parse_range("10.0.0.0", 8);
  const AddressRange ten_one_ = *parse_range("10.1.0.0", 16);
  std::optional<Entrances> entrances_;
  std::string conflicts_;
};

TEST_F(EntrancesTest, the_longest_range_counts) {
  make({clear(0), clear(1, {ten_}), clear(2, {ten_one_, *parse_range("2001:db8::", 32)})});
  EXPECT_EQ(clear_from("192.0.2.1"), "0");
  EXPECT_EQ(clear_from("10.2.0.1"), "1");
  EXPECT_EQ(clear_from("10.1.0.1"), "2");
  EXPECT_EQ(clear_from("2001:db8::1"), "2");
  EXPECT_EQ(clear_from("2001:db9::1"), "0");
  EXPECT_EQ(tls_from("10.1.0.1", "a.test"), "nobody");
  EXPECT_EQ(conflicts_, "");
}

TEST_F(EntrancesTest, without_a_rule_for_everywhere_others_are_turned_away) {
  make({clear(0, {ten_})});
  EXPECT_EQ(clear_from("10.2.0.1"), "0");
  EXPECT_EQ(clear_from("192.0.2.1"), "nobody");
  EXPECT_EQ(clear_from("no address"), "nobody");
}

TEST_F(EntrancesTest, the_name_decides_before_the_address) {
  make({tls_for(0, {"a.test"}), tls_for(1, {""}, {ten_}), tls_for(2, {"*.b.test"}, {ten_one_})});
  EXPECT_EQ(tls_from("10.1.0.1", "a.test"), "0");
  EXPECT_EQ(tls_from("10.1.0.1", "x.b.test"), "2");
  EXPECT_EQ(tls_from("10.1.0.1", "c.test"), "1");
  EXPECT_EQ(tls_from("192.0.2.1", "c.test"), "nobody");
  // The name is the third's, which does not take that address; no other is tried.
  EXPECT_EQ(tls_from("10.2.0.1", "x.b.test"), "nobody");
}

TEST_F(EntrancesTest, clear_text_and_tls_for_any_name_go_by_who_fits_better) {
  make({clear(0), tls_for(1, {""}, {ten_}), tls_for(2, {"a.test"})});
  EXPECT_EQ(clear_from("192.0.2.1"), "0");
  EXPECT_EQ(tls_from("192.0.2.1", "a.test"), "2");
  EXPECT_EQ(tls_from("192.0.2.1", "b.test"), "nobody");
  EXPECT_EQ(clear_from("10.0.0.1"), "nobody");
  EXPECT_EQ(tls_from("10.0.0.1", "b.test"), "1");
  make({clear(0, {ten_}), tls_for(1, {""})});
  EXPECT_EQ(tls_from("10.0.0.1", "a.test"), "nobody");
  EXPECT_EQ(tls_from("192.0.2.1", "a.test"), "1");
  make({clear(0), tls_for(1, {""})});
  EXPECT_EQ(clear_from("10.0.0.1") + tls_from("10.0.0.1", "a.test"), "01");
}

TEST_F(EntrancesTest, what_is_not_served_is_left_to_no_other) {
  make({clear(0), clear(std::nullopt, {ten_}), tls_for(1, {"*.test"}),
        tls_for(std::nullopt, {"a.test"})});
  EXPECT_EQ(clear_from("10.0.0.1"), "nobody");
  EXPECT_EQ(tls_from("10.0.0.1", "a.test"), "nobody");
  EXPECT_EQ(tls_from("10.0.0.1", "b.test"), "1");
}

TEST_F(EntrancesTest, two_for_the_same_connections_are_told) {
  make({clear(0, {ten_, ten_one_}), clear(1, {ten_one_}), tls_for(2, {"a.test"}),
        tls_for(3, {"a.test"})});
  EXPECT_EQ(conflicts_, "0 1 ;2 3 a.test;");
  // Who is not served gives way without a word.
  conflicts_.clear();
  make({tls_for(std::nullopt, {"a.test"}), tls_for(0, {"a.test"})});
  EXPECT_EQ(conflicts_, "");
  EXPECT_EQ(tls_from("10.0.0.1", "a.test"), "0");
}

}  // namespace
}  // namespace gnomon::routing
