// optionsConfigRefs: options that stand in resources of their own.
#pragma once

#include <vector>

#include "config/metadata.h"
#include "config/source.h"

namespace gnomon::config {

// Inline options come first, then these in their order; the first that gives a field is taken.
struct OptionsRefs {
  Position at;
  std::vector<ResourceRef> delegate_options;
};

void describe(Schema<OptionsRefs>& s);

}  // namespace gnomon::config
