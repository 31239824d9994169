#include "routing/domain_table.h"

#include <gtest/gtest.h>

#include <string>

namespace gnomon::routing {
namespace {

constexpr uint32_t kExact = 1;
constexpr uint32_t kLongSuffix = 2;
constexpr uint32_t kShortSuffix = 3;
constexpr uint32_t kDashSuffix = 4;
constexpr uint32_t kLongPrefix = 5;
constexpr uint32_t kShortPrefix = 6;
constexpr uint32_t kAny = 7;
constexpr uint32_t kWithPort = 8;

DomainTable full_table() {
  DomainTable table;
  EXPECT_TRUE(table.add("*", kAny));
  EXPECT_TRUE(table.add("foo.*", kShortPrefix));
  EXPECT_TRUE(table.add("foo.bar.*", kLongPrefix));
  EXPECT_TRUE(table.add("*.com", kShortSuffix));
  EXPECT_TRUE(table.add("*.Foo.com", kLongSuffix));
  EXPECT_TRUE(table.add("*-bar.foo.com", kDashSuffix));
  EXPECT_TRUE(table.add("API.foo.com", kExact));
  EXPECT_TRUE(table.add("api.foo.com:8080", kWithPort));
  return table;
}

TEST(DomainTable, prefers_exact_then_suffix_then_prefix_then_any) {
  const DomainTable table = full_table();
  struct Case {
    const char* host;
    uint32_t value;
  };
  const Case cases[] = {
      {"api.foo.com", kExact},
      {"API.FOO.COM", kExact},
      {"api.foo.com:8080", kWithPort},
      {"api.foo.com:8081", kAny},
      {"www.foo.com", kLongSuffix},
      {"a.b.foo.com", kLongSuffix},
      {"a-bar.foo.com", kDashSuffix},
      {"foo.com", kShortSuffix},
      {"foo.bar.com", kShortSuffix},
      {"foo.bar.org", kLongPrefix},
      {"foo.org", kShortPrefix},
      {"example.org", kAny},
      {"", kAny},
  };
  for (const Case& c : cases) EXPECT_EQ(table.find(c.host), c.value) << c.host;
}

TEST(DomainTable, lets_no_wildcard_stand_for_nothing) {
  const DomainTable table = full_table();
  EXPECT_EQ(table.find("-bar.foo.com"), kLongSuffix);
  EXPECT_EQ(table.find(".foo.com"), kShortSuffix);
  EXPECT_EQ(table.find(".com"), kAny);
  EXPECT_EQ(table.find("foo."), kAny);
}

TEST(DomainTable, finds_nothing_without_a_catch_all) {
  DomainTable table;
  table.add("a.com", 1);
  EXPECT_EQ(table.find("b.com"), std::nullopt);
  EXPECT_EQ(table.find(""), std::nullopt);
  EXPECT_EQ(table.find("a.com:80"), std::nullopt);
}

TEST(DomainTable, refuses_the_same_domain_twice_in_any_case) {
  DomainTable table = full_table();
  for (const char* domain : {"*", "FOO.*", "*.COM", "api.foo.com"}) {
    EXPECT_FALSE(table.add(domain, 99)) << domain;
  }
  EXPECT_EQ(table.find_domain("*.foo.COM"), kLongSuffix);
  EXPECT_EQ(table.find_domain("foo.*"), kShortPrefix);
  EXPECT_EQ(table.find_domain("*"), kAny);
  EXPECT_EQ(table.find_domain("*.org"), std::nullopt);
  EXPECT_EQ(table.find("api.foo.com"), kExact);
}

TEST(DomainTable, matches_hosts_longer_than_any_name) {
  DomainTable table;
  table.add("*.example.com", 1);
  table.add("long.*", 2);
  std::string host(10'000, 'A');
  EXPECT_EQ(table.find(host), std::nullopt);
  host.append(".EXAMPLE.com");
  EXPECT_EQ(table.find(host), 1u);
  host.replace(0, 5, "LONG.");
  host.append(".");
  EXPECT_EQ(table.find(host), 2u);
}

TEST(DomainProblem, names_what_cannot_be_a_domain) {
  for (const char* good :
       {"*", "a.com", "*.a.com", "a.*", "*-a.com", "a.com:80", "[::1]:80", "a_b"}) {
    EXPECT_EQ(domain_problem(good), nullptr) << good;
  }
  for (const char* bad : {"", "**", "*.a.*", "a.*.com", "a b", "a/b", "a@b", "a\tb", "a?b"}) {
    EXPECT_NE(domain_problem(bad), nullptr) << bad;
  }
}

}  // namespace
}  // namespace gnomon::routing
