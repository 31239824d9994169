#include "compare/document.h"

#include <array>
#include <bit>
#include <cstring>

#include "compare/decimal.h"
#include "compare/kept_memory.h"

namespace gnomon::compare {
namespace {

// Memory that a document keeps for the next body.
constexpr size_t kNodesKept = 64 << 10;
constexpr size_t kNodesLeast = 64;
constexpr size_t kSourceKept = size_t{2} << 20;
constexpr size_t kTextBlock = 16 << 10;
constexpr auto kNotRepeated = static_cast<uint8_t>(~kRepeatedName);
constexpr std::array<std::string_view, 6> kKindNames = {"null",   "boolean", "number",
                                                        "string", "array",   "object"};
}  // namespace

std::string_view to_string(NodeKind kind) noexcept { return kKindNames[static_cast<size_t>(kind)]; }

void Document::clear() noexcept {
  size_ = 0;
  if (nodes_.size() > kNodesKept) nodes_ = {};
  if (source_capacity_ > kSourceKept) source_.reset(), source_capacity_ = 0;
  source_size_ = 0;
  kept_.clear();
  kept_next_ = nullptr;
  kept_left_ = kept_bytes_ = 0;
  open_.clear();
  give_back(open_, table_);
  limits_ = {};
}

char* Document::source(size_t bytes, size_t padding) {
  const size_t needed = bytes + padding;
  if (source_capacity_ < needed) {
    source_capacity_ = std::bit_ceil(needed);
    source_ = std::make_unique_for_overwrite<char[]>(source_capacity_);
  }
  source_size_ = bytes;
  std::memset(source_.get() + bytes, 0, padding);
  return source_.get();
}

DocumentBuilder::DocumentBuilder(Document& out, const DocumentLimits& limits)
    : out_(out), limits_(limits), nodes_max_(limits.nodes) {
  out_.clear();
  room_ = std::min(out_.nodes_.size(), nodes_max_);
  out_.open_.emplace_back();
}

bool DocumentBuilder::stop(Limit limit) noexcept {
  out_.limits_.add(limit);
  nodes_max_ = room_ = 0;
  return false;
}

bool DocumentBuilder::make_room(size_t nodes, size_t text_size) {
  if (!out_.limits_.empty()) return false;
  if (text_size > limits_.text_bytes) return stop(Limit::text_bytes);
  const size_t needed = out_.size_ + nodes;
  if (needed > nodes_max_) return stop(Limit::nodes);
  if (needed > out_.nodes_.size()) {
    out_.nodes_.resize(std::max({needed, out_.nodes_.size() * 2, kNodesLeast}));
  }
  room_ = std::min(out_.nodes_.size(), nodes_max_);
  return true;
}

bool DocumentBuilder::number(std::string_view token) {
  constexpr uint64_t kSeed = kKindSeeds[static_cast<size_t>(NodeKind::number)];
  constexpr size_t kDigitsExact = 18;
  const bool negative = token.starts_with('-');
  const std::string_view digits = token.substr(negative ? 1 : 0);
  const bool leading_zero = digits.starts_with('0');
  // Most numbers are integers of a few digits.
  if (digits.size() - 1 < kDigitsExact && !leading_zero) {
    const size_t significant = digits.find_last_not_of('0') + 1;
    uint64_t mantissa = 0;
    size_t i = 0;
    for (; i < significant && digits[i] >= '0' && digits[i] <= '9'; ++i) {
      mantissa = mantissa * 10 + static_cast<uint64_t>(digits[i] - '0');
    }
    if (i == significant) {
      const auto exponent = static_cast<int64_t>(digits.size() - significant);
      return add(NodeKind::number, token, mix(Decimal::hash(mantissa, exponent, negative), kSeed));
    }
  }
  const auto value = Decimal::parse(token);
  return value && add(NodeKind::number, token, mix(value->hash(), kSeed));
}

bool DocumentBuilder::repeat(const Document& from, NodeId first, NodeId end) {
  const NodeId begin = out_.size_;
  const uint32_t count = end - first;
  if (begin + size_t{count} > room_) {
    if (begin + size_t{count} > nodes_max_ || !make_room(count, 0)) return false;
  }
  out_.size_ += count;
  Node* const nodes = out_.nodes_.data();
  std::copy_n(from.nodes_.data() + first, count, nodes + begin);
  if (const uint32_t shift = begin - first; shift != 0) {
    for (NodeId i = begin; i < out_.size_; ++i) nodes[i].next += shift;
  }
  // Those that they were copied from are looked at: a copy that is still being stored is slow to
  // load. What was before them there need not be before them here.
  for (NodeId i = first; i < end; i = from[i].next) {
    if ((from[i].flags & kRepeatedName) != 0) nodes[begin + (i - first)].flags &= kNotRepeated;
    count_in(from[i]);
  }
  return true;
}

// Where a name may occur twice, each value goes in with those before it that have its name.
uint64_t DocumentBuilder::hash_members(NodeId object) {
  Node* const nodes = out_.nodes_.data();
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
    const bool repeated = table[at].member != 0;
    if (repeated) nodes[i].flags |= kRepeatedName, nodes[object].flags |= kRepeatsNames;
    table[at].values = repeated ? mix(table[at].values, nodes[i].hash) : nodes[i].hash;
    table[at].member = i;
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
  return out_.limits_.empty() && out_.open_.size() == 1 && out_.open_[0].count == 1 &&
         out_.nodes_[0].next == out_.size_;
}

}  // namespace gnomon::compare
