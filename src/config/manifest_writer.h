// Manifests that the program writes itself, for a gateway of its own.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace gnomon::config {

class ManifestWriter {
 public:
  // Ordered, as people would write it.
  using Json = nlohmann::ordered_json;

  // All that is added stands in one namespace.
  explicit ManifestWriter(std::string_view name_space) : namespace_(name_space) {}

  // To a resource that is added before or after.
  Json reference(std::string_view name) const;
  void add(std::string_view api, std::string_view kind, std::string_view name, Json spec);
  // Of a single host. `more` is added to its spec.
  void add_upstream(std::string_view name, std::string_view host, uint16_t port,
                    const Json& more = Json::object());
  const std::string& text() const noexcept { return text_; }

 private:
  const std::string namespace_;
  std::string text_;
};

}  // namespace gnomon::config
