// What is wrong with a configuration, told so that a person can find and mend it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/source.h"

namespace gnomon::config {

enum class Severity : uint8_t { note, warning, error };

std::string_view to_string(Severity severity) noexcept;

// Complete in itself: it outlives the texts it speaks of.
struct Diagnostic {
  Severity severity = Severity::error;
  std::string message;
  std::string file;
  uint32_t line = 0;  // 0: the file as a whole
  uint32_t column = 0;
  std::string field;        // path such as spec.virtualHost.domains[0]; may be empty
  std::string hint;         // what to do about it; may be empty
  std::string source_line;  // the line's text, cut where it is very long
  uint32_t caret = 0;       // column of the caret in source_line, from 1; 0 = none
  bool skipped = false;     // a note that a document belongs to another program
};

// `file:line:col: error: message`, then the line with a caret, then the hint; ends in a line break.
std::string render(const Diagnostic& diagnostic, bool color = false);

// One JSON object: severity, message, file, line, column, field, hint.
std::string to_json(const Diagnostic& diagnostic);

// Collects what is found while reading. Beyond a limit per severity it only counts, so that a
// hostile file cannot fill the memory with complaints, nor many warnings hide an error.
class Diagnostics {
 public:
  static constexpr size_t kKeptMax = 1000;

  explicit Diagnostics(std::shared_ptr<const Sources> sources) : sources_(std::move(sources)) {}

  void add(Severity severity, Position at, std::string message, std::string field = {},
           std::string hint = {});
  void error(Position at, std::string message, std::string field = {}, std::string hint = {}) {
    add(Severity::error, at, std::move(message), std::move(field), std::move(hint));
  }
  void warning(Position at, std::string message, std::string field = {}, std::string hint = {}) {
    add(Severity::warning, at, std::move(message), std::move(field), std::move(hint));
  }
  void note(Position at, std::string message, std::string field = {}, std::string hint = {}) {
    add(Severity::note, at, std::move(message), std::move(field), std::move(hint));
  }
  // Notes that a document was passed over because it belongs to another program.
  void skip(Position at, std::string message);

  // What one part of the reading has found, to be told again when that part is read from memory.
  struct Slice;
  Slice since(size_t kept_before, const std::array<size_t, 3>& counts_before) const;
  void append(const Slice& slice);
  size_t kept() const noexcept { return kept_.size(); }
  const std::array<size_t, 3>& counts() const noexcept { return counts_; }

  size_t count(Severity severity) const noexcept { return counts_[static_cast<size_t>(severity)]; }
  size_t errors() const noexcept { return count(Severity::error); }
  const Sources& sources() const noexcept { return *sources_; }

  // What was kept, sorted by file, line and column, and how much was not.
  std::vector<Diagnostic> sorted() const;

 private:
  std::shared_ptr<const Sources> sources_;
  struct Kept {
    Position at;
    Diagnostic diagnostic;
  };
  std::vector<Kept> kept_;
  std::array<size_t, 3> counts_{};  // by severity
};

struct Diagnostics::Slice {
  std::vector<Kept> kept;
  std::array<size_t, 3> counts{};  // more than were kept, where there were too many
};

}  // namespace gnomon::config
