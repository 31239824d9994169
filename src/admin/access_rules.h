// Who may talk to the admin API. It has no accounts: being on this machine is the permission, so
// these rules keep out web pages that a browser on this machine happens to show. What deploys from
// other machines may be given an address of its own, where it can ask for verdicts.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "msg/headers.h"
#include "net/address.h"

namespace gnomon::admin {

// What an address of ours is for.
struct Access {
  bool verdicts_only = false;      // for other machines: what reads verdicts, and hooks
  std::vector<std::string> hosts;  // names that requests from there may have as their Host
};

bool is_loopback(const net::Address& address);

// An error says why the admin API must not listen there.
std::expected<void, std::string> check_admin_address(const net::Address& address);

// Whether a request was addressed to us under a name of this machine. A page whose own name was
// made to resolve to 127.0.0.1 (DNS rebinding) still sends that name; an address in its place
// belongs to whoever listens there. Where other machines ask, each address may be ours.
bool host_allowed(std::string_view authority, const net::Address& bound, const Access& access = {});

// Whether a request that changes something may come from where its sender says it comes from: from
// no web page at all, or from one that we served (cross-site request forgery).
bool origin_allowed(const Headers& headers, std::string_view authority);

}  // namespace gnomon::admin
