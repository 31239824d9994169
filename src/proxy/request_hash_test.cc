#include "proxy/request_hash.h"

#include <gtest/gtest.h>
#include <xxhash.h>

namespace gnomon::proxy {
namespace {

using routing::HashPolicy;

const net::Address kClient = *net::Address::parse("192.0.2.7", 4711);

uint64_t xxh(std::string_view text, uint64_t seed = 0) {
  return XXH64(text.data(), text.size(), seed);
}

HashPolicy header(std::string name, bool terminal = false) {
  HashPolicy policy;
  policy.name = std::move(name);
  policy.terminal = terminal;
  return policy;
}

HashPolicy cookie(std::string name, std::optional<std::chrono::seconds> ttl = std::nullopt) {
  HashPolicy policy;
  policy.kind = HashPolicy::Kind::cookie;
  policy.name = std::move(name);
  policy.cookie_path = "/p";
  policy.cookie_ttl = ttl;
  return policy;
}

HashPolicy source_ip() {
  HashPolicy policy;
  policy.kind = HashPolicy::Kind::source_ip;
  return policy;
}

RequestHash run(std::vector<HashPolicy> policies, const RequestHead& head) {
  return hash_request(policies, head, kClient);
}

TEST(RequestHash, of_a_header_is_that_of_its_value) {
  RequestHead head;
  head.headers.add("X-User", "alice");
  EXPECT_EQ(run({header("x-user")}, head).value, xxh("alice"));
  EXPECT_EQ(run({header("x-other")}, head).value, std::nullopt);
  RequestHead two;
  two.headers.add("X-User", "b");
  two.headers.add("X-User", "a");
  EXPECT_EQ(run({header("x-user")}, two).value, xxh("b", xxh("a")));
}

TEST(RequestHash, of_the_source_leaves_the_port_out) {
  EXPECT_EQ(run({source_ip()}, RequestHead()).value, xxh("192.0.2.7"));
}

TEST(RequestHash, gives_a_client_without_the_cookie_one_that_hashes_to_the_same) {
  const RequestHash first = run({cookie("s", std::chrono::seconds(60))}, RequestHead());
  ASSERT_TRUE(first.set_cookie.starts_with("s=\""));
  EXPECT_TRUE(first.set_cookie.ends_with("\"; Max-Age=60; Path=/p; HttpOnly"));
  RequestHead next;
  next.headers.add("Cookie", first.set_cookie.substr(0, first.set_cookie.find(';')));
  const RequestHash second = run({cookie("s", std::chrono::seconds(60))}, next);
  EXPECT_EQ(second.value, first.value);
  EXPECT_EQ(second.set_cookie, "");
  EXPECT_EQ(run({cookie("s")}, RequestHead()).value, std::nullopt);
}

TEST(RequestHash, combines_policies_up_to_a_terminal_one_that_found_something) {
  RequestHead head;
  head.headers.add("a", "1");
  head.headers.add("b", "2");
  const uint64_t a = xxh("1");
  EXPECT_EQ(run({header("a"), header("b")}, head).value, ((a << 1) | (a >> 63)) ^ xxh("2"));
  EXPECT_EQ(run({header("a", true), header("b")}, head).value, a);
  EXPECT_EQ(run({header("none", true), header("b")}, head).value, xxh("2"));
  EXPECT_NE(run({header("a"), header("a")}, head).value, 0u);
}

}  // namespace
}  // namespace gnomon::proxy
