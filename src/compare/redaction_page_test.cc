// Every example of docs/redaction.md, with a key of zeros.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "compare/body_capture.h"
#include "compare/redacted_body.h"
#include "compare/redactor.h"

namespace gnomon::compare {
namespace {

using Place = RedactionSpec::Place;

struct Example {
  int line = 0;
  std::string rules;  // "header: x-user", or "samples: namesOnly"
  std::string place;
  std::string came;
  std::string kept;
};

// The text of a cell without spaces and code marks around it.
std::string plain(std::string cell) {
  const auto trim = [&](const char* characters) {
    cell.erase(0, std::min(cell.find_first_not_of(characters), cell.size()));
    cell.erase(cell.find_last_not_of(characters) + 1);
  };
  trim(" ");
  trim("`");
  return cell;
}

std::vector<Example> examples() {
  std::ifstream page("docs/redaction.md");
  std::vector<Example> found;
  bool table = false;
  int number = 0;
  for (std::string line; std::getline(page, line);) {
    ++number;
    if (line.starts_with("| rule | place |")) table = true;
    if (!line.starts_with("|")) table = false;
    if (!table || line.starts_with("|---") || line.starts_with("| rule |")) continue;
    std::istringstream cells(line.substr(1));
    Example example{number, {}, {}, {}, {}};
    for (std::string* cell : {&example.rules, &example.place, &example.came, &example.kept}) {
      std::getline(cells, *cell, '|');
      *cell = plain(*cell);
    }
    found.push_back(example);
  }
  return found;
}

Redactor redactor_of(const Example& example) {
  static constexpr std::pair<std::string_view, Place> kPlaces[] = {{"header: ", Place::header},
                                                                   {"path: ", Place::path},
                                                                   {"query: ", Place::query},
                                                                   {"form: ", Place::form},
                                                                   {"regex: ", Place::regex}};
  std::vector<RedactionSpec> specs;
  for (const auto& [prefix, place] : kPlaces) {
    if (!example.rules.starts_with(prefix)) continue;
    specs.push_back({place, example.rules.substr(prefix.size())});
  }
  const RedactionMode mode = example.rules == "samples: namesOnly" ? RedactionMode::names_only
                             : example.rules == "samples: hashed"  ? RedactionMode::hash_values
                                                                   : RedactionMode::rules;
  EXPECT_EQ(specs.empty(), example.rules.empty() || example.rules.starts_with("samples: "));
  return {*RedactionPolicy::compile(specs, mode), RedactionKey({})};
}

std::string kept(const Example& example) {
  const Redactor redactor = redactor_of(example);
  if (example.place == "target") return redactor.target(example.came, "GET /pets/{}");
  if (example.place == "header") {
    const size_t colon = example.came.find(": ");
    const std::string name = example.came.substr(0, colon);
    return name + ": " + redactor.header(name, example.came.substr(colon + 2));
  }
  BodyCapture capture;
  capture.append(Chunk::copy_of(example.came));
  const CapturedBody body = capture.take();
  TreeReader reader;
  Document scratch;
  const RedactedBody out =
      redacted_body(redactor, {body, example.place, {}, {}, {}, {}}, reader, scratch);
  return out.readable ? out.text : "length " + std::to_string(out.length) + ", " + out.digest;
}

TEST(RedactionPage, shows_what_really_is_kept) {
  const std::vector<Example> all = examples();
  EXPECT_GE(all.size(), 20u);
  for (const Example& example : all) {
    EXPECT_EQ(kept(example), example.kept) << "docs/redaction.md:" << example.line;
  }
}

}  // namespace
}  // namespace gnomon::compare
