#include "config/kinds.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "config/read.h"

namespace gnomon::config {
namespace {

constexpr std::array<KindInfo, 20> kKinds{{
    {"VirtualService", "gateway.solo.io", "v1", "virtualservices", Kind::virtual_service},
    {"Upstream", "gloo.solo.io", "v1", "upstreams", Kind::upstream},
    {"Gateway", "gateway.solo.io", "v1", "gateways", Kind::gateway},
    {"ShadowTest", "gnomon.dev", "v1alpha1", "shadowtests", Kind::shadow_test},
    {"RouteTable", "gateway.solo.io", "v1", "routetables", Kind::route_table},
    {"UpstreamGroup", "gloo.solo.io", "v1", "upstreamgroups", Kind::upstream_group},
    {"RouteOption", "gateway.solo.io", "v1", "routeoptions", Kind::route_option},
    {"VirtualHostOption", "gateway.solo.io", "v1", "virtualhostoptions", Kind::virtual_host_option},
    {"HttpListenerOption", "gateway.solo.io", "v1", "httplisteneroptions", Kind::later},
    {"ListenerOption", "gateway.solo.io", "v1", "listeneroptions", Kind::later},
    {"MatchableHttpGateway", "gateway.solo.io", "v1", "httpgateways", Kind::matchable_http_gateway},
    {"MatchableTcpGateway", "gateway.solo.io", "v1", "tcpgateways", Kind::later},
    {"Settings", "gloo.solo.io", "v1", "settings", Kind::settings},
    {"Secret", "gloo.solo.io", "v1", "secrets", Kind::secret},
    {"Proxy", "gloo.solo.io", "v1", "proxies", Kind::later},
    {"AuthConfig", "enterprise.gloo.solo.io", "v1", "authconfigs", Kind::later},
    {"RateLimitConfig", "ratelimit.solo.io", "v1alpha1", "ratelimitconfigs", Kind::later},
    {"GraphQLApi", "graphql.gloo.solo.io", "v1beta1", "graphqlapis", Kind::later},
    {"DirectResponse", "gateway.gloo.solo.io", "v1alpha1", "directresponses", Kind::later},
    {"GatewayParameters", "gateway.gloo.solo.io", "v1alpha1", "gatewayparameters", Kind::later},
}};

const KindInfo* find_kind(std::string_view name) {
  const auto found = std::ranges::find(kKinds, name, &KindInfo::name);
  return found == kKinds.end() ? nullptr : &*found;
}

bool is_our_group(std::string_view group) {
  return std::ranges::find(kKinds, group, &KindInfo::group) != kKinds.end();
}

// The innermost directory of the path that is a kind's plural.
const KindInfo* kind_of_directory(std::string_view path) {
  while (true) {
    const size_t slash = path.rfind('/');
    if (slash == std::string_view::npos) return nullptr;
    path = path.substr(0, slash);
    const size_t before = path.rfind('/');
    const std::string_view name = before == std::string_view::npos ? path : path.substr(before + 1);
    if (name.empty()) continue;
    const auto found = std::ranges::find(kKinds, name, &KindInfo::plural);
    if (found != kKinds.end()) return &*found;
  }
}

// Fields that only one kind has at its top; where several are given, the first here decides.
struct Telltale {
  std::string_view field;
  std::string_view kind;
};

constexpr std::array<Telltale, 20> kTelltales{{
    {"discoveryNamespace", "Settings"},
    {"watchNamespaces", "Settings"},
    {"refreshRate", "Settings"},
    {"virtualHost", "VirtualService"},
    {"virtual_host", "VirtualService"},
    {"static", "Upstream"},
    {"kube", "Upstream"},
    {"consul", "Upstream"},
    {"pipe", "Upstream"},
    {"aws", "Upstream"},
    {"awsEc2", "Upstream"},
    {"azure", "Upstream"},
    {"gcp", "Upstream"},
    {"bindPort", "Gateway"},
    {"bind_port", "Gateway"},
    {"httpGateway", "Gateway"},
    {"http_gateway", "Gateway"},
    {"target", "ShadowTest"},
    {"routes", "RouteTable"},
    {"destinations", "UpstreamGroup"},
}};

const KindInfo* kind_of_fields(const Node& document) {
  for (const Telltale& telltale : kTelltales) {
    if (document.find(telltale.field) != nullptr) return find_kind(telltale.kind);
  }
  return nullptr;
}

// Only the directory is a reason to insist: many a program's files have a field "routes".
Recognised recognise_flat(const Node& document, std::string_view path) {
  const KindInfo* by_directory = kind_of_directory(path);
  const KindInfo* info = by_directory != nullptr ? by_directory : kind_of_fields(document);
  const bool has_metadata = document.find("metadata") != nullptr;
  if (info != nullptr && has_metadata) return {Recognised::As::resource, info, true, {}, {}};
  if (by_directory != nullptr) {
    return {Recognised::As::unclear, nullptr, false,
            fmt::format("this {} has no metadata", info->name), "give metadata with a name"};
  }
  if (has_metadata) {
    return {Recognised::As::unclear, nullptr, false,
            "it is not clear of which kind this resource is", "give apiVersion and kind"};
  }
  return {Recognised::As::foreign, nullptr, false, "this is not a resource; skipped",
          "a resource has apiVersion, kind, metadata and spec"};
}

Recognised recognise_kind(const Node& document, std::string_view api, std::string_view name) {
  if (api == "v1" && name == "List") return {Recognised::As::list, nullptr, false, {}, {}};
  const KindInfo* info = find_kind(name);
  const bool is_secret = info != nullptr && info->kind == Kind::secret;
  // Its fields stand beside metadata, as Kubernetes has it.
  if (is_secret && api == "v1") return {Recognised::As::resource, info, true, {}, {}};
  const std::string_view group = api.substr(0, api.find('/'));
  if (!is_our_group(group)) {
    return {Recognised::As::foreign,
            nullptr,
            false,
            fmt::format("{} of {} is not a kind of this program; skipped", name, api),
            {}};
  }
  if (info == nullptr || info->group != group) {
    std::vector<std::string_view> names;
    for (const KindInfo& known : kKinds) {
      if (known.group == group) names.push_back(known.name);
    }
    const std::string_view meant = closest(name, names);
    return {Recognised::As::unclear, nullptr, false,
            fmt::format("there is no kind \"{}\" in {}", name, group),
            meant.empty() ? "" : fmt::format("did you mean {}?", meant)};
  }
  if (api.substr(group.size()) != fmt::format("/{}", info->version)) {
    return {Recognised::As::unclear, nullptr, false,
            fmt::format("\"{}\" is not a known version of {}", api, name),
            fmt::format("write {}/{}", info->group, info->version)};
  }
  // Gloo's is no custom resource, so that there is no rule where its fields stand.
  const bool flat = is_secret && document.find("spec") == nullptr;
  return {Recognised::As::resource, info, flat, {}, {}};
}

}  // namespace

Recognised recognise(const Node& document, std::string_view path) {
  if (!document.is_mapping()) {
    return {Recognised::As::unclear, nullptr, false, "this document is not a resource",
            "a resource is a mapping with apiVersion, kind, metadata and spec"};
  }
  const Node* api = document.find("apiVersion");
  const Node* kind = document.find("kind");
  if (api == nullptr && kind == nullptr) return recognise_flat(document, path);
  if (api == nullptr || kind == nullptr || !api->is_scalar() || !kind->is_scalar()) {
    return {Recognised::As::unclear,
            nullptr,
            false,
            "a resource needs both apiVersion and kind, as text",
            {}};
  }
  return recognise_kind(document, api->text(), kind->text());
}

}  // namespace gnomon::config
