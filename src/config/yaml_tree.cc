#include "config/yaml_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "config/scalar.h"

namespace gnomon::config {
namespace {

bool is_merge_key(const Node& key) { return key.is_plain() && key.text() == "<<"; }

// Up to here comparing all pairs is cheaper than a hash table.
constexpr size_t kFewKeys = 12;

bool has_duplicates(std::span<const Entry> entries) {
  for (size_t i = 1; i < entries.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (entries[i].key->text() == entries[j].key->text()) return true;
    }
  }
  return false;
}

template <typename T>
std::span<const T> copy_to(std::pmr::monotonic_buffer_resource& arena, std::span<const T> from) {
  if (from.empty()) return {};
  auto* to = static_cast<T*>(arena.allocate(from.size_bytes(), alignof(T)));
  std::uninitialized_copy(from.begin(), from.end(), to);
  return {to, from.size()};
}

}  // namespace

bool Node::is_null() const noexcept {
  return is_scalar() && plain_ && classify(text_) == ScalarType::null;
}

std::span<const Entry> Node::entries() const noexcept {
  return is_mapping() ? entries_ : std::span<const Entry>();
}

const Node* Node::find(std::string_view key) const noexcept {
  for (const Entry& entry : entries()) {
    if (entry.key->text() == key) return entry.value->is_null() ? nullptr : entry.value;
  }
  return nullptr;
}

const Node* Node::find_any(std::initializer_list<std::string_view> keys) const noexcept {
  for (const std::string_view key : keys) {
    if (const Node* found = find(key)) return found;
  }
  return nullptr;
}

void TreeBuilder::start_document() {
  anchors_.clear();
  open_.clear();
  children_.clear();
  arena_.release();
  root_ = nullptr;
  spent_ = 0;
  broken_ = false;
}

bool TreeBuilder::refuse(Position at, const char* message, const char* hint) {
  diagnostics_.error(at, message, {}, hint);
  broken_ = true;
  return false;
}

bool TreeBuilder::spend(Position at, uint64_t nodes) {
  spent_ += nodes;
  if (spent_ <= limits_.nodes) return true;
  return refuse(at, "the document is too large", "aliases and merge keys count as if written out");
}

std::string_view TreeBuilder::keep(std::string_view text) {
  return {copy_to<char>(arena_, {text.data(), text.size()}).data(), text.size()};
}

Node* TreeBuilder::make(Node::Kind kind, Position at) {
  auto* node = std::construct_at(static_cast<Node*>(arena_.allocate(sizeof(Node), alignof(Node))));
  node->kind_ = kind;
  node->at_ = at;
  return node;
}

bool TreeBuilder::place(const Node* node) {
  if (open_.size() + node->depth_ > limits_.depth) {
    return refuse(node->at(), "nested too deeply", "");
  }
  if (open_.empty()) {
    root_ = node;
  } else {
    children_.push_back(node);
  }
  return true;
}

bool TreeBuilder::scalar(Position at, std::string_view text, bool plain, std::string_view anchor) {
  if (!spend(at, 1)) return false;
  Node* node = make(Node::Kind::scalar, at);
  node->plain_ = plain;
  node->text_ = keep(text);
  if (!anchor.empty()) anchors_.insert_or_assign(keep(anchor), node);
  return place(node);
}

bool TreeBuilder::start(Node::Kind kind, Position at, std::string_view anchor) {
  if (!spend(at, 1)) return false;
  if (open_.size() >= limits_.depth) return refuse(at, "nested too deeply", "");
  open_.push_back({make(kind, at), keep(anchor), children_.size()});
  return true;
}

bool TreeBuilder::start_sequence(Position at, std::string_view anchor) {
  return start(Node::Kind::sequence, at, anchor);
}

bool TreeBuilder::start_mapping(Position at, std::string_view anchor) {
  return start(Node::Kind::mapping, at, anchor);
}

bool TreeBuilder::end_collection() {
  const Open closed = open_.back();
  open_.pop_back();
  const auto children = std::span(children_).subspan(closed.first_child);
  Node& node = *closed.node;
  if (node.is_sequence()) {
    close_sequence(node, children);
  } else if (!close_mapping(node, children)) {
    return false;
  }
  children_.resize(closed.first_child);
  // Only now, so that a collection cannot contain itself.
  if (!closed.anchor.empty()) anchors_.insert_or_assign(closed.anchor, &node);
  return place(&node);
}

void TreeBuilder::close_sequence(Node& node, std::span<const Node* const> children) {
  node.items_ = copy_to(arena_, children);
  for (const Node* child : children) {
    node.weight_ += child->weight_;
    node.depth_ = std::max<uint16_t>(node.depth_, child->depth_ + 1);
  }
}

bool TreeBuilder::close_mapping(Node& node, std::span<const Node* const> children) {
  std::vector<Entry> entries;
  entries.reserve(children.size() / 2);
  std::vector<const Node*> merged;
  for (size_t i = 0; i + 1 < children.size(); i += 2) {
    const Node* key = children[i];
    if (!key->is_scalar()) {
      diagnostics_.error(key->at(), "a key must be plain text");
    } else if (is_merge_key(*key)) {
      merged.push_back(children[i + 1]);
    } else {
      entries.push_back({key, children[i + 1]});
    }
  }
  drop_duplicates(entries);
  for (const Node* from : merged) {
    if (!merge(entries, *from)) return false;
  }
  for (const Entry& entry : entries) {
    node.weight_ += 1 + entry.value->weight_;
    node.depth_ = std::max<uint16_t>(node.depth_, entry.value->depth_ + 1);
  }
  node.entries_ = copy_to<Entry>(arena_, entries);
  return true;
}

void TreeBuilder::drop_duplicates(std::vector<Entry>& entries) {
  if (entries.size() <= kFewKeys && !has_duplicates(entries)) return;
  std::vector<Entry> kept;
  boost::unordered_flat_map<std::string_view, const Node*> seen;
  seen.reserve(entries.size());
  for (const Entry& entry : entries) {
    const auto [first, fresh] = seen.emplace(entry.key->text(), entry.key);
    if (fresh) {
      kept.push_back(entry);
      continue;
    }
    diagnostics_.error(entry.key->at(), fmt::format("duplicate key \"{}\"", entry.key->text()), {},
                       fmt::format("it is already given in line {}", first->second->at().line));
  }
  entries = std::move(kept);
}

// Keys of the mapping itself win over merged ones, and of several merged mappings the first wins
// (YAML 1.1, "Merge Key Language-Independent Type").
bool TreeBuilder::merge(std::vector<Entry>& entries, const Node& from) {
  if (from.is_sequence()) {
    return std::ranges::all_of(from.items(), [&](const Node* item) {
      if (item->is_mapping()) return merge(entries, *item);
      diagnostics_.error(item->at(), "only mappings can be merged with <<");
      return true;
    });
  }
  if (!from.is_mapping()) {
    diagnostics_.error(from.at(), "only mappings can be merged with <<");
    return true;
  }
  boost::unordered_flat_map<std::string_view, bool> own;
  own.reserve(entries.size());
  for (const Entry& entry : entries) own.emplace(entry.key->text(), true);
  for (const Entry& entry : from.entries()) {
    if (own.contains(entry.key->text())) continue;
    if (!spend(entry.value->at(), 1 + uint64_t{entry.value->weight_})) return false;
    entries.push_back(entry);
  }
  return true;
}

bool TreeBuilder::alias(Position at, std::string_view name) {
  const auto found = anchors_.find(name);
  if (found != anchors_.end()) return spend(at, found->second->weight_) && place(found->second);
  const bool inside = std::ranges::any_of(open_, [&](const Open& o) { return o.anchor == name; });
  diagnostics_.error(at, inside ? fmt::format("\"*{}\" stands inside of what it names", name)
                                : fmt::format("there is no anchor \"&{}\" before this", name));
  return scalar(at, "", true, "");
}

}  // namespace gnomon::config
