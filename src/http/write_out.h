// How connections of every version write: as much as the socket takes.
#pragma once

#include <cstddef>

#include "base/chunk.h"
#include "net/stream.h"

namespace gnomon::http {

struct Written {
  size_t bytes = 0;
  bool failed = false;
};

inline Written write_out(ByteQueue& out, net::Stream& stream) {
  constexpr int kParts = 32;
  Written written;
  while (!out.empty() && stream.writable()) {
    struct iovec parts[kParts];
    const int count = out.fill_iovec(parts, kParts);
    const net::IoResult io = stream.write(parts, count);
    written.failed = io.status == net::IoResult::Status::error;
    if (io.status != net::IoResult::Status::ok) break;
    written.bytes += io.bytes;
    out.consume(io.bytes);
  }
  return written;
}

}  // namespace gnomon::http
