#include "proxy/request_identity.h"

#include <gtest/gtest.h>

#include <set>

namespace gnomon::proxy {
namespace {

TEST(RequestId, is_a_random_uuid_of_version_4) {
  Rng rng(1);
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) {
    const std::string id = make_request_id(rng);
    ASSERT_EQ(id.size(), 36u);
    for (size_t at = 0; at < id.size(); ++at) {
      if (at == 8 || at == 13 || at == 18 || at == 23) {
        ASSERT_EQ(id[at], '-') << id;
      } else {
        ASSERT_TRUE(std::isxdigit(static_cast<unsigned char>(id[at]))) << id;
      }
    }
    ASSERT_EQ(id[14], '4') << id;
    ASSERT_NE(std::string("89ab").find(id[19]), std::string::npos) << id;
    seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 1'000u);
}

TEST(Identity, lets_no_client_speak_for_the_gateway) {
  Headers headers;
  headers.add("X-Envoy-Internal", "true");
  headers.add("x-envoy-retry-on", "5xx");
  headers.add("x-envoy-upstream-rq-timeout-ms", "1");
  headers.add("x-envoy-external-address", "192.0.2.7");
  headers.add("x-envoy-", "");
  headers.add("x-envoy-internal-affairs", "kept");
  headers.add("accept", "*/*");
  drop_reserved_fields(headers);
  std::string names;
  for (const Field& field : headers) names.append(field.name).append(" ");
  EXPECT_EQ(names, "x-envoy-external-address x-envoy- x-envoy-internal-affairs accept ");
}

TEST(Identity, adds_all_three_fields) {
  Rng rng(1);
  RequestHead head;
  add_identity(head, {}, {"192.0.2.7", 80}, rng);
  EXPECT_EQ(head.headers.get(Known::x_forwarded_for), "192.0.2.7");
  EXPECT_EQ(head.headers.get(Known::x_forwarded_proto), "http");
  EXPECT_EQ(head.headers.get(Known::x_request_id).size(), 36u);
  EXPECT_EQ(head.headers.size(), 3u);
}

TEST(Identity, appends_to_a_chain_of_several_fields) {
  Rng rng(1);
  RequestHead head;
  head.headers.add("X-Forwarded-For", "198.51.100.1, 198.51.100.2");
  head.headers.add("x-forwarded-for", "198.51.100.3");
  add_identity(head, {}, {"192.0.2.7", 80}, rng);
  EXPECT_EQ(head.headers.get(Known::x_forwarded_for),
            "198.51.100.1, 198.51.100.2, 198.51.100.3, 192.0.2.7");
}

TEST(Identity, believes_a_request_id_but_not_a_protocol) {
  Rng rng(1);
  RequestHead head;
  head.headers.add("X-Request-Id", "mine");
  head.headers.add("X-Forwarded-Proto", "https");
  head.headers.add("x-forwarded-proto", "ftp");
  add_identity(head, {}, {"192.0.2.7", 80}, rng);
  EXPECT_EQ(head.headers.get(Known::x_request_id), "mine");
  EXPECT_EQ(head.headers.get(Known::x_forwarded_proto), "http");
  EXPECT_EQ(head.headers.size(), 3u);
}

// The trusted client among these forwarding fields, "" for whoever connected.
std::string trusted(const routing::IdentitySettings& settings, std::string_view forwarded) {
  Rng rng(1);
  RequestHead head;
  if (!forwarded.empty()) head.headers.add("x-forwarded-for", forwarded);
  return std::string(add_identity(head, settings, {"192.0.2.7", 80}, rng));
}

TEST(Identity, trusts_as_many_hops_as_it_is_told) {
  EXPECT_EQ(trusted({}, "10.0.0.1"), "");
  EXPECT_EQ(trusted({.trusted_hops = 1}, "10.0.0.1, 10.0.0.2"), "10.0.0.2");
  EXPECT_EQ(trusted({.trusted_hops = 2}, "10.0.0.1 ,10.0.0.2"), "10.0.0.1");
  EXPECT_EQ(trusted({.trusted_hops = 3}, "10.0.0.1, 10.0.0.2"), "");
  EXPECT_EQ(trusted({.trusted_hops = 1}, "not an address"), "");
  EXPECT_EQ(trusted({.trusted_hops = 1}, ""), "");
  EXPECT_EQ(trusted({.use_remote_address = false}, "10.0.0.1, 2001:db8::1"), "2001:db8::1");
  EXPECT_EQ(trusted({.use_remote_address = false, .trusted_hops = 1}, "10.0.0.1, 10.0.0.2"),
            "10.0.0.1");
}

// x-envoy-external-address as the backend sees it.
std::string external_address(routing::IdentitySettings settings, std::string_view forwarded) {
  Rng rng(1);
  RequestHead head;
  head.headers.add("x-envoy-external-address", "203.0.113.9");
  if (!forwarded.empty()) head.headers.add("x-forwarded-for", forwarded);
  settings.internal.push_back({*routing::address_bytes("192.0.2.0"), 96 + 24});
  add_identity(head, settings, {"192.0.2.7", 80}, rng);
  std::string all;
  for (const Field& field : head.headers) {
    if (field.name == "x-envoy-external-address") all.append(field.value).append(" ");
  }
  return all;
}

TEST(Identity, names_the_address_of_external_clients_where_it_is_told_to) {
  EXPECT_EQ(external_address({}, "198.51.100.1"), "203.0.113.9 ");
  const routing::IdentitySettings told{.tell_external_address = true};
  EXPECT_EQ(external_address(told, ""), "203.0.113.9 ");  // internal: left alone
  EXPECT_EQ(external_address(told, "198.51.100.1"), "192.0.2.7 ");
  const routing::IdentitySettings hop{.tell_external_address = true, .trusted_hops = 1};
  EXPECT_EQ(external_address(hop, "198.51.100.1, 198.51.100.2"), "198.51.100.2 ");
  EXPECT_EQ(external_address(hop, ""), "203.0.113.9 ");
}

TEST(Identity, without_remote_addresses_the_protocol_before_us_is_kept) {
  Rng rng(1);
  RequestHead head;
  head.headers.add("x-forwarded-proto", "https");
  add_identity(head, {.append_forwarded_for = false, .use_remote_address = false},
               {"192.0.2.7", 80}, rng);
  EXPECT_EQ(head.headers.get("x-forwarded-proto"), "https");
  EXPECT_EQ(head.headers.find("x-forwarded-for"), nullptr);
}

}  // namespace
}  // namespace gnomon::proxy
