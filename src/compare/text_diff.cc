#include "compare/text_diff.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

#include "compare/common_prefix.h"

namespace gnomon::compare {
namespace {

constexpr std::string_view kPath = "body";

size_t count_lines(std::string_view text) noexcept {
  return static_cast<size_t>(std::ranges::count(text, '\n')) +
         (text.empty() || text.ends_with('\n') ? 0 : 1);
}

// With its end, so that a last line without one is another line.
std::string_view take_line(std::string_view& text) noexcept {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end == text.npos ? end : end + 1);
  text.remove_prefix(line.size());
  return line;
}

void split(std::string_view text, std::vector<std::string_view>& lines,
           std::vector<uint64_t>& hashes) {
  lines.clear();
  hashes.clear();
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    lines.push_back(line);
    hashes.push_back(XXH3_64bits(line.data(), line.size()));
  }
}

std::string_view without_end(std::string_view line) noexcept {
  if (line.ends_with('\n')) line.remove_suffix(1);
  return line;
}

size_t common_suffix(std::string_view a, std::string_view b) noexcept {
  const size_t size = std::min(a.size(), b.size());
  size_t i = 0;
  while (i < size && a[a.size() - 1 - i] == b[b.size() - 1 - i]) ++i;
  return i;
}

}  // namespace

void TextDiff::run(std::string_view left, std::string_view right, const Rules& rules,
                   Findings& findings) {
  rules_ = &rules;
  findings_ = &findings;
  before_ = trim(left, right);
  if (std::max(count_lines(left), count_lines(right)) > Aligner::kElementsMax) {
    findings.reached(Limit::edit_distance);
    compare_by_place(left, right);
  } else {
    align(left, right);
  }
}

void TextDiff::give_back() noexcept {
  aligner_.give_back();
  alignment_.give_back();
  compare::give_back(left_, right_, left_hashes_, right_hashes_);
}

// Takes off whole lines at both ends that are the same; returns how many there were at the
// beginning.
size_t TextDiff::trim(std::string_view& left, std::string_view& right) noexcept {
  const std::string_view same = left.substr(0, common_prefix(left, right));
  const size_t begin = same.rfind('\n') + 1;  // 0 where there is none
  const size_t lines = count_lines(same.substr(0, begin));
  left.remove_prefix(begin);
  right.remove_prefix(begin);
  const std::string_view end = left.substr(left.size() - common_suffix(left, right));
  const size_t first = end.find('\n');
  const size_t size = first == end.npos ? 0 : end.size() - first - 1;
  left.remove_suffix(size);
  right.remove_suffix(size);
  return lines;
}

void TextDiff::align(std::string_view left, std::string_view right) {
  split(left, left_, left_hashes_);
  split(right, right_, right_hashes_);
  aligner_.as_list(left_hashes_, right_hashes_, nullptr, alignment_);
  if (alignment_.gave_up) findings_->reached(Limit::edit_distance);
  if (alignment_.moved != 0) {
    findings_->add_named(kPath, Kind::ordering, without_end(left_[alignment_.left_moved]),
                         without_end(right_[alignment_.right_moved]));
  }
  const auto at = [](const std::vector<std::string_view>& lines, uint32_t index) {
    return index == kNobody ? Line{} : Line{lines[index], index};
  };
  for (const auto [l, r] : alignment_.unequal) line(at(left_, l), at(right_, r));
}

// Without a list of lines, of which there may be as many as bytes.
void TextDiff::compare_by_place(std::string_view left, std::string_view right) {
  for (size_t number = 0; !left.empty() || !right.empty(); ++number) {
    const Line l{take_line(left), number};
    const Line r{take_line(right), number};
    if (l.text != r.text) line(l, r);
  }
}

void TextDiff::line(const Line& left, const Line& right) {
  const bool added = left.text.empty();
  const bool removed = right.text.empty();
  int32_t excusing = added && rules_->subset() ? kSubsetMode : kNoRule;
  if (!added && !removed) {
    for (const uint32_t id : rules_->of(Area::body)) {
      if ((*rules_)[id].excuses(without_end(left.text), without_end(right.text))) {
        excusing = static_cast<int32_t>(id);
      }
    }
  }
  Kind kind = Kind::value;
  if (added) kind = Kind::added;
  if (removed) kind = Kind::removed;
  Difference* const entry = findings_->add(XXH3_64bits(kPath.data(), kPath.size()), kind, excusing);
  if (entry == nullptr) return;
  entry->path = kPath;
  entry->where = fmt::format("line {}", before_ + (added ? right : left).number + 1);
  // A difference in the end of a line can only be seen with it.
  const bool by_end = without_end(left.text) == without_end(right.text);
  entry->left = findings_->preview(by_end ? left.text : without_end(left.text));
  entry->right = findings_->preview(by_end ? right.text : without_end(right.text));
}

}  // namespace gnomon::compare
