// Connections of HTTP/2 clients: the same story however the bytes are cut, and every head that is
// let through reads back from HTTP/1 as that head. An input is what follows the preface.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/h1_request_parser.h"
#include "http/h1_writer.h"
#include "http/h2_frames.h"
#include "http/h2_transcript.h"

namespace gnomon::fuzz {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// Requests that downgrade into something else are what this is about.
void check_downgrade(const RequestHead& head) {
  if (!head.upgrade.empty()) return;
  ByteQueue out;
  http::write_request_head(out, head);
  http::H1Limits limits;
  limits.head_bytes = limits.start_line_bytes = 1 << 20;
  http::H1RequestParser parser(limits);
  Chunk in = Chunk::copy_of(out.to_string());
  require(parser.next(in) == http::H1Event::head);
  const RequestHead read = parser.take_head();
  require(in.empty());
  require(read.method_name == head.method_name && read.path == head.path);
  require(read.authority == head.authority && read.headers.size() == head.headers.size());
  require((read.body == BodyKind::none) == (head.body == BodyKind::none));
  for (size_t i = 0; i < read.headers.size(); ++i) {
    require(read.headers.begin()[static_cast<ptrdiff_t>(i)].value ==
            head.headers.begin()[static_cast<ptrdiff_t>(i)].value);
  }
}

}  // namespace
}  // namespace gnomon::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using gnomon::http::H2Flood;
  using gnomon::http::H2Transcript;
  const std::string bytes =
      gnomon::http::h2_hello().append(reinterpret_cast<const char*>(data), size);
  H2Transcript whole(gnomon::fuzz::check_downgrade);
  whole.feed(bytes, bytes.size());
  H2Transcript cut;
  cut.feed(bytes, 1);
  // Floods are noticed between two pieces.
  const bool flooded =
      whole.session().flood() != H2Flood::none || cut.session().flood() != H2Flood::none;
  if (!flooded && whole.text() != cut.text()) {
    fmt::print(stderr, "whole:\n{}cut:\n{}", whole.text(), cut.text());
    std::abort();
  }
  return 0;
}
