// The header of the PROXY protocol, which tells a backend whom a connection speaks for.
#pragma once

#include <string>

#include "net/address.h"
#include "routing/plan.h"

namespace gnomon::proxy {

// Both ends of the client's connection; empty addresses where nobody is spoken for.
struct Origin {
  net::Address client;
  net::Address gateway;
};

// Without a client it is UNKNOWN in version 1 and LOCAL in version 2. Empty for `none`.
std::string proxy_header(routing::ProxyProtocol version, const Origin& origin);

}  // namespace gnomon::proxy
