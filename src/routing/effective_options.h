// Options of a route or a virtual host with everything that comes from elsewhere, and from where.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/metadata.h"
#include "config/option_fields.h"
#include "config/source.h"

namespace gnomon::routing {

// One place where options are written.
template <typename Options>
struct OptionsLayer {
  const Options* options;
  const config::Metadata* owner;
  config::Position at;
  std::string field;  // path of the options below the owner's spec
};

// Layers in order of precedence: of each field the first layer that gives it counts. The layers
// must outlive this.
template <typename Options>
class EffectiveOptions {
 public:
  using Layer = OptionsLayer<Options>;

  EffectiveOptions() = default;
  explicit EffectiveOptions(std::vector<const Layer*> layers) : layers_(std::move(layers)) {}

  const std::vector<const Layer*>& layers() const noexcept { return layers_; }
  bool empty() const noexcept { return layers_.empty(); }

  Options merged() const {
    if (layers_.empty()) return {};
    Options out = *layers_.front()->options;
    for (size_t i = 1; i < layers_.size(); ++i) {
      for (const auto& field : config::option_fields<Options>()) {
        if (gives(*layers_[i], field) && source_of(field) == layers_[i]) {
          field.take(out, *layers_[i]->options);
        }
      }
    }
    return out;
  }

  // The layer that a field is taken from, or null.
  const Layer* source_of(std::string_view name) const {
    for (const auto& field : config::option_fields<Options>()) {
      if (field.name == name) return source_of(field);
    }
    return nullptr;
  }

  // Names of the fields that are taken from a layer.
  std::vector<std::string_view> taken_from(const Layer& layer) const {
    std::vector<std::string_view> names;
    for (const auto& field : config::option_fields<Options>()) {
      if (gives(layer, field) && source_of(field) == &layer) names.push_back(field.name);
    }
    return names;
  }

 private:
  using Field = config::OptionField<Options>;

  static bool gives(const Layer& layer, const Field& field) {
    return field.is_given(*layer.options);
  }

  static bool gives_one_of(const Layer& layer, const Field& field) {
    if (field.one_of == 0) return gives(layer, field);
    for (const Field& other : config::option_fields<Options>()) {
      if (other.one_of == field.one_of && gives(layer, other)) return true;
    }
    return false;
  }

  const Layer* source_of(const Field& field) const {
    for (const Layer* layer : layers_) {
      if (gives_one_of(*layer, field)) return gives(*layer, field) ? layer : nullptr;
    }
    return nullptr;
  }

  std::vector<const Layer*> layers_;
};

}  // namespace gnomon::routing
