// Members of what a gateway answered, which may be one of another version. What is absent or null
// has its usual value; what is of another type than it was cannot be read.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace gnomon::cli {

class Unreadable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Each throws Unreadable; references live as long as `object`, or for ever.
std::string read_text(const nlohmann::ordered_json& object, const char* name);
uint64_t read_count(const nlohmann::ordered_json& object, const char* name);
double read_number(const nlohmann::ordered_json& object, const char* name);
bool read_flag(const nlohmann::ordered_json& object, const char* name);
const nlohmann::ordered_json& read_list(const nlohmann::ordered_json& object, const char* name);
const nlohmann::ordered_json& read_object(const nlohmann::ordered_json& object, const char* name);
// Of any type; null where there is none.
const nlohmann::ordered_json& read_member(const nlohmann::ordered_json& object, const char* name);

// For values that stand in a list or under a name that is not known.
std::string as_text(const nlohmann::ordered_json& value);
uint64_t as_count(const nlohmann::ordered_json& value);

}  // namespace gnomon::cli
