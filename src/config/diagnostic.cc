#include "config/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

namespace gnomon::config {
namespace {

constexpr size_t kExcerptCodePoints = 160;

bool continues_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Byte offset of the code point with that index, at most the size.
size_t offset_of(std::string_view text, size_t code_point) {
  size_t at = 0;
  while (at < text.size() && code_point > 0) {
    ++at;
    while (at < text.size() && continues_code_point(text[at])) ++at;
    --code_point;
  }
  return at;
}

// The line, or where it is very long the part around the column.
void take_excerpt(Diagnostic& out, std::string_view line) {
  out.caret = out.column;
  size_t first = 0;
  if (out.column > kExcerptCodePoints / 2) first = out.column - kExcerptCodePoints / 2;
  if (offset_of(line, kExcerptCodePoints) == line.size()) first = 0;
  if (first > 0) {
    line.remove_prefix(offset_of(line, first));
    out.caret -= static_cast<uint32_t>(first);
  }
  out.source_line = line.substr(0, offset_of(line, kExcerptCodePoints));
}

// Tabs stay tabs so that the caret lands under its character at any tab width. Control characters
// must not reach the terminal.
std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back((byte < 0x20 && c != '\t') || byte == 0x7F ? '?' : c);
  }
  return out;
}

std::string caret_line(const Diagnostic& diagnostic) {
  const std::string_view line = diagnostic.source_line;
  const std::string_view before = line.substr(0, offset_of(line, diagnostic.caret - 1));
  std::string out;
  for (const char c : before) {
    if (!continues_code_point(c)) out.push_back(c == '\t' ? '\t' : ' ');
  }
  return out + '^';
}

struct Palette {
  std::string_view bold, severity, caret, plain;
};

Palette palette_for(Severity severity, bool color) {
  if (!color) return {};
  constexpr std::string_view kRed = "\033[1;31m";
  constexpr std::string_view kMagenta = "\033[1;35m";
  constexpr std::string_view kCyan = "\033[1;36m";
  const std::string_view tone = severity == Severity::error     ? kRed
                                : severity == Severity::warning ? kMagenta
                                                                : kCyan;
  return {"\033[1m", tone, "\033[1;32m", "\033[0m"};
}

}  // namespace

std::string_view to_string(Severity severity) noexcept {
  switch (severity) {
    case Severity::note:
      return "note";
    case Severity::warning:
      return "warning";
    case Severity::error:
      return "error";
  }
  return "error";
}

std::string render(const Diagnostic& d, bool color) {
  const Palette p = palette_for(d.severity, color);
  std::string place = d.file;
  if (d.line != 0) place += fmt::format(":{}:{}", d.line, d.column);
  std::string out =
      fmt::format("{}{}:{} {}{}:{} {}{}{}{}\n", p.bold, printable(place), p.plain, p.severity,
                  to_string(d.severity), p.plain, p.bold,
                  d.field.empty() ? "" : printable(d.field) + ": ", printable(d.message), p.plain);
  if (d.line != 0 && d.caret != 0 && !d.source_line.empty()) {
    out +=
        fmt::format("  {}\n  {}{}{}\n", printable(d.source_line), p.caret, caret_line(d), p.plain);
  }
  if (!d.hint.empty()) out += fmt::format("  hint: {}\n", printable(d.hint));
  return out;
}

std::string to_json(const Diagnostic& d) {
  nlohmann::ordered_json json;
  json["severity"] = to_string(d.severity);
  json["message"] = d.message;
  json["file"] = d.file;
  json["line"] = d.line;
  json["column"] = d.column;
  json["field"] = d.field;
  json["hint"] = d.hint;
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void Diagnostics::add(Severity severity, Position at, std::string message, std::string field,
                      std::string hint) {
  if (++counts_[static_cast<size_t>(severity)] > kKeptMax) return;
  Diagnostic diagnostic;
  diagnostic.severity = severity;
  diagnostic.message = std::move(message);
  diagnostic.file = sources_->path(at.file);
  diagnostic.line = at.line;
  diagnostic.column = at.column;
  diagnostic.field = std::move(field);
  diagnostic.hint = std::move(hint);
  if (at.line != 0 && !sources_->is_concealed(at.file)) {
    take_excerpt(diagnostic, sources_->line(at.file, at.line));
  }
  kept_.push_back({at, std::move(diagnostic)});
}

void Diagnostics::skip(Position at, std::string message) {
  const size_t kept_before = kept_.size();
  note(at, std::move(message));
  if (kept_.size() > kept_before) kept_.back().diagnostic.skipped = true;
}

Diagnostics::Slice Diagnostics::since(size_t kept_before,
                                      const std::array<size_t, 3>& counts_before) const {
  Slice slice;
  slice.kept.assign(kept_.begin() + static_cast<ptrdiff_t>(kept_before), kept_.end());
  for (size_t i = 0; i < counts_.size(); ++i) slice.counts[i] = counts_[i] - counts_before[i];
  return slice;
}

void Diagnostics::append(const Slice& slice) {
  std::array<size_t, 3> left = slice.counts;
  for (const Kept& kept : slice.kept) {
    const auto severity = static_cast<size_t>(kept.diagnostic.severity);
    --left[severity];
    if (++counts_[severity] <= kKeptMax) kept_.push_back(kept);
  }
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += left[i];
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::vector<const Kept*> order;
  order.reserve(kept_.size());
  for (const Kept& kept : kept_) order.push_back(&kept);
  // Equal places keep the order in which the problems were found.
  std::ranges::sort(order, [](const Kept* a, const Kept* b) {
    return std::tie(a->at.file, a->at.line, a->at.column, a) <
           std::tie(b->at.file, b->at.line, b->at.column, b);
  });
  std::vector<Diagnostic> out;
  out.reserve(order.size() + counts_.size());
  for (const Kept* kept : order) out.push_back(kept->diagnostic);
  for (const Severity severity : {Severity::error, Severity::warning, Severity::note}) {
    if (count(severity) <= kKeptMax) continue;
    Diagnostic more;
    more.severity = severity;
    more.message =
        fmt::format("{} more of this severity are not shown", count(severity) - kKeptMax);
    more.file = out.back().file;
    out.push_back(std::move(more));
  }
  return out;
}

}  // namespace gnomon::config
