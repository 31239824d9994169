// The description of gRPC services: a FileDescriptorSet as `protoc --include_imports
// --descriptor_set_out` writes it. Messages are read by it as JSON would show them, fields by name.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "compare/document.h"

namespace gnomon::compare {

// Immutable once loaded; threads may share it.
class ProtoSchema {
 public:
  enum class Side : uint8_t { request, response };

  static std::expected<std::shared_ptr<const ProtoSchema>, std::string> load(
      std::string_view descriptor_set);
  ~ProtoSchema();
  ProtoSchema(const ProtoSchema&) = delete;
  ProtoSchema& operator=(const ProtoSchema&) = delete;

  // `path` is that of the request: /package.Service/Method
  bool knows(std::string_view path) const;
  // Appends a message of that method as an object. Fields that the description does not have come
  // by number. False when it is no such message, or a limit was reached.
  bool add_message(std::string_view path, Side side, std::string_view message,
                   DocumentBuilder& builder) const;

 private:
  struct Pool;
  explicit ProtoSchema(std::unique_ptr<Pool> pool);

  std::unique_ptr<Pool> pool_;
};

}  // namespace gnomon::compare
