#include "shadow/pairing.h"

#include <utility>

#include "routing/trial.h"
#include "shadow/copy_head.h"

namespace gnomon::shadow {
namespace {

// What a trio takes beside the bytes of heads and bodies.
constexpr size_t kOverheadBytes = sizeof(Trio) + size_t{2} * Block::kSmall;

// Of an answer that nobody compares this much is read, to keep its connection usable; of one that
// is compared, this much more than the live one has. And while that is not complete, no more than
// the second.
constexpr uint64_t kAnswerBytesUsual = uint64_t{8} << 20;
constexpr uint64_t kAnswerBytesMax = uint64_t{1} << 30;

size_t fields_bytes(const Headers& fields) noexcept {
  size_t bytes = 0;
  for (const Field& field : fields) bytes += field.name.size() + field.value.size();
  return bytes;
}

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

}  // namespace

Pairing::Pairing(const Context& context, const routing::ShadowPolicy& policy,
                 const RequestHead& request)
    : context_(context),
      bytes_max_(policy.buffer_bytes_max),
      began_(context.loop.now()),
      trio_(std::make_unique<Trio>()),
      bodies_{compare::BodyCapture(policy.trial->body_bytes),
              compare::BodyCapture(policy.trial->body_bytes),
              compare::BodyCapture(policy.trial->body_bytes)},
      work_([this] { work(); }) {
  trio_->trial = policy.trial;
  trio_->request = request;
  trio_->began = context.loop.wall();
  trio_->taken = began_;
  trio_->limits = context.limits;
}

Pairing::~Pairing() {
  if (!closed_) close(Uncompared::cut);
}

void Pairing::expect_control() noexcept {
  trio_->has_control = true;
  ++open_legs_;
}

void Pairing::live_head(const ResponseHead& head) {
  if (closed_) return;
  live_head_ = head;
  live_head_waits_ = true;
  answer(Leg::live).first_byte = context_.loop.now() - began_;
  schedule();
}

void Pairing::live_body(const Chunk& chunk) {
  if (closed_ || !charge(chunk.size())) return;
  live_chunks_.push_back(chunk);
  schedule();
}

void Pairing::live_end(const Headers& trailers) {
  if (closed_) return;
  live_trailers_ = trailers;
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
  live.total = context_.loop.now() - began_;
  live_ended_ = true;
  schedule();
}

// At the end of this turn: an answer that comes in one turn is taken over once, and one that takes
// its time pins no block until then that is not paid for.
void Pairing::schedule() {
  if (keep_ != nullptr) return;
  keep_ = shared_from_this();
  context_.loop.schedule(work_, net::Lane::background);
}

void Pairing::work() {
  const std::shared_ptr<Pairing> kept = std::move(keep_);
  if (closed_) return;
  take_over_live();
  if (!closed_ && live_ended_) end(Leg::live);
}

// Into memory of its own, so that no block of the client's or the backend's is held any longer.
void Pairing::take_over_live() {
  if (!std::exchange(request_taken_, true)) {
    detach(trio_->request);
    if (!charge(head_bytes(trio_->request) + kOverheadBytes)) return;
  }
  if (std::exchange(live_head_waits_, false)) {
    if (!take_head(Leg::live, std::exchange(live_head_, {}))) return;
  }
  for (const Chunk& chunk : std::exchange(live_chunks_, {})) {
    give_back(chunk.size());
    if (!take_body(Leg::live, chunk)) return;
  }
  if (live_ended_) take_trailers(Leg::live, std::exchange(live_trailers_, {}));
}

bool Pairing::take_head(Leg leg, ResponseHead&& head) {
  answer(leg).status = head.status;
  answer(leg).headers = own_copy(head.headers);
  return charge(fields_bytes(answer(leg).headers));
}

bool Pairing::take_body(Leg leg, const Chunk& chunk) {
  compare::BodyCapture& body = body_of(leg);
  const size_t before = body.memory();
  body.append(chunk);
  return charge(body.memory() - before);
}

bool Pairing::take_trailers(Leg leg, Headers&& trailers) {
  if (trailers.empty()) return true;
  answer(leg).trailers = own_copy(trailers);
  return charge(fields_bytes(answer(leg).trailers));
}

void Pairing::on_head(Leg leg, ResponseHead&& head) {
  if (closed_) return;
  answer(leg).first_byte = context_.loop.now() - began_;
  take_head(leg, std::move(head));
}

void Pairing::on_body(Leg leg, const Chunk& chunk) {
  if (!closed_) take_body(leg, chunk);
}

bool Pairing::wants_more(uint64_t bytes) const noexcept {
  if (bytes <= kAnswerBytesUsual) return true;
  if (closed_) return false;
  if (!live_ended_) return bytes <= kAnswerBytesMax;
  return bytes <= trio_->of(Leg::live).body.length + kAnswerBytesUsual;
}

void Pairing::on_end(Leg leg, Headers&& trailers) {
  if (closed_ || !take_trailers(leg, std::move(trailers))) return;
  answer(leg).total = context_.loop.now() - began_;
  end(leg);
}

void Pairing::on_failed(Leg leg, Reason why) {
  if (closed_) return;
  compare::Answer& failed = answer(leg);
  failed.outcome = outcome_of(why);
  if (failed.outcome != compare::Outcome::cut) {
    failed.error = error_of(why);
    failed.total = context_.loop.now() - began_;
    return end(leg);
  }
  if (leg == Leg::candidate) return close(Uncompared::cut);
  trio_->has_control = false;
  end(leg);
}

void Pairing::end(Leg leg) {
  answer(leg).body = body_of(leg).take();
  if (--open_legs_ > 0) return;
  closed_ = true;
  if (context_.sink.take(std::move(trio_))) {
    context_.stats->compared.add();
  } else {
    context_.stats->pass_over(Uncompared::queue_full);
  }
}

bool Pairing::charge(size_t bytes) {
  if (!context_.limits->bytes.take(bytes, bytes_max_)) {
    close(Uncompared::budget_bytes);
    return false;
  }
  trio_->charged += bytes;
  return true;
}

void Pairing::give_back(size_t bytes) noexcept {
  trio_->charged -= bytes;
  context_.limits->bytes.give_back(bytes);
}

void Pairing::close(Uncompared why) noexcept {
  closed_ = true;
  context_.stats->pass_over(why);
  trio_.reset();
  live_head_ = {};
  live_chunks_.clear();
  live_trailers_.clear();
}

}  // namespace gnomon::shadow
