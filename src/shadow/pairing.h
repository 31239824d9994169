// Brings together what the legs of one request answer: the live one, its copy and, where there is
// one, its control. Lives on its worker. Keeps bytes of its own and charges them to the shadow's
// budget; over budget the answers are let go and the request counts as not compared, which no leg
// notices.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/pool.h"
#include "compare/body_capture.h"
#include "msg/head.h"
#include "net/event_loop.h"
#include "proxy/tap.h"
#include "routing/plan.h"
#include "shadow/limits.h"
#include "shadow/shadow_stats.h"
#include "shadow/trio.h"
#include "shadow/trio_shelf.h"

namespace gnomon::shadow {

class Pairing final : public std::enable_shared_from_this<Pairing> {
 public:
  struct Context {
    net::EventLoop& loop;
    TrioSink& sink;
    TrioShelf& shelf;
    const std::shared_ptr<ShadowStats>& stats;
    const std::shared_ptr<ShadowLimits>& limits;
  };

  Pairing(const Context& context, const routing::ShadowPolicy& policy);
  ~Pairing();
  Pairing(const Pairing&) = delete;
  Pairing& operator=(const Pairing&) = delete;

  // Before a copy is begun: what the primary's upstream gets. False when there is no room for it, and
  // nothing will be compared.
  bool take_request(const RequestHead& request);
  // A control copy has been begun.
  void expect_control() noexcept;

  // From the tap, on the live path. Heads and the beginning of a body are copied at once, which takes
  // less time there than to hold their blocks and to come back; all else is held, and happens later.
  void live_head(const ResponseHead& head);
  void live_body(const Chunk& chunk);
  void live_end(const Headers& trailers);
  void live_failed(proxy::LiveFailure why);

  // From copies, in the background lane.
  void on_head(Leg leg, const ResponseHead& head);
  void on_body(Leg leg, const Chunk& chunk);
  // Whether more of the leg's body than the `bytes` that have come may still tell something.
  bool wants_more(uint64_t bytes) const noexcept;
  void on_end(Leg leg, const Headers& trailers);
  void on_failed(Leg leg, Reason why);

 private:
  void schedule();
  void work();
  void end_live(compare::Outcome outcome);
  bool take_head(Leg leg, const ResponseHead& head);
  bool take_body(Leg leg, const Chunk& chunk);
  bool take_trailers(Leg leg, const Headers& trailers);
  bool keep(Headers& to, const Headers& fields);
  // Of a leg, in the background. The last one hands the trio over.
  void end();
  // Charges the bytes, some more at a time than are needed; false when there is no room for them,
  // and everything has been let go.
  bool charge(size_t bytes);
  bool charge_more(size_t bytes);
  // Nothing will be compared.
  void close(Uncompared why) noexcept;
  compare::BodyCapture& body_of(Leg leg) noexcept { return bodies_[static_cast<size_t>(leg)]; }
  compare::Answer& answer(Leg leg) noexcept { return trio_->of(leg); }

  net::EventLoop& loop_;
  TrioSink& sink_;
  const std::shared_ptr<ShadowStats> stats_;
  const uint64_t bytes_max_;
  const uint64_t at_once_;  // of the live body
  const TimePoint began_;
  std::unique_ptr<Trio> trio_;
  std::array<compare::BodyCapture, kLegs> bodies_;

  // Of the live leg, until the background lane takes them over.
  std::vector<Chunk, PoolAllocator<Chunk>> live_chunks_;

  net::Task work_;
  std::shared_ptr<Pairing> keep_;  // while that is scheduled
  size_t unused_ = 0;              // of what is charged
  uint8_t open_legs_ = 2;
  bool live_ended_ = false;
  bool closed_ = false;
};

}  // namespace gnomon::shadow
