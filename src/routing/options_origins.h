// Where the options of a route or a virtual host come from, for /config_dump and `gnomon explain`.
#pragma once

#include <vector>

#include "routing/build_context.h"
#include "routing/effective_options.h"
#include "routing/plan.h"

namespace gnomon::routing {

template <typename Options>
std::vector<OptionsOrigin> origins_of(const BuildContext& context,
                                      const EffectiveOptions<Options>& options) {
  std::vector<OptionsOrigin> out;
  for (const auto* layer : options.layers()) {
    out.push_back(
        {layer->owner->title(), context.source_of(layer->at), options.taken_from(*layer)});
  }
  return out;
}

}  // namespace gnomon::routing
