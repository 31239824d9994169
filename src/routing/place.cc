#include "routing/place.h"

#include <fmt/format.h>

#include <utility>

namespace gnomon::routing {

std::string Place::field(std::string_view name) const {
  return name.empty() ? path : fmt::format("{}.{}", path, name);
}

void Place::error(config::Position at, std::string message, std::string_view name,
                  std::string hint) const {
  context.error(*owner, at, std::move(message), field(name), std::move(hint));
}

void Place::warning(config::Position at, std::string message, std::string_view name,
                    std::string hint) const {
  context.warning(*owner, at, std::move(message), field(name), std::move(hint));
}

RegexPtr Place::compile(const config::Located<std::string>& pattern, std::string_view name) const {
  Compiled compiled = compile_regex(pattern.value);
  if (compiled.regex == nullptr) {
    error(pattern.at, fmt::format("invalid regular expression: {}", compiled.error), name,
          "the syntax is that of RE2, without look-around and back-references");
  }
  return std::move(compiled.regex);
}

}  // namespace gnomon::routing
