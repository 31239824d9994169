#include "selfcheck/crowd.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "selfcheck/shop.h"

namespace gnomon::selfcheck {

Crowd::Crowd(const Wiring& wiring, const net::Address& gateway, std::string scenario, uint64_t seed,
             Ledger& ledger)
    : scenario_(std::move(scenario)), ledger_(ledger), rng_(seed) {
  for (size_t i = 0; i < kClients; ++i) {
    clients_.push_back(std::make_unique<Caller>(wiring, gateway));
    idle_.push_back(clients_.back().get());
  }
}

Crowd::~Crowd() = default;

void Crowd::allow(uint64_t requests) {
  allowed_ = std::max(allowed_, requests);
  start_idle();
}

void Crowd::stop(std::function<void()> quiet) {
  stopped_ = true;
  quiet_ = std::move(quiet);
  say_quiet();
}

void Crowd::start_idle() {
  while (!stopped_ && !idle_.empty() && sent_ < allowed_) {
    Caller* const client = idle_.back();
    idle_.pop_back();
    ask(*client);
  }
}

void Crowd::ask(Caller& client) {
  const uint64_t number = ++sent_;
  client.get(
      some_path(scenario_, rng_), fmt::format("{}", number),
      [this, &client, number](const Caller::Answer& answer) { on_answer(client, number, answer); });
}

void Crowd::on_answer(Caller& client, uint64_t number, const Caller::Answer& answer) {
  if (answer.status != 200 || !ledger_.settle(number, answer.body)) {
    if (wrong_++ == 0) {
      first_wrong_ = answer.status == 0     ? "no answer: " + answer.error
                     : answer.status != 200 ? fmt::format("status {}", answer.status)
                                            : "another body";
    }
  }
  idle_.push_back(&client);
  start_idle();
  say_quiet();
}

void Crowd::say_quiet() {
  if (stopped_ && quiet_ && idle_.size() == clients_.size()) std::exchange(quiet_, nullptr)();
}

}  // namespace gnomon::selfcheck
