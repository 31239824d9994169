// The two messages of grpc.health.v1.Health/Check, as they travel in a body.
#pragma once

#include <string>
#include <string_view>

namespace gnomon::proxy {

// Asks for a service; an empty name asks for the server as a whole.
std::string make_health_question(std::string_view service);

// Whether the body is one message that says SERVING.
bool says_serving(std::string_view body) noexcept;

}  // namespace gnomon::proxy
