#include "config/manifest_writer.h"

#include <utility>

namespace gnomon::config {

ManifestWriter::Json ManifestWriter::reference(std::string_view name) const {
  return {{"name", name}, {"namespace", namespace_}};
}

// JSON is YAML, and leaves no doubt about quoting.
void ManifestWriter::add(std::string_view api, std::string_view kind, std::string_view name,
                         Json spec) {
  const Json resource{{"apiVersion", api},
                      {"kind", kind},
                      {"metadata", reference(name)},
                      {"spec", std::move(spec)}};
  text_ += "---\n" + resource.dump(2) + "\n";
}

void ManifestWriter::add_upstream(std::string_view name, std::string_view host, uint16_t port,
                                  const Json& more) {
  Json spec{{"static", {{"hosts", Json::array({{{"addr", host}, {"port", port}}})}}}};
  spec.update(more);
  add("gloo.solo.io/v1", "Upstream", name, std::move(spec));
}

}  // namespace gnomon::config
