// A document as JSON in one line, for tests.
#pragma once

#include <fmt/format.h>

#include <string>

#include "compare/document.h"

namespace gnomon::compare::testing {

inline NodeId append_json(const Document& document, NodeId id, std::string& out) {
  const Node& node = document[id];
  if (node.kind == NodeKind::string) {
    fmt::format_to(std::back_inserter(out), "{:?}", std::string(node.text()));
  } else if (!node.is_container()) {
    out.append(node.text());
  } else {
    const bool object = node.kind == NodeKind::object;
    out.push_back(object ? '{' : '[');
    for (NodeId child = id + 1; child < node.next;) {
      if (child != id + 1) out.push_back(',');
      if (object)
        fmt::format_to(std::back_inserter(out), "{:?}:", std::string(document[child].name()));
      child = append_json(document, child, out);
    }
    out.push_back(object ? '}' : ']');
  }
  return node.next;
}

inline std::string json_of(const Document& document) {
  std::string out;
  if (!document.empty()) append_json(document, 0, out);
  return out;
}

}  // namespace gnomon::compare::testing
