// The seam to the file system, so that a tree can also be loaded from memory.
#pragma once

#include <cstddef>
#include <expected>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gnomon::config {

class Files {
 public:
  enum class Kind : uint8_t { missing, file, directory, other };

  virtual ~Files() = default;

  // Symbolic links are followed.
  virtual Kind kind(const std::string& path) = 0;
  // Equal for two paths that lead to the same file or directory.
  virtual std::string identity(const std::string& path) = 0;
  // Names of a directory's entries in any order, or why they cannot be had.
  virtual std::expected<std::vector<std::string>, std::string> list(const std::string& path) = 0;
  // The whole text, or why it cannot be had; a file of more than `bytes_max` is refused.
  virtual std::expected<std::string, std::string> read(const std::string& path,
                                                       size_t bytes_max) = 0;
};

class DiskFiles : public Files {
 public:
  Kind kind(const std::string& path) override;
  std::string identity(const std::string& path) override;
  std::expected<std::vector<std::string>, std::string> list(const std::string& path) override;
  std::expected<std::string, std::string> read(const std::string& path, size_t bytes_max) override;
};

// Path to text; directories are what stands before a '/'.
class MemoryFiles : public Files {
 public:
  explicit MemoryFiles(std::map<std::string, std::string> texts) : texts_(std::move(texts)) {}
  MemoryFiles(std::initializer_list<std::pair<const std::string, std::string>> texts)
      : texts_(texts) {}

  Kind kind(const std::string& path) override;
  std::string identity(const std::string& path) override { return path; }
  std::expected<std::vector<std::string>, std::string> list(const std::string& path) override;
  std::expected<std::string, std::string> read(const std::string& path, size_t bytes_max) override;

 private:
  std::map<std::string, std::string> texts_;
};

}  // namespace gnomon::config
