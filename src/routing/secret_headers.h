// What a headerSecretRef stands for: every field of a header Secret.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/metadata.h"
#include "routing/build_context.h"

namespace gnomon::routing {

struct SecretHeader {
  std::string name;
  std::string value;
};

// Nothing, and says why, where they cannot be had. `field` is where the reference stands.
std::vector<SecretHeader> secret_headers(BuildContext& context, const config::Metadata& owner,
                                         const config::ResourceRef& ref, std::string_view field);

}  // namespace gnomon::routing
