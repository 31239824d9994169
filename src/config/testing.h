// Helpers for tests that load configuration from memory.
#pragma once

#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/resources.h"

namespace gnomon::config {

inline Resources load_text(std::string text, std::string path = "test.yaml") {
  MemoryFiles files{{path, std::move(text)}};
  return load(files, path);
}

// One line per problem: "line:column severity: field: message".
inline std::string brief(const std::vector<Diagnostic>& diagnostics) {
  std::string out;
  for (const Diagnostic& d : diagnostics) {
    out += fmt::format("{}:{} {}: {}{}{}\n", d.line, d.column, to_string(d.severity), d.field,
                       d.field.empty() ? "" : ": ", d.message);
  }
  return out;
}

inline std::string brief(const Resources& resources) {
  return brief(resources.diagnostics.sorted());
}

}  // namespace gnomon::config
