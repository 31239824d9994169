// Documents in tests: as JSON in one line, and node by node.
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

// Where their texts lie does not matter.
inline bool same_trees(const Document& left, const Document& right) {
  const auto same = [](const Node& a, const Node& b) {
    return a.hash == b.hash && a.name_hash == b.name_hash && a.kind == b.kind &&
           a.text() == b.text() && a.name() == b.name() && a.next == b.next && a.count == b.count &&
           a.flags == b.flags && a.text_size == b.text_size;
  };
  if (left.size() != right.size()) return false;
  for (NodeId i = 0; i < left.size(); ++i) {
    if (!same(left[i], right[i])) return false;
  }
  return true;
}

}  // namespace gnomon::compare::testing
