#include "cli/resource_tables.h"

#include <fmt/format.h>

#include <map>
#include <utility>
#include <vector>

#include "cli/documents.h"
#include "cli/route_text.h"
#include "cli/spec_text.h"
#include "cli/text_table.h"

namespace gnomon::cli {
namespace {

using Specs = std::map<std::string, Json>;

std::string joined(const std::vector<std::string>& lines) {
  return fmt::format("{}", fmt::join(lines, "\n"));
}

class Tables {
 public:
  Tables(const TableChoice& choice, const config::Resources& resources,
         const routing::Loaded& loaded)
      : choice_(choice), resources_(resources), loaded_(loaded) {}

  std::string virtual_services() const {
    TextTable table(titles({"VIRTUAL SERVICE", "DISPLAY NAME", "DOMAINS", "SSL", "STATUS",
                            "LISTENERPLUGINS", "ROUTES"}));
    const Specs specs = specs_of("VirtualService");
    for (const config::VirtualService& service : resources_.virtual_services) {
      if (!is_wanted(service.metadata)) continue;
      table.add(
          cells(service.metadata, {service.metadata.name.value, service.display_name,
                                   domains_of(service), ssl_of(spec_of(specs, service.metadata)),
                                   status_of(service.metadata), "", joined(routes_of(service))}));
    }
    return table.render();
  }

  std::string upstreams() const {
    TextTable table(titles({"UPSTREAM", "TYPE", "STATUS", "DETAILS"}));
    const Specs specs = specs_of("Upstream");
    for (const config::Upstream& upstream : resources_.upstreams) {
      if (!is_wanted(upstream.metadata)) continue;
      const Json spec = spec_of(specs, upstream.metadata);
      table.add(cells(upstream.metadata, {upstream.metadata.name.value, type_of(spec),
                                          status_of(upstream.metadata), details_of(spec)}));
    }
    return table.render();
  }

  std::string route_tables() const {
    TextTable table(titles({"ROUTE TABLE", "ROUTES", "STATUS"}));
    for (const config::RouteTable& one : resources_.route_tables) {
      if (!is_wanted(one.metadata)) continue;
      std::vector<std::string> lines;
      lines.reserve(one.routes.size());
      for (const config::Route& route : one.routes) {
        lines.push_back(describe_route(route, one.metadata));
      }
      table.add(
          cells(one.metadata, {one.metadata.name.value, joined(lines), status_of(one.metadata)}));
    }
    return table.render();
  }

  std::string upstream_groups() const {
    TextTable table(titles({"UPSTREAM GROUP", "STATUS", "TOTAL WEIGHT", "DETAILS"}));
    for (const config::UpstreamGroup& group : resources_.upstream_groups) {
      if (!is_wanted(group.metadata)) continue;
      uint64_t total = 0;
      std::vector<std::string> lines;
      for (const config::WeightedDestination& destination : group.destinations) {
        total += destination.weight;
        lines.push_back(fmt::format("destination: {}\nweight: {}",
                                    describe_destination(destination.destination, group.metadata),
                                    destination.weight));
      }
      table.add(cells(group.metadata, {group.metadata.name.value, status_of(group.metadata),
                                       std::to_string(total), joined(lines)}));
    }
    return table.render();
  }

 private:
  bool is_wanted(const config::Metadata& metadata) const {
    return choice_.holds(metadata.name_space, metadata.name.value);
  }

  // Wide tables also say where a resource stands.
  std::vector<std::string> titles(std::vector<std::string> common) const {
    if (!choice_.wide) return common;
    common.insert(common.begin() + 1, "NAMESPACE");
    common.emplace_back("SOURCE");
    return common;
  }

  std::vector<std::string> cells(const config::Metadata& metadata,
                                 std::vector<std::string> common) const {
    if (!choice_.wide) return common;
    common.insert(common.begin() + 1, metadata.name_space);
    common.push_back(resources_.sources->describe(metadata.at));
    return common;
  }

  std::string status_of(const config::Metadata& metadata) const {
    const auto found = loaded_.states.find(metadata.title());
    if (found == loaded_.states.end()) return "Accepted";
    return found->second == config::Severity::error ? "Rejected" : "Warning";
  }

  static std::string domains_of(const config::VirtualService& service) {
    std::vector<std::string> domains;
    if (service.virtual_host) {
      for (const auto& domain : service.virtual_host->domains) domains.push_back(domain.value);
    }
    return domains.empty() ? "*" : fmt::format("{}", fmt::join(domains, ", "));
  }

  std::vector<std::string> routes_of(const config::VirtualService& service) const {
    std::vector<std::string> lines;
    if (!service.virtual_host) return lines;
    for (const config::Route& route : service.virtual_host->routes) {
      lines.push_back(describe_route(route, service.metadata));
    }
    for (const config::ShadowTest& test : resources_.shadow_tests) {
      const std::string& name_space =
          test.target.name_space.empty() ? test.metadata.name_space : test.target.name_space;
      if (test.shadow && test.target.virtual_service == service.metadata.name.value &&
          name_space == service.metadata.name_space) {
        lines.push_back(describe_shadow_test(test));
      }
    }
    return lines;
  }

  // What was written under "spec", by "<namespace>.<name>".
  Specs specs_of(std::string_view kind) const {
    Specs specs;
    for (Document& document : read_documents(resources_.sources, kind)) {
      Json spec = document.body.value("spec", Json::object());
      if (!spec.is_object()) continue;
      specs.emplace(document.name_space + "." + document.name, std::move(spec));
    }
    return specs;
  }

  static Json spec_of(const Specs& specs, const config::Metadata& metadata) {
    const auto found = specs.find(metadata.full_name());
    return found == specs.end() ? Json::object() : found->second;
  }

  const TableChoice& choice_;
  const config::Resources& resources_;
  const routing::Loaded& loaded_;
};

}  // namespace

std::string render_table(const std::string& kind, const TableChoice& choice,
                         const config::Resources& resources, const routing::Loaded& loaded) {
  const Tables tables(choice, resources, loaded);
  if (kind == "VirtualService") return tables.virtual_services();
  if (kind == "Upstream") return tables.upstreams();
  if (kind == "RouteTable") return tables.route_tables();
  return tables.upstream_groups();
}

}  // namespace gnomon::cli
