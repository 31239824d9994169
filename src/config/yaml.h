// YAML text to an immutable tree whose nodes know where they stand.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>

#include "config/diagnostic.h"
#include "config/source.h"

namespace gnomon::config {

struct Entry;

// Nodes are owned by their reader. Aliases and merge keys are resolved: the same node may hang in
// several places.
class Node {
 public:
  enum class Kind : uint8_t { scalar, sequence, mapping };

  Node() noexcept : text_() {}

  Kind kind() const noexcept { return kind_; }
  bool is_scalar() const noexcept { return kind_ == Kind::scalar; }
  bool is_sequence() const noexcept { return kind_ == Kind::sequence; }
  bool is_mapping() const noexcept { return kind_ == Kind::mapping; }
  // A scalar without quotes, whose type its text decides.
  bool is_plain() const noexcept { return plain_; }
  bool is_null() const noexcept;
  Position at() const noexcept { return at_; }

  std::string_view text() const noexcept { return is_scalar() ? text_ : std::string_view(); }
  std::span<const Node* const> items() const noexcept {
    return is_sequence() ? items_ : std::span<const Node* const>();
  }
  std::span<const Entry> entries() const noexcept;
  // The value of a key as it is written, or null; a value that is null counts as absent.
  const Node* find(std::string_view key) const noexcept;
  // The same by any of several names.
  const Node* find_any(std::initializer_list<std::string_view> keys) const noexcept;

 private:
  friend class TreeBuilder;

  Kind kind_ = Kind::scalar;
  bool plain_ = false;
  uint16_t depth_ = 1;   // levels below and including this one
  uint32_t weight_ = 1;  // nodes of the tree with every alias written out
  Position at_;
  union {
    std::string_view text_;
    std::span<const Node* const> items_;
    std::span<const Entry> entries_;
  };
};

struct Entry {
  const Node* key;  // always a scalar
  const Node* value;
};

struct YamlLimits {
  uint32_t nodes = 2'000'000;  // per document, with every alias written out
  uint16_t depth = 64;
};

// Reads the documents of one file, one after the other. What is wrong goes to the diagnostics; a
// document that cannot be read does not hide those behind it.
class YamlReader {
 public:
  // `sources` and `diagnostics` outlive the reader.
  YamlReader(const Sources& sources, uint32_t file, Diagnostics& diagnostics,
             YamlLimits limits = {});
  ~YamlReader();
  YamlReader(const YamlReader&) = delete;
  YamlReader& operator=(const YamlReader&) = delete;

  // The next document that is not empty, valid until the next call; null at the end.
  const Node* next();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gnomon::config
