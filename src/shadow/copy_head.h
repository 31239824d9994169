// The head that a shadow receives instead of the one its primary got.
#pragma once

#include <string>
#include <string_view>

#include "base/byte_stash.h"
#include "msg/head.h"
#include "routing/plan.h"

namespace gnomon::shadow {

// "foo:80" -> "foo-shadow:80", "[::1]:80" -> "[::1]-shadow:80" (Envoy's rule).
std::string shadow_authority(std::string_view authority);

// `primary` is the request as it goes to its own upstream, after all rewrites. `gateway_ip` is
// appended to X-Forwarded-For, as for every hop.
RequestHead make_copy_head(const RequestHead& primary, const routing::ShadowPolicy& policy,
                           std::string_view gateway_ip);

// Moves all bytes of a head into blocks of its own, so that it pins none of the connection it came
// from.
void detach(RequestHead& head);

// Copies that pin none either: their bytes last as long as `stash` does. `to` may have memory
// already.
void copy_into(Headers& to, const Headers& fields, ByteStash& stash);
void copy_into(RequestHead& to, const RequestHead& head, ByteStash& stash);

// Bytes of its fields and request line.
size_t head_bytes(const RequestHead& head) noexcept;

// True for a request that is itself a copy.
bool is_marked(const RequestHead& head) noexcept;

}  // namespace gnomon::shadow
