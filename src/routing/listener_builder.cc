#include "routing/listener_builder.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "routing/entrances.h"
#include "routing/gateway_chain.h"
#include "routing/gateway_hosts.h"
#include "routing/listener_certificates.h"
#include "routing/listener_settings_builder.h"

namespace gnomon::routing {
namespace {

constexpr uint16_t kHttpsPort = 8443;

bool is_ip_address(const std::string& text) {
  in6_addr unused{};
  return inet_pton(AF_INET, text.c_str(), &unused) == 1 ||
         inet_pton(AF_INET6, text.c_str(), &unused) == 1;
}

// Another matcher is for other connections: those of before do not go over to it.
std::string identity_of(const GatewayChain& chain) {
  std::string text = chain.name;
  for (const config::CidrRange& range : chain.matcher.sources) {
    text += fmt::format(" {}/{}", range.prefix, range.length);
  }
  if (!chain.ssl) return text;
  text += " tls";
  for (const auto& name : chain.matcher.ssl->sni_domains) text += " " + name.value;
  return text;
}

class ListenerBuilder {
 public:
  ListenerBuilder(BuildContext& context, TlsBuilder& tls, ConfiguredSnapshot::Parts& parts)
      : context_(context), tls_(tls), parts_(parts), hosts_(context) {}

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
      std::vector<uint32_t> hosts = hosts_.all(ssl);
      if (ssl && hosts.empty()) return;
      check_bodies(config::GatewayRouteOptions().max_direct_response_bytes, hosts);
      if (ssl) secure(hosts, listener);
      open(std::move(listener), std::move(hosts));
    }
  }

  void secure(const std::vector<uint32_t>& hosts, Listener& listener) {
    const ListenerCertificates found = listener_certificates(context_, tls_, hosts, nullptr);
    auto contexts = std::make_shared<tls::ServerContexts>();
    for (const auto& [name, context] : found.names) contexts->add(name, context);
    if (found.handshake_timeout > Millis::zero()) {
      listener.handshake_timeout = found.handshake_timeout;
    }
    listener.tls = std::move(contexts);
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
    if (gateway.tcp.value) return;  // reported when it was read
    check_address(gateway);
    if (gateway.hybrid) return build_hybrid(gateway);
    const GatewayChain chain = plain_chain(gateway);
    std::vector<uint32_t> hosts = hosts_.of(chain);
    Listener listener = make_listener(gateway, chain);
    check_bodies(gateway.route_options.max_direct_response_bytes, hosts);
    if (gateway.ssl) {
      if (hosts.empty()) return warn_of_nothing(gateway, chain);
      secure(hosts, listener);
    }
    open(std::move(listener), std::move(hosts));
  }

  Listener make_listener(const config::Gateway& gateway, const GatewayChain& chain) {
    Listener listener;
    listener.address = gateway.bind_address.value;
    listener.port = gateway.bind_port.value;
    listener.name = name_of(listener);
    listener.settings = build_listener_settings(context_, gateway, chain);
    return listener;
  }

  void build_hybrid(const config::Gateway& gateway) {
    const std::vector<GatewayChain> chains = hybrid_chains(context_, gateway);
    const size_t first = parts_.listeners.size();
    std::vector<EntranceRule> rules;
    for (const GatewayChain& chain : chains) {
      const auto next = static_cast<uint32_t>(parts_.listeners.size() - first);
      rules.push_back(chain.http ? build_chain(gateway, chain) : turn_away(chain));
      if (parts_.listeners.size() > first + next) rules.back().listener = next;
    }
    const auto conflict = [&](uint32_t one, uint32_t other, std::string_view name) {
      report_same_connections(gateway, chains[one].name, chains[other].name, name);
    };
    const auto entrances = std::make_shared<const Entrances>(rules, conflict);
    for (size_t i = first; i < parts_.listeners.size(); ++i) {
      parts_.listeners[i].entrances = entrances;
    }
  }

  // Opens a listener for it, unless there is nothing to serve.
  EntranceRule build_chain(const config::Gateway& gateway, const GatewayChain& chain) {
    EntranceRule rule = turn_away(chain);
    std::vector<uint32_t> hosts = hosts_.of(chain);
    Listener listener = make_listener(gateway, chain);
    check_bodies(gateway.route_options.max_direct_response_bytes, hosts);
    if (chain.ssl && hosts.empty()) {
      warn_of_nothing(gateway, chain);
      return rule;
    }
    listener.chain = identity_of(chain);
    listener.name += "/" + chain.name;
    if (chain.ssl) {
      ListenerCertificates found =
          listener_certificates(context_, tls_, hosts, &*chain.matcher.ssl);
      if (found.handshake_timeout > Millis::zero()) {
        listener.handshake_timeout = found.handshake_timeout;
      }
      rule.names = std::move(found.names);
    }
    open(std::move(listener), std::move(hosts));
    return rule;
  }

  // What nobody serves is not left to a gateway that fits less closely.
  EntranceRule turn_away(const GatewayChain& chain) {
    EntranceRule rule{chain.ssl, {}, source_ranges(chain), std::nullopt};
    if (!chain.ssl) return rule;
    for (const auto& name : chain.matcher.ssl->sni_domains) {
      rule.names.emplace_back(name.value, nullptr);
    }
    if (rule.names.empty()) rule.names.emplace_back("", nullptr);
    return rule;
  }

  std::vector<AddressRange> source_ranges(const GatewayChain& chain) {
    std::vector<AddressRange> ranges;
    for (const config::CidrRange& from : chain.matcher.sources) {
      if (const auto range = parse_range(from.prefix, from.length)) {
        ranges.push_back(*range);
        continue;
      }
      context_.error(*chain.owner, from.at,
                     fmt::format("{}/{} is not a range of addresses", from.prefix, from.length),
                     fmt::format("{}matcher.sourcePrefixRanges", chain.where));
    }
    return ranges;
  }

  // Envoy would refuse the whole listener.
  void report_same_connections(const config::Gateway& gateway, const std::string& one,
                               const std::string& other, std::string_view name) {
    context_.error(gateway.metadata, gateway.hybrid->at,
                   fmt::format("Tried to apply multiple filter chains with the same "
                               "FilterChainMatch: {} and {} both take {} of the same clients",
                               one, other,
                               name.empty() ? std::string("connections")
                                            : fmt::format("connections for {}", name)),
                   "hybridGateway", "give one of them other sourcePrefixRanges or sniDomains");
  }

  // As with Gloo: without a certificate there is nothing to answer with.
  void warn_of_nothing(const config::Gateway& gateway, const GatewayChain& chain) {
    if (context_.diagnostics.errors() > 0) return;  // what is broken may belong here
    context_.warning(*chain.owner, gateway.hybrid ? chain.matcher.ssl->at : gateway.metadata.at,
                     "no VirtualService with sslConfig is served here; this Gateway is not opened",
                     gateway.hybrid ? chain.where + "matcher.sslConfig" : "ssl");
  }

  void check_address(const config::Gateway& gateway) {
    Listener listener;
    listener.address = gateway.bind_address.value;
    listener.port = gateway.bind_port.value;
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
  GatewayHosts hosts_;
  std::set<std::tuple<std::string, uint32_t, uint32_t>> reported_;  // conflicts, once per pair
};

}  // namespace

void build_listeners(BuildContext& context, TlsBuilder& tls, ConfiguredSnapshot::Parts& parts) {
  ListenerBuilder(context, tls, parts).build();
}

}  // namespace gnomon::routing
