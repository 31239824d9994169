#include "shadow/pairing.h"

#include <algorithm>
#include <utility>

#include "proxy/grpc.h"
#include "routing/trial.h"
#include "shadow/copy_head.h"

namespace gnomon::shadow {
namespace {

// What a trio takes beside the bytes of heads and bodies.
constexpr size_t kOverheadBytes = sizeof(Trio) + size_t{2} * Block::kSmall;
// Room for the heads of request and answers that is taken before there is one.
constexpr size_t kHeadBytes = size_t{4} << 10;
// The budget is shared by all workers and comparers, so it is not asked for each piece.
constexpr size_t kChargedAtOnce = size_t{8} << 10;
constexpr size_t kChargedFirst = kOverheadBytes + kHeadBytes + (size_t{2} << 10);

// Bodies may use this much of the budget, and requests that are to be compared begin below that.
// The rest is for heads that are larger than was thought, and for what is passing of live answers:
// what other answers are like leaves it alone.
constexpr uint64_t for_bodies(uint64_t budget) noexcept { return budget / 2; }
constexpr uint64_t for_beginning(uint64_t budget) noexcept { return budget - budget / 4; }

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

Errc error_of(proxy::LiveFailure why) noexcept {
  switch (why) {
    case proxy::LiveFailure::cut_short:
      return Errc::truncated;
    case proxy::LiveFailure::malformed:
      return Errc::protocol;
    default:
      return Errc::connect_failed;
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
      passed_over_(context.passed_over),
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
  for (const Leg leg : {Leg::candidate, Leg::control}) body_of(leg).follow(body_of(Leg::live));
}

Pairing::~Pairing() {
  if (closed_) return;
  stats_->pass_over(Uncompared::cut);
  drop();
}

bool Pairing::reserve(const RequestHead& request, uint64_t client) {
  trio_->client = client;
  copy_into(trio_->request, request, trio_->stash);
  if (charge_more(kChargedFirst, for_beginning(bytes_max_))) {
    unused_ -= kOverheadBytes + kHeadBytes;
    reserved_ = kHeadBytes;
    if (charge_head(trio_->stash.memory())) return true;
  }
  close(Uncompared::budget_bytes);
  return false;
}

void Pairing::expect_control() noexcept {
  trio_->has_control = true;
  ++open_legs_;
}

void Pairing::live_retried(const ResponseHead& head) {
  if (closed_ || trio_->first_attempt) return;
  FirstAttempt& first = trio_->first_attempt.emplace();
  first.status = head.status;
  if (proxy::is_grpc(head.headers)) first.grpc_status = proxy::grpc_status(head.headers);
}

void Pairing::live_retried(proxy::LiveFailure why) {
  // What a breaker refused reached nobody; the next attempt is the first.
  if (closed_ || trio_->first_attempt || why == proxy::LiveFailure::overflow) return;
  const bool late = why == proxy::LiveFailure::timeout;
  trio_->first_attempt = {.outcome = late ? compare::Outcome::timed_out : compare::Outcome::error,
                          .error = error_of(why)};
}

void Pairing::live_head(const ResponseHead& head) {
  if (closed_) return;
  answer(Leg::live).first_byte = loop_.now() - began_;
  if (!take_head(Leg::live, head)) shed_later();
}

// Nothing is hashed on the live path. What finds no room among bodies is held until the end of this
// turn from what is left for that, and where nothing is, the comparison is given up: by the size of
// the live answer and the traffic beside it, and by nothing that another answer says.
void Pairing::live_body(const Chunk& chunk) {
  if (closed_) return;
  if (!over_budget_ && live_chunks_.empty() &&
      body_of(Leg::live).length() + chunk.size() <= at_once_) {
    if (!take_body(Leg::live, chunk)) shed_later();
    return;
  }
  bool paid = !over_budget_ && charge(chunk.size(), for_bodies(bytes_max_));
  if (!paid) {
    over_budget_ = true;
    paid = charge(chunk.size(), bytes_max_);
  }
  if (!paid) return close(Uncompared::budget_bytes);
  passing_ += chunk.size();
  live_chunks_.push_back(chunk);
  schedule();
}

void Pairing::live_end(const Headers& trailers) {
  if (closed_) return;
  if (!take_trailers(Leg::live, trailers)) shed_later();
  end_live(compare::Outcome::answered);
}

void Pairing::live_failed(proxy::LiveFailure why) {
  if (closed_ || live_ended_) return;
  switch (why) {
    case proxy::LiveFailure::client_gone:
      return close(Uncompared::client_gone);
    case proxy::LiveFailure::overflow:
      return close(Uncompared::cut);
    case proxy::LiveFailure::timeout:
      return end_live(compare::Outcome::timed_out);
    default:
      answer(Leg::live).error = error_of(why);
      end_live(compare::Outcome::error);
  }
}

void Pairing::end_live(compare::Outcome outcome) {
  compare::Answer& live = answer(Leg::live);
  live.outcome = outcome;
  live.total = loop_.now() - began_;
  live_ended_ = true;
  if (live_chunks_.empty() && !over_budget_ && open_legs_ > 1) return end();
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
  if (closed_ || (over_budget_ && !shed())) return;
  for (const Chunk& chunk : std::exchange(live_chunks_, {})) {
    passing_ -= chunk.size();
    unused_ += chunk.size();
    if (!take_body(Leg::live, chunk) && !shed()) return;
  }
  if (over_budget_ && !shed()) return;
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
  return charge(body.memory() - before, for_bodies(bytes_max_));
}

bool Pairing::take_trailers(Leg leg, const Headers& trailers) {
  if (trailers.empty()) return true;
  return keep(answer(leg).trailers, trailers);
}

bool Pairing::keep(Headers& to, const Headers& fields) {
  const size_t before = trio_->stash.memory();
  copy_into(to, fields, trio_->stash);
  return charge_head(trio_->stash.memory() - before + fields.size() * sizeof(Field));
}

void Pairing::on_head(Leg leg, const ResponseHead& head) {
  if (closed_) return;
  answer(leg).first_byte = loop_.now() - began_;
  if (!take_head(leg, head)) shed();
}

void Pairing::on_body(Leg leg, const Chunk& chunk) {
  if (!closed_ && !take_body(leg, chunk)) shed();
}

bool Pairing::wants_more(uint64_t bytes) const noexcept {
  if (bytes <= kAnswerBytesUsual) return true;
  if (closed_) return false;
  if (!live_ended_) return bytes <= kAnswerBytesMax;
  return bytes <= bodies_[static_cast<size_t>(Leg::live)].length() + kAnswerBytesUsual;
}

void Pairing::on_end(Leg leg, const Headers& trailers) {
  if (closed_ || (!take_trailers(leg, trailers) && !shed())) return;
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
  if (leg == Leg::candidate && why == Reason::shutdown) {
    stats_->pass_over(Uncompared::cut);
    return drop();
  }
  if (leg == Leg::candidate) return close(Uncompared::cut);
  trio_->has_control = false;
  end();
}

void Pairing::end() {
  if (--open_legs_ > 0) return;
  closed_ = true;
  for (const Leg leg : {Leg::live, Leg::candidate, Leg::control}) {
    if (leg == Leg::control && !trio_->has_control) continue;
    answer(leg).body = body_of(leg).take();
  }
  const size_t left = std::exchange(unused_, 0) + std::exchange(reserved_, 0);
  trio_->charged -= left;
  trio_->limits->bytes.give_back(left);
  if (sink_.take(std::move(trio_))) {
    stats_->compared.add();
    if (shed_) stats_->shed.add();
  } else {
    stats_->pass_over(Uncompared::queue_full);
  }
}

void Pairing::shed_later() {
  over_budget_ = true;
  schedule();
}

// All legs', since they are compared by digest together.
bool Pairing::shed() {
  over_budget_ = true;
  if (!std::exchange(shed_, true)) {
    for (compare::BodyCapture& body : bodies_) body.shed();
    repack_heads();
  }
  if (settle()) return true;
  close(Uncompared::budget_bytes);
  return false;
}

// They lie between pieces of bodies.
void Pairing::repack_heads() {
  ByteStash heads;
  RequestHead request;
  copy_into(request, trio_->request, heads);
  trio_->request = std::move(request);
  for (compare::Answer& answer : trio_->answers) {
    for (Headers* const fields : {&answer.headers, &answer.trailers}) {
      Headers copy;
      copy_into(copy, *fields, heads);
      *fields = std::move(copy);
    }
  }
  trio_->stash = std::move(heads);
}

bool Pairing::settle() {
  uint64_t held = kOverheadBytes + trio_->stash.memory() + reserved_ + passing_;
  for (const compare::Answer& answer : trio_->answers) {
    held += (answer.headers.size() + answer.trailers.size()) * sizeof(Field);
  }
  for (const compare::BodyCapture& body : bodies_) held += body.memory();
  if (held > trio_->charged && !trio_->limits->bytes.take(held - trio_->charged, bytes_max_)) {
    return false;
  }
  if (held < trio_->charged) trio_->limits->bytes.give_back(trio_->charged - held);
  trio_->charged = held;
  unused_ = 0;
  return true;
}

// What bodies wanted has no part in it.
bool Pairing::charge_head(size_t bytes) {
  const size_t from_reserve = std::min(bytes, reserved_);
  reserved_ -= from_reserve;
  return charge(bytes - from_reserve, bytes_max_);
}

bool Pairing::charge(size_t bytes, uint64_t limit) {
  if (bytes > unused_ && !charge_more(bytes - unused_, limit)) return false;
  unused_ -= bytes;
  return true;
}

bool Pairing::charge_more(size_t bytes, uint64_t limit) {
  const size_t wanted = std::max(bytes, kChargedAtOnce);
  for (const size_t more : {wanted, bytes}) {
    if (!trio_->limits->bytes.take(more, limit)) continue;
    trio_->charged += more;
    unused_ += more;
    return true;
  }
  return false;
}

void Pairing::close(Uncompared why) noexcept {
  stats_->pass_over(why);
  const RequestHead asked = std::exchange(trio_->request, {});
  std::unique_ptr<Trio> trio = std::move(trio_);
  drop();
  passed_over_.add(std::move(trio), asked, bytes_max_);
}

void Pairing::drop() noexcept {
  closed_ = true;
  // What these have may lie in the trio's stash.
  for (compare::BodyCapture& body : bodies_) body = compare::BodyCapture(0);
  if (trio_ != nullptr) TrioShelf::put_back(std::move(trio_));
  live_chunks_.clear();
}

}  // namespace gnomon::shadow
