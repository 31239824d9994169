#include "compare/json_twin.h"

#include "compare/common_prefix.h"

namespace gnomon::compare {
namespace {

constexpr uint64_t kOnes = 0x0101010101010101;

bool has_backslash(uint64_t word) noexcept {
  const uint64_t zero_there = word ^ (kOnes * '\\');
  return ((zero_there - kOnes) & ~zero_there & (kOnes << 7)) != 0;
}

// How many bytes are the same, up to the first backslash.
size_t same_until_backslash(std::string_view a, std::string_view b) noexcept {
  const size_t size = std::min(a.size(), b.size());
  size_t i = 0;
  for (; i + sizeof(uint64_t) <= size; i += sizeof(uint64_t)) {
    const uint64_t word = load64(a.data() + i);
    if (word != load64(b.data() + i) || has_backslash(word)) break;
  }
  while (i < size && a[i] == b[i] && a[i] != '\\') ++i;
  return i;
}

// Where a value begins that was read without escapes.
const char* begin_of(const Node& node) noexcept {
  return node.kind == NodeKind::string ? node.text_data - 1 : node.text_data;
}

uint32_t tokens_of(const Node& node) noexcept { return node.is_container() ? node.text_size : 1; }

}  // namespace

// Texts that were unescaped count against a limit, and so are read again: a run of the same bytes
// ends before a backslash. A twin that does not lie in its source had some.
size_t JsonTwin::same_until(size_t begin, const char* twin) noexcept {
  const size_t twin_begin =
      reinterpret_cast<uintptr_t>(twin) - reinterpret_cast<uintptr_t>(like_text_.data());
  if (twin_begin >= like_text_.size()) return begin;
  if (begin - twin_begin != run_.shift || begin >= run_.end) {
    run_.shift = begin - twin_begin;
    const std::string_view here = text_.substr(begin);
    const std::string_view there = like_text_.substr(twin_begin);
    run_.end =
        begin + (has_escapes_ ? same_until_backslash(here, there) : common_prefix(here, there));
  }
  return run_.end;
}

// Bytes that are the same, from the beginning of a token on, are the same tokens. One that ends is
// followed by another, which has to be the same too: 1 and 12 are not.
bool JsonTwin::repeat(Siblings& twins, const char* twin, size_t tokens_before, size_t& at,
                      DocumentBuilder& builder) {
  const size_t end = same_until(starts_[at], twin);
  NodeId id = twins.at;
  size_t behind = at;
  for (size_t token = at; id < twins.end; token = behind + 1, id = (*like_)[id].next) {
    const size_t next = token + tokens_before + tokens_of((*like_)[id]);
    if (next >= starts_.size() || starts_[next] >= end) break;
    behind = next;
  }
  if (id == twins.at || !builder.repeat(*like_, twins.at, id)) return false;
  at = behind;
  twins.at = id;
  twins.before = kNone;
  return true;
}

bool JsonTwin::repeat_element(Siblings& twins, size_t& at, DocumentBuilder& builder) {
  return twins.at < twins.end && repeat(twins, begin_of((*like_)[twins.at]), 0, at, builder);
}

// Where one side has an element more, the others are one place away. An element that begins like
// its twin, and only ends otherwise, is where it was.
bool JsonTwin::repeat_some(Siblings& twins, size_t& at, DocumentBuilder& builder) {
  if (repeat_element(twins, at, builder)) return true;
  const char first = text_[starts_[at]];
  if (first != '{' && first != '[') return false;
  constexpr size_t kAlike = 64;
  if (run_.end >= starts_[at] + kAlike) return false;
  const Run run = run_;
  for (const NodeId other :
       {twins.before, twins.at < twins.end ? (*like_)[twins.at].next : kNone}) {
    Siblings others{other, twins.end, kNone};
    if (!repeat_element(others, at, builder)) continue;
    twins = others;
    return true;
  }
  run_ = run;
  return false;
}

}  // namespace gnomon::compare
