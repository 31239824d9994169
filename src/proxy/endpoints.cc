#include "proxy/endpoints.h"

namespace gnomon::proxy {

std::vector<ResolvedEndpoint> resolve_endpoints(const routing::Cluster& cluster,
                                                const AddressBook& book) {
  std::vector<ResolvedEndpoint> out;
  for (const routing::Endpoint& endpoint : cluster.endpoints) {
    if (!endpoint.is_name) {
      const auto address = endpoint.is_pipe ? net::Address::pipe(endpoint.host)
                                            : net::Address::parse(endpoint.host, endpoint.port);
      if (address) out.push_back({*address, &endpoint});
      continue;
    }
    const auto found = book.find(endpoint.host);
    if (found == book.end()) continue;
    for (net::Address address : found->second) {
      address.set_port(endpoint.port);
      out.push_back({address, &endpoint});
    }
  }
  return out;
}

}  // namespace gnomon::proxy
