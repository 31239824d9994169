#include "cli/sample_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "cli/answer_json.h"
#include "cli/printable.h"
#include "compare/utf8.h"

namespace gnomon::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kColumn = 56;  // of each side, in bytes
constexpr size_t kLinesMax = 60;
constexpr int kDepthMax = 200;

std::string cut(std::string text, size_t most) {
  if (text.size() <= most) return text;
  return text.substr(0, compare::utf8_cut(text, most - 3)) + "...";
}

// JSON on lines of its own, a string without its quotes, anything else as it stands.
std::string laid_out(const std::string& text) {
  // Each level takes stack.
  bool too_deep = false;
  const auto is_shallow = [&too_deep](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > kDepthMax;
    return !too_deep;
  };
  const Json tree = Json::parse(text, is_shallow, false);
  if (too_deep || tree.is_discarded()) return text;
  if (tree.is_string()) return tree.get<std::string>();
  return tree.dump(2, ' ', false, Json::error_handler_t::replace);
}

void add_body(const Json& body, std::vector<std::string>& lines) {
  if (!body.contains("text")) {
    lines.push_back(printable(fmt::format("({} bytes of {}, {})", read_count(body, "length"),
                                          read_text(body, "kind"), read_text(body, "digest"))));
    return;
  }
  const std::string text = read_text(body, "text");
  const std::string shown = laid_out(text);
  size_t at = 0;
  while (at < shown.size()) {
    const size_t end = std::min(shown.find('\n', at), shown.size());
    lines.push_back(printable(std::string_view(shown).substr(at, end - at)));
    at = end + 1;
  }
}

// A field is a list of its name and its value.
std::string header_line(const Json& field) {
  if (!field.is_array() || field.size() != 2) throw Unreadable("a field has a name and a value");
  return printable(fmt::format("{}: {}", as_text(field[0]), as_text(field[1])));
}

std::vector<std::string> lines_of(const Json& answer) {
  if (answer.contains("outcome"))
    return {printable(fmt::format("({})", read_text(answer, "outcome")))};
  std::vector<std::string> lines{fmt::format("{}", read_count(answer, "status"))};
  for (const char* part : {"headers", "trailers"}) {
    for (const Json& field : read_list(answer, part)) lines.push_back(header_line(field));
  }
  lines.emplace_back();
  add_body(read_object(answer, "body"), lines);
  return lines;
}

void append_sides(const Json& sample, bool color, std::string& out) {
  const std::vector<std::string> left = lines_of(read_object(sample, "live"));
  const std::vector<std::string> right = lines_of(read_object(sample, "candidate"));
  const size_t lines = std::min(std::max(left.size(), right.size()), kLinesMax);
  fmt::format_to(std::back_inserter(out), "{:<{}}   {}\n", "LIVE", kColumn, "CANDIDATE");
  for (size_t i = 0; i < lines; ++i) {
    const std::string l = i < left.size() ? cut(left[i], kColumn) : "";
    const std::string r = i < right.size() ? cut(right[i], kColumn) : "";
    const bool same = i < left.size() && i < right.size() && left[i] == right[i];
    const std::string_view begin = color ? (same ? "\033[2m" : "\033[33m") : "";
    const std::string_view end = color ? "\033[0m" : "";
    fmt::format_to(std::back_inserter(out), "{}{:<{}} {} {}{}\n", begin, l, kColumn,
                   same ? ' ' : '|', r, end);
  }
}

// For a shell: nothing in single quotes has a meaning.
std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out.push_back(c);
    }
  }
  return out + "'";
}

// What the command lacks, as a comment of the shell; empty: nothing.
std::string body_note(const Json& request) {
  const auto length = request.find("bodyLength");
  if (length == request.end()) return "# its body, if it had one, has not been kept\n";
  if (length->is_null()) {
    return "# its body has not been kept: add --data-binary @FILE\n";
  }
  const uint64_t bytes = as_count(*length);
  if (bytes == 0) return {};
  return fmt::format("# its body of {} bytes has not been kept: add --data-binary @FILE\n", bytes);
}

}  // namespace

std::string sample_text(const Json& sample, bool color) {
  const Json& request = read_object(sample, "request");
  std::string out =
      printable(fmt::format("{} {}  ({})", read_text(request, "method"), read_text(request, "path"),
                            read_text(sample, "endpoint"))) +
      "\n";
  const Json& differences = read_object(sample, "differences");
  for (const Json& found : read_list(differences, "list")) {
    out += printable(fmt::format("  {} {}: {} -> {}", read_text(found, "path"),
                                 read_text(found, "kind"), read_text(found, "live"),
                                 read_text(found, "other"))) +
           "\n";
  }
  std::vector<std::string> limits;
  for (const Json& limit : read_list(differences, "limits")) limits.push_back(as_text(limit));
  if (!limits.empty()) {
    out += printable(fmt::format("  reached a limit of comparing: {}", fmt::join(limits, ", "))) +
           "\n";
  }
  out += "\n";
  append_sides(sample, color, out);
  return out;
}

std::string sample_curl(const Json& sample) {
  const Json& request = read_object(sample, "request");
  std::string out = body_note(request);
  out +=
      fmt::format("curl -X {} --globoff {}", shell_quoted(read_text(request, "method")),
                  shell_quoted(printable(fmt::format("http://{}{}", read_text(request, "authority"),
                                                     read_text(request, "path")))));
  for (const Json& field : read_list(request, "headers")) {
    out += fmt::format(" \\\n  -H {}", shell_quoted(header_line(field)));
  }
  return out + "\n";
}

}  // namespace gnomon::cli
