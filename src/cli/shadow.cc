#include "cli/shadow.h"

#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <iostream>

#include "app/listener_plan.h"
#include "base/temporary_folder.h"
#include "config/manifest_writer.h"
#include "msg/head.h"

namespace gnomon::cli {
namespace {

using Json = config::ManifestWriter::Json;

constexpr int kUsage = 2;
constexpr std::string_view kNamespace = "gnomon";

struct Target {
  std::string host;
  uint16_t port = 0;
  bool tls = false;
};

// "http://host:port" and no more: a path of its own would be a rewrite.
std::expected<Target, std::string> parse_target(std::string_view url) {
  const auto wrong = [&](std::string_view why) {
    return std::unexpected(fmt::format("{}: {}", url, why));
  };
  Target target;
  std::string_view rest = url;
  if (rest.starts_with("https://")) {
    target.tls = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return wrong("a URL begins with http:// or https://");
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#@") != std::string_view::npos) {
    return wrong("only a host and a port may follow");
  }
  const AuthorityParts parts = split_authority(rest);
  target.host = parts.host;
  if (target.host.starts_with('[') && target.host.ends_with(']')) {
    target.host = target.host.substr(1, target.host.size() - 2);
  }
  if (target.host.empty()) return wrong("a host is missing");
  target.port = target.tls ? 443 : 80;
  if (!parts.port.empty()) {
    const char* const end = parts.port.data() + parts.port.size();
    const auto [stop, error] = std::from_chars(parts.port.data() + 1, end, target.port);
    if (error != std::errc() || stop != end || target.port == 0) return wrong("that is no port");
  }
  return target;
}

void add_upstream(config::ManifestWriter& out, std::string_view name, const Target& target) {
  Json more = Json::object();
  if (target.tls) more["sslConfig"] = {{"sni", target.host}};
  out.add_upstream(name, target.host, target.port, more);
}

std::expected<Json, std::string> sampling_key(std::string_view sticky) {
  if (sticky == "address") return Json{{"clientAddress", true}};
  for (const std::string_view kind : {"cookie", "header"}) {
    if (!sticky.starts_with(kind) || sticky.size() < kind.size() + 2) continue;
    if (sticky[kind.size()] == ':') return Json{{kind, sticky.substr(kind.size() + 1)}};
  }
  return std::unexpected(
      fmt::format("--sticky {}: cookie:NAME, header:NAME or address is expected", sticky));
}

}  // namespace

std::expected<std::string, std::string> shadow_manifest(const ShadowOptions& options) {
  const auto primary = parse_target(options.primary);
  if (!primary) return std::unexpected(primary.error());
  const auto candidate = parse_target(options.candidate);
  if (!candidate) return std::unexpected(candidate.error());
  const auto listen = app::parse_listen_address(options.listen);
  if (!listen) return std::unexpected(fmt::format("--listen {}: not an address", options.listen));
  config::ManifestWriter out(kNamespace);
  Json test{
      {"target", {{"virtualService", "shadow"}, {"route", "all"}}},
      {"shadow", {{"upstream", out.reference("candidate")}, {"percentage", options.percentage}}},
      {"compare", {{"mode", "strict"}}}};
  if (options.control > 0) test["control"] = {{"percentage", options.control}};
  if (!options.sticky.empty()) {
    auto key = sampling_key(options.sticky);
    if (!key) return std::unexpected(key.error());
    test["sampling"] = {{"key", std::move(*key)}};
  }
  for (const std::string& path : options.ignore) {
    test["compare"]["rules"].push_back({{"path", path}, {"ignore", true}});
  }
  const Json route{{"name", "all"},
                   {"matchers", Json::array({{{"prefix", "/"}}})},
                   {"routeAction", {{"single", {{"upstream", out.reference("primary")}}}}}};
  out.add("gateway.solo.io/v1", "Gateway", "shadow",
          {{"bindAddress", listen->ip()},
           {"bindPort", listen->port()},
           {"httpGateway", Json::object()}});
  out.add("gateway.solo.io/v1", "VirtualService", "shadow",
          {{"virtualHost", {{"domains", Json::array({"*"})}, {"routes", Json::array({route})}}}});
  add_upstream(out, "primary", *primary);
  add_upstream(out, "candidate", *candidate);
  out.add("gnomon.dev/v1alpha1", "ShadowTest", "shadow", std::move(test));
  return out.text();
}

void add_shadow_flags(CLI::App& verb, ShadowOptions& options) {
  verb.add_option("--listen", options.listen, "Address to serve on")
      ->envname("GNOMON_LISTEN")
      ->capture_default_str();
  verb.add_option("--primary", options.primary, "The live service, such as http://10.0.0.1:8080")
      ->required();
  verb.add_option("--candidate", options.candidate, "Its next version, which gets the copies")
      ->required();
  verb.add_option("--percentage", options.percentage, "Share of requests that are copied")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  verb.add_option("--control", options.control,
                  "Share of these that are also sent to the live service again, to learn noise; 0 "
                  "for none")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  verb.add_option("--sticky", options.sticky,
                  "Keep a client in or out: cookie:NAME, header:NAME or address");
  verb.add_option("--ignore", options.ignore,
                  "Path of a field that may differ, such as $.generatedAt; may be repeated")
      ->take_all();
  add_serving_flags(verb, options.run);
  verb.footer(
      "Examples:\n"
      "  gnomon shadow --listen :8080 --primary http://10.0.0.1:8080 \\\n"
      "    --candidate http://10.0.0.2:8080\n"
      "  gnomon shadow --primary http://v1:8080 --candidate http://v2:8080 --percentage 10 \\\n"
      "    --sticky cookie:session --ignore '$.generatedAt' --ignore header:etag\n"
      "  gnomon verdict --wait 30m\n"
      "\n"
      "Evidence ends with the process unless --store names a file.\n"
      "Exit codes: 0 after a drain, 1 when it cannot start, 2 when the flags are bad.");
}

int shadow(ShadowOptions options) {
  const auto manifest = shadow_manifest(options);
  if (!manifest) {
    std::cerr << "gnomon: " << manifest.error() << "\n";
    return kUsage;
  }
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/shadow.yaml";
  std::ofstream file(path);
  file << *manifest;
  file.close();
  if (folder.path().empty() || !file) {
    std::cerr << "gnomon: no place for a temporary file\n";
    return 1;
  }
  options.run.options.config_path = path;
  if (options.run.store.empty()) options.run.store = folder.path() + "/gnomon.db";
  return run(std::move(options.run));
}

}  // namespace gnomon::cli
