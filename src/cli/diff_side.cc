#include "cli/diff_side.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <utility>

namespace gnomon::cli {
namespace {

struct Ending {
  std::string_view ending;
  std::string_view type;
};
constexpr Ending kEndings[] = {
    {".json", "application/json"}, {".ndjson", "application/x-ndjson"},
    {".xml", "application/xml"},   {".html", "text/html"},
    {".htm", "text/html"},         {".txt", "text/plain"},
};

// Nothing where there is more than that.
std::optional<std::string> read_up_to(std::istream& in, size_t limit) {
  constexpr size_t kPiece = size_t{64} << 10;
  std::string out;
  while (in && out.size() <= limit) {
    const size_t had = out.size();
    out.resize(had + kPiece);
    in.read(out.data() + had, kPiece);
    out.resize(had + static_cast<size_t>(in.gcount()));
  }
  return out.size() <= limit ? std::optional(std::move(out)) : std::nullopt;
}

std::expected<std::string, std::string> read_all(const std::string& path, size_t limit) {
  const auto wrong = [&path](std::string_view what) {
    return std::unexpected(fmt::format("{}: {}", path, what));
  };
  if (std::filesystem::is_directory(path)) return wrong("this is a directory");
  std::ifstream file;
  const bool piped = path == "-";
  if (!piped) file.open(path, std::ios::binary);
  if (!piped && !file) return wrong("cannot be read");
  auto text = read_up_to(piped ? std::cin : file, limit);
  if (!text) return wrong(fmt::format("has more than {} bytes", limit));
  return std::move(*text);
}

// What stands behind "http://host".
std::string_view without_origin(std::string_view target) noexcept {
  const size_t scheme = target.find("://");
  if (target.starts_with('/') || scheme == std::string_view::npos) return target;
  const size_t end = target.find_first_of("/?", scheme + 3);
  return end == std::string_view::npos ? "/" : target.substr(end);
}

}  // namespace

std::string_view type_of_name(std::string_view path) noexcept {
  for (const Ending& each : kEndings) {
    if (path.ends_with(each.ending)) return each.type;
  }
  return {};
}

std::string_view path_of_target(std::string_view target) noexcept {
  target = without_origin(target);
  return target.substr(0, target.find('?'));
}

std::string_view query_of_target(std::string_view target) noexcept {
  target = without_origin(target);
  return target.substr(std::min(target.find('?'), target.size() - 1) + 1);
}

std::expected<DiffSide, std::string> read_diff_side(const std::string& path, size_t limit) {
  const auto text = read_all(path, limit);
  if (!text) return std::unexpected(text.error());
  DiffSide side;
  side.name = path;
  if (!is_http_dump(*text)) {
    if (!text->empty()) side.dump.message.body.append(Chunk::copy_of(*text));
    return side;
  }
  auto dump = read_http_dump(*text);
  if (!dump) return std::unexpected(fmt::format("{}: no HTTP message: {}", path, dump.error()));
  side.form = dump->is_request ? DiffSide::Form::request : DiffSide::Form::response;
  side.dump = std::move(*dump);
  return side;
}

}  // namespace gnomon::cli
