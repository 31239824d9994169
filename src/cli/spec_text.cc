#include "cli/spec_text.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

namespace gnomon::cli {
namespace {

std::string text(const Json& object, const char* key) {
  if (!object.is_object() || !object.contains(key)) return "";
  const Json& value = object[key];
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

std::string ssl_of(const Json& spec) {
  const auto ssl = spec.contains("sslConfig") ? spec.find("sslConfig") : spec.find("ssl_config");
  if (ssl == spec.end() || ssl->is_null()) return "none";
  if (ssl->contains("secretRef") || ssl->contains("secret_ref")) return "secret_ref";
  if (ssl->contains("sslFiles") || ssl->contains("ssl_files")) return "ssl_files";
  return ssl->contains("sds") ? "sds" : "unknown";
}

std::string type_of(const Json& spec) {
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

std::string details_of(const Json& spec) {
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
  return fmt::format("{}", fmt::join(lines, "\n"));
}

}  // namespace gnomon::cli
