#include "routing/gateway_chain.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/inherit.h"

namespace gnomon::routing {
namespace {

// Gloo's words.
constexpr const char* kNobody = "hybrid gateway does not have any populated matched gateways";

std::vector<GatewayChain> matched_chains(const config::Gateway& gateway) {
  std::vector<GatewayChain> chains;
  const auto& matched = gateway.hybrid->matched;
  for (size_t i = 0; i < matched.size(); ++i) {
    std::string name = fmt::format("matchedGateways[{}]", i);
    chains.push_back({&gateway.metadata, fmt::format("hybridGateway.{}.", name), matched[i].http,
                      matched[i].matcher.ssl.has_value(), matched[i].matcher, std::move(name)});
  }
  return chains;
}

bool in_namespaces(const config::Metadata& metadata, const std::vector<std::string>& wanted) {
  const auto is = [&](const std::string& name) {
    return name == "*" || name == metadata.name_space;
  };
  return wanted.empty() || std::ranges::any_of(wanted, is);
}

bool is_selected(const config::DelegatedHttpGateways& by, const config::Gateway& owner,
                 const config::MatchableHttpGateway& gateway) {
  if (by.ssl.has_value() != gateway.matcher.ssl.has_value()) return false;
  const config::Metadata& metadata = gateway.metadata;
  if (by.ref) return full_name(*by.ref, owner.metadata) == metadata.full_name();
  if (!by.selector) return true;
  return in_namespaces(metadata, by.selector->namespaces) &&
         config::has_labels(metadata.labels, by.selector->labels) &&
         std::ranges::all_of(by.selector->expressions, [&](const auto& expression) {
           return expression.matches(metadata.labels);
         });
}

GatewayChain delegated_chain(const config::DelegatedHttpGateways& parent,
                             const config::MatchableHttpGateway& gateway) {
  const auto precedence =
      parent.prevent_child_overrides ? config::Precedence::parent : config::Precedence::child;
  GatewayChain chain{&gateway.metadata,
                     "",
                     gateway.http ? gateway.http : config::HttpGateway(),
                     gateway.matcher.ssl.has_value(),
                     gateway.matcher,
                     gateway.metadata.full_name()};
  if (parent.ssl && chain.matcher.ssl) {
    config::inherit(*chain.matcher.ssl, *parent.ssl, precedence);
  }
  if (parent.manager) {
    if (!chain.http->options) chain.http->options.emplace();
    auto& manager = chain.http->options->connection_manager;
    if (!manager) manager.emplace();
    config::inherit(*manager, *parent.manager, precedence);
  }
  return chain;
}

std::vector<GatewayChain> delegated_chains(const BuildContext& context,
                                           const config::Gateway& gateway) {
  std::vector<GatewayChain> chains;
  if (!gateway.hybrid->delegated) return chains;
  const config::DelegatedHttpGateways& by = *gateway.hybrid->delegated;
  for (const auto& candidate : context.resources.matchable_http_gateways) {
    if (is_selected(by, gateway, candidate)) chains.push_back(delegated_chain(by, candidate));
  }
  return chains;
}

}  // namespace

GatewayChain plain_chain(const config::Gateway& gateway) {
  return {&gateway.metadata, "", gateway.http ? gateway.http : config::HttpGateway(),
          gateway.ssl,       {}, ""};
}

std::vector<GatewayChain> hybrid_chains(BuildContext& context, const config::Gateway& gateway) {
  const bool inline_ones = !gateway.hybrid->matched.empty();
  std::vector<GatewayChain> chains =
      inline_ones ? matched_chains(gateway) : delegated_chains(context, gateway);
  const auto served = [](const GatewayChain& chain) { return chain.http.has_value(); };
  if (std::ranges::none_of(chains, served)) {
    chains.clear();
    context.warning(gateway.metadata, gateway.hybrid->at,
                    fmt::format("{}; this Gateway is not opened", kNobody), "hybridGateway");
  }
  return chains;
}

}  // namespace gnomon::routing
