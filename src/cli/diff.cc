#include "cli/diff.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <expected>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>

#include "cli/printable.h"
#include "cli/text_table.h"
#include "compare/comparer.h"
#include "http/h1_response_parser.h"

namespace gnomon::cli {
namespace {

constexpr int kEqual = 0;
constexpr int kDifferent = 1;
constexpr int kUnreadable = 2;

using Json = nlohmann::ordered_json;

struct Ending {
  std::string_view ending;
  std::string_view type;
};
constexpr Ending kEndings[] = {
    {".json", "application/json"}, {".ndjson", "application/x-ndjson"},
    {".xml", "application/xml"},   {".html", "text/html"},
    {".htm", "text/html"},         {".txt", "text/plain"},
};

std::string_view type_of(std::string_view path) noexcept {
  for (const Ending& each : kEndings) {
    if (path.ends_with(each.ending)) return each.type;
  }
  return {};
}

// A response as it came over HTTP/1.
std::expected<compare::Answer, std::string> read_message(const std::string& text) {
  const http::H1Limits limits;
  http::H1ResponseParser parser(limits);
  parser.expect(Method::get, false);
  compare::Answer answer;
  Chunk in = Chunk::copy_of(text);
  for (;;) {
    http::H1Event event = parser.next(in);
    if (event == http::H1Event::need_data) event = parser.finish();
    switch (event) {
      case http::H1Event::head: {
        ResponseHead head = parser.take_head();
        answer.status = head.status;
        answer.headers = std::move(head.headers);
        break;
      }
      case http::H1Event::body:
        answer.body.append(parser.take_body());
        break;
      case http::H1Event::end:
        answer.trailers = parser.take_trailers();
        return answer;
      case http::H1Event::error:
        return std::unexpected(parser.error().detail);
      case http::H1Event::need_data:
        return std::unexpected("it ends too soon");
    }
  }
}

std::expected<compare::Answer, std::string> read_side(const std::string& path,
                                                      std::string_view type) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  if (!file) return std::unexpected(fmt::format("{}: cannot be read", path));
  const std::string text = content.str();
  if (text.starts_with("HTTP/1.")) {
    auto message = read_message(text);
    if (!message) {
      return std::unexpected(fmt::format("{}: no HTTP response: {}", path, message.error()));
    }
    return message;
  }
  compare::Answer answer;
  answer.status = 200;
  if (type.empty()) type = type_of(path);
  if (!type.empty()) answer.headers.add("content-type", type);
  answer.body.append(Chunk::copy_of(text));
  return answer;
}

// "PATH=VALUE", cut at the last "=": a path may hold one.
std::expected<std::pair<std::string, std::string>, std::string> split(const std::string& text,
                                                                      std::string_view flag) {
  const size_t at = text.rfind('=');
  if (at == std::string::npos || at == 0 || at + 1 == text.size()) {
    return std::unexpected(fmt::format("{} {}: PATH=VALUE is expected", flag, text));
  }
  return std::pair{text.substr(0, at), text.substr(at + 1)};
}

std::expected<std::vector<compare::RuleSpec>, std::string> specs_of(const DiffOptions& options) {
  using compare::RuleAction;
  std::vector<compare::RuleSpec> specs;
  const auto add = [&](std::string path, RuleAction action) -> compare::RuleSpec& {
    compare::RuleSpec& spec = specs.emplace_back();
    spec.path = std::move(path);
    spec.action = action;
    return spec;
  };
  for (const std::string& path : options.ignore) add(path, RuleAction::ignore);
  for (const std::string& path : options.set) add(path, RuleAction::set);
  for (const std::string& text : options.key) {
    auto parts = split(text, "--key");
    if (!parts) return std::unexpected(parts.error());
    add(parts->first, RuleAction::keyed).keys = {parts->second};
  }
  for (const std::string& text : options.tolerance) {
    auto parts = split(text, "--tolerance");
    if (!parts) return std::unexpected(parts.error());
    compare::RuleSpec& spec = add(parts->first, RuleAction::tolerance);
    const char* const end = parts->second.data() + parts->second.size();
    const auto [stop, error] = std::from_chars(parts->second.data(), end, spec.relative);
    if (error != std::errc() || stop != end || !(spec.relative >= 0)) {
      return std::unexpected(fmt::format("--tolerance {}: a number is expected", text));
    }
  }
  return specs;
}

void print_json(const compare::Result& result, std::ostream& out) {
  Json list = Json::array();
  for (const compare::Difference& found : result.differences) {
    list.push_back({{"path", found.path},
                    {"kind", to_string(found.kind)},
                    {"risk", to_string(found.risk)},
                    {"left", found.left},
                    {"right", found.right}});
  }
  const Json all{{"equal", result.equal()},
                 {"differences", std::move(list)},
                 {"leftOut", result.left_out},
                 {"limits", result.limits.names()},
                 {"comparedBy", to_string(result.settled)}};
  out << all.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

void print_limits(const compare::Result& result, std::ostream& out) {
  if (result.limits.empty()) return;
  out << fmt::format("reached a limit of comparing: {}\n", fmt::join(result.limits.names(), ", "));
}

void print_table(const compare::Result& result, std::ostream& out) {
  if (result.equal()) {
    out << "equal\n";
    return print_limits(result, out);
  }
  TextTable table({"PATH", "KIND", "RISK", "LEFT", "RIGHT"});
  for (const compare::Difference& found : result.differences) {
    table.add({printable(found.path), std::string(to_string(found.kind)),
               std::string(to_string(found.risk)), printable(found.left), printable(found.right)});
  }
  out << table.render();
  if (result.left_out > 0) out << fmt::format("and {} more\n", result.left_out);
  print_limits(result, out);
}

}  // namespace

void add_diff_flags(CLI::App& verb, DiffOptions& options) {
  verb.add_option("left", options.left, "A file, or an HTTP/1 response in one")
      ->required()
      ->check(CLI::ExistingFile);
  verb.add_option("right", options.right, "Another one")->required()->check(CLI::ExistingFile);
  verb.add_option("--type", options.type,
                  "Content-Type of files; else told by their names and contents");
  verb.add_option("--ignore", options.ignore, "Path of what may differ; may be repeated")
      ->take_all();
  verb.add_option("--set", options.set, "Path of a list whose order does not matter")->take_all();
  verb.add_option("--key", options.key, "PATH=MEMBER: pair a list's elements by a member")
      ->take_all();
  verb.add_option("--tolerance", options.tolerance,
                  "PATH=SHARE: numbers may differ by this share of themselves")
      ->take_all();
  verb.add_flag("--subset", options.subset, "The right side may have more");
  verb.add_flag("--json", options.json, "One JSON object on standard output");
  verb.footer(
      "Examples:\n"
      "  gnomon diff old.json new.json\n"
      "  gnomon diff old.json new.json --ignore '$.at' --key '$.pets=id' --tolerance "
      "'$.price=0.001'\n"
      "  curl -i http://v1/pets > 1; curl -i http://v2/pets > 2; gnomon diff 1 2\n"
      "\n"
      "Exit codes: 0 equal, 1 different, 2 a file or a rule cannot be read.");
}

int diff(const DiffOptions& options, std::ostream& out, std::ostream& err) {
  const auto fail = [&](std::string_view why) {
    err << "gnomon: " << why << "\n";
    return kUnreadable;
  };
  const auto left = read_side(options.left, options.type);
  if (!left) return fail(left.error());
  const auto right = read_side(options.right, options.type);
  if (!right) return fail(right.error());
  const auto specs = specs_of(options);
  if (!specs) return fail(specs.error());
  compare::RuleOptions rule_options;
  rule_options.subset = options.subset;
  const auto book = compare::RuleBook::compile(*specs, rule_options);
  if (!book) {
    return fail(fmt::format("{}: {}", (*specs)[book.error().rule].path, book.error().message));
  }
  compare::Comparer comparer;
  compare::RuleHits hits(book->size());
  compare::Result result;
  comparer.compare(*left, *right, book->for_endpoint(""), hits, result);
  if (options.json) {
    print_json(result, out);
  } else {
    print_table(result, out);
  }
  return result.equal() ? kEqual : kDifferent;
}

}  // namespace gnomon::cli
