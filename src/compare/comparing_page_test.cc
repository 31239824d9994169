// Every row of the tables of docs/COMPARING.md that shows what is found.
#include <gtest/gtest.h>

#include <charconv>
#include <fstream>
#include <sstream>

#include "compare/comparer.h"

namespace gnomon::compare {
namespace {

constexpr std::string_view kPage = "docs/COMPARING.md";

struct Row {
  int line = 0;
  std::vector<std::string> cells;
};

std::string trimmed(std::string text) {
  text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

// Rows of the tables whose header begins so.
std::vector<Row> rows_below(std::string_view header) {
  std::ifstream page{std::string(kPage)};
  std::vector<Row> found;
  bool inside = false;
  int number = 0;
  for (std::string line; std::getline(page, line);) {
    ++number;
    if (line.starts_with(header)) {
      inside = true;
      continue;
    }
    inside = inside && line.starts_with("|");
    if (!inside || line.starts_with("|---")) continue;
    Row row{number, {}};
    std::istringstream cells(line.substr(1));
    for (std::string cell; std::getline(cells, cell, '|');) row.cells.push_back(trimmed(cell));
    found.push_back(std::move(row));
  }
  return found;
}

// What stands between code marks; "\n" is the end of a line.
std::string code(const std::string& cell) {
  const size_t begin = cell.find('`');
  std::string text = cell.substr(begin + 1, cell.rfind('`') - begin - 1);
  for (size_t at = 0; cell[0] == 't' && (at = text.find("\\n")) != text.npos;) {
    text.replace(at, 2, "\n");
  }
  return text;
}

void add_field(Headers& headers, const std::string& field) {
  const size_t colon = field.find(": ");
  headers.add(field.substr(0, colon), field.substr(colon + 2));
}

Answer answer_of(const std::string& cell) {
  static const std::pair<std::string_view, std::string_view> kTypes[] = {
      {"`", "application/json"},
      {"json `", "application/json"},
      {"text `", "text/plain"},
      {"html `", "text/html"},
      {"xml `", "application/xml"}};
  Answer out;
  out.status = 200;
  for (const auto& [prefix, type] : kTypes) {
    if (!cell.starts_with(prefix)) continue;
    out.headers.add("content-type", type);
    out.body.append(Chunk::copy_of(code(cell)));
    return out;
  }
  if (cell.starts_with("status ")) {
    std::from_chars(cell.data() + 7, cell.data() + cell.size(), out.status);
  } else if (cell.starts_with("header ")) {
    add_field(out.headers, code(cell));
  } else if (cell.starts_with("trailer ")) {
    add_field(out.trailers, code(cell));
  } else if (cell == "refused") {
    out.outcome = Outcome::error;
    out.error = Errc::connect_refused;
  } else if (cell == "timed out") {
    out.outcome = Outcome::timed_out;
  } else {
    ADD_FAILURE() << "no answer: " << cell;
  }
  return out;
}

// "{key: [kind, o.id]}" to "kind", "o.id"; "{time: 2s}" to "2s".
std::vector<std::string> values_of(const std::string& text) {
  std::vector<std::string> out;
  std::string list = text.substr(text.find(": ") + 2);
  std::erase_if(list, [](char c) { return c == '[' || c == ']' || c == '{' || c == '}'; });
  std::istringstream items(list);
  for (std::string item; std::getline(items, item, ',');) out.push_back(trimmed(item));
  return out;
}

void read_tolerance(const std::string& text, RuleSpec& out) {
  const std::string amount = values_of(text).at(0);
  double value = 0;
  std::from_chars(amount.data(), amount.data() + amount.size(), value);
  out.action = RuleAction::tolerance;
  if (text.starts_with("{absolute")) out.absolute = value;
  if (text.starts_with("{relative")) out.relative = value;
  if (text.starts_with("{time")) {
    out.time = std::chrono::milliseconds(static_cast<int64_t>(value * 1000));
  }
}

ValueClass class_of(std::string_view name) {
  constexpr std::string_view kNames[] = {"uuid", "timestamp", "ip", "etag", "host"};
  const auto* const found = std::ranges::find(kNames, name);
  EXPECT_NE(found, std::end(kNames)) << name;
  return static_cast<ValueClass>(found - std::begin(kNames));
}

// "path: $.a, ignore: true"
RuleSpec rule_of(const std::string& text) {
  RuleSpec out;
  const size_t comma = text.find(", ");
  out.path = text.substr(6, comma - 6);
  std::erase(out.path, '\'');
  const std::string action = text.substr(comma + 2);
  const size_t colon = action.find(": ");
  const std::string name = action.substr(0, colon);
  const std::string value = action.substr(colon + 2);
  if (name == "ignore") {
    out.action = RuleAction::ignore;
  } else if (name == "ignoreValue") {
    out.action = RuleAction::ignore_value;
  } else if (name == "subset") {
    out.action = RuleAction::subset;
  } else if (name == "tolerance") {
    read_tolerance(value, out);
  } else if (name == "class") {
    out.action = RuleAction::value_class;
    out.value_class = class_of(value);
  } else if (name == "regex") {
    out.action = RuleAction::regex;
    out.pattern = value;
  } else if (name == "array" && value == "{mode: set}") {
    out.action = RuleAction::set;
  } else if (name == "array" && value.starts_with("{key")) {
    out.action = RuleAction::keyed;
    out.keys = values_of(value);
  } else {
    ADD_FAILURE() << "no rule: " << text;
  }
  return out;
}

std::string found_in(const Result& result) {
  std::string out;
  for (const Difference& d : result.differences) {
    if (!out.empty()) out += "; ";
    out += "`" + d.path + "` " + std::string(to_string(d.kind));
  }
  return out.empty() ? "equal" : out;
}

std::string found(const std::string& rule, const std::string& left, const std::string& right) {
  std::vector<RuleSpec> specs;
  RuleOptions options;
  // A cell may hold several, "`path: $, ...`; `path: $.a, ...`".
  std::istringstream cell(rule);
  for (std::string part; std::getline(cell, part, ';');) {
    const std::string text = code(trimmed(part));
    options.subset = text == "mode: subset";
    if (text.starts_with("path: ")) specs.push_back(rule_of(text));
  }
  const auto book = RuleBook::compile(specs, options);
  if (!book) return book.error().message;
  Comparer comparer;
  RuleHits hits(specs.size());
  Result result;
  comparer.compare(answer_of(left), answer_of(right), book->for_endpoint(""), hits, result);
  if (!specs.empty()) EXPECT_TRUE(hits.counts()[0].selected != 0 || left.starts_with("h")) << rule;
  return found_in(result);
}

TEST(ComparingPageTest, RulesFindWhatThePageSays) {
  const std::vector<Row> rows = rows_below("| rule | live |");
  EXPECT_GE(rows.size(), 16U);
  for (const Row& row : rows) {
    ASSERT_EQ(row.cells.size(), 4U) << kPage << ":" << row.line;
    EXPECT_EQ(found(row.cells[0], row.cells[1], row.cells[2]), row.cells[3])
        << kPage << ":" << row.line;
  }
}

TEST(ComparingPageTest, PairsFindWhatThePageSays) {
  const std::vector<Row> rows = rows_below("| # | rule |");
  EXPECT_EQ(rows.size(), 40U);
  for (const Row& row : rows) {
    ASSERT_EQ(row.cells.size(), 7U) << kPage << ":" << row.line;
    EXPECT_EQ(found(row.cells[1], row.cells[2], row.cells[3]), row.cells[4])
        << kPage << ":" << row.line;
  }
}

TEST(ComparingPageTest, HeadersThatAreNotComparedAreListed) {
  std::ifstream page{std::string(kPage)};
  std::stringstream all;
  all << page.rdbuf();
  for (const std::string_view name : usually_ignored_headers()) {
    EXPECT_NE(all.str().find("`" + std::string(name) + "`"), std::string::npos) << name;
  }
}

TEST(ComparingPageTest, RisksAreThoseOfTheCode) {
  for (const Row& row : rows_below("| kind | when |")) {
    const std::string kind = code(row.cells.at(0));
    if (kind == "header") continue;
    const auto* const name = std::ranges::find(kKindNames, kind);
    ASSERT_NE(name, kKindNames.end()) << kind;
    EXPECT_EQ(row.cells.at(2), to_string(risk_of(static_cast<Kind>(name - kKindNames.begin()))));
  }
}

}  // namespace
}  // namespace gnomon::compare
