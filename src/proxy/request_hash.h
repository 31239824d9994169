// The hash by which an affine balancer picks a host for a request; Envoy's, so that affinity stays
// when a gateway is replaced.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "msg/head.h"
#include "net/address.h"
#include "routing/route_filters.h"

namespace gnomon::proxy {

struct RequestHash {
  std::optional<uint64_t> value;  // absent: no policy found anything to hash
  std::string set_cookie;         // for the answer, when the client has to be given a cookie
};

RequestHash hash_request(std::span<const routing::HashPolicy> policies, const RequestHead& head,
                         const net::Address& client);

}  // namespace gnomon::proxy
