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
    std::shared_ptr<ShadowStats> stats;
    std::shared_ptr<ShadowLimits> limits;
  };

  // `request` is what the primary's upstream gets.
  Pairing(const Context& context, const routing::ShadowPolicy& policy, const RequestHead& request);
  ~Pairing();
  Pairing(const Pairing&) = delete;
  Pairing& operator=(const Pairing&) = delete;

  // Before a copy is begun: takes what it will need beside bodies. False when there is no room for
  // it, and nothing will be compared.
  bool reserve();
  // A control copy has been begun.
  void expect_control() noexcept;

  // From the tap, on the live path: they keep references, and the rest happens later.
  void live_retried(const ResponseHead& head);
  void live_retried(proxy::LiveFailure why);
  void live_head(const ResponseHead& head);
  void live_body(const Chunk& chunk);
  void live_end(const Headers& trailers);
  void live_failed(proxy::LiveFailure why);

  // From copies, in the background lane.
  void on_head(Leg leg, ResponseHead&& head);
  void on_body(Leg leg, const Chunk& chunk);
  // Whether more of the leg's body than the `bytes` that have come may still tell something.
  bool wants_more(uint64_t bytes) const noexcept;
  void on_end(Leg leg, Headers&& trailers);
  void on_failed(Leg leg, Reason why);

 private:
  void schedule();
  void work();
  void take_over_live();
  void end_live(compare::Outcome outcome);
  bool take_head(Leg leg, ResponseHead&& head);
  bool take_body(Leg leg, const Chunk& chunk);
  bool take_trailers(Leg leg, Headers&& trailers);
  bool keep(Headers& to, const Headers& fields);
  // The last one hands the trio over.
  void end();
  // Lets go of all bodies, and says whether the rest has room. If not, nothing will be compared.
  bool shed();
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

  const Context context_;
  const uint64_t bytes_max_;
  const TimePoint began_;
  std::unique_ptr<Trio> trio_;
  std::array<compare::BodyCapture, kLegs> bodies_;

  // Of the live leg, until the background lane takes it over.
  RequestHead request_;
  ResponseHead live_head_;
  Headers live_trailers_;
  std::vector<Chunk, PoolAllocator<Chunk>> live_chunks_;

  net::Task work_;
  std::shared_ptr<Pairing> keep_;  // while that is scheduled
  size_t reserved_ = 0;            // of what is charged, for heads to come
  size_t unused_ = 0;              // and for nothing yet
  size_t passing_ = 0;             // and for live_chunks_
  uint8_t open_legs_ = 2;
  bool over_budget_ = false;  // bodies are let go of, or will be at the end of this turn
  bool shed_ = false;         // they are
  bool request_taken_ = false;
  bool live_head_waits_ = false;
  bool live_ended_ = false;
  bool closed_ = false;
};

}  // namespace gnomon::shadow
