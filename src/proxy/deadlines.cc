#include "proxy/deadlines.h"

namespace gnomon::proxy {

struct Deadlines::Rare {
  explicit Rare(Deadlines& all)
      : idle_timer(all.loop_.timers(), [&all] { all.on_idle(); }),
        duration(all.loop_.timers(), [&all] { all.owner_.on_exchange_endless(); }),
        attempt_duration(all.loop_.timers(), [&all] { all.owner_.on_attempt_endless(); }) {}
  net::Timer idle_timer;
  net::Timer duration;
  net::Timer attempt_duration;
  Millis idle{0};
  TimePoint last_activity{};
};

Deadlines::Deadlines(Owner& owner, net::EventLoop& loop)
    : owner_(owner),
      loop_(loop),
      answer_(loop.timers(), [&owner] { owner.on_answer_late(); }),
      attempt_(loop.timers(), [&owner] { owner.on_attempt_late(); }) {}

Deadlines::~Deadlines() = default;

Deadlines::Rare& Deadlines::rare() {
  if (rare_ == nullptr) rare_ = std::make_unique<Rare>(*this);
  return *rare_;
}

void Deadlines::arm_idle(Millis limit) {
  if (limit <= Millis::zero()) return;
  rare().idle = limit;
  rare_->last_activity = loop_.now();
  rare_->idle_timer.arm(limit);
}

void Deadlines::arm_duration(Millis limit) {
  if (limit > Millis::zero()) rare().duration.arm(limit);
}

void Deadlines::arm_attempt_duration(Millis limit) {
  if (limit > Millis::zero()) rare().attempt_duration.arm(limit);
}

void Deadlines::note_activity() noexcept {
  if (rare_ != nullptr) rare_->last_activity = loop_.now();
}

void Deadlines::end_attempt() noexcept {
  attempt_.cancel();
  if (rare_ != nullptr) rare_->attempt_duration.cancel();
}

void Deadlines::stop() noexcept {
  answer_.cancel();
  if (rare_ == nullptr) return;
  rare_->idle_timer.cancel();
  rare_->duration.cancel();
  rare_->attempt_duration.cancel();
}

// Armed once and looked at when it fires, so that activity costs no timer work.
void Deadlines::on_idle() {
  const Duration quiet = loop_.now() - rare_->last_activity;
  if (quiet >= rare_->idle) return owner_.on_exchange_idle();
  rare_->idle_timer.arm(std::chrono::ceil<Millis>(rare_->idle - quiet));
}

}  // namespace gnomon::proxy
