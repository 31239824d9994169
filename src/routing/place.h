// Where something is written, for what has to be told of it.
#pragma once

#include <string>
#include <string_view>

#include "config/metadata.h"
#include "config/route_options.h"
#include "config/source.h"
#include "routing/build_context.h"
#include "routing/regex.h"

namespace gnomon::routing {

struct Place {
  BuildContext& context;
  const config::Metadata* owner;
  std::string path;  // below its owner's spec

  // Of a field below it.
  std::string field(std::string_view name) const;

  void error(config::Position at, std::string message, std::string_view name,
             std::string hint = {}) const;
  void warning(config::Position at, std::string message, std::string_view name,
               std::string hint = {}) const;
  // Null where it is none, which is reported.
  RegexPtr compile(const config::Located<std::string>& pattern, std::string_view name) const;
};

}  // namespace gnomon::routing
