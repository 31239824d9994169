// The comparer: whatever the two bodies, it ends; a document differs from itself in nothing; and
// what the one has more than the other, the other has less. The first byte chooses kind and rules,
// the rest is cut in two at the first byte 0xFF.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "compare/comparer.h"
#include "compare/json_reader.h"
#include "compare/tree_testing.h"

namespace gnomon::compare {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

RuleSpec rule(std::string path, RuleAction action) {
  RuleSpec out;
  out.path = std::move(path);
  out.action = action;
  return out;
}

RuleBook book_of(const std::vector<RuleSpec>& specs, bool subset = false) {
  auto book = RuleBook::compile(specs, {.subset = subset});
  require(book.has_value());
  return *book;
}

// Rules that mean the same from either side.
std::vector<RuleSpec> fair_rules() {
  RuleSpec tolerance = rule("$..b", RuleAction::tolerance);
  tolerance.absolute = 0.5;
  tolerance.relative = 0.1;
  RuleSpec keyed = rule("$.k", RuleAction::keyed);
  keyed.keys = {"a", "b.c"};
  RuleSpec pattern = rule("$..[*].c", RuleAction::regex);
  pattern.pattern = "[a-z0-9]*";
  RuleSpec lines = rule("body", RuleAction::regex);
  lines.pattern = "[a-z]*";
  return {rule("$..a", RuleAction::ignore),
          rule("$.s", RuleAction::set),
          tolerance,
          keyed,
          pattern,
          rule("$.v", RuleAction::ignore_value),
          lines};
}

const std::array<RuleBook, 3>& books() {
  static const std::array<RuleBook, 3> all = {book_of({}), book_of(fair_rules()),
                                              book_of({rule("$.a[0]", RuleAction::ignore)}, true)};
  return all;
}

using Counts = std::map<std::pair<std::string, Kind>, uint64_t>;

Counts counts_of(const std::vector<Difference>& list, bool mirrored) {
  Counts out;
  for (const Difference& d : list) {
    require(d.count > 0 && !d.path.empty());
    Kind kind = d.kind;
    if (mirrored && kind == Kind::added) {
      kind = Kind::removed;
    } else if (mirrored && kind == Kind::removed) {
      kind = Kind::added;
    }
    out[{d.path, kind}] += d.count;
  }
  return out;
}

// Every path that is printed can be read as that of a rule.
void check_paths(const Result& result) {
  for (const Difference& d : result.differences) require(PathPattern::parse(d.path).has_value());
}

void check_mirrored(const Result& there, const Result& back) {
  require(there.equal() == back.equal() && there.settled == back.settled);
  if (there.left_out + there.excused_left_out != 0) return;
  require(counts_of(there.differences, false) == counts_of(back.differences, true));
  require(counts_of(there.excused, false) == counts_of(back.excused, true));
}

constexpr DocumentLimits kReadLimits{.nodes = 2'000, .text_bytes = 1 << 16};

void check_read_beside(JsonReader& reader, const Document& like, std::string_view text) {
  static Document alone;
  static Document beside;
  const ReadStatus status = reader.read(text, kReadLimits, alone);
  require(reader.read(text, kReadLimits, beside, &like) == status);
  if (status == ReadStatus::ok) require(testing::same_trees(alone, beside));
}

// The text that `like` was read from, with something else in place of one of its values.
std::string with_another_value(const Document& like, NodeId id, std::string_view value) {
  const std::string_view source = like.source();
  const std::string_view text = like[id].text();
  const size_t begin =
      reinterpret_cast<uintptr_t>(text.data()) - reinterpret_cast<uintptr_t>(source.data());
  if (begin >= source.size()) return std::string(source);
  return std::string(source).replace(begin, text.size(), value);
}

// A text is read as the same tree alone and beside any other.
void check_beside(std::string_view left, std::string_view right) {
  static JsonReader reader;
  static Document like;
  if (reader.read(left, kReadLimits, like) != ReadStatus::ok) return;
  check_read_beside(reader, like, right);
  const auto id = static_cast<NodeId>(right.size() % like.size());
  check_read_beside(reader, like, with_another_value(like, id, right));
}

constexpr std::string_view kTypes[] = {
    "application/json", "application/x-ndjson", "text/plain", "",          "text/xml",
    "text/html",        "application/octet",    "image/png",  "text/json", "application/json"};

void run(uint8_t choice, std::string_view left, std::string_view right) {
  static Comparer comparer({.document = {.nodes = 20'000, .text_bytes = 1 << 20}});
  const std::string_view type = kTypes[choice % 10];
  const size_t which = choice / 10 % 3;
  const Rules& rules = books()[which].for_endpoint("");
  RuleHits hits(books()[which].size());
  Result there;
  Result back;
  comparer.compare_bodies(left, right, type, rules, hits, there);
  comparer.compare_bodies(right, left, type, rules, hits, back);
  check_paths(there);
  check_beside(left, right);
  if (which != 2) check_mirrored(there, back);
  // The same document with a space behind it is read and compared, and is the same.
  const std::string spaced = std::string(left) + " ";
  comparer.compare_bodies(left, spaced, "application/json", rules, hits, there);
  if (there.settled == Settled::tree) require(there.equal() && there.excused.empty());
  comparer.compare_bodies(left, left, type, rules, hits, there);
  require(there.equal() && there.settled == Settled::bytes);
}

}  // namespace
}  // namespace gnomon::compare

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t cut = rest.find('\xFF');
  const std::string_view right = cut == rest.npos ? std::string_view() : rest.substr(cut + 1);
  gnomon::compare::run(data[0], rest.substr(0, cut), right);
  return 0;
}
