// What a resource's spec, as it was written, says in a word or a few lines.
#pragma once

#include <string>

#include "cli/documents.h"

namespace gnomon::cli {

// Of a VirtualService: where its certificate comes from.
std::string ssl_of(const Json& spec);
// Of an Upstream: its type as glooctl calls it, and where it leads.
std::string type_of(const Json& spec);
std::string details_of(const Json& spec);

}  // namespace gnomon::cli
