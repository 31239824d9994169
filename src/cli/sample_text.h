// A sample of two answers that differ, for people.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace gnomon::cli {

// The request, its differences, and both answers side by side.
std::string sample_text(const nlohmann::ordered_json& sample, bool color);

// A command that sends the sample's request again. What was redacted is left for a person to fill
// in, and so is a body, as a comment says.
std::string sample_curl(const nlohmann::ordered_json& sample);

}  // namespace gnomon::cli
