#include "config/source.h"

#include <fmt/format.h>

namespace gnomon::config {
namespace {

// YAML ends a line with LF, CR LF or a lone CR (YAML 1.2 section 5.4).
std::vector<uint32_t> find_line_starts(std::string_view text) {
  std::vector<uint32_t> starts{0};
  for (size_t i = text.find_first_of("\r\n"); i != std::string_view::npos;
       i = text.find_first_of("\r\n", i)) {
    i += text.substr(i).starts_with("\r\n") ? 2 : 1;
    starts.push_back(static_cast<uint32_t>(i));
  }
  return starts;
}

}  // namespace

uint32_t Sources::add(std::string path, std::string text) {
  std::vector<uint32_t> starts = find_line_starts(text);
  bytes_ += text.size();
  files_.push_back({std::move(path), std::move(text), std::move(starts), false});
  return static_cast<uint32_t>(files_.size() - 1);
}

uint32_t Sources::line_count(uint32_t file) const {
  return static_cast<uint32_t>(files_.at(file).line_starts.size());
}

std::string_view Sources::line(uint32_t file, uint32_t number) const {
  const File& source = files_.at(file);
  if (number == 0 || number > source.line_starts.size()) return {};
  const std::string_view rest =
      std::string_view(source.text).substr(source.line_starts[number - 1]);
  return rest.substr(0, rest.find_first_of("\r\n"));
}

std::string Sources::describe(Position at) const {
  if (at.line == 0) return path(at.file);
  return fmt::format("{}:{}", path(at.file), at.line);
}

}  // namespace gnomon::config
