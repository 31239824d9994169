// Brings together what the legs of one request answer: the live one, its copy and, where there is
// one, its control. Lives on its worker. Keeps bytes of its own and charges them to the shadow's
// budget, which no leg notices.
//
// What is compared must not depend on what is answered. So room for everything but bodies is taken
// before a copy is begun, or nothing is compared; and when a body finds no room, those of all legs
// are let go of and known by length and digest from there on.
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
#include "shadow/passed_over.h"
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
    PassedOver& passed_over;
    const std::shared_ptr<ShadowStats>& stats;
    const std::shared_ptr<ShadowLimits>& limits;
  };

  Pairing(const Context& context, const routing::ShadowPolicy& policy);
  ~Pairing();
  Pairing(const Pairing&) = delete;
  Pairing& operator=(const Pairing&) = delete;

  // Before a copy is begun: takes what the primary's upstream gets, and room for what else is
  // needed beside bodies. False when there is none, and nothing will be compared. `client` is a
  // hash of who asked.
  bool reserve(const RequestHead& request, uint64_t client);
  // A control copy has been begun.
  void expect_control() noexcept;

  // From the tap, on the live path. Heads and the beginning of a body are copied at once, which
  // takes less time there than to hold their blocks and to come back; all else is held, and happens
  // later.
  void live_retried(const ResponseHead& head);
  void live_retried(proxy::LiveFailure why);
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
  // These copy, and say whether there was room in the budget for it. If not, bodies have to go.
  bool take_head(Leg leg, const ResponseHead& head);
  bool take_body(Leg leg, const Chunk& chunk);
  bool take_trailers(Leg leg, const Headers& trailers);
  bool keep(Headers& to, const Headers& fields);
  // Of a leg. The last one, which is never on the live path, hands the trio over.
  void end();
  // Lets go of all bodies, and says whether the rest has room. If not, nothing will be compared. In
  // the background lane, as it takes time.
  bool shed();
  void shed_later();
  void repack_heads();
  // Charges what is held, no more and no less.
  bool settle();
  // Charges the bytes, some more at a time than are needed, as long as less than `limit` of the
  // budget is in use; false when it is not.
  bool charge(size_t bytes, uint64_t limit);
  bool charge_head(size_t bytes);
  bool charge_more(size_t bytes, uint64_t limit);
  // Nothing will be compared, which those who judge get to know; not so at the end of the process.
  void close(Uncompared why) noexcept;
  void drop() noexcept;
  compare::BodyCapture& body_of(Leg leg) noexcept { return bodies_[static_cast<size_t>(leg)]; }
  compare::Answer& answer(Leg leg) noexcept { return trio_->of(leg); }

  net::EventLoop& loop_;
  TrioSink& sink_;
  PassedOver& passed_over_;
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
  size_t reserved_ = 0;            // of what is charged, for heads to come
  size_t unused_ = 0;              // and for nothing yet
  size_t passing_ = 0;             // and for live_chunks_
  uint8_t open_legs_ = 2;
  bool over_budget_ = false;  // bodies are let go of, or will be at the end of this turn
  bool shed_ = false;         // they are
  bool live_ended_ = false;
  bool closed_ = false;
};

}  // namespace gnomon::shadow
