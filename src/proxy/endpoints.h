// The addresses that an upstream's endpoints have at present.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/address.h"
#include "routing/plan.h"

namespace gnomon::proxy {

// What DNS names have been resolved to. Immutable; replaced as a whole.
using AddressBook = std::unordered_map<std::string, std::vector<net::Address>>;
using AddressBookPtr = std::shared_ptr<const AddressBook>;

struct ResolvedEndpoint {
  net::Address address;
  const routing::Endpoint* endpoint;  // into the cluster
};

// A name has as many as it resolves to, none while it does not.
std::vector<ResolvedEndpoint> resolve_endpoints(const routing::Cluster& cluster,
                                                const AddressBook& book);

}  // namespace gnomon::proxy
