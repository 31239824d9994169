#include "msg/headers.h"

#include <algorithm>
#include <cstring>

namespace gnomon {
namespace {

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

struct KnownName {
  std::string_view name;  // lower case
  Known known;
};

constexpr KnownName kKnownNames[] = {
    {"host", Known::host},
    {"connection", Known::connection},
    {"content-length", Known::content_length},
    {"transfer-encoding", Known::transfer_encoding},
    {"te", Known::te},
    {"trailer", Known::trailer},
    {"upgrade", Known::upgrade},
    {"expect", Known::expect},
    {"keep-alive", Known::keep_alive},
    {"proxy-connection", Known::proxy_connection},
    {"proxy", Known::proxy},
    {"cookie", Known::cookie},
    {"authorization", Known::authorization},
    {"user-agent", Known::user_agent},
    {"date", Known::date},
    {"server", Known::server},
    {"retry-after", Known::retry_after},
    {"x-forwarded-for", Known::x_forwarded_for},
    {"x-forwarded-proto", Known::x_forwarded_proto},
    {"x-request-id", Known::x_request_id},
    {"x-envoy-attempt-count", Known::x_envoy_attempt_count},
    {"x-gnomon-shadow", Known::x_gnomon_shadow},
};

constexpr size_t kLongestKnown = 24;

// Names by length and last letter, so that a lookup compares one or two candidates.
struct KnownTable {
  static constexpr size_t kSlots = 256;
  uint8_t first[kSlots] = {};                 // 1 + index into kKnownNames
  uint8_t next[std::size(kKnownNames)] = {};  // 1 + index of the next in the slot
  static constexpr size_t slot(size_t length, char last) noexcept {
    return (length * 31 + static_cast<unsigned char>(last)) % kSlots;
  }
  constexpr KnownTable() {
    for (size_t i = 0; i < std::size(kKnownNames); ++i) {
      const std::string_view name = kKnownNames[i].name;
      const size_t at = slot(name.size(), name.back());
      next[i] = first[at];
      first[at] = static_cast<uint8_t>(i + 1);
    }
  }
};
constexpr KnownTable kKnownTable;

}  // namespace

bool equals_ignore_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

Known known_header(std::string_view name) noexcept {
  if (name.empty() || name.size() > kLongestKnown) return Known::none;
  uint8_t at = kKnownTable.first[KnownTable::slot(name.size(), lower(name.back()))];
  for (; at != 0; at = kKnownTable.next[at - 1]) {
    const KnownName& candidate = kKnownNames[at - 1];
    if (equals_ignore_case(candidate.name, name)) return candidate.known;
  }
  return Known::none;
}

// With room for the few fields that whoever makes a copy is about to add.
Headers::Headers(const Headers& other) {
  fields_.reserve(other.fields_.size() + 4);
  fields_.assign(other.fields_.begin(), other.fields_.end());
  blocks_.reserve(std::max(other.blocks_.size() + 1, kBlocksUsual));
  blocks_.assign(other.blocks_.begin(), other.blocks_.end());
}

Headers& Headers::operator=(const Headers& other) {
  if (this != &other) *this = Headers(other);
  return *this;
}

const Field* Headers::find(Known known) const noexcept {
  for (const Field& field : fields_) {
    if (field.known == known) return &field;
  }
  return nullptr;
}

const Field* Headers::find(std::string_view name) const noexcept {
  for (const Field& field : fields_) {
    if (equals_ignore_case(field.name, name)) return &field;
  }
  return nullptr;
}

std::string_view Headers::get(Known known) const noexcept {
  const Field* field = find(known);
  return field != nullptr ? field->value : std::string_view();
}

std::string_view Headers::get(std::string_view name) const noexcept {
  const Field* field = find(name);
  return field != nullptr ? field->value : std::string_view();
}

void Headers::add(std::string_view name, std::string_view value) {
  const Known known = known_header(name);
  const std::string_view name_copy = intern(name);
  add_view(name_copy, intern(value), known);
}

void Headers::set(std::string_view name, std::string_view value) {
  remove(name);
  add(name, value);
}

void Headers::remove(Known known) noexcept {
  std::erase_if(fields_, [known](const Field& field) { return field.known == known; });
}

void Headers::remove(std::string_view name) noexcept {
  std::erase_if(fields_, [name](const Field& f) { return equals_ignore_case(f.name, name); });
}

void Headers::adopt(const BlockRef& block) {
  if (!block) return;
  for (const BlockRef& held : blocks_) {
    if (held.get() == block.get()) return;
  }
  keep(block);
}

void Headers::keep(const BlockRef& block) {
  if (blocks_.capacity() == 0) blocks_.reserve(kBlocksUsual);
  blocks_.push_back(block);
}

std::string_view Headers::intern(std::string_view bytes) {
  if (bytes.empty()) return {};
  if (!tail_ || tail_->capacity() - tail_used_ < bytes.size()) {
    tail_ = Block::allocate(std::max<size_t>(bytes.size(), Block::kSmall - sizeof(Block)));
    tail_used_ = 0;
    keep(tail_);
  }
  char* to = tail_->data() + tail_used_;
  std::memcpy(to, bytes.data(), bytes.size());
  tail_used_ += static_cast<uint32_t>(bytes.size());
  return {to, bytes.size()};
}

void Headers::clear() noexcept {
  fields_.clear();
  blocks_.clear();
  tail_ = BlockRef();
  tail_used_ = 0;
}

}  // namespace gnomon
