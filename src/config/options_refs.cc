#include "config/options_refs.h"

#include "config/schema.h"

namespace gnomon::config {

void describe(Schema<OptionsRefs>& s) {
  s.field("delegateOptions", &OptionsRefs::delegate_options);
}

}  // namespace gnomon::config
