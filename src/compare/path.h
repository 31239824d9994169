// The dialect in which rules name a place and differences say theirs; docs/COMPARING.md describes
// it.
//   $.a.b  $['a b']  $.pets[*].id  $.pets[0]  $.prices.{}  $..id
//   status  body  header:NAME  trailer:NAME  cookie:NAME   (NAME may end in *)
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace gnomon::compare {

enum class Area : uint8_t {
  tree,  // within a structured body
  body,  // as a whole
  status,
  header,
  trailer,
  cookie,  // set by the answer
};

struct PathStep {
  enum class Kind : uint8_t {
    name,     // the member of that name
    index,    // the element at that place
    any,      // each member or element
    descend,  // any number of levels; another step follows
  };
  Kind kind = Kind::any;
  std::string name;
  uint32_t index = 0;

  bool matches_member(std::string_view member) const noexcept {
    return kind == Kind::any || (kind == Kind::name && name == member);
  }
  bool matches_element(uint32_t element) const noexcept {
    return kind == Kind::any || (kind == Kind::index && index == element);
  }
};

struct PathError {
  size_t column = 1;  // counted in bytes
  std::string message;
};

struct PathPattern {
  Area area = Area::tree;
  std::vector<PathStep> steps;  // of Area::tree
  std::string name;             // of a header, trailer or cookie; lower case but for cookies
  bool prefix = false;          // the name is only how names begin

  static std::expected<PathPattern, PathError> parse(std::string_view text);
  // Names of headers and trailers without regard to case.
  bool matches_name(std::string_view other) const noexcept;
};

// Appends ".name" where that can be read back, and "['name']" where not.
void append_member(std::string& path, std::string_view name);

// Whether a member of that name looks like one of many: an id, a date, an address.
bool is_dynamic_name(std::string_view name) noexcept;
// An object of more members than this is a map, and all its names are dynamic.
inline constexpr uint32_t kMembersOfAMap = 50;

}  // namespace gnomon::compare
