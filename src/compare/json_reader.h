// Reads JSON into a document: strictly RFC 8259, except that surrogates may stand alone and names
// may be repeated, as real services send both. Numbers keep their tokens, strings lose their
// escapes.
#pragma once

#include <memory>
#include <string_view>

#include "compare/document.h"

namespace gnomon::compare {

// Keeps the parser's memory from one body to the next. Not to be shared between threads.
class JsonReader {
 public:
  JsonReader();
  ~JsonReader();
  JsonReader(const JsonReader&) = delete;
  JsonReader& operator=(const JsonReader&) = delete;

  // One value; a byte order mark before it is passed over. What is written as in `like`, another
  // body that read() has read within the same limits, is taken from there: the tree is the same,
  // but is valid as long as that one only.
  ReadStatus read(std::string_view body, const DocumentLimits& limits, Document& out,
                  const Document* like = nullptr);
  // One value per line, empty lines passed over: read as an array of them.
  ReadStatus read_lines(std::string_view body, const DocumentLimits& limits, Document& out);
  // Keeps no more memory than ordinary bodies need.
  void give_back() noexcept;

 private:
  struct Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace gnomon::compare
