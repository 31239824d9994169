#include "compare/grpc_reader.h"

#include <string>

#include "compare/wire_reader.h"

namespace gnomon::compare {
namespace {

constexpr size_t kPrefix = 5;  // one byte that says whether it is compressed, four of length

class Messages {
 public:
  Messages(std::string_view rest, const GrpcContext& context, DocumentBuilder& builder)
      : rest_(rest),
        context_(context),
        builder_(builder),
        encoding_(parse_content_encoding(context.encoding, 1)),
        described_(context.schema != nullptr && context.schema->knows(context.path)) {}

  ReadStatus read() {
    if (!builder_.begin_array()) return ReadStatus::limit;
    while (!rest_.empty()) {
      const ReadStatus status = message();
      if (status != ReadStatus::ok) return status;
    }
    builder_.end();
    return ReadStatus::ok;
  }

 private:
  ReadStatus message() {
    if (rest_.size() < kPrefix) return ReadStatus::invalid;
    size_t size = 0;
    for (size_t i = 1; i < kPrefix; ++i) size = size << 8U | static_cast<unsigned char>(rest_[i]);
    const char flag = rest_[0];
    if (size > rest_.size() - kPrefix || (flag != 0 && flag != 1)) return ReadStatus::invalid;
    const std::string_view bytes = rest_.substr(kPrefix, size);
    rest_.remove_prefix(kPrefix + size);
    if (flag == 0) return add(bytes);
    const DecodedContent decoded = decode_content(encoding_, bytes, context_.decoding);
    // All messages of a body share one allowance.
    decoded_ += decoded.bytes.size();
    if (decoded.state == DecodingState::too_large || decoded.state == DecodingState::too_dense ||
        decoded_ > context_.decoding.output_bytes) {
      return builder_.refuse(Limit::decompression);
    }
    const bool usable = decoded.state == DecodingState::decoded && !encoding_.identity();
    return usable ? add(decoded.bytes) : ReadStatus::invalid;
  }

  ReadStatus add(std::string_view bytes) {
    const bool good =
        described_ ? context_.schema->add_message(context_.path, context_.side, bytes, builder_)
                   : add_wire_message(bytes, builder_);
    return good ? ReadStatus::ok : ReadStatus::invalid;
  }

  std::string_view rest_;
  const GrpcContext& context_;
  DocumentBuilder& builder_;
  const ContentEncoding encoding_;
  const bool described_;
  size_t decoded_ = 0;
};

}  // namespace

ReadStatus read_grpc(std::string_view body, const GrpcContext& context,
                     const DocumentLimits& limits, Document& out) {
  DocumentBuilder builder(out, limits);
  const ReadStatus status = Messages(body, context, builder).read();
  if (!out.limits().empty()) return ReadStatus::limit;
  return status == ReadStatus::ok && !builder.complete() ? ReadStatus::invalid : status;
}

}  // namespace gnomon::compare
