#include "cli/explain.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "config/text_rules.h"
#include "msg/head.h"
#include "routing/configured_snapshot.h"
#include "routing/rewrite.h"
#include "routing/snapshot_builder.h"
#include "routing/snapshot_json.h"

namespace gnomon::cli {
namespace {

constexpr int kFound = 0;
constexpr int kNotFound = 1;
constexpr int kBad = 2;

using Json = nlohmann::ordered_json;

// What one listener makes of the request.
struct Answer {
  const routing::Listener* listener = nullptr;
  const routing::VirtualHost* host = nullptr;  // null: no domain matches
  std::string domain;
  routing::Match match;
};

std::string line(std::string_view title, std::string_view text) {
  return fmt::format("  {:<16} {}\n", title, text);
}

std::string counted_share(uint64_t part, uint64_t whole) {
  return fmt::format(
      "{:.4g}%", whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

class Explainer {
 public:
  Explainer(const ExplainOptions& options, const routing::ConfiguredSnapshot& snapshot,
            const RequestHead& head)
      : options_(options), parts_(snapshot.parts()), snapshot_(snapshot), head_(head) {}

  std::vector<Answer> ask() const {
    std::vector<Answer> answers;
    for (size_t i = 0; i < parts_.listeners.size(); ++i) {
      const routing::Listener& listener = parts_.listeners[i];
      if (!options_.listener.empty() && options_.listener != listener.name &&
          options_.listener != std::to_string(listener.port)) {
        continue;
      }
      Answer answer;
      answer.listener = &listener;
      answer.match = snapshot_.match(i, head_);
      if (const auto host = parts_.listener_hosts[i].domains.find(head_.authority)) {
        answer.host = &parts_.hosts[*host];
        answer.domain = matching_domain(*answer.host);
      }
      answers.push_back(std::move(answer));
    }
    return answers;
  }

  std::string text(const Answer& answer) const {
    const routing::Listener& listener = *answer.listener;
    const bool is_ipv6 = listener.address.contains(':');
    std::string out = fmt::format("{}, {}{}{}:{}\n", listener.name, is_ipv6 ? "[" : "",
                                  listener.address, is_ipv6 ? "]" : "", listener.port);
    if (answer.host == nullptr) return out + line("answer", "404: no domain matches the host");
    out += line("virtual service", fmt::format("{} ({}), by the domain {}", answer.host->name,
                                               answer.host->source, answer.domain));
    if (answer.match.route == nullptr) {
      return out + line("answer", "404: none of its routes matches");
    }
    const routing::Route& route = *answer.match.route;
    out += line("route", route.name);
    for (const routing::RouteOrigin& origin : route.origins) {
      out += line(
          "", fmt::format("{}, {}{} ({})", origin.resource, origin.field,
                          origin.name.empty() ? "" : " \"" + origin.name + "\"", origin.source));
    }
    out += options_text("options", route.options);
    out += options_text("host options", answer.host->options);
    return out + action_text(answer, route) + shadows_text(route);
  }

  Json json(const Answer& answer) const {
    Json out;
    out["listener"] = answer.listener->name;
    if (answer.host == nullptr) {
      out["virtualService"] = nullptr;
      out["route"] = nullptr;
      return out;
    }
    out["virtualService"] = answer.host->name;
    out["source"] = answer.host->source;
    out["domain"] = answer.domain;
    out["virtualHostOptions"] = Json::array();
    for (const routing::OptionsOrigin& origin : answer.host->options) {
      out["virtualHostOptions"].push_back(
          {{"resource", origin.resource}, {"source", origin.source}, {"fields", origin.fields}});
    }
    const routing::Route* route = answer.match.route;
    out["route"] = route == nullptr ? Json(nullptr) : Json::parse(route_json_text(*route));
    if (route != nullptr && forwards(*route)) {
      out["sent"] = {{"path", routing::rewrite_path(*route, answer.match, head_.path)},
                     {"host", host_sent(*route)}};
    }
    return out;
  }

 private:
  static bool forwards(const routing::Route& route) { return !route.redirect && !route.direct; }

  std::string matching_domain(const routing::VirtualHost& host) const {
    routing::DomainTable table;
    for (uint32_t i = 0; i < host.domains.size(); ++i) table.add(host.domains[i], i);
    const auto found = table.find(head_.authority);
    return found ? host.domains[*found] : std::string();
  }

  static std::string options_text(std::string_view title,
                                  const std::vector<routing::OptionsOrigin>& options) {
    std::string out;
    for (const routing::OptionsOrigin& origin : options) {
      if (origin.fields.empty()) continue;
      out +=
          line(std::exchange(title, ""), fmt::format("{}: {} ({})", fmt::join(origin.fields, ", "),
                                                     origin.resource, origin.source));
    }
    return out;
  }

  std::string action_text(const Answer& answer, const routing::Route& route) const {
    if (route.direct) {
      return line("answer", fmt::format("{}, a body of {} bytes", route.direct->status,
                                        route.direct->body.size()));
    }
    if (route.redirect) {
      return line("answer",
                  fmt::format("{}, Location: {}", route.redirect->status,
                              routing::redirect_location(*route.redirect, answer.match, head_)));
    }
    std::string out =
        line("sent",
             fmt::format("{} {}, Host: {}", head_.method_name,
                         routing::rewrite_path(route, answer.match, head_.path), host_sent(route)));
    out += line("timeout",
                route.timeout.count() == 0 ? "none" : fmt::format("{}ms", route.timeout.count()));
    if (!route.cluster_header.empty()) return out + line("to", cluster_header_text(route));
    std::string_view title = "to";
    for (const routing::WeightedCluster& cluster : route.clusters) {
      out +=
          line(std::exchange(title, ""),
               fmt::format("{} of requests: {}", counted_share(cluster.weight, route.total_weight),
                           cluster_text(cluster.cluster, cluster.name)));
    }
    return out;
  }

  std::string cluster_header_text(const routing::Route& route) const {
    for (const Field& field : head_.headers) {
      if (!equals_ignore_case(field.name, route.cluster_header)) continue;
      return cluster_text(snapshot_.find_cluster(field.value), field.value) + ", as the header " +
             route.cluster_header + " says";
    }
    return fmt::format("404: the request has no header {} to name the cluster",
                       route.cluster_header);
  }

  std::string cluster_text(routing::ClusterId id, std::string_view name) const {
    if (id == routing::kNoCluster) return fmt::format("{}, which does not exist", name);
    return fmt::format("{} ({})", name, parts_.clusters[id].source);
  }

  std::string host_sent(const routing::Route& route) const {
    return routing::rewrite_host(route.host_rewrite, head_).value_or(std::string(head_.authority));
  }

  std::string shadows_text(const routing::Route& route) const {
    if (!forwards(route)) return "";
    if (route.shadows.empty()) return line("copies", "none");
    std::string out;
    std::string_view title = "copies";
    for (const routing::ShadowPolicy& shadow : route.shadows) {
      out += line(std::exchange(title, ""),
                  fmt::format("{} of requests: {}, Host: {}; counted as {}",
                              counted_share(shadow.per_million, 1'000'000),
                              cluster_text(shadow.cluster, shadow.cluster_name),
                              shadow_host(route, shadow), shadow.name));
      if (!shadow.methods.empty()) {
        out += line("", fmt::format("only {}", fmt::join(shadow.methods, ", ")));
      }
    }
    return out;
  }

  std::string shadow_host(const routing::Route& route, const routing::ShadowPolicy& shadow) const {
    if (!shadow.host_rewrite.empty()) return shadow.host_rewrite;
    const std::string host = host_sent(route);
    const AuthorityParts parts = split_authority(host);
    return shadow.append_host_suffix ? fmt::format("{}-shadow{}", parts.host, parts.port) : host;
  }

  const ExplainOptions& options_;
  const routing::ConfiguredSnapshot::Parts& parts_;
  const routing::ConfiguredSnapshot& snapshot_;
  const RequestHead& head_;
};

// False, and says why, if this is no request.
bool read_request(const ExplainOptions& options, RequestHead& head, std::ostream& err) {
  if (!options.request_path.starts_with('/')) {
    err << "--path must begin with a slash\n";
    return false;
  }
  if (!config::is_header_name(options.method)) {
    err << fmt::format("\"{}\" is not a method\n", options.method);
    return false;
  }
  head.authority = options.host;
  head.path = options.request_path;
  head.method_name = options.method;
  head.method = parse_method(options.method);
  for (const std::string& header : options.headers) {
    const std::string_view text = header;
    const size_t colon = text.find(':');
    const std::string_view name = text.substr(0, colon);
    std::string_view value = colon == std::string_view::npos ? "" : text.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    if (colon == std::string_view::npos || !config::is_header_name(name) ||
        !config::is_header_value(value)) {
      err << fmt::format("\"{}\" is not a header such as 'x-version: 2'\n", header);
      return false;
    }
    head.headers.add(name, value);
  }
  return true;
}

void print(const ExplainOptions& options, const Explainer& explainer,
           const std::vector<Answer>& answers, std::ostream& out) {
  if (!options.json && options.output != "json") {
    out << fmt::format("{} http://{}{}\n", options.method, options.host, options.request_path);
    for (const Answer& answer : answers) out << "\n" << explainer.text(answer);
    return;
  }
  Json all = {
      {"version", 1},
      {"request",
       {{"method", options.method}, {"host", options.host}, {"path", options.request_path}}},
      {"listeners", Json::array()}};
  for (const Answer& answer : answers) all["listeners"].push_back(explainer.json(answer));
  out << all.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

}  // namespace

void add_explain_flags(CLI::App& verb, ExplainOptions& options) {
  verb.add_option("-c,--config", options.path, "File or directory of manifests")
      ->envname("GNOMON_CONFIG")
      ->required()
      ->check(CLI::ExistingPath);
  verb.add_option("--host", options.host, "The request's Host, with its port if it has one")
      ->required();
  verb.add_option("--path", options.request_path, "The request's path, with its query")
      ->capture_default_str();
  verb.add_option("--method", options.method, "The request's method")->capture_default_str();
  verb.add_option("--header", options.headers, "A header, 'name: value'; may be repeated")
      ->take_all();
  verb.add_option("--listener", options.listener, "Only the listener of this name or port");
  verb.add_flag("--json", options.json, "One JSON object on standard output");
  verb.add_option("-o,--output", options.output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  verb.footer(
      "Examples:\n"
      "  gnomon explain -c manifests/ --host shop.example.com --path /pets/1\n"
      "  gnomon explain -c manifests/ --host shop.example.com --path /pets --method POST \\\n"
      "    --header 'x-version: 2' --json\n"
      "\n"
      "Exit codes: 0 a route takes the request, 1 none does, 2 the configuration or the request "
      "is bad.");
}

int explain(const ExplainOptions& options, std::ostream& out, std::ostream& err) {
  RequestHead head;
  if (!read_request(options, head, err)) return kBad;
  const routing::Loaded loaded = routing::load_snapshot(options.path);
  const auto snapshot =
      std::dynamic_pointer_cast<const routing::ConfiguredSnapshot>(loaded.snapshot);
  if (snapshot == nullptr) {
    for (const config::Diagnostic& problem : loaded.diagnostics) {
      if (problem.severity == config::Severity::error) err << config::render(problem);
    }
    return kBad;
  }
  const Explainer explainer(options, *snapshot, head);
  const std::vector<Answer> answers = explainer.ask();
  if (answers.empty()) {
    err << fmt::format("there is no listener {}\n", options.listener);
    return kBad;
  }
  print(options, explainer, answers, out);
  const bool found = std::ranges::any_of(
      answers, [](const Answer& answer) { return answer.match.route != nullptr; });
  return found ? kFound : kNotFound;
}

}  // namespace gnomon::cli
