// Who may talk to the admin API. It has no accounts: being on this machine is the permission, so
// these rules keep out web pages that a browser on this machine happens to show.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "msg/headers.h"
#include "net/address.h"

namespace gnomon::admin {

bool is_loopback(const net::Address& address);

// An error says why the admin API must not listen there.
std::expected<void, std::string> check_admin_address(const net::Address& address);

// Whether a request was addressed to us under a name of this machine. A page whose own name was
// made to resolve to 127.0.0.1 (DNS rebinding) still sends that name.
bool host_allowed(std::string_view authority, const net::Address& bound);

// Whether a request that changes something may come from where its sender says it comes from: from
// no web page at all, or from one that we served (cross-site request forgery).
bool origin_allowed(const Headers& headers, std::string_view authority);

}  // namespace gnomon::admin
