#include "net/address.h"

#include <gtest/gtest.h>

namespace gnomon::net {
namespace {

TEST(Address, writes_ip_addresses_with_their_ports) {
  EXPECT_EQ(Address::parse("127.0.0.1", 80)->to_string(), "127.0.0.1:80");
  EXPECT_EQ(Address::parse("::1", 80)->to_string(), "[::1]:80");
  EXPECT_FALSE(Address::parse("localhost", 80));
  EXPECT_EQ(Address().ip(), "");
}

TEST(Address, names_unix_sockets_by_their_paths) {
  const Address pipe = *Address::pipe("/run/app.sock");
  EXPECT_TRUE(pipe.is_pipe());
  EXPECT_EQ(pipe.family(), AF_UNIX);
  EXPECT_EQ(pipe.to_string(), "/run/app.sock");
  EXPECT_EQ(pipe.port(), 0);
  EXPECT_EQ(pipe, *Address::pipe("/run/app.sock"));
  EXPECT_FALSE(pipe == *Address::pipe("/run/other.sock"));
  EXPECT_FALSE(pipe == *Address::parse("127.0.0.1", 80));
}

TEST(Address, abstract_sockets_begin_with_a_zero_byte) {
  const Address pipe = *Address::pipe("@app");
  const auto* socket = reinterpret_cast<const sockaddr_un*>(pipe.data());
  EXPECT_EQ(socket->sun_path[0], '\0');
  EXPECT_EQ(pipe.size(), offsetof(sockaddr_un, sun_path) + 4);
  EXPECT_EQ(pipe.to_string(), "@app");
}

TEST(Address, paths_must_fit) {
  EXPECT_FALSE(Address::pipe(""));
  EXPECT_TRUE(Address::pipe("/" + std::string(106, 'x')));
  EXPECT_FALSE(Address::pipe("/" + std::string(107, 'x')));
}

}  // namespace
}  // namespace gnomon::net
