// What may be kept of a captured body.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "compare/answer.h"
#include "compare/body_kind.h"
#include "compare/redactor.h"

namespace gnomon::compare {

struct RedactedBody {
  ContentKind kind = ContentKind::empty;
  uint64_t length = 0;  // as it came
  std::string digest;   // stands in for all of the body; equal for equal bytes
  bool readable = false;
  std::string text;  // JSON for kinds that have a tree; empty unless readable
};

struct BodyToRedact {
  const CapturedBody& body;
  std::string_view content_type;
  std::string_view content_encoding;
  GrpcContext grpc;
  DecodingLimits decoding;
  DocumentLimits document;
};

// A body that was not captured whole, cannot be decoded or is not what it says it is, is kept by
// length and digest only. `reader` and `scratch` are memory to work in.
RedactedBody redacted_body(const Redactor& redactor, const BodyToRedact& what, TreeReader& reader,
                           Document& scratch);

}  // namespace gnomon::compare
