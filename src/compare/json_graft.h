// A JSON text that differs from another in one value only is read as the other's tree with that
// value on it: nothing else is looked at again.
#pragma once

#include <string_view>

#include "compare/document.h"

namespace gnomon::compare {

class JsonGraft {
 public:
  // `like` was read from its source by JsonReader, and outlives what is built.
  explicit JsonGraft(const Document& like) noexcept : like_(like) {}

  // Looks for the one string, number, boolean or null of `like` that is another one in `text`.
  // False where more is different, or where the new one has to be unescaped.
  bool find(std::string_view text) noexcept;
  // Builds what find() found, with views into `text`, which has the same bytes as the one given
  // there. False where it is no JSON or too large; what was built is then not to be used.
  bool build(std::string_view text, DocumentBuilder& builder) const;

 private:
  NodeId scalar_at(size_t place) const noexcept;
  size_t begin_of(const Node& node) const noexcept;
  bool add(NodeId id, std::string_view text, DocumentBuilder& builder) const;
  bool add_scalar(std::string_view token, DocumentBuilder& builder) const;

  const Document& like_;
  NodeId scalar_ = 0;
  size_t begin_ = 0;  // of its token
  size_t size_ = 0;   // of the token that it is replaced by
};

}  // namespace gnomon::compare
