// How connections of every version read: a few times in a row, then others get their turn.
#pragma once

#include <cstdint>
#include <utility>

#include "http/read_buffer.h"
#include "net/event_loop.h"
#include "net/stream.h"

namespace gnomon::http {

inline constexpr int kReadsPerTurn = 4;

// Why there is nothing more to be read.
enum class ReadEnd : uint8_t { fin, reset, silence };

// What a connection reads from and with.
struct ReadTurn {
  net::Stream& stream;
  ReadBuffer& buffer;
  net::EventLoop& loop;
  net::Task& again;  // the rest, when this turn is over
  net::Lane lane;
  bool last = false;  // there is no use in waiting for more
  int most = kReadsPerTurn;
};

// `Connection` has wants_read(); feed_pending(), false when nothing was read before;
// feed_read(Chunk); and on_read_end(ReadEnd).
template <typename Connection>
void read_in_turns(const ReadTurn& turn, Connection& to) {
  for (int reads = 0; to.wants_read(); ++reads) {
    if (to.feed_pending()) continue;
    if (!turn.stream.readable() && !turn.last) return;
    if (reads == turn.most) return turn.loop.schedule_continuation(turn.again, turn.lane);
    ReadBuffer::Outcome got = turn.buffer.read(turn.stream);
    switch (got.io.status) {
      case net::IoResult::Status::ok:
        to.feed_read(std::move(got.chunk));
        break;
      case net::IoResult::Status::would_block:
        if (turn.last) return to.on_read_end(ReadEnd::silence);
        return;
      case net::IoResult::Status::eof:
        return to.on_read_end(ReadEnd::fin);
      case net::IoResult::Status::error:
        return to.on_read_end(ReadEnd::reset);
    }
  }
}

}  // namespace gnomon::http
