#include "compare/text_diff.h"

#include <fmt/format.h>
#include <xxhash.h>

namespace gnomon::compare {
namespace {

constexpr std::string_view kPath = "body";

// Lines with their ends, so that a last line without one is another line.
void split(std::string_view text, std::vector<std::string_view>& lines,
           std::vector<uint64_t>& hashes) {
  lines.clear();
  hashes.clear();
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end == text.npos ? end : end + 1);
    lines.push_back(line);
    hashes.push_back(XXH3_64bits(line.data(), line.size()));
    text.remove_prefix(line.size());
  }
}

std::string_view without_end(std::string_view line) noexcept {
  if (line.ends_with('\n')) line.remove_suffix(1);
  return line;
}

}  // namespace

void TextDiff::run(std::string_view left, std::string_view right, const Rules& rules,
                   Findings& findings) {
  split(left, left_, left_hashes_);
  split(right, right_, right_hashes_);
  aligner_.as_list(left_hashes_, right_hashes_, nullptr, alignment_);
  if (alignment_.gave_up) findings.reached(Limit::edit_distance);
  if (alignment_.moved != 0) {
    findings.add_named(kPath, Kind::ordering, without_end(left_[alignment_.left_moved]),
                       without_end(right_[alignment_.right_moved]));
  }
  for (const auto [l, r] : alignment_.unequal) line(l, r, rules, findings);
}

void TextDiff::line(uint32_t left, uint32_t right, const Rules& rules, Findings& findings) const {
  const bool added = left == kNobody;
  const bool removed = right == kNobody;
  const std::string_view l = added ? std::string_view() : left_[left];
  const std::string_view r = removed ? std::string_view() : right_[right];
  int32_t excusing = kNoRule;
  if (!added && !removed) {
    for (const uint32_t id : rules.of(Area::body)) {
      if (rules[id].excuses(without_end(l), without_end(r))) excusing = static_cast<int32_t>(id);
    }
  }
  Kind kind = Kind::value;
  if (added) kind = Kind::added;
  if (removed) kind = Kind::removed;
  Difference* const entry = findings.add(XXH3_64bits(kPath.data(), kPath.size()), kind, excusing);
  if (entry == nullptr) return;
  entry->path = kPath;
  entry->where = fmt::format("line {}", (added ? right : left) + 1);
  // A difference in the end of a line can only be seen with it.
  const bool by_end = without_end(l) == without_end(r);
  entry->left = findings.preview(by_end ? l : without_end(l));
  entry->right = findings.preview(by_end ? r : without_end(r));
}

}  // namespace gnomon::compare
