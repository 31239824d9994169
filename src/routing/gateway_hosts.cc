#include "routing/gateway_hosts.h"

#include <fmt/format.h>

#include <algorithm>

namespace gnomon::routing {
namespace {

bool selects(const config::HttpGateway& http, const config::Metadata& service) {
  const auto matches = [&](const std::string& n) { return n == "*" || n == service.name_space; };
  if (!http.namespaces.empty() && !std::ranges::any_of(http.namespaces, matches)) return false;
  if (!http.expressions) return config::has_labels(service.labels, http.selector);
  return std::ranges::all_of(http.expressions->expressions, [&](const auto& expression) {
    return expression.matches(service.labels);
  });
}

}  // namespace

GatewayHosts::GatewayHosts(BuildContext& context) : context_(context) {
  const auto& services = context.resources.virtual_services;
  for (uint32_t i = 0; i < services.size(); ++i) {
    by_name_.emplace(services[i].metadata.full_name(), i);
  }
}

std::vector<uint32_t> GatewayHosts::of(const GatewayChain& chain) {
  std::vector<uint32_t> hosts;
  const config::HttpGateway& http = *chain.http;
  if (!http.virtual_services.empty() && !http.expressions && http.selector.empty()) {
    for (size_t i = 0; i < http.virtual_services.size(); ++i) add_reference(chain, i, hosts);
    return hosts;
  }
  const auto& services = context_.resources.virtual_services;
  for (uint32_t i = 0; i < services.size(); ++i) {
    if (selects(http, services[i].metadata)) add_if_served(i, chain.ssl, hosts);
  }
  return hosts;
}

std::vector<uint32_t> GatewayHosts::all(bool ssl) {
  std::vector<uint32_t> hosts;
  for (uint32_t i = 0; i < context_.resources.virtual_services.size(); ++i) {
    add_if_served(i, ssl, hosts);
  }
  return hosts;
}

// VirtualServices with sslConfig belong to TLS listeners, the others to those in clear text.
void GatewayHosts::add_if_served(uint32_t service, bool ssl, std::vector<uint32_t>& hosts) {
  const config::VirtualService& from = context_.resources.virtual_services[service];
  if (!from.virtual_host || from.ssl_config.has_value() != ssl) return;
  if (ssl && from.ssl_config->sds.value) {
    return context_.warning(from.metadata, from.ssl_config->sds.at,
                            "certificates are not fetched from an SDS server; this "
                            "VirtualService gets no traffic",
                            "sslConfig.sds");
  }
  hosts.push_back(service);
}

void GatewayHosts::add_reference(const GatewayChain& chain, size_t index,
                                 std::vector<uint32_t>& hosts) {
  const config::ResourceRef& ref = chain.http->virtual_services[index];
  const std::string name = full_name(ref, *chain.owner);
  const auto found = by_name_.find(name);
  if (found != by_name_.end()) return add_if_served(found->second, chain.ssl, hosts);
  context_.warning(*chain.owner, ref.at,
                   fmt::format("invalid virtual service ref: there is no VirtualService {}", name),
                   fmt::format("{}httpGateway.virtualServices[{}]", chain.where, index),
                   "define this VirtualService, or correct its name or namespace here");
}

}  // namespace gnomon::routing
