#include "admin/access_rules.h"

#include <gtest/gtest.h>

namespace gnomon::admin {
namespace {

net::Address address(const char* ip, uint16_t port = 19000) {
  return *net::Address::parse(ip, port);
}

TEST(CheckAdminAddress, allows_loopback_only) {
  for (const char* ip : {"127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(check_admin_address(address(ip)).has_value()) << ip;
  }
  for (const char* ip : {"0.0.0.0", "::", "10.0.0.1", "192.168.1.1", "128.0.0.1", "2001:db8::1",
                         "::ffff:10.0.0.1", "1270::1", "::127.0.0.1"}) {
    EXPECT_FALSE(check_admin_address(address(ip)).has_value()) << ip;
  }
}

TEST(CheckAdminAddress, says_what_to_do) {
  const auto refused = check_admin_address(address("0.0.0.0"));
  EXPECT_NE(refused.error().find("0.0.0.0:19000 is not a loopback address"), std::string::npos);
  EXPECT_NE(refused.error().find("use 127.0.0.1"), std::string::npos);
}

TEST(HostAllowed, takes_names_of_this_machine) {
  const net::Address bound = address("127.0.0.1");
  for (const char* host : {"localhost", "LOCALHOST:19000", "127.0.0.1", "127.0.0.1:19000",
                           "127.0.0.1:8080", "127.1.2.3", "[::1]", "[::1]:19000"}) {
    EXPECT_TRUE(host_allowed(host, bound)) << host;
  }
}

TEST(HostAllowed, refuses_every_other_name) {
  const net::Address bound = address("127.0.0.1");
  for (const char* host : {"", "evil.example", "evil.example:19000", "127.0.0.1.evil.example",
                           "localhost.evil.example", "notlocalhost", "10.0.0.1", "[::2]", "[::1",
                           "0.0.0.0", "127.0.0.1:19000:19000", "127.1", "0177.0.0.1", "[]"}) {
    EXPECT_FALSE(host_allowed(host, bound)) << host;
  }
}

TEST(HostAllowed, takes_the_address_it_listens_on) {
  EXPECT_TRUE(host_allowed("10.0.0.1:19000", address("10.0.0.1")));
  EXPECT_TRUE(host_allowed("[2001:db8::1]", address("2001:db8::1")));
  EXPECT_TRUE(host_allowed("[2001:DB8:0::1]", address("2001:db8::1")));
  EXPECT_FALSE(host_allowed("10.0.0.2", address("10.0.0.1")));
}

TEST(HostAllowed, takes_other_names_where_other_machines_may_ask) {
  const Access access{.verdicts_only = true, .hosts = {"gnomon.gloo-system", "GNOMON"}};
  for (const char* bound : {"0.0.0.0", "::", "10.0.0.1"}) {
    for (const char* host : {"gnomon.gloo-system:19001", "Gnomon.Gloo-System", "gnomon",
                             "localhost", "10.0.0.1:19001", "10.0.0.2", "[2001:db8::1]:19001"}) {
      EXPECT_TRUE(host_allowed(host, address(bound), access)) << host;
    }
    for (const char* host : {"", "evil.example", "gnomon.gloo-system.evil.example", "gnomon.",
                             "evil.gnomon", "10.0.0.1.evil.example", "[", "[]"}) {
      EXPECT_FALSE(host_allowed(host, address(bound), access)) << host;
    }
  }
}

Headers headers(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  Headers out;
  for (const auto& [name, value] : fields) out.add(name, value);
  return out;
}

TEST(OriginAllowed, takes_programs_and_pages_of_our_own) {
  EXPECT_TRUE(origin_allowed({}, "localhost:19000"));
  EXPECT_TRUE(origin_allowed(headers({{"Origin", "http://localhost:19000"}}), "localhost:19000"));
  EXPECT_TRUE(origin_allowed(headers({{"origin", "HTTP://LocalHost:19000"}}), "localhost:19000"));
  EXPECT_TRUE(origin_allowed(headers({{"Sec-Fetch-Site", "same-origin"}}), "localhost"));
  EXPECT_TRUE(origin_allowed(headers({{"Sec-Fetch-Site", "none"}}), "localhost"));
}

TEST(OriginAllowed, refuses_pages_of_others) {
  for (const char* origin :
       {"http://evil.example", "null", "", "http://localhost", "http://localhost:19001",
        "https://localhost:19000", "http://localhost:19000.evil.example",
        "http://localhost:19000, http://evil.example"}) {
    EXPECT_FALSE(origin_allowed(headers({{"Origin", origin}}), "localhost:19000")) << origin;
  }
  EXPECT_FALSE(origin_allowed(headers({{"Sec-Fetch-Site", "cross-site"}}), "localhost"));
  EXPECT_FALSE(origin_allowed(headers({{"Sec-Fetch-Site", "same-site"}}), "localhost"));
  EXPECT_FALSE(origin_allowed(
      headers({{"Origin", "http://localhost"}, {"Origin", "http://evil.example"}}), "localhost"));
}

}  // namespace
}  // namespace gnomon::admin
