#include "net/proxy_protocol.h"

#include <gtest/gtest.h>

#include <string>

namespace gnomon::net {
namespace {

using std::string_literals::operator""s;

const std::string kSignature = "\r\n\r\n\0\r\nQUIT\n"s;

std::string version2(uint8_t command, uint8_t transport, const std::string& block) {
  std::string out = kSignature;
  out += static_cast<char>(0x20 | command);
  out += static_cast<char>(transport);
  out += static_cast<char>(block.size() >> 8);
  out += static_cast<char>(block.size() & 255);
  return out + block;
}

const std::string kFourBlock = "\xC0\x00\x02\x01\xC6\x33\x64\x07\xDC\x04\x01\xBB"s;
const std::string kSixBlock = "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x01"s +
                              "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x02\xDC\x04\x01\xBB"s;

std::string parsed(const std::string& bytes) {
  ProxyHeader out;
  switch (parse_proxy_header(bytes, out)) {
    case ProxyParse::more:
      return "more";
    case ProxyParse::absent:
      return "absent";
    case ProxyParse::failed:
      return "failed";
    case ProxyParse::done:
      break;
  }
  return std::to_string(out.bytes) + " " + (out.client ? out.client->to_string() : "-") + " " +
         (out.meant ? out.meant->to_string() : "-");
}

TEST(ProxyProtocol, reads_version_1) {
  EXPECT_EQ(parsed("PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\nGET"),
            "45 192.0.2.1:56324 198.51.100.7:443");
  EXPECT_EQ(parsed("PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n"),
            "46 [2001:db8::1]:56324 [2001:db8::2]:443");
  EXPECT_EQ(parsed("PROXY UNKNOWN\r\n"), "15 - -");
  EXPECT_EQ(parsed("PROXY UNKNOWN ffff::1 whatever\r\n"), "32 - -");
}

TEST(ProxyProtocol, reads_version_2) {
  EXPECT_EQ(parsed(version2(1, 0x11, kFourBlock) + "GET"), "28 192.0.2.1:56324 198.51.100.7:443");
  EXPECT_EQ(parsed(version2(1, 0x21, kSixBlock)), "52 [2001:db8::1]:56324 [2001:db8::2]:443");
  EXPECT_EQ(parsed(version2(1, 0x11, kFourBlock + "\x04\x00\x03TLV"s)),
            "34 192.0.2.1:56324 198.51.100.7:443");
  EXPECT_EQ(parsed(version2(0, 0x00, "")), "16 - -");
  EXPECT_EQ(parsed(version2(1, 0x31, std::string(216, 'x'))), "232 - -");
}

TEST(ProxyProtocol, refuses_what_is_malformed) {
  for (const std::string& bytes : {
           "PROXY TCP4 192.0.2.1 198.51.100.7 56324\r\n"s,
           "PROXY TCP4 192.0.2.1 198.51.100.7 56324 443 1\r\n"s,
           "PROXY TCP4  192.0.2.1 198.51.100.7 56324 443\r\n"s,
           "PROXY TCP4 2001:db8::1 2001:db8::2 56324 443\r\n"s,
           "PROXY TCP4 192.0.2.1 198.51.100.7 65536 443\r\n"s,
           "PROXY TCP4 192.0.2.1 198.51.100.7 056 443\r\n"s,
           "PROXY TCP4 192.0.2.1 198.51.100.7 -1 443\r\n"s,
           "PROXY UDP4 192.0.2.1 198.51.100.7 1 443\r\n"s,
           "PROXY \r\n"s,
           "PROXY TCP4 192.0.2.1 198.51.100.7 1 443\n"s,
           "PROXY " + std::string(200, 'x'),
           version2(2, 0x11, kFourBlock),
           version2(1, 0x12, kFourBlock),
           version2(1, 0x11, kFourBlock.substr(1)),
           version2(1, 0x11, std::string(5000, 'x')),
           kSignature + "\x11\x11\x00\x00"s,
       }) {
    EXPECT_EQ(parsed(bytes), "failed") << bytes;
  }
}

TEST(ProxyProtocol, knows_what_is_no_header) {
  for (const std::string& bytes :
       {"GET / HTTP/1.1\r\n"s, "POST"s, "PROXz"s, "\r\n\r\nG"s, "\x16"s}) {
    EXPECT_EQ(parsed(bytes), "absent") << bytes;
  }
}

TEST(ProxyProtocol, waits_for_every_byte) {
  for (const std::string& bytes :
       {"PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n"s, version2(1, 0x11, kFourBlock),
        version2(1, 0x21, kSixBlock), version2(0, 0, "")}) {
    for (size_t n = 0; n < bytes.size(); ++n) {
      EXPECT_EQ(parsed(bytes.substr(0, n)), "more") << n;
    }
    EXPECT_NE(parsed(bytes), "more");
  }
}

}  // namespace
}  // namespace gnomon::net
