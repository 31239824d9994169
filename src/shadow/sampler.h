// Which requests are copied. A pure decision from policy, request and, without a key, a random
// draw.
#pragma once

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

// Tells who asked apart from others, by the policy's key or, without one, by the address: what it
// says is the same on every worker and after a restart, and names nobody.
uint64_t client_of(const routing::ShadowPolicy& policy, const RequestHead& head,
                   const net::Address& client);

}  // namespace gnomon::shadow
