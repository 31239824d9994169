// A verdict for people and for other programs' reports, from the JSON of the API.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace gnomon::cli {

std::string verdict_text(const nlohmann::ordered_json& verdict);
std::string verdict_markdown(const nlohmann::ordered_json& verdict);
// One test suite: a case for each check, and one for the ruling.
std::string verdict_junit(const nlohmann::ordered_json& verdict);

}  // namespace gnomon::cli
