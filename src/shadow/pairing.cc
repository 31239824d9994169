#include "shadow/pairing.h"

#include <algorithm>
#include <utility>

#include "routing/trial.h"
#include "shadow/copy_head.h"

namespace gnomon::shadow {
namespace {

// What a trio takes beside the bytes of heads and bodies.
constexpr size_t kOverheadBytes = sizeof(Trio) + size_t{2} * Block::kSmall;
// The budget is shared by all workers and comparers, so it is not asked for each piece.
constexpr size_t kChargedAtOnce = size_t{8} << 10;

// Of the live body this much is copied on the live path, as connections do with what is small. It
// is not hashed there.
constexpr size_t kAtOnce = size_t{4} << 10;
static_assert(kAtOnce <= compare::BodyCapture::kHashFrom);

// Of an answer that nobody compares this much is read, to keep its connection usable; of one that
// is compared, this much more than the live one has. And while that is not complete, no more than
// the second.
constexpr uint64_t kAnswerBytesUsual = uint64_t{8} << 20;
constexpr uint64_t kAnswerBytesMax = uint64_t{1} << 30;

Errc error_of(Reason why) noexcept {
  switch (why) {
    case Reason::connect_fail:
    case Reason::tls:
      return Errc::connect_failed;
    case Reason::no_host:
      return Errc::no_endpoint;
    case Reason::protocol:
      return Errc::protocol;
    case Reason::response_limit:
      return Errc::limit;
    default:
      return Errc::reset;
  }
}

compare::Outcome outcome_of(Reason why) noexcept {
  switch (why) {
    case Reason::connect_fail:
    case Reason::tls:
    case Reason::no_host:
    case Reason::reset:
    case Reason::protocol:
    case Reason::response_limit:
      return compare::Outcome::error;
    case Reason::timeout:
      return compare::Outcome::timed_out;
    default:
      return compare::Outcome::cut;
  }
}

// Whose chunks go where those of another request were.
compare::BodyCapture capture(Trio& trio, Leg leg, const routing::ShadowPolicy& policy) {
  return compare::BodyCapture(policy.trial->body_bytes, &trio.stash,
                              std::move(trio.of(leg).body.chunks));
}

}  // namespace

Pairing::Pairing(const Context& context, const routing::ShadowPolicy& policy)
    : loop_(context.loop),
      sink_(context.sink),
      stats_(context.stats),
      bytes_max_(policy.buffer_bytes_max),
      at_once_(std::min<uint64_t>(kAtOnce, policy.trial->body_bytes)),
      began_(context.loop.now()),
      trio_(context.shelf.take()),
      bodies_{capture(*trio_, Leg::live, policy), capture(*trio_, Leg::candidate, policy),
              capture(*trio_, Leg::control, policy)},
      work_([this] { work(); }) {
  // One that has been used holds the same as a rule; comparers hold it too, so it is not counted
  // down and up again.
  if (trio_->trial != policy.trial) trio_->trial = policy.trial;
  if (trio_->limits != context.limits) trio_->limits = context.limits;
  trio_->began = loop_.wall();
  trio_->taken = began_;
}

Pairing::~Pairing() {
  if (!closed_) close(Uncompared::cut);
}

bool Pairing::take_request(const RequestHead& request) {
  copy_into(trio_->request, request, trio_->stash);
  return charge(trio_->stash.memory() + kOverheadBytes);
}

void Pairing::expect_control() noexcept {
  trio_->has_control = true;
  ++open_legs_;
}

void Pairing::live_head(const ResponseHead& head) {
  if (closed_) return;
  answer(Leg::live).first_byte = loop_.now() - began_;
  take_head(Leg::live, head);
}

void Pairing::live_body(const Chunk& chunk) {
  if (closed_) return;
  if (live_chunks_.empty() && body_of(Leg::live).length() + chunk.size() <= at_once_) {
    take_body(Leg::live, chunk);
    return;
  }
  if (!charge(chunk.size())) return;
  live_chunks_.push_back(chunk);
  schedule();
}

void Pairing::live_end(const Headers& trailers) {
  if (closed_ || !take_trailers(Leg::live, trailers)) return;
  end_live(compare::Outcome::answered);
}

void Pairing::live_failed(proxy::LiveFailure why) {
  if (closed_ || live_ended_) return;
  compare::Answer& live = answer(Leg::live);
  switch (why) {
    case proxy::LiveFailure::client_gone:
      return close(Uncompared::client_gone);
    case proxy::LiveFailure::overflow:
      return close(Uncompared::cut);
    case proxy::LiveFailure::timeout:
      return end_live(compare::Outcome::timed_out);
    case proxy::LiveFailure::unanswered:
      live.error = Errc::connect_failed;
      break;
    case proxy::LiveFailure::cut_short:
      live.error = Errc::truncated;
      break;
    case proxy::LiveFailure::malformed:
      live.error = Errc::protocol;
      break;
  }
  end_live(compare::Outcome::error);
}

void Pairing::end_live(compare::Outcome outcome) {
  compare::Answer& live = answer(Leg::live);
  live.outcome = outcome;
  live.total = loop_.now() - began_;
  live_ended_ = true;
  if (live_chunks_.empty() && open_legs_ > 1) return end();
  schedule();
}

// At the end of this turn: an answer that comes in one turn is taken over once, and one that takes
// its time pins no block until then that is not paid for.
void Pairing::schedule() {
  if (keep_ != nullptr) return;
  keep_ = shared_from_this();
  loop_.schedule(work_, net::Lane::background);
}

// Into memory of its own, so that no block of the backend's is held any longer.
void Pairing::work() {
  const std::shared_ptr<Pairing> kept = std::move(keep_);
  if (closed_) return;
  for (const Chunk& chunk : std::exchange(live_chunks_, {})) {
    unused_ += chunk.size();
    if (!take_body(Leg::live, chunk)) return;
  }
  if (live_ended_) end();
}

bool Pairing::take_head(Leg leg, const ResponseHead& head) {
  answer(leg).status = head.status;
  return keep(answer(leg).headers, head.headers);
}

bool Pairing::take_body(Leg leg, const Chunk& chunk) {
  compare::BodyCapture& body = body_of(leg);
  const size_t before = body.memory();
  body.append(chunk);
  return charge(body.memory() - before);
}

bool Pairing::take_trailers(Leg leg, const Headers& trailers) {
  if (trailers.empty()) return true;
  return keep(answer(leg).trailers, trailers);
}

bool Pairing::keep(Headers& to, const Headers& fields) {
  const size_t before = trio_->stash.memory();
  copy_into(to, fields, trio_->stash);
  return charge(trio_->stash.memory() - before + fields.size() * sizeof(Field));
}

void Pairing::on_head(Leg leg, const ResponseHead& head) {
  if (closed_) return;
  answer(leg).first_byte = loop_.now() - began_;
  take_head(leg, head);
}

void Pairing::on_body(Leg leg, const Chunk& chunk) {
  if (!closed_) take_body(leg, chunk);
}

bool Pairing::wants_more(uint64_t bytes) const noexcept {
  if (bytes <= kAnswerBytesUsual) return true;
  if (closed_) return false;
  if (!live_ended_) return bytes <= kAnswerBytesMax;
  return bytes <= bodies_[static_cast<size_t>(Leg::live)].length() + kAnswerBytesUsual;
}

void Pairing::on_end(Leg leg, const Headers& trailers) {
  if (closed_ || !take_trailers(leg, trailers)) return;
  answer(leg).total = loop_.now() - began_;
  end();
}

void Pairing::on_failed(Leg leg, Reason why) {
  if (closed_) return;
  compare::Answer& failed = answer(leg);
  failed.outcome = outcome_of(why);
  if (failed.outcome != compare::Outcome::cut) {
    failed.error = error_of(why);
    failed.total = loop_.now() - began_;
    return end();
  }
  if (leg == Leg::candidate) return close(Uncompared::cut);
  trio_->has_control = false;
  end();
}

void Pairing::end() {
  if (--open_legs_ > 0) return;
  closed_ = true;
  for (const Leg leg : {Leg::live, Leg::candidate, Leg::control}) {
    answer(leg).body = body_of(leg).take();
  }
  trio_->charged -= unused_;
  trio_->limits->bytes.give_back(std::exchange(unused_, 0));
  if (sink_.take(std::move(trio_))) {
    stats_->compared.add();
  } else {
    stats_->pass_over(Uncompared::queue_full);
  }
}

bool Pairing::charge(size_t bytes) {
  if (bytes > unused_ && !charge_more(bytes - unused_)) {
    close(Uncompared::budget_bytes);
    return false;
  }
  unused_ -= bytes;
  return true;
}

bool Pairing::charge_more(size_t bytes) {
  const size_t wanted = std::max(bytes, kChargedAtOnce);
  for (const size_t more : {wanted, bytes}) {
    if (!trio_->limits->bytes.take(more, bytes_max_)) continue;
    trio_->charged += more;
    unused_ += more;
    return true;
  }
  return false;
}

void Pairing::close(Uncompared why) noexcept {
  closed_ = true;
  stats_->pass_over(why);
  if (trio_ != nullptr) TrioShelf::put_back(std::move(trio_));
  live_chunks_.clear();
}

}  // namespace gnomon::shadow
