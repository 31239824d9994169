// Builds the tree of one document from the parser's events: anchors, merge keys, duplicate keys and
// the limits that keep a small text from becoming a large tree.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "config/yaml.h"

namespace gnomon::config {

class TreeBuilder {
 public:
  TreeBuilder(Diagnostics& diagnostics, YamlLimits limits)
      : diagnostics_(diagnostics), limits_(limits) {}

  // Forgets the document before; its nodes become invalid.
  void start_document();
  // Null when the document was empty or broken.
  const Node* finish_document() const { return broken_ ? nullptr : root_; }

  // `anchor` is empty without one. Each returns false when a limit is passed; the document is then
  // broken and the rest of it has to be skipped.
  bool scalar(Position at, std::string_view text, bool plain, std::string_view anchor);
  bool start_sequence(Position at, std::string_view anchor);
  bool start_mapping(Position at, std::string_view anchor);
  bool end_collection();
  bool alias(Position at, std::string_view name);

 private:
  struct Open {
    Node* node;
    std::string_view anchor;
    size_t first_child;  // index into children_
  };

  Node* make(Node::Kind kind, Position at);
  bool start(Node::Kind kind, Position at, std::string_view anchor);
  bool place(const Node* node);
  bool spend(Position at, uint64_t nodes);
  bool refuse(Position at, const char* message, const char* hint);
  std::string_view keep(std::string_view text);
  void close_sequence(Node& node, std::span<const Node* const> children);
  bool close_mapping(Node& node, std::span<const Node* const> children);
  bool merge(std::vector<Entry>& entries, const Node& from);
  void drop_duplicates(std::vector<Entry>& entries);

  Diagnostics& diagnostics_;
  YamlLimits limits_;
  std::pmr::monotonic_buffer_resource arena_{size_t{16} << 10};
  boost::unordered_flat_map<std::string_view, const Node*> anchors_;
  std::vector<Open> open_;
  std::vector<const Node*> children_;  // of all open collections, one behind the other
  const Node* root_ = nullptr;
  uint64_t spent_ = 0;
  bool broken_ = false;
};

}  // namespace gnomon::config
