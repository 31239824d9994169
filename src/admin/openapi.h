// The API for trials as machines read it.
#pragma once

#include <string_view>

namespace gnomon::admin {

// OpenAPI 3.1, JSON.
std::string_view openapi_document();

}  // namespace gnomon::admin
