// The fields in which options are merged: a route's own with those of the resources it refers to
// and of the routes it was delegated from. Whole fields are taken or left, as Gloo does.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/route_options.h"

namespace gnomon::config {

template <typename Options>
struct OptionField {
  std::string_view name;  // lowerCamelCase
  // Fields of one oneof share a number: giving one of them hides the others of lesser levels. 0: on
  // its own.
  uint8_t one_of;
  bool (*is_given)(const Options& options);
  void (*take)(Options& to, const Options& from);
};

// Every served field of the options has its line in option_fields.cc; a test sees to it.
template <typename Options>
std::span<const OptionField<Options>> option_fields();
template <>
std::span<const OptionField<RouteOptions>> option_fields<RouteOptions>();
template <>
std::span<const OptionField<VirtualHostOptions>> option_fields<VirtualHostOptions>();

}  // namespace gnomon::config
