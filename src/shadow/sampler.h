// Which requests are copied. A pure decision from policy, request and, without a key, a random
// draw.
#pragma once

#include <string_view>

#include "base/rng.h"
#include "msg/head.h"
#include "net/address.h"
#include "routing/plan.h"

namespace gnomon::shadow {

constexpr uint32_t kMillion = 1'000'000;

// True for exactly policy.per_million of a million draws or keys. With a key, a request is always
// in or always out, and a larger share contains every smaller one of the same salt. A request that
// lacks the key's header or cookie is drawn at random.
bool sample(const routing::ShadowPolicy& policy, const RequestHead& head,
            const net::Address& client, Rng& rng);

// Value of a cookie (RFC 6265 section 4.2.1), or "" if there is none of that name.
std::string_view find_cookie(const Headers& headers, std::string_view name) noexcept;

}  // namespace gnomon::shadow
