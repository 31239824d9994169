// The time limits of one exchange. Whoever owns it ends the exchange when one is over.
#pragma once

#include <memory>

#include "base/clock.h"
#include "net/event_loop.h"

namespace gnomon::proxy {

class Deadlines {
 public:
  class Owner {
   public:
    virtual void on_answer_late() = 0;       // the route's timeout
    virtual void on_attempt_late() = 0;      // retries.perTryTimeout
    virtual void on_attempt_endless() = 0;   // maxStreamDuration of an Upstream
    virtual void on_exchange_idle() = 0;     // idleTimeout
    virtual void on_exchange_endless() = 0;  // maxStreamDuration of a route

   protected:
    ~Owner() = default;
  };

  Deadlines(Owner& owner, net::EventLoop& loop);
  ~Deadlines();

  // Limits of zero are none.
  void arm_answer(Millis limit) { arm(answer_, limit); }
  void arm_attempt(Millis limit) { arm(attempt_, limit); }
  void arm_attempt_duration(Millis limit);
  void arm_idle(Millis limit);
  void arm_duration(Millis limit);

  // A byte has moved.
  void note_activity() noexcept;
  // The attempt's head has come: only the limit of its duration goes on.
  void on_attempt_answered() noexcept { attempt_.cancel(); }
  void end_attempt() noexcept;
  // What an upgrade is free of.
  void end_answer() noexcept { answer_.cancel(); }
  // Of the exchange; those of an attempt end with it.
  void stop() noexcept;

 private:
  // Set by few routes and Upstreams only.
  struct Rare;

  static void arm(net::Timer& timer, Millis limit) {
    if (limit > Millis::zero()) timer.arm(limit);
  }
  Rare& rare();
  void on_idle();

  Owner& owner_;
  net::EventLoop& loop_;
  net::Timer answer_;
  net::Timer attempt_;
  std::unique_ptr<Rare> rare_;
};

}  // namespace gnomon::proxy
