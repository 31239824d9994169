// The PROXY protocol, versions 1 and 2, as a load balancer writes it before a client's first byte:
// who the client is and which address it meant. Bytes in, a verdict out, no I/O.
// https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "net/address.h"

namespace gnomon::net {

struct ProxyHeader {
  size_t bytes = 0;  // the length of the header
  // Absent where the balancer speaks for itself (LOCAL) or does not know (UNKNOWN).
  std::optional<Address> client;
  std::optional<Address> meant;
};

enum class ProxyParse : uint8_t {
  more,  // a header so far
  done,
  absent,  // these bytes do not begin one
  failed,  // they begin one that is malformed
};

// A header is at most this long, TLVs included; longer ones are malformed here.
constexpr size_t kProxyHeaderMax = 4096;

// Looks at all bytes of the connection so far.
ProxyParse parse_proxy_header(std::string_view bytes, ProxyHeader& out);

}  // namespace gnomon::net
