// The clients of one scenario: each asks as soon as it has been answered, as long as they may, and
// looks whether the answer is the primary's, to the byte.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/rng.h"
#include "selfcheck/caller.h"
#include "selfcheck/ledger.h"

namespace gnomon::selfcheck {

class Crowd {
 public:
  Crowd(const Wiring& wiring, const net::Address& gateway, std::string scenario, uint64_t seed,
        Ledger& ledger);
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  // How many requests may have been sent in all; never fewer than before.
  void allow(uint64_t requests);
  // Asks no more. `quiet` is called once every request is answered, at once if there is none.
  void stop(std::function<void()> quiet);

  uint64_t sent() const noexcept { return sent_; }
  // Answers that were not what the primary said. The text tells the first of them.
  uint64_t wrong() const noexcept { return wrong_; }
  const std::string& first_wrong() const noexcept { return first_wrong_; }

 private:
  static constexpr size_t kClients = 8;

  void start_idle();
  void ask(Caller& client);
  void on_answer(Caller& client, uint64_t number, const Caller::Answer& answer);
  void say_quiet();

  const std::string scenario_;
  Ledger& ledger_;
  Rng rng_;
  std::vector<std::unique_ptr<Caller>> clients_;
  std::vector<Caller*> idle_;
  uint64_t allowed_ = 0;
  uint64_t sent_ = 0;
  uint64_t wrong_ = 0;
  std::string first_wrong_;
  std::function<void()> quiet_;
  bool stopped_ = false;
};

}  // namespace gnomon::selfcheck
