// What a body is, and so how it is read: by its Content-Type, or by its first bytes where it has
// none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "compare/document.h"
#include "compare/grpc_reader.h"
#include "compare/json_reader.h"

namespace gnomon::compare {

enum class ContentKind : uint8_t {
  empty,
  json,
  json_lines,
  xml,
  html,
  form,
  multipart,
  grpc,
  text,
  binary,
};
std::string_view to_string(ContentKind kind) noexcept;

// Whether bodies of that kind are read into a document.
bool has_tree(ContentKind kind) noexcept;

struct ContentType {
  ContentKind kind = ContentKind::binary;
  std::string boundary;  // of multipart
};

// `value` is that of Content-Type, or empty. `body` is without content codings.
ContentType content_type_of(std::string_view value, std::string_view body);

// Reads bodies of every kind that has a tree. Keeps memory from one body to the next; not to be
// shared between threads.
class TreeReader {
 public:
  // `like` is as for JsonReader::read(), of JSON where that is what is read.
  ReadStatus read(const ContentType& type, std::string_view body, const GrpcContext& grpc,
                  const DocumentLimits& limits, Document& out, const Document* like = nullptr);
  // Keeps no more memory than ordinary bodies need.
  void give_back() noexcept { json_.give_back(); }

 private:
  JsonReader json_;
};

}  // namespace gnomon::compare
