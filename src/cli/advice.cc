#include "cli/advice.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace gnomon::cli {
namespace {

// The first of several places, and how many there are.
struct First {
  config::Position at;
  std::string text;
  size_t count = 0;

  void add(config::Position where, const std::string& what) {
    if (count++ > 0) return;
    at = where;
    text = what;
  }
  std::string others() const {
    return count < 2 ? std::string() : fmt::format("; {} more like it", count - 1);
  }
};

// "/foo" also takes "/foobar"; "/foo/" does not.
bool is_open_prefix(const std::string& prefix) {
  if (prefix.size() < 2) return false;
  const char last = prefix.back();
  return (last >= 'a' && last <= 'z') || (last >= 'A' && last <= 'Z') ||
         (last >= '0' && last <= '9');
}

void find_prefixes(const std::vector<config::Route>& routes, First& out) {
  for (const config::Route& route : routes) {
    for (const config::Matcher& matcher : route.matchers) {
      if (matcher.prefix && is_open_prefix(*matcher.prefix)) out.add(matcher.at, *matcher.prefix);
    }
  }
}

// Clients name a port in Host unless it is the scheme's own.
std::optional<uint16_t> unusual_port(const config::Resources& resources) {
  if (resources.gateways.empty()) return 8080;
  for (const config::Gateway& gateway : resources.gateways) {
    const uint16_t port = gateway.bind_port.value;
    if (port != 0 && port != 80 && port != 443) return port;
  }
  return std::nullopt;
}

bool lacks_port(const std::string& domain) {
  return !domain.empty() && !domain.contains(':') && !domain.ends_with('*');
}

void advise_prefixes(const config::Resources& resources, config::Diagnostics& out) {
  First first;
  for (const config::VirtualService& service : resources.virtual_services) {
    if (service.virtual_host) find_prefixes(service.virtual_host->routes, first);
  }
  for (const config::RouteTable& table : resources.route_tables) {
    find_prefixes(table.routes, first);
  }
  if (first.count == 0) return;
  out.note(first.at,
           fmt::format("the prefix {0} also matches {0}bar{1}", first.text, first.others()), {},
           fmt::format("if that is not meant, match exact: {0} and prefix: {0}/", first.text));
}

// The slash behind the prefix stays, and there is one before it then.
void find_doubled_slashes(const std::vector<config::Route>& routes, First& out) {
  for (const config::Route& route : routes) {
    if (!route.options || !route.options->prefix_rewrite) continue;
    if (!route.options->prefix_rewrite->ends_with('/')) continue;
    for (const config::Matcher& matcher : route.matchers) {
      if (matcher.prefix && is_open_prefix(*matcher.prefix)) out.add(matcher.at, *matcher.prefix);
    }
  }
}

void advise_rewrites(const config::Resources& resources, config::Diagnostics& out) {
  First first;
  for (const config::VirtualService& service : resources.virtual_services) {
    if (service.virtual_host) find_doubled_slashes(service.virtual_host->routes, first);
  }
  for (const config::RouteTable& table : resources.route_tables) {
    find_doubled_slashes(table.routes, first);
  }
  if (first.count == 0) return;
  out.note(first.at,
           fmt::format("prefixRewrite ends in a slash and the prefix {0} does not: {0}/a is sent "
                       "with two slashes{1}",
                       first.text, first.others()),
           {}, fmt::format("write the prefix as {}/", first.text));
}

void advise_domains(const config::Resources& resources, config::Diagnostics& out) {
  const auto port = unusual_port(resources);
  if (!port) return;
  First first;
  for (const config::VirtualService& service : resources.virtual_services) {
    if (!service.virtual_host) continue;
    for (const auto& domain : service.virtual_host->domains) {
      if (lacks_port(domain.value)) first.add(domain.at, domain.value);
    }
  }
  if (first.count == 0) return;
  out.note(first.at,
           fmt::format("the domain {0} does not match a Host with a port, such as {0}:{1}{2}",
                       first.text, *port, first.others()),
           {},
           fmt::format("if clients send the port, add the domain \"{}:{}\"", first.text, *port));
}

}  // namespace

std::vector<config::Diagnostic> advise(const config::Resources& resources) {
  config::Diagnostics out(resources.sources);
  advise_prefixes(resources, out);
  advise_rewrites(resources, out);
  advise_domains(resources, out);
  return out.sorted();
}

}  // namespace gnomon::cli
