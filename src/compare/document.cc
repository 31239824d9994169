#include "compare/document.h"

#include <array>
#include <bit>
#include <cstring>

#include "compare/decimal.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace gnomon::compare {
namespace {

// Memory that a document keeps for the next body.
constexpr size_t kNodesKept = 64 << 10;
constexpr size_t kSourceKept = size_t{2} << 20;
constexpr size_t kTextBlock = 16 << 10;
// Up to here each name is compared with those before it; above, through a table.
constexpr uint32_t kFewMembers = 8;

constexpr std::array<std::string_view, 6> kKindNames = {"null",   "boolean", "number",
                                                        "string", "array",   "object"};
constexpr std::array<uint64_t, 6> kKindSeeds = {0x2127599bf4325c37, 0x880355f21e6d1965,
                                                0x9ae16a3b2f90404f, 0xc949c7defeb1fbf7,
                                                0xd6e8feb86659fd93, 0xa0761d6478bd642f};

uint64_t mix(uint64_t a, uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a ^ 0x9E3779B97F4A7C15) * (b ^ 0xE7037ED1A0B428DB);
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t hash_bytes(std::string_view text, uint64_t seed) noexcept {
  return XXH3_64bits_withSeed(text.data(), text.size(), seed);
}

}  // namespace

std::string_view to_string(NodeKind kind) noexcept { return kKindNames[static_cast<size_t>(kind)]; }

void Document::clear() noexcept {
  nodes_.clear();
  if (nodes_.capacity() > kNodesKept) nodes_.shrink_to_fit();
  if (source_capacity_ > kSourceKept) source_.reset(), source_capacity_ = 0;
  kept_.clear();
  kept_next_ = nullptr;
  kept_left_ = kept_bytes_ = 0;
  open_.clear();
  limits_ = {};
}

char* Document::source(size_t bytes, size_t padding) {
  const size_t needed = bytes + padding;
  if (source_capacity_ < needed) {
    source_capacity_ = std::bit_ceil(needed);
    source_ = std::make_unique_for_overwrite<char[]>(source_capacity_);
  }
  std::memset(source_.get() + bytes, 0, padding);
  return source_.get();
}

DocumentBuilder::DocumentBuilder(Document& out, const DocumentLimits& limits)
    : out_(out), limits_(limits) {
  out_.clear();
}

bool DocumentBuilder::stop(Limit limit) noexcept {
  out_.limits_.add(limit);
  return false;
}

Node* DocumentBuilder::add(NodeKind kind, std::string_view text) {
  if (!out_.limits_.empty()) return nullptr;
  if (out_.nodes_.size() >= limits_.nodes || text.size() > limits_.text_bytes) {
    stop(text.size() > limits_.text_bytes ? Limit::text_bytes : Limit::nodes);
    return nullptr;
  }
  Node& node = out_.nodes_.emplace_back();
  node.kind = kind;
  node.text_data = text.data();
  node.text_size = static_cast<uint32_t>(text.size());
  node.next = static_cast<uint32_t>(out_.nodes_.size());
  if (!out_.open_.empty()) {
    Node& parent = out_.nodes_[out_.open_.back()];
    ++parent.count;
    if (parent.kind == NodeKind::object) {
      node.name_data = name_.data();
      node.name_size = static_cast<uint32_t>(name_.size());
      node.name_hash = hash_bytes(name_, 0);
    }
  }
  return &node;
}

bool DocumentBuilder::scalar(NodeKind kind, std::string_view text) {
  Node* node = add(kind, text);
  if (node == nullptr) return false;
  node->hash = hash_bytes(text, kKindSeeds[static_cast<size_t>(kind)]);
  return true;
}

bool DocumentBuilder::number(std::string_view token) {
  const auto value = Decimal::parse(token);
  if (!value) return false;
  Node* node = add(NodeKind::number, token);
  if (node == nullptr) return false;
  node->hash = mix(value->hash(), kKindSeeds[static_cast<size_t>(NodeKind::number)]);
  return true;
}

bool DocumentBuilder::begin(NodeKind kind) {
  if (out_.open_.size() >= limits_.depth) return stop(Limit::depth);
  if (add(kind, {}) == nullptr) return false;
  out_.open_.push_back(static_cast<uint32_t>(out_.nodes_.size() - 1));
  return true;
}

// An array's hash depends on the order of its elements, an object's only on that of members with
// the same name.
void DocumentBuilder::end() {
  const NodeId id = out_.open_.back();
  out_.open_.pop_back();
  Node& node = out_.nodes_[id];
  node.next = static_cast<uint32_t>(out_.nodes_.size());
  uint64_t hash = 0;
  if (node.kind == NodeKind::array) {
    hash = hash_elements(id);
  } else if (node.count <= kFewMembers) {
    hash = hash_few_members(id);
  } else {
    hash = hash_members(id);
  }
  node.hash = mix(hash, kKindSeeds[static_cast<size_t>(node.kind)] + node.count);
}

uint64_t DocumentBuilder::hash_elements(NodeId array) const noexcept {
  const Node* const nodes = out_.nodes_.data();
  uint64_t hash = 0;
  for (NodeId i = array + 1; i < nodes[array].next; i = nodes[i].next) {
    hash = mix(hash, nodes[i].hash);
  }
  return hash;
}

void DocumentBuilder::mark_repeated(NodeId object, NodeId member) noexcept {
  out_.nodes_[member].flags |= kRepeatedName;
  out_.nodes_[object].flags |= kRepeatsNames;
}

uint64_t DocumentBuilder::hash_few_members(NodeId object) noexcept {
  const Node* const nodes = out_.nodes_.data();
  uint64_t sum = 0;
  for (NodeId i = object + 1; i < nodes[object].next; i = nodes[i].next) {
    uint64_t values = 0;
    bool repeated = false;
    for (NodeId j = object + 1; j < i; j = nodes[j].next) {
      if (nodes[j].name_hash != nodes[i].name_hash) continue;
      repeated = true;
      values = mix(values, nodes[j].hash);
    }
    if (repeated) mark_repeated(object, i);
    sum += mix(nodes[i].name_hash, mix(values, nodes[i].hash));
  }
  return sum;
}

uint64_t DocumentBuilder::hash_members(NodeId object) {
  const Node* const nodes = out_.nodes_.data();
  std::vector<Document::Slot>& table = out_.table_;
  table.assign(std::bit_ceil(size_t{nodes[object].count} * 2), {});
  const size_t mask = table.size() - 1;
  uint64_t sum = 0;
  for (NodeId i = object + 1; i < nodes[object].next; i = nodes[i].next) {
    const auto occupied_by_another = [&](const Document::Slot& slot) {
      return slot.member != 0 && nodes[slot.member].name_hash != nodes[i].name_hash;
    };
    size_t at = nodes[i].name_hash & mask;
    while (occupied_by_another(table[at])) at = (at + 1) & mask;
    if (table[at].member != 0) mark_repeated(object, i);
    table[at].member = i;
    table[at].values = mix(table[at].values, nodes[i].hash);
    sum += mix(nodes[i].name_hash, table[at].values);
  }
  return sum;
}

char* DocumentBuilder::allocate(size_t bytes) {
  if (bytes > out_.kept_left_) {
    const size_t block = std::max(bytes, kTextBlock);
    if (!out_.limits_.empty() || block > limits_.text_bytes - out_.kept_bytes_) {
      stop(Limit::text_bytes);
      return nullptr;
    }
    out_.kept_.push_back(std::make_unique_for_overwrite<char[]>(block));
    out_.kept_next_ = out_.kept_.back().get();
    out_.kept_left_ = block;
    out_.kept_bytes_ += block;
  }
  out_.kept_left_ -= bytes;
  return std::exchange(out_.kept_next_, out_.kept_next_ + bytes);
}

std::string_view DocumentBuilder::keep(std::string_view text) {
  char* const to = allocate(text.size());
  if (to == nullptr) return {};
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return {to, text.size()};
}

bool DocumentBuilder::complete() const noexcept {
  return out_.limits_.empty() && out_.open_.empty() && !out_.nodes_.empty() &&
         out_.nodes_[0].next == out_.nodes_.size();
}

}  // namespace gnomon::compare
