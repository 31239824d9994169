// Bodies of gRPC: an array of the messages in it.
#pragma once

#include <string_view>

#include "compare/content_decoding.h"
#include "compare/document.h"
#include "compare/proto_schema.h"

namespace gnomon::compare {

struct GrpcContext {
  std::string_view encoding;  // value of grpc-encoding
  std::string_view path;      // of the request
  const ProtoSchema* schema =
      nullptr;  // where there is none, or not for this path: fields by number
  ProtoSchema::Side side = ProtoSchema::Side::response;
  DecodingLimits decoding;
};

ReadStatus read_grpc(std::string_view body, const GrpcContext& context,
                     const DocumentLimits& limits, Document& out);

}  // namespace gnomon::compare
