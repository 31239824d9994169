#include "compare/trail.h"

#include <fmt/format.h>

#include "compare/hash.h"
#include "compare/path.h"
#include "compare/utf8.h"

namespace gnomon::compare {
namespace {

// Of a name in an exact place: hundreds of differences may lie below one that fills a body.
constexpr size_t kNameShown = 100;

}  // namespace

void Trail::enter_member(std::string_view name, bool dynamic) {
  const std::string_view normalised = dynamic ? std::string_view("{}") : name;
  steps_.push_back({hash_text(normalised, hash() + 1), name, 0, false, dynamic});
}

void Trail::enter_element(uint32_t index) {
  steps_.push_back({hash() * 0x9E3779B97F4A7C15 + 3, {}, index, true, false});
}

void Trail::append_to(std::string& normalised, std::string& exact) const {
  normalised += '$';
  exact += '$';
  for (const Step& step : steps_) {
    if (step.is_element) {
      const fmt::format_int index(step.index);
      normalised += "[*]";
      exact += '[';
      exact.append(index.data(), index.size()) += ']';
      continue;
    }
    const size_t begin = exact.size();
    append_member(exact, step.name.substr(0, utf8_cut(step.name, kNameShown)));
    if (step.dynamic) {
      normalised += ".{}";
    } else {
      normalised.append(exact, begin);
    }
  }
}

}  // namespace gnomon::compare
