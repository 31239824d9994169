// Reads a body, freed of its Content-Encoding, into a document: by its kind, or by how it looks.
#pragma once

#include <string_view>

#include "compare/content_kind.h"
#include "compare/document.h"
#include "compare/json_reader.h"

namespace gnomon::compare {

class BodyReader {
 public:
  // What a body without a telling type is taken for.
  static ContentKind by_look(std::string_view body) noexcept;
  // Whether bodies of that kind are read into documents at all.
  static bool is_structured(ContentKind kind) noexcept;

  ReadStatus read(ContentKind kind, std::string_view body, std::string_view content_type,
                  const DocumentLimits& limits, Document& out);

 private:
  JsonReader json_;
};

}  // namespace gnomon::compare
