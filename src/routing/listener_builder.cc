#include "routing/listener_builder.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "routing/listener_settings_builder.h"

namespace gnomon::routing {
namespace {

bool is_ip_address(const std::string& text) {
  in6_addr unused{};
  return inet_pton(AF_INET, text.c_str(), &unused) == 1 ||
         inet_pton(AF_INET6, text.c_str(), &unused) == 1;
}

class ListenerBuilder {
 public:
  ListenerBuilder(BuildContext& context, ConfiguredSnapshot::Parts& parts)
      : context_(context), parts_(parts) {
    const auto& services = context.resources.virtual_services;
    for (uint32_t i = 0; i < services.size(); ++i) {
      by_name_.emplace(services[i].metadata.full_name(), i);
    }
  }

  void build() {
    const auto& gateways = context_.resources.gateways;
    if (gateways.empty()) {
      Listener listener;
      listener.name = name_of(listener);
      std::vector<uint32_t> hosts;
      for (uint32_t i = 0; i < parts_.hosts.size(); ++i) add_if_served(i, hosts);
      check_bodies(config::GatewayRouteOptions().max_direct_response_bytes, hosts);
      open(std::move(listener), std::move(hosts));
      return;
    }
    for (const config::Gateway& gateway : gateways) build_gateway(gateway);
    if (parts_.listeners.empty()) {
      context_.error(gateways[0].metadata, gateways[0].metadata.at,
                     "none of the Gateways can be opened, so nothing would listen");
    }
  }

 private:
  static std::string name_of(const Listener& listener) {
    return fmt::format("listener-{}-{}", listener.address, listener.port);
  }

  void build_gateway(const config::Gateway& gateway) {
    if (gateway.tcp.value || gateway.hybrid.value) return;  // reported when it was read
    if (gateway.ssl) {
      context_.warning(gateway.metadata, gateway.metadata.at,
                       "TLS listeners are not served yet; this Gateway is not opened", "ssl");
      // Not opened, but what it refers to is checked all the same.
      collect_hosts(gateway);
      return;
    }
    Listener listener;
    listener.address = gateway.bind_address.value;
    listener.port = gateway.bind_port.value;
    listener.name = name_of(listener);
    listener.settings = build_listener_settings(context_, gateway);
    check_address(gateway, listener);
    std::vector<uint32_t> hosts = collect_hosts(gateway);
    check_bodies(gateway.route_options.max_direct_response_bytes, hosts);
    open(std::move(listener), std::move(hosts));
  }

  void check_address(const config::Gateway& gateway, const Listener& listener) {
    if (!is_ip_address(listener.address)) {
      context_.error(gateway.metadata, gateway.bind_address.at,
                     fmt::format("\"{}\" is not a valid IP address", listener.address),
                     "bindAddress");
    }
    if (listener.port == 0) return;  // any free port is never taken
    const auto same = [&](const Listener& other) {
      return other.address == listener.address && other.port == listener.port;
    };
    if (std::ranges::any_of(parts_.listeners, same)) {
      context_.error(gateway.metadata, gateway.bind_port.at,
                     fmt::format("another Gateway listens on {} port {} already", listener.address,
                                 listener.port),
                     "bindPort");
    }
  }

  // Envoy would refuse the whole configuration.
  void check_bodies(uint32_t bytes_max, const std::vector<uint32_t>& hosts) {
    for (const uint32_t host : hosts) {
      const config::Metadata& service = context_.resources.virtual_services[host].metadata;
      const auto bodies = context_.direct_bodies.find(&service);
      if (bodies == context_.direct_bodies.end()) continue;
      for (const BuildContext::DirectBody& body : bodies->second) {
        if (body.bytes <= bytes_max) continue;
        context_.error(
            *body.owner, body.at,
            fmt::format("the body has {} bytes; maximum is {}", body.bytes, bytes_max), {},
            fmt::format("give the Gateway \"routeOptions: {{maxDirectResponseBodySizeBytes: {}}}\"",
                        body.bytes));
      }
    }
  }

  // VirtualServices with sslConfig belong to TLS listeners, which there are none of yet.
  void add_if_served(uint32_t service, std::vector<uint32_t>& hosts) const {
    const config::VirtualService& from = context_.resources.virtual_services[service];
    if (!from.ssl_config.value && from.virtual_host) hosts.push_back(service);
  }

  std::vector<uint32_t> collect_hosts(const config::Gateway& gateway) {
    std::vector<uint32_t> hosts;
    if (!gateway.http) return hosts;
    const config::HttpGateway& http = *gateway.http;
    if (!http.virtual_services.empty() && !http.expressions && http.selector.empty()) {
      for (size_t i = 0; i < http.virtual_services.size(); ++i) {
        add_reference(gateway, http.virtual_services[i], i, hosts);
      }
      return hosts;
    }
    const auto& services = context_.resources.virtual_services;
    for (uint32_t i = 0; i < services.size(); ++i) {
      if (selects(http, services[i].metadata)) add_if_served(i, hosts);
    }
    return hosts;
  }

  static bool selects(const config::HttpGateway& http, const config::Metadata& service) {
    const auto matches = [&](const std::string& n) { return n == "*" || n == service.name_space; };
    if (!http.namespaces.empty() && !std::ranges::any_of(http.namespaces, matches)) return false;
    if (!http.expressions) return config::has_labels(service.labels, http.selector);
    return std::ranges::all_of(http.expressions->expressions, [&](const auto& expression) {
      return expression.matches(service.labels);
    });
  }

  void add_reference(const config::Gateway& gateway, const config::ResourceRef& ref, size_t index,
                     std::vector<uint32_t>& hosts) {
    const std::string name = full_name(ref, gateway.metadata);
    const auto found = by_name_.find(name);
    if (found != by_name_.end()) return add_if_served(found->second, hosts);
    context_.warning(
        gateway.metadata, ref.at,
        fmt::format("invalid virtual service ref: there is no VirtualService {}", name),
        fmt::format("httpGateway.virtualServices[{}]", index),
        "define this VirtualService, or correct its name or namespace here");
  }

  void open(Listener listener, std::vector<uint32_t> hosts) {
    ListenerHosts& served = parts_.listener_hosts.emplace_back();
    for (const uint32_t host : hosts) {
      for (const std::string& domain : parts_.hosts[host].domains) {
        if (!served.domains.add(domain, host)) {
          report_conflict(domain, *served.domains.find_domain(domain), host);
        }
      }
    }
    served.hosts = std::move(hosts);
    parts_.listeners.push_back(std::move(listener));
  }

  void report_conflict(const std::string& domain, uint32_t first, uint32_t second) {
    const auto& services = context_.resources.virtual_services;
    const config::Metadata& one = services[first].metadata;
    const config::Metadata& other = services[second].metadata;
    if (first == second) {
      context_.error(one, place_of_domain(second, domain, true),
                     fmt::format("the domain {} is listed twice", domain), "virtualHost.domains");
      return;
    }
    if (!reported_.emplace(domain, first, second).second) return;
    const config::Position at_one = place_of_domain(first, domain, false);
    const config::Position at_other = place_of_domain(second, domain, false);
    context_.error(
        other, at_other,
        fmt::format("domain conflict: {} belongs to {} already", domain, one.full_name()),
        "virtualHost.domains", fmt::format("the other is at {}", context_.source_of(at_one)));
    context_.error(
        one, at_one,
        fmt::format("domain conflict: {} is also claimed by {}", domain, other.full_name()),
        "virtualHost.domains", fmt::format("the other is at {}", context_.source_of(at_other)));
  }

  // Where a domain is written, or the VirtualService itself where it is implied.
  config::Position place_of_domain(uint32_t service, const std::string& domain, bool last) const {
    const config::VirtualService& from = context_.resources.virtual_services[service];
    config::Position at = from.metadata.at;
    for (const auto& written : from.virtual_host->domains) {
      if (!equals_ignore_case(written.value, domain)) continue;
      at = written.at;
      if (!last) break;
    }
    return at;
  }

  BuildContext& context_;
  ConfiguredSnapshot::Parts& parts_;
  std::map<std::string, uint32_t> by_name_;
  std::set<std::tuple<std::string, uint32_t, uint32_t>> reported_;  // conflicts, once per pair
};

}  // namespace

void build_listeners(BuildContext& context, ConfiguredSnapshot::Parts& parts) {
  ListenerBuilder(context, parts).build();
}

}  // namespace gnomon::routing
