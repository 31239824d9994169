// The texts that configuration was read from, and places in them.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace gnomon::config {

// A place in a text. Lines and columns count from 1, columns in code points; line 0 means the file
// as a whole.
struct Position {
  uint32_t file = 0;  // index into Sources
  uint32_t line = 0;
  uint32_t column = 0;
  bool operator==(const Position&) const = default;
};

// A value and where it was written.
template <typename T>
struct Located {
  T value{};
  Position at;
};

// Grows only, so that views of paths and texts stay valid as long as the Sources do.
class Sources {
 public:
  // Returns the file's index.
  uint32_t add(std::string path, std::string text);

  // A file that no message may quote, because it holds a Secret.
  void conceal(uint32_t file) { files_.at(file).concealed = true; }
  bool is_concealed(uint32_t file) const { return files_.at(file).concealed; }

  size_t size() const noexcept { return files_.size(); }
  // Of all texts together.
  size_t bytes() const noexcept { return bytes_; }
  const std::string& path(uint32_t file) const { return files_.at(file).path; }
  std::string_view text(uint32_t file) const { return files_.at(file).text; }
  uint32_t line_count(uint32_t file) const;
  // Offset of the first byte of a line that exists.
  uint32_t line_start(uint32_t file, uint32_t number) const {
    return files_.at(file).line_starts.at(number - 1);
  }
  // Without its line break; "" for a line that does not exist.
  std::string_view line(uint32_t file, uint32_t number) const;
  // "path:line", or "path" for a whole file.
  std::string describe(Position at) const;

 private:
  struct File {
    std::string path;
    std::string text;
    std::vector<uint32_t> line_starts;
    bool concealed = false;
  };
  std::deque<File> files_;
  size_t bytes_ = 0;
};

}  // namespace gnomon::config
