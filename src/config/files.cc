#include "config/files.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>

namespace gnomon::config {
namespace {

namespace fs = std::filesystem;

std::string too_large(size_t bytes_max) {
  return fmt::format("the file is larger than {} bytes", bytes_max);
}

}  // namespace

Files::Kind DiskFiles::kind(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  switch (status.type()) {
    case fs::file_type::regular:
      return Kind::file;
    case fs::file_type::directory:
      return Kind::directory;
    case fs::file_type::none:
    case fs::file_type::not_found:
      return Kind::missing;
    default:
      return Kind::other;
  }
}

std::string DiskFiles::identity(const std::string& path) {
  std::error_code error;
  const fs::path canonical = fs::canonical(path, error);
  return error ? path : canonical.string();
}

std::expected<std::vector<std::string>, std::string> DiskFiles::list(const std::string& path) {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    names.push_back(at->path().filename().string());
  }
  if (error) return std::unexpected(error.message());
  return names;
}

std::expected<std::string, std::string> DiskFiles::read(const std::string& path, size_t bytes_max) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::unexpected(std::error_code(errno, std::generic_category()).message());
  std::string text;
  std::array<char, size_t{64} << 10> buffer{};
  while (in.read(buffer.data(), buffer.size()), in.gcount() > 0) {
    text.append(buffer.data(), static_cast<size_t>(in.gcount()));
    if (text.size() > bytes_max) return std::unexpected(too_large(bytes_max));
  }
  if (in.bad()) return std::unexpected("it could not be read to its end");
  return text;
}

Files::Kind MemoryFiles::kind(const std::string& path) {
  if (texts_.contains(path)) return Kind::file;
  const auto below = texts_.lower_bound(path + "/");
  const bool any = below != texts_.end() && below->first.starts_with(path + "/");
  return any ? Kind::directory : Kind::missing;
}

std::expected<std::vector<std::string>, std::string> MemoryFiles::list(const std::string& path) {
  const std::string prefix = path + "/";
  std::set<std::string> names;
  for (auto at = texts_.lower_bound(prefix); at != texts_.end(); ++at) {
    if (!at->first.starts_with(prefix)) break;
    const std::string rest = at->first.substr(prefix.size());
    names.insert(rest.substr(0, rest.find('/')));
  }
  return std::vector<std::string>(names.begin(), names.end());
}

std::expected<std::string, std::string> MemoryFiles::read(const std::string& path,
                                                          size_t bytes_max) {
  const auto found = texts_.find(path);
  if (found == texts_.end()) return std::unexpected("no such file");
  if (found->second.size() > bytes_max) return std::unexpected(too_large(bytes_max));
  return found->second;
}

}  // namespace gnomon::config
