#include "config/discovered.h"

#include <fmt/format.h>

#include "config/schema.h"

namespace gnomon::config {
namespace {

constexpr std::string_view kAnswers503 = "the route answers 503";
constexpr std::string_view kNoEndpoints = "the Upstream has no endpoints";

bool warn_of_kube(const Node& node, const Scope& scope, std::string_view name_space,
                  std::string_view service, uint32_t port, std::string_view effect) {
  scope.warning(
      node.at(),
      service.empty()
          ? fmt::format("Kubernetes is not asked for services; {}", effect)
          : fmt::format("Kubernetes is not asked for services: whether there is one {}{}{} "
                        "with a port {} is not known; {}",
                        name_space, name_space.empty() ? "" : ".", service, port, effect));
  return true;
}

bool warn_of_consul(const Node& node, const Scope& scope, std::string_view service,
                    std::string_view effect) {
  scope.warning(node.at(), fmt::format("Consul is not asked for services{}{}; {}",
                                       service.empty() ? "" : " such as ", service, effect));
  return true;
}

}  // namespace

void describe(Schema<KubeDestination>& s) {
  s.field("ref", &KubeDestination::ref);
  s.field("port", &KubeDestination::port);
  s.check([](const KubeDestination& to, const Node& node, const Scope& scope) {
    return warn_of_kube(node, scope, to.ref.name_space, to.ref.name, to.port, kAnswers503);
  });
}

void describe(Schema<ConsulDestination>& s) {
  s.field("serviceName", &ConsulDestination::service);
  s.field("tags", &ConsulDestination::tags);
  s.field("dataCenters", &ConsulDestination::data_centers);
  s.check([](const ConsulDestination& to, const Node& node, const Scope& scope) {
    return warn_of_consul(node, scope, to.service, kAnswers503);
  });
}

void describe(Schema<KubeUpstream>& s) {
  s.field("serviceName", &KubeUpstream::service);
  s.field("serviceNamespace", &KubeUpstream::name_space);
  s.field("servicePort", &KubeUpstream::port);
  s.field("selector", &KubeUpstream::selector);
  s.ignored({"serviceSpec", "subsetSpec"});
  s.check([](const KubeUpstream& of, const Node& node, const Scope& scope) {
    return warn_of_kube(node, scope, of.name_space, of.service, of.port, kNoEndpoints);
  });
}

void describe(Schema<ConsulQueryOptions>& s) {
  s.field("useCache", &ConsulQueryOptions::use_cache);
}

void describe(Schema<ConsulUpstream>& s) {
  s.field("serviceName", &ConsulUpstream::service);
  s.field("connectEnabled", &ConsulUpstream::connect);
  for (const char* tags :
       {"serviceTags", "subsetTags", "instanceTags", "instanceBlacklistTags", "dataCenters"}) {
    s.field(tags, &ConsulUpstream::tags);
  }
  s.ignored({"consistencyMode", "serviceSpec"});
  s.told<ConsulQueryOptions>("queryOptions");
  s.check([](const ConsulUpstream& of, const Node& node, const Scope& scope) {
    return warn_of_consul(node, scope, of.service, kNoEndpoints);
  });
}

}  // namespace gnomon::config
