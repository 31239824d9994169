#include "cli/get.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <ostream>

#include "cli/documents.h"
#include "cli/route_text.h"
#include "cli/text_table.h"
#include "config/resources.h"
#include "routing/snapshot_builder.h"

namespace gnomon::cli {
namespace {

constexpr int kGood = 0;
constexpr int kNotFound = 1;
constexpr int kUnreadable = 2;

struct Word {
  std::string_view word;
  std::string_view kind;
};

constexpr std::array<Word, 17> kWords{{
    {"vs", "VirtualService"},
    {"gvs", "VirtualService"},
    {"virtualservice", "VirtualService"},
    {"virtualservices", "VirtualService"},
    {"virtual-services", "VirtualService"},
    {"us", "Upstream"},
    {"u", "Upstream"},
    {"upstream", "Upstream"},
    {"upstreams", "Upstream"},
    {"rt", "RouteTable"},
    {"routetable", "RouteTable"},
    {"routetables", "RouteTable"},
    {"route-tables", "RouteTable"},
    {"ug", "UpstreamGroup"},
    {"upstreamgroup", "UpstreamGroup"},
    {"upstreamgroups", "UpstreamGroup"},
    {"upstream-groups", "UpstreamGroup"},
}};

std::string joined(const std::vector<std::string>& lines) {
  return fmt::format("{}", fmt::join(lines, "\n"));
}

using Specs = std::map<std::string, Json>;

class Printer {
 public:
  Printer(const GetOptions& options, const config::Resources& resources,
          const routing::Loaded& loaded)
      : options_(options), resources_(resources), loaded_(loaded) {}

  std::string virtual_services() const {
    TextTable table(titles({"VIRTUAL SERVICE", "DISPLAY NAME", "DOMAINS", "SSL", "STATUS",
                            "LISTENERPLUGINS", "ROUTES"}));
    const Specs specs = specs_of("VirtualService");
    for (const config::VirtualService& service : resources_.virtual_services) {
      if (!is_wanted(service.metadata)) continue;
      table.add(
          cells(service.metadata, {service.metadata.name.value, service.display_name,
                                   domains_of(service), ssl_of(specs, service.metadata),
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

  bool is_wanted(std::string_view name_space, std::string_view name) const {
    return (options_.name.empty() || options_.name == name) &&
           (options_.name_space.empty() || options_.name_space == name_space);
  }

 private:
  bool is_wanted(const config::Metadata& metadata) const {
    return is_wanted(metadata.name_space, metadata.name.value);
  }

  // Wide tables also say where a resource stands.
  std::vector<std::string> titles(std::vector<std::string> common) const {
    if (options_.output != "wide") return common;
    common.insert(common.begin() + 1, "NAMESPACE");
    common.emplace_back("SOURCE");
    return common;
  }

  std::vector<std::string> cells(const config::Metadata& metadata,
                                 std::vector<std::string> common) const {
    if (options_.output != "wide") return common;
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

  static std::string ssl_of(const Specs& specs, const config::Metadata& metadata) {
    const Json spec = spec_of(specs, metadata);
    const auto ssl = spec.contains("sslConfig") ? spec.find("sslConfig") : spec.find("ssl_config");
    if (ssl == spec.end() || ssl->is_null()) return "none";
    if (ssl->contains("secretRef") || ssl->contains("secret_ref")) return "secret_ref";
    if (ssl->contains("sslFiles") || ssl->contains("ssl_files")) return "ssl_files";
    return ssl->contains("sds") ? "sds" : "unknown";
  }

  static std::string type_of(const Json& spec) {
    static constexpr std::array<std::array<const char*, 2>, 8> kTypes{{{"static", "Static"},
                                                                       {"kube", "Kubernetes"},
                                                                       {"consul", "Consul"},
                                                                       {"aws", "AWS Lambda"},
                                                                       {"awsEc2", "AWS EC2"},
                                                                       {"azure", "Azure"},
                                                                       {"gcp", "GCP"},
                                                                       {"pipe", "Pipe"}}};
    for (const auto& [field, type] : kTypes) {
      if (spec.contains(field)) return type;
    }
    return "unknown";
  }

  static std::string text(const Json& object, const char* key) {
    if (!object.is_object() || !object.contains(key)) return "";
    const Json& value = object[key];
    return value.is_string() ? value.get<std::string>() : value.dump();
  }

  static std::string details_of(const Json& spec) {
    std::vector<std::string> lines;
    if (spec.contains("static") && spec["static"].is_object()) {
      lines.emplace_back("hosts:");
      const Json hosts = spec["static"].value("hosts", Json::array());
      for (const Json& host : hosts) {
        lines.push_back(fmt::format("- {}:{}", text(host, "addr"), text(host, "port")));
      }
    } else if (spec.contains("kube")) {
      const Json& kube = spec["kube"];
      lines = {"svc name:      " + text(kube, "serviceName"),
               "svc namespace: " + text(kube, "serviceNamespace"),
               "port:          " + text(kube, "servicePort")};
    }
    return joined(lines);
  }

  const GetOptions& options_;
  const config::Resources& resources_;
  const routing::Loaded& loaded_;
};

std::string table_of(const std::string& kind, const Printer& printer) {
  if (kind == "VirtualService") return printer.virtual_services();
  if (kind == "Upstream") return printer.upstreams();
  if (kind == "RouteTable") return printer.route_tables();
  return printer.upstream_groups();
}

std::string documents_of(const GetOptions& options, const std::vector<Document>& documents) {
  if (options.output == "json") {
    Json all = Json::array();
    for (const Document& document : documents) all.push_back(document.body);
    return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  std::string out;
  for (const Document& document : documents) {
    if (!out.empty()) out += "---\n";
    out += to_yaml(document.body);
  }
  return out;
}

}  // namespace

std::string kind_of_word(const std::string& word) {
  const auto found = std::ranges::find(kWords, word, &Word::word);
  return found == kWords.end() ? std::string() : std::string(found->kind);
}

int get(const GetOptions& options, std::ostream& out, std::ostream& err) {
  config::DiskFiles files;
  const config::Resources resources = config::load(files, options.path);
  const routing::Loaded loaded = routing::build_snapshot(resources);
  const std::string kind = kind_of_word(options.kind);
  const Printer printer(options, resources, loaded);
  std::vector<Document> documents = read_documents(resources.sources, kind);
  std::erase_if(documents, [&](const Document& document) {
    return !printer.is_wanted(document.name_space, document.name);
  });
  if (documents.empty() && loaded.errors > 0 && options.name.empty()) {
    for (const config::Diagnostic& problem : loaded.diagnostics) {
      if (problem.severity == config::Severity::error) err << config::render(problem);
    }
    return kUnreadable;
  }
  if (documents.empty() && !options.name.empty()) {
    err << fmt::format("there is no {} {}\n", kind, options.name);
    return kNotFound;
  }
  const bool is_table = options.output == "table" || options.output == "wide";
  out << (is_table ? table_of(kind, printer) : documents_of(options, documents));
  if (loaded.errors > 0) {
    err << fmt::format("There are errors; `gnomon check {}` says which.\n", options.path);
  }
  return kGood;
}

}  // namespace gnomon::cli
