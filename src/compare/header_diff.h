// The differences of two lists of fields: names without regard to case, their order of no account,
// several fields of one name like one with commas. Cookies that are set go by their names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compare/findings.h"
#include "compare/rules.h"
#include "msg/headers.h"

namespace gnomon::compare {

// Keeps its memory from one call to the next. Not to be shared between threads.
class HeaderDiff {
 public:
  void headers(const Headers& left, const Headers& right, const Rules& rules, RuleHits& hits,
               Findings& findings);
  void trailers(const Headers& left, const Headers& right, const Rules& rules, RuleHits& hits,
                Findings& findings);

 private:
  struct Entry {
    std::string name;  // as it is written in a path, and by which it is found
    std::string_view value;
    uint32_t place = 0;
  };
  using Entries = std::vector<Entry>;
  using Group = std::pair<Entries::const_iterator, Entries::const_iterator>;

  void compare(Area area, std::string_view prefix);
  void compare_group(Area area, std::string_view prefix, const Group& left, const Group& right);
  int32_t excusing(Area area, const std::string& name, const std::string* left,
                   const std::string* right);
  void list_fields(const Headers& from, bool headers, Entries& to) const;
  static void list_cookies(const Headers& from, Entries& to);

  const Rules* rules_ = nullptr;
  RuleHits* hits_ = nullptr;
  Findings* findings_ = nullptr;
  Entries left_;
  Entries right_;
};

// What a field's value says, in one spelling: spaces around commas are of no account, nor the order
// of what is a set by its definition (Vary, Allow, Cache-Control, ...), nor how a media type is
// written.
std::string canonical_value(std::string_view name, std::string_view value);

}  // namespace gnomon::compare
