// One request with the answers that its legs got, on its way to whoever compares them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/byte_stash.h"
#include "base/clock.h"
#include "base/prefetch.h"
#include "compare/answer.h"
#include "msg/head.h"
#include "routing/trial.h"
#include "shadow/limits.h"

namespace gnomon::shadow {

enum class Leg : uint8_t {
  live,       // the answer that the client got
  candidate,  // of the version under trial
  control,    // of a second copy to the primary's own upstream
};
inline constexpr size_t kLegs = 3;

// How the live leg's first attempt ended, where another was made. Copies are sent once, so this is
// what their end is held against.
struct FirstAttempt {
  compare::Outcome outcome = compare::Outcome::answered;
  Errc error = Errc::internal;
  uint16_t status = 0;
  std::optional<uint32_t> grpc_status;  // of an answer that was nothing but its head
};

class TrioShelf;

// Plain memory of its own: any thread may hold it and let it go. What it holds stays charged to the
// shadow's byte budget until then.
struct Trio {
  Trio() = default;
  ~Trio() { pay_back(); }
  Trio(const Trio&) = delete;
  Trio& operator=(const Trio&) = delete;

  compare::Answer& of(Leg leg) noexcept { return answers[static_cast<size_t>(leg)]; }
  const compare::Answer& of(Leg leg) const noexcept { return answers[static_cast<size_t>(leg)]; }

  void pay_back() noexcept {
    if (limits != nullptr) limits->bytes.give_back(charged);
    charged = 0;
  }
  // For another request: empty, but for the memory that it has.
  void clear() noexcept;
  // When it is the next to be used: first its own memory, and once that is here, what it points to.
  void prefetch() const noexcept { prefetch_to_write(this, sizeof(*this)); }
  void prefetch_contents() const noexcept;

  std::shared_ptr<const routing::Trial> trial;
  RequestHead request;  // as the primary's upstream got it
  std::array<compare::Answer, kLegs> answers;
  std::optional<FirstAttempt> first_attempt;  // none: the live answer is that of the first
  bool has_control = false;
  // Will not be compared: nothing is known but what was asked for and, as far as there is one, the
  // live status.
  bool passed_over = false;
  uint64_t client = 0;  // tells who asked apart from others
  WallTime began{};
  TimePoint taken = TimePoint::max();  // when its copies were begun; never, where none were
  std::shared_ptr<ShadowLimits> limits;
  uint64_t charged = 0;              // bytes
  ByteStash stash;                   // what heads and small bodies are views of
  std::shared_ptr<TrioShelf> shelf;  // that it goes back to; null: none
};

// Where they go. Called on the loop of a worker, in its background lane.
class TrioSink {
 public:
  // False when there is no room for it.
  virtual bool take(std::unique_ptr<Trio> trio) noexcept = 0;

 protected:
  ~TrioSink() = default;
};

}  // namespace gnomon::shadow
