// The tree into which every structured body is read: JSON, XML, HTML, forms, gRPC messages. Nodes
// lie in one array in the order in which they were read, and a document that is read into again
// reuses its memory. Members keep their order; a name may occur twice.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "compare/hash.h"
#include "compare/limits.h"

namespace gnomon::compare {

enum class NodeKind : uint8_t { null, boolean, number, string, array, object };

std::string_view to_string(NodeKind kind) noexcept;

// What a child's place in its parent says, besides its name.
inline constexpr uint8_t kRepeatedName = 1;  // a member before this one has the same name
inline constexpr uint8_t kRepeatsNames = 2;  // an object in which a name occurs twice

struct Node {
  // Of the value: equal values have equal hashes, whatever the order of members, the spelling of
  // numbers and of strings.
  uint64_t hash = 0;
  uint64_t name_hash = 0;
  const char* text_data = nullptr;
  const char* name_data = nullptr;
  uint32_t text_size = 0;  // of a container: its tokens, where the reader counts them
  uint32_t name_size = 0;
  uint32_t next =
      0;  // index of the node behind this subtree, which is the next sibling if there is one
  uint32_t count = 0;  // children of an array or object
  NodeKind kind = NodeKind::null;
  uint8_t flags = 0;

  bool is_container() const noexcept { return kind >= NodeKind::array; }
  // Characters of a string, the token of a number as it was written, "true", "false", "null".
  std::string_view text() const noexcept { return {text_data, is_container() ? 0 : text_size}; }
  // Of a member of an object.
  std::string_view name() const noexcept { return {name_data, name_size}; }
};

// What became of reading a body. A reader is a function
//   ReadStatus read_x(std::string_view body, const DocumentLimits& limits, Document& out);
enum class ReadStatus : uint8_t {
  ok,
  invalid,  // it is not of that format
  limit,    // out.limits() says which
};

// Index of a node; the root is 0 and the first child of `n` is `n + 1`.
using NodeId = uint32_t;

class Document {
 public:
  Document() = default;
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  bool empty() const noexcept { return size_ == 0; }
  size_t size() const noexcept { return size_; }
  const Node& operator[](NodeId id) const noexcept { return nodes_[id]; }
  const Node& root() const noexcept { return nodes_[0]; }
  // Limits that stopped the reading; the tree is then not to be used.
  LimitSet limits() const noexcept { return limits_; }

  // Forgets the tree; keeps memory up to what an ordinary document takes.
  void clear() noexcept;

  // A buffer for the source that nodes may view, valid until clear(). `padding` more bytes may be
  // read behind it, and are zero.
  char* source(size_t bytes, size_t padding);
  std::string_view source() const noexcept { return {source_.get(), source_size_}; }

 private:
  friend class DocumentBuilder;

  // A container around the next value, with what its hash is so far. The outermost is not a node;
  // it holds the root.
  struct Frame {
    NodeId id = 0;
    uint32_t count = 0;
    uint64_t hash = 0;
    std::array<uint64_t, 4> names{};  // bits of the hashes of names that were met
    bool is_object = false;
    bool may_repeat = false;  // a name whose bit was met before
  };
  // The last member so far with the name that hashes here, and the hash of all such values.
  struct Slot {
    NodeId member = 0;  // 0 is the root, which is nobody's member
    uint64_t values = 0;
  };

  std::vector<Node> nodes_;  // the tree, and behind it what is left of earlier ones
  uint32_t size_ = 0;        // of the tree
  std::unique_ptr<char[]> source_;
  size_t source_size_ = 0;
  size_t source_capacity_ = 0;
  std::vector<std::unique_ptr<char[]>> kept_;  // text that is not in the source
  char* kept_next_ = nullptr;                  // free room in the last of them
  size_t kept_left_ = 0;
  size_t kept_bytes_ = 0;  // of all of them
  std::vector<Frame> open_;
  std::vector<Slot> table_;  // of the names of one object
  LimitSet limits_;
};

// What tells values of different kinds apart that are written alike.
inline constexpr uint64_t kKindSeeds[] = {0x2127599bf4325c37, 0x880355f21e6d1965,
                                          0x9ae16a3b2f90404f, 0xc949c7defeb1fbf7,
                                          0xd6e8feb86659fd93, 0xa0761d6478bd642f};

// Fills a document. Calls that add return false once a limit is reached, and then nothing more is
// added. Texts and names are viewed, not copied: they lie in the document's source, in static
// storage, or in what keep() returned.
class DocumentBuilder {
 public:
  explicit DocumentBuilder(Document& out, const DocumentLimits& limits = {});

  // Of the next value; in objects only.
  void name(std::string_view name) noexcept { name_ = name; }

  bool null(std::string_view token = "null") { return scalar(NodeKind::null, token); }
  bool boolean(bool value) { return boolean_token(value ? "true" : "false"); }
  bool boolean_token(std::string_view token) { return scalar(NodeKind::boolean, token); }
  // A number of RFC 8259, as it was written. False for anything else, with no limit set.
  bool number(std::string_view token);
  [[gnu::always_inline]] bool string(std::string_view text) {
    return add(NodeKind::string, text,
               hash_text(text, kKindSeeds[static_cast<size_t>(NodeKind::string)]));
  }
  // A reader of tokens says where a container begins, and of how many it is in the end.
  bool begin_array(const char* at = nullptr) { return begin(NodeKind::array, at); }
  bool begin_object(const char* at = nullptr) { return begin(NodeKind::object, at); }
  void end(size_t tokens = 0) {
    const Document::Frame& frame = out_.open_.back();
    Node& node = out_.nodes_[frame.id];
    node.next = out_.size_;
    node.count = frame.count;
    node.text_size = static_cast<uint32_t>(tokens);
    const uint64_t hash = frame.may_repeat ? hash_members(frame.id) : frame.hash;
    node.hash = mix(hash, kKindSeeds[static_cast<size_t>(node.kind)] + node.count);
    out_.open_.pop_back();
    count_in(node);
  }

  // Adds siblings from another document, from `first` up to `end`, as if they were read once more.
  // Their texts and names lie where that document has them. False, and nothing is added, where they
  // would be too many.
  bool repeat(const Document& from, NodeId first, NodeId end);

  // A copy that lives as long as the document; empty with a limit set if that would be too large.
  std::string_view keep(std::string_view text);
  // Room for text that is written in place; null with a limit set if that would be too large.
  char* allocate(size_t bytes);

  // Gives up before anything is read.
  ReadStatus refuse(Limit limit) noexcept {
    stop(limit);
    return ReadStatus::limit;
  }

  // True when exactly one value was built and every container is closed.
  bool complete() const noexcept;

 private:
  bool scalar(NodeKind kind, std::string_view text) {
    return add(kind, text, hash_text(text, kKindSeeds[static_cast<size_t>(kind)]));
  }
  bool begin(NodeKind kind, const char* at) {
    if (out_.open_.size() > limits_.depth) return stop(Limit::depth);
    if (add_node(kind, std::string_view(at, at)) == nullptr) return false;
    Document::Frame& frame = out_.open_.emplace_back();
    frame.id = out_.size_ - 1;
    frame.is_object = kind == NodeKind::object;
    return true;
  }
  [[gnu::always_inline]] bool add(NodeKind kind, std::string_view text, uint64_t hash) {
    Node* const node = add_node(kind, text);
    if (node == nullptr) return false;
    node->hash = hash;
    count_in(*node);
    return true;
  }
  [[gnu::always_inline]] Node* add_node(NodeKind kind, std::string_view text) {
    if (out_.size_ >= room_ || text.size() > limits_.text_bytes) [[unlikely]] {
      if (!make_room(1, text.size())) return nullptr;
    }
    // Filled where it lies: building a node and moving it in stalls on store forwarding. It may
    // have been another one before.
    Node& node = out_.nodes_[out_.size_++];
    node.text_data = text.data();
    node.text_size = static_cast<uint32_t>(text.size());
    node.next = out_.size_;
    node.count = 0;
    node.kind = kind;
    node.flags = 0;
    const bool is_member = out_.open_.back().is_object;
    node.name_data = is_member ? name_.data() : nullptr;
    node.name_size = is_member ? static_cast<uint32_t>(name_.size()) : 0;
    node.name_hash = is_member ? hash_text(name_, 0) : 0;
    return &node;
  }
  // A whole value goes into the hash of what is around it. An array's hash depends on the order of
  // its elements, an object's only on that of members with the same name, which are seen to at its
  // end.
  [[gnu::always_inline]] void count_in(const Node& node) {
    Document::Frame& frame = out_.open_.back();
    ++frame.count;
    if (!frame.is_object) {
      frame.hash = mix(frame.hash, node.hash);
      return;
    }
    frame.hash += mix(node.name_hash, node.hash);
    uint64_t& word = frame.names[(node.name_hash >> 6) % frame.names.size()];
    const uint64_t bit = uint64_t{1} << (node.name_hash % 64);
    frame.may_repeat |= (word & bit) != 0;
    word |= bit;
  }
  // For so many nodes more, of which none has a longer text. Stops at the limits.
  bool make_room(size_t nodes, size_t text_size);
  uint64_t hash_members(NodeId object);
  bool stop(Limit limit) noexcept;

  Document& out_;
  const DocumentLimits limits_;
  size_t nodes_max_;  // 0 once a limit is reached
  size_t room_;       // in out_.nodes_, as far as it may be used
  std::string_view name_;
};

}  // namespace gnomon::compare
