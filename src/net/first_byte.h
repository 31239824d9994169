// Waits for the first byte of a client, by which TLS is told from anything else.
#pragma once

#include <functional>
#include <memory>

#include "net/event_loop.h"
#include "net/stream.h"
#include "net/timer.h"

namespace gnomon::net {

// Says once what it saw; it may be destroyed as soon as the caller's stack has unwound.
class FirstByte final : private StreamHandler {
 public:
  enum class Outcome : uint8_t { tls, other, refused };
  using Done = std::function<void(FirstByte&, Outcome)>;

  FirstByte(EventLoop& loop, std::unique_ptr<Stream> stream, Duration limit, Done done);
  ~FirstByte();

  // Once, unless it was refused. The byte can be read from it.
  std::unique_ptr<Stream> take_stream();

 private:
  void on_stream_ready() override;
  void finish(Outcome outcome);

  EventLoop& loop_;
  std::unique_ptr<Stream> stream_;
  const Done done_;
  Timer timer_;
  char byte_ = 0;
};

}  // namespace gnomon::net
