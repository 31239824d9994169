// Which VirtualServices a Gateway serves.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "routing/build_context.h"
#include "routing/gateway_chain.h"

namespace gnomon::routing {

class GatewayHosts {
 public:
  explicit GatewayHosts(BuildContext& context);

  // Their indices.
  std::vector<uint32_t> of(const GatewayChain& chain);
  // Those of a Gateway that says nothing about them.
  std::vector<uint32_t> all(bool ssl);

 private:
  void add_if_served(uint32_t service, bool ssl, std::vector<uint32_t>& hosts);
  void add_reference(const GatewayChain& chain, size_t index, std::vector<uint32_t>& hosts);

  BuildContext& context_;
  std::map<std::string, uint32_t> by_name_;
};

}  // namespace gnomon::routing
