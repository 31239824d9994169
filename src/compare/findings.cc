#include "compare/findings.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

#include "compare/utf8.h"

namespace gnomon::compare {
namespace {

constexpr std::string_view kMore = "\xE2\x80\xA6";  // an ellipsis

void append_quoted(std::string& out, std::string_view text, size_t max) {
  out += '"';
  for (const char c : text) {
    if (out.size() > max) return;
    if (c == '"' || c == '\\') {
      out.append(1, '\\').append(1, c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<uint8_t>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<uint8_t>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

// Stops soon after `max` bytes.
void append_json(std::string& out, const Document& document, NodeId id, size_t max) {
  const Node& node = document[id];
  if (node.kind == NodeKind::string) {
    append_quoted(out, node.text(), max);
    return;
  }
  if (!node.is_container()) {
    out += node.text();
    return;
  }
  const bool object = node.kind == NodeKind::object;
  out += object ? '{' : '[';
  for (NodeId i = id + 1; i < node.next && out.size() <= max; i = document[i].next) {
    if (i != id + 1) out += ',';
    if (object) {
      append_quoted(out, document[i].name(), max);
      out += ':';
    }
    append_json(out, document, i, max);
  }
  out += object ? '}' : ']';
}

}  // namespace

void Findings::begin(Result& out, RuleHits& hits) {
  out_ = &out;
  hits_ = &hits;
  out.differences.clear();
  out.excused.clear();
  out.left_out = out.excused_left_out = 0;
  out.limits = {};
  out.settled = Settled::nothing;
  out.comparable = true;
  out.left_invalid = out.right_invalid = false;
  keys_.clear();
  excused_keys_.clear();
}

Difference* Findings::add(uint64_t place, Kind kind, int32_t rule) {
  const bool excused = rule != kNoRule;
  if (rule >= 0) hits_->excuse(static_cast<uint32_t>(rule));
  std::vector<Difference>& list = excused ? out_->excused : out_->differences;
  std::vector<uint64_t>& keys = excused ? excused_keys_ : keys_;
  const uint64_t key = place ^ ((static_cast<uint64_t>(kind) + 1) * 0x9E3779B97F4A7C15) ^
                       (static_cast<uint64_t>(rule + 3) * 0xE7037ED1A0B428DB);
  const auto known = std::ranges::find(keys, key);
  if (known != keys.end()) {
    ++list[static_cast<size_t>(known - keys.begin())].count;
    return nullptr;
  }
  if (list.size() >= (excused ? limits_.excused : limits_.differences)) {
    ++(excused ? out_->excused_left_out : out_->left_out);
    reached(Limit::differences);
    return nullptr;
  }
  keys.push_back(key);
  Difference& entry = list.emplace_back();
  entry.kind = kind;
  entry.risk = risk_of(kind);
  entry.rule = rule;
  return &entry;
}

void Findings::add_named(std::string_view path, Kind kind, std::string_view left,
                         std::string_view right, int32_t rule, Risk risk) {
  Difference* const entry = add(XXH3_64bits(path.data(), path.size()), kind, rule);
  if (entry == nullptr) return;
  entry->path = entry->where = path;
  entry->risk = risk;
  entry->left = preview(left);
  entry->right = preview(right);
}

std::string Findings::preview(std::string_view text) const {
  if (text.size() <= limits_.preview_bytes) return std::string(text);
  return std::string(text.substr(0, utf8_cut(text, limits_.preview_bytes))).append(kMore);
}

std::string Findings::preview(const Document& document, NodeId id) const {
  std::string out;
  append_json(out, document, id, limits_.preview_bytes);
  if (out.size() > limits_.preview_bytes) out = preview(out);
  return out;
}

}  // namespace gnomon::compare
