#include "proxy/proxy_header.h"

#include <gtest/gtest.h>

namespace gnomon::proxy {
namespace {

using routing::ProxyProtocol;
using namespace std::string_literals;

const Origin kV4{*net::Address::parse("192.0.2.1", 4242), *net::Address::parse("192.0.2.9", 80)};
const Origin kV6{*net::Address::parse("2001:db8::1", 4242),
                 *net::Address::parse("2001:db8::9", 80)};
const std::string kSignature = "\r\n\r\n\0\r\nQUIT\n"s;

TEST(ProxyHeader, version_1_names_both_ends) {
  EXPECT_EQ(proxy_header(ProxyProtocol::v1, kV4), "PROXY TCP4 192.0.2.1 192.0.2.9 4242 80\r\n");
  EXPECT_EQ(proxy_header(ProxyProtocol::v1, kV6), "PROXY TCP6 2001:db8::1 2001:db8::9 4242 80\r\n");
}

TEST(ProxyHeader, version_2_names_both_ends) {
  EXPECT_EQ(proxy_header(ProxyProtocol::v2, kV4),
            kSignature + "\x21\x11\x00\x0c\xc0\x00\x02\x01\xc0\x00\x02\x09\x10\x92\x00\x50"s);
  const std::string v6 = proxy_header(ProxyProtocol::v2, kV6);
  EXPECT_EQ(v6.size(), 16u + 36u);
  EXPECT_EQ(v6.substr(0, 20), kSignature + "\x21\x21\x00\x24\x20\x01\x0d\xb8"s);
}

TEST(ProxyHeader, speaks_for_nobody_when_the_client_is_not_known) {
  EXPECT_EQ(proxy_header(ProxyProtocol::v1, {}), "PROXY UNKNOWN\r\n");
  EXPECT_EQ(proxy_header(ProxyProtocol::v2, {}), kSignature + "\x20\x00\x00\x00"s);
  EXPECT_EQ(proxy_header(ProxyProtocol::none, kV4), "");
}

TEST(ProxyHeader, a_mixed_pair_is_written_as_ipv6) {
  const std::string mixed = proxy_header(ProxyProtocol::v2, {kV4.client, kV6.gateway});
  EXPECT_EQ(mixed.substr(12, 4), "\x21\x21\x00\x24"s);
  EXPECT_EQ(mixed.substr(26, 6), "\xff\xff\xc0\x00\x02\x01"s);
  EXPECT_EQ(proxy_header(ProxyProtocol::v1, {kV4.client, kV6.gateway}), "PROXY UNKNOWN\r\n");
}

}  // namespace
}  // namespace gnomon::proxy
