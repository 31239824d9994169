#include "http/read_buffer.h"

namespace gnomon::http {

ReadBuffer::Outcome ReadBuffer::read(net::Stream& stream) {
  if (block_ && block_->unique()) used_ = 0;
  if (!block_ || block_->capacity() - used_ < kRoomMin) {
    block_ = Block::allocate(Block::kStandard - sizeof(Block));
    used_ = 0;
  }
  char* to = block_->data() + used_;
  const net::IoResult io = stream.read(to, block_->capacity() - used_);
  if (io.status != net::IoResult::Status::ok) return {io, Chunk()};
  used_ += static_cast<uint32_t>(io.bytes);
  return {io, Chunk(block_, to, io.bytes)};
}

}  // namespace gnomon::http
