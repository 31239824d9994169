#include "cli/text_table.h"

#include <algorithm>
#include <string_view>

#include "cli/printable.h"

namespace gnomon::cli {
namespace {

using Lines = std::vector<std::string>;

Lines split(std::string_view cell) {
  Lines lines;
  for (;;) {
    const size_t end = cell.find('\n');
    lines.push_back(printable(cell.substr(0, end)));
    if (end == std::string_view::npos) return lines;
    cell.remove_prefix(end + 1);
  }
}

// In code points, which is as wide as text in manifests gets.
size_t width_of(std::string_view line) {
  return static_cast<size_t>(std::ranges::count_if(
      line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string frame(const std::vector<size_t>& widths) {
  std::string out = "+";
  for (const size_t width : widths) out += std::string(width + 2, '-') + "+";
  return out + "\n";
}

std::string render_row(const std::vector<Lines>& cells, const std::vector<size_t>& widths) {
  size_t height = 0;
  for (const Lines& cell : cells) height = std::max(height, cell.size());
  std::string out;
  for (size_t line = 0; line < height; ++line) {
    out += "|";
    for (size_t i = 0; i < cells.size(); ++i) {
      const std::string text = line < cells[i].size() ? cells[i][line] : std::string();
      out += " " + text + std::string(widths[i] - width_of(text) + 1, ' ') + "|";
    }
    out += "\n";
  }
  return out;
}

}  // namespace

std::string TextTable::render() const {
  std::vector<std::vector<Lines>> rows(1);
  for (const std::string& title : titles_) rows[0].push_back(split(title));
  for (const auto& row : rows_) {
    auto& lines = rows.emplace_back();
    for (const std::string& cell : row) lines.push_back(split(cell));
  }
  std::vector<size_t> widths(titles_.size());
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      for (const std::string& line : row[i]) widths[i] = std::max(widths[i], width_of(line));
    }
  }
  const std::string line = frame(widths);
  std::string out = line + render_row(rows[0], widths) + line;
  for (size_t i = 1; i < rows.size(); ++i) out += render_row(rows[i], widths);
  return out + line;
}

}  // namespace gnomon::cli
