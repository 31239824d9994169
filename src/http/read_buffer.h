// Where sockets of one worker read into. Blocks are filled one read behind the other, so that small
// reads share a block, and a block nobody kept is used again from its start.
#pragma once

#include "base/chunk.h"
#include "net/stream.h"

namespace gnomon::http {

class ReadBuffer {
 public:
  struct Outcome {
    net::IoResult io;
    Chunk chunk;  // the bytes read, with status ok
  };
  Outcome read(net::Stream& stream);

 private:
  static constexpr size_t kRoomMin = 4096;

  BlockRef block_;
  uint32_t used_ = 0;
};

}  // namespace gnomon::http
