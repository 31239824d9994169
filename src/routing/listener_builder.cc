#include "routing/listener_builder.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "routing/listener_settings_builder.h"

namespace gnomon::routing {
namespace {

constexpr uint16_t kHttpsPort = 8443;

bool is_ip_address(const std::string& text) {
  in6_addr unused{};
  return inet_pton(AF_INET, text.c_str(), &unused) == 1 ||
         inet_pton(AF_INET6, text.c_str(), &unused) == 1;
}

class ListenerBuilder {
 public:
  ListenerBuilder(BuildContext& context, TlsBuilder& tls, ConfiguredSnapshot::Parts& parts)
      : context_(context), tls_(tls), parts_(parts) {
    const auto& services = context.resources.virtual_services;
    for (uint32_t i = 0; i < services.size(); ++i) {
      by_name_.emplace(services[i].metadata.full_name(), i);
    }
  }

  void build() {
    const auto& gateways = context_.resources.gateways;
    if (gateways.empty()) return build_defaults();
    for (const config::Gateway& gateway : gateways) build_gateway(gateway);
    if (parts_.listeners.empty() && context_.diagnostics.errors() == 0) {
      // May be looked at, and is not run: see ListenerPlan.
      context_.warning(gateways[0].metadata, gateways[0].metadata.at,
                       "none of the Gateways can be opened, so nothing would listen");
    }
    warn_of_unserved();
  }

 private:
  static std::string name_of(const Listener& listener) {
    return fmt::format("listener-{}-{}", listener.address, listener.port);
  }

  // Those that Gloo makes when it is installed; that for TLS only where it has something to serve.
  void build_defaults() {
    for (const bool ssl : {false, true}) {
      Listener listener;
      if (ssl) listener.port = kHttpsPort;
      listener.name = name_of(listener);
      std::vector<uint32_t> hosts;
      for (uint32_t i = 0; i < parts_.hosts.size(); ++i) add_if_served(i, ssl, hosts);
      if (ssl && hosts.empty()) return;
      check_bodies(config::GatewayRouteOptions().max_direct_response_bytes, hosts);
      if (ssl) secure(hosts, listener);
      open(std::move(listener), std::move(hosts));
    }
  }

  // The certificates of the VirtualServices, by the names that clients ask for.
  void secure(const std::vector<uint32_t>& hosts, Listener& listener) {
    auto contexts = std::make_shared<tls::ServerContexts>();
    std::map<std::string, std::pair<tls::ServerContextPtr, uint32_t>> taken;
    Millis timeout{0};
    for (const uint32_t host : hosts) {
      const config::VirtualService& service = context_.resources.virtual_services[host];
      const config::SslConfig& ssl = *service.ssl_config;
      const tls::ServerContextPtr context = tls_.server(service);
      if (context == nullptr) continue;
      if (ssl.connect_timeout) timeout = std::max(timeout, to_millis(*ssl.connect_timeout));
      std::vector<config::Located<std::string>> names = ssl.sni_domains;
      if (names.empty()) names.push_back({"", ssl.at});
      for (const auto& [name, at] : names) {
        const auto [first, fresh] = taken.try_emplace(lower_case(name), context, host);
        if (fresh) {
          contexts->add(name, context);
        } else if (first->second.first != context) {
          report_taken(service, at, name, first->second.second);
        }
      }
    }
    if (timeout > Millis::zero()) listener.handshake_timeout = timeout;
    listener.tls = std::move(contexts);
  }

  static std::string lower_case(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
  }

  void report_taken(const config::VirtualService& service, config::Position at,
                    const std::string& name, uint32_t first) {
    const config::Metadata& other = context_.resources.virtual_services[first].metadata;
    context_.error(
        service.metadata, at,
        fmt::format("another sslConfig is for {} already: that of {}",
                    name.empty() ? "clients that ask for any name" : name, other.full_name()),
        name.empty() ? "sslConfig" : "sslConfig.sniDomains",
        "give each its own sniDomains, or both the same settings");
  }

  // VirtualServices with sslConfig that no Gateway would serve.
  void warn_of_unserved() {
    std::set<uint32_t> served;
    for (const ListenerHosts& listener : parts_.listener_hosts) {
      served.insert(listener.hosts.begin(), listener.hosts.end());
    }
    const auto& services = context_.resources.virtual_services;
    for (uint32_t i = 0; i < services.size(); ++i) {
      if (!services[i].ssl_config || served.contains(i) || services[i].ssl_config->sds.value) {
        continue;
      }
      context_.warning(
          services[i].metadata, services[i].ssl_config->at,
          "no Gateway with \"ssl: true\" serves this VirtualService; it gets no traffic",
          "sslConfig");
    }
  }

  void build_gateway(const config::Gateway& gateway) {
    if (gateway.tcp.value || gateway.hybrid.value) return;  // reported when it was read
    Listener listener;
    listener.address = gateway.bind_address.value;
    listener.port = gateway.bind_port.value;
    listener.name = name_of(listener);
    listener.settings = build_listener_settings(context_, gateway);
    check_address(gateway, listener);
    std::vector<uint32_t> hosts = collect_hosts(gateway);
    check_bodies(gateway.route_options.max_direct_response_bytes, hosts);
    if (gateway.ssl) {
      if (hosts.empty()) return warn_of_nothing(gateway);
      secure(hosts, listener);
    }
    open(std::move(listener), std::move(hosts));
  }

  // As with Gloo: without a certificate there is nothing to answer with.
  void warn_of_nothing(const config::Gateway& gateway) {
    if (context_.diagnostics.errors() > 0) return;  // what is broken may belong here
    context_.warning(gateway.metadata, gateway.metadata.at,
                     "no VirtualService with sslConfig is served here; this Gateway is not opened",
                     "ssl");
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

  // VirtualServices with sslConfig belong to TLS listeners, the others to those in clear text.
  void add_if_served(uint32_t service, bool ssl, std::vector<uint32_t>& hosts) {
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
      if (selects(http, services[i].metadata)) add_if_served(i, gateway.ssl, hosts);
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
    if (found != by_name_.end()) return add_if_served(found->second, gateway.ssl, hosts);
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
  TlsBuilder& tls_;
  ConfiguredSnapshot::Parts& parts_;
  std::map<std::string, uint32_t> by_name_;
  std::set<std::tuple<std::string, uint32_t, uint32_t>> reported_;  // conflicts, once per pair
};

}  // namespace

void build_listeners(BuildContext& context, TlsBuilder& tls, ConfiguredSnapshot::Parts& parts) {
  ListenerBuilder(context, tls, parts).build();
}

}  // namespace gnomon::routing
