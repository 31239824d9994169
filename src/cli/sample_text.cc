#include "cli/sample_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "cli/printable.h"
#include "compare/utf8.h"

namespace gnomon::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kColumn = 56;  // of each side, in bytes
constexpr size_t kLinesMax = 60;

std::string cut(std::string text, size_t most) {
  if (text.size() <= most) return text;
  return text.substr(0, compare::utf8_cut(text, most - 3)) + "...";
}

void add_body(const Json& body, std::vector<std::string>& lines) {
  if (!body.contains("text")) {
    lines.push_back(printable(fmt::format("({} bytes of {}, {})", body.value("length", uint64_t{0}),
                                          body.value("kind", ""), body.value("digest", ""))));
    return;
  }
  const std::string text = body.value("text", "");
  const Json tree = Json::parse(text, nullptr, false);
  const std::string shown = tree.is_discarded() || tree.is_string()
                                ? (tree.is_string() ? tree.get<std::string>() : text)
                                : tree.dump(2, ' ', false, Json::error_handler_t::replace);
  size_t at = 0;
  while (at < shown.size()) {
    const size_t end = std::min(shown.find('\n', at), shown.size());
    lines.push_back(printable(std::string_view(shown).substr(at, end - at)));
    at = end + 1;
  }
}

std::vector<std::string> lines_of(const Json& answer) {
  if (answer.contains("outcome"))
    return {printable(fmt::format("({})", answer.value("outcome", "")))};
  std::vector<std::string> lines{fmt::format("{}", answer.value("status", 0))};
  for (const char* part : {"headers", "trailers"}) {
    if (!answer.contains(part)) continue;
    for (const Json& field : answer[part]) {
      lines.push_back(printable(
          fmt::format("{}: {}", field[0].get<std::string>(), field[1].get<std::string>())));
    }
  }
  lines.emplace_back();
  add_body(answer["body"], lines);
  return lines;
}

void append_sides(const Json& sample, bool color, std::string& out) {
  const std::vector<std::string> left = lines_of(sample["live"]);
  const std::vector<std::string> right = lines_of(sample["candidate"]);
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

}  // namespace

std::string sample_text(const Json& sample, bool color) {
  const Json& request = sample["request"];
  std::string out =
      printable(fmt::format("{} {}  ({})", request.value("method", ""), request.value("path", ""),
                            sample.value("endpoint", ""))) +
      "\n";
  for (const Json& found : sample["differences"]["list"]) {
    out +=
        printable(fmt::format("  {} {}: {} -> {}", found.value("path", ""), found.value("kind", ""),
                              found.value("live", ""), found.value("other", ""))) +
        "\n";
  }
  const Json& found = sample["differences"];
  if (found.contains("limits")) {
    out +=
        printable(fmt::format("  reached a limit of comparing: {}",
                              fmt::join(found["limits"].get<std::vector<std::string>>(), ", "))) +
        "\n";
  }
  out += "\n";
  append_sides(sample, color, out);
  return out;
}

std::string sample_curl(const Json& sample) {
  const Json& request = sample["request"];
  std::string out =
      fmt::format("curl -X {} --globoff {}", shell_quoted(request.value("method", "")),
                  shell_quoted(printable(fmt::format("http://{}{}", request.value("authority", ""),
                                                     request.value("path", "")))));
  for (const Json& field : request["headers"]) {
    const std::string header =
        printable(fmt::format("{}: {}", field[0].get<std::string>(), field[1].get<std::string>()));
    out += fmt::format(" \\\n  -H {}", shell_quoted(header));
  }
  return out + "\n";
}

}  // namespace gnomon::cli
