// Bodies of every kind that has a tree. The first byte says which; whatever the rest is, it is
// read, refused or too much, and a tree that was read holds together.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "compare/body_kind.h"
#include "compare/proto_testing.h"

namespace gnomon::fuzz {
namespace {

using compare::ContentKind;
using compare::Document;
using compare::NodeId;

void require(bool holds) {
  if (!holds) std::abort();
}

// Every node ends within its parent, and texts can be looked at.
size_t check(const Document& document, NodeId id, NodeId end, size_t depth) {
  const compare::Node& node = document[id];
  require(node.next > id && node.next <= end && depth <= 256);
  size_t bytes = node.text().size() + node.name().size();
  for (const char c : node.text()) bytes += c == '\0' ? 1 : 0;
  uint32_t count = 0;
  for (NodeId child = id + 1; child < node.next; child = document[child].next) {
    bytes += check(document, child, node.next, depth + 1);
    ++count;
  }
  require(count == (node.is_container() ? node.count : 0));
  return bytes;
}

}  // namespace
}  // namespace gnomon::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gnomon::compare;
  static TreeReader reader;
  static Document document;
  static const auto schema = ProtoSchema::load(testing::pet_shop());
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  ContentType type{static_cast<ContentKind>((data[0] & 0x3fU) % 10), "B"};
  if (data[0] >= 0x80) type = content_type_of("", body);
  GrpcContext grpc;
  grpc.encoding = "gzip";
  grpc.path = "/shop.Pets/Get";
  if ((data[0] & 0x40U) != 0) grpc.schema = schema->get();
  DocumentLimits limits;
  limits.nodes = 10'000;
  limits.text_bytes = 1 << 20;
  const ReadStatus status = reader.read(type, body, grpc, limits, document);
  if (status == ReadStatus::ok) gnomon::fuzz::check(document, 0, document.size(), 0);
  if (status == ReadStatus::limit) gnomon::fuzz::require(!document.limits().empty());
  return 0;
}
