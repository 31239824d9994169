// Header and trailer fields (RFC 9110 section 5): an ordered list of names and values.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/chunk.h"
#include "base/pool.h"
#include "base/prefetch.h"

namespace gnomon {

// Fields that the gateway itself reads. Looking one of these up compares an integer.
enum class Known : uint8_t {
  none,
  host,
  connection,
  content_length,
  transfer_encoding,
  te,
  trailer,
  upgrade,
  expect,
  keep_alive,
  proxy_connection,
  proxy,
  cookie,
  authorization,
  user_agent,
  date,
  server,
  retry_after,
  x_forwarded_for,
  x_forwarded_proto,
  x_request_id,
  x_envoy_attempt_count,
  x_gnomon_shadow,
};

// `name` in any case.
Known known_header(std::string_view name) noexcept;
bool equals_ignore_case(std::string_view a, std::string_view b) noexcept;

struct Field {
  std::string_view name;  // as it was received; compare without regard to case
  std::string_view value;
  Known known = Known::none;
  // The bytes around name and value are those of a checked field line of HTTP/1.1 as a writer would
  // make it, "name: value" CR LF, so that lines next to each other may be written as one piece.
  bool whole_line = false;
};

// Views in the list point into blocks that the list keeps alive, so a copy costs a vector and a few
// reference counts, and each copy may then be edited on its own.
class Headers {
 public:
  Headers() = default;
  Headers(const Headers& other);
  Headers& operator=(const Headers& other);
  Headers(Headers&&) noexcept = default;
  Headers& operator=(Headers&&) noexcept = default;

  using Fields = std::vector<Field, PoolAllocator<Field>>;
  using const_iterator = Fields::const_iterator;
  const_iterator begin() const noexcept { return fields_.begin(); }
  const_iterator end() const noexcept { return fields_.end(); }
  size_t size() const noexcept { return fields_.size(); }
  bool empty() const noexcept { return fields_.empty(); }

  const Field* find(Known known) const noexcept;
  const Field* find(std::string_view name) const noexcept;
  // Value of the first field of that name, or "".
  std::string_view get(Known known) const noexcept;
  std::string_view get(std::string_view name) const noexcept;
  bool has(Known known) const noexcept { return find(known) != nullptr; }

  // Copies name and value in.
  void add(std::string_view name, std::string_view value);
  // Replaces all fields of that name by one.
  void set(std::string_view name, std::string_view value);
  void remove(Known known) noexcept;
  void remove(std::string_view name) noexcept;
  template <typename Predicate>
  void remove_if(Predicate predicate) {
    std::erase_if(fields_, predicate);
  }

  // For codecs: bytes that already lie in a block which `adopt` keeps alive.
  void add_view(std::string_view name, std::string_view value, Known known,
                bool whole_line = false) {
    // Assigned member by member: building a Field and moving it in stalls on store forwarding.
    Field& field = fields_.emplace_back();
    field.name = name;
    field.value = value;
    field.known = known;
    field.whole_line = whole_line;
  }
  void adopt(const BlockRef& block);
  // A copy of `bytes` that lives as long as this list or any copy made of it from now on.
  std::string_view intern(std::string_view bytes);
  void reserve(size_t n) { fields_.reserve(n); }
  void clear() noexcept;
  // Before fields are added to a list that has memory.
  void prefetch() const noexcept {
    prefetch_to_write(fields_.data(), fields_.capacity() * sizeof(Field));
  }

 private:
  static constexpr size_t kBlocksUsual = 4;  // of a request: its own, and what is added to it

  void keep(const BlockRef& block);

  Fields fields_;
  std::vector<BlockRef, PoolAllocator<BlockRef>> blocks_;
  BlockRef tail_;  // the block that intern() appends to; never shared with another list
  uint32_t tail_used_ = 0;
};

}  // namespace gnomon
