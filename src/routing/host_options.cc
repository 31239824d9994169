#include "routing/host_options.h"

#include <fmt/format.h>

#include <deque>
#include <string>

#include "routing/edits_builder.h"
#include "routing/effective_options.h"
#include "routing/filters_builder.h"
#include "routing/options_origins.h"
#include "routing/retry_builder.h"

namespace gnomon::routing {
namespace {

using Layer = OptionsLayer<config::VirtualHostOptions>;

// Inline options first, then those of the VirtualHostOptions referred to.
std::deque<Layer> layers_of(BuildContext& context,
                            const ResourceNames<config::VirtualHostOption>& known,
                            const config::Metadata& owner, const config::VirtualHost& from) {
  std::deque<Layer> layers;
  if (from.options) {
    layers.emplace_back(&*from.options, &owner, from.options->at, "virtualHost.options");
  }
  const size_t count = from.options_refs ? from.options_refs->delegate_options.size() : 0;
  for (size_t i = 0; i < count; ++i) {
    const config::ResourceRef& ref = from.options_refs->delegate_options[i];
    const std::string field = fmt::format("virtualHost.optionsConfigRefs.delegateOptions[{}]", i);
    warn_of_missing_namespace(context, ref, owner, field);
    const std::string name = full_name(ref, owner);
    const config::VirtualHostOption* found = known.find(name);
    if (found == nullptr) {
      context.warning(owner, ref.at, fmt::format("list did not find virtualHostOption {}", name),
                      field,
                      "define this VirtualHostOption, or correct its name or namespace here");
    } else if (found->options) {
      layers.emplace_back(&*found->options, &found->metadata, found->options->at, "options");
    }
  }
  return layers;
}

// What holds for every route that does not say otherwise.
void apply(BuildContext& context, const Layer& layer, HostOptions& out) {
  const Place place{context, layer.owner, layer.field};
  out.filters = build_host_filters(place, out.merged);
  if (out.merged.retries) out.retries = build_retries(place, *out.merged.retries);
  if (out.merged.headers) {
    out.edits = std::make_shared<const HeaderEdits>(build_edits(place, *out.merged.headers));
  }
}

}  // namespace

HostOptions build_host_options(BuildContext& context,
                               const ResourceNames<config::VirtualHostOption>& known,
                               const config::VirtualService& service) {
  const std::deque<Layer> kept = layers_of(context, known, service.metadata, *service.virtual_host);
  std::vector<const Layer*> layers;
  layers.reserve(kept.size());
  for (const Layer& layer : kept) layers.push_back(&layer);
  const EffectiveOptions<config::VirtualHostOptions> options(std::move(layers));
  HostOptions out;
  out.merged = options.merged();
  if (!options.empty()) apply(context, *options.layers().front(), out);
  out.origins = origins_of(context, options);
  return out;
}

}  // namespace gnomon::routing
