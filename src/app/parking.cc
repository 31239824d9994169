#include "app/parking.h"

#include <utility>

namespace gnomon::app {

Parking::Parked::Parked(Parking& parking, std::unique_ptr<net::Stream> held)
    : stream(std::move(held)),
      timer(parking.loop_.timers(), [&parking, this] { parking.leave(this); }) {}

void Parking::leave(Parked* parked) {
  const auto it = parked_.find(parked);
  graveyard_.bury(std::move(it->second));
  parked_.erase(it);
}

void Parking::park(std::unique_ptr<net::Stream> stream, Millis delay) {
  if (delay <= Millis::zero() || parked_.size() >= kParkedMax) return;
  auto parked = std::make_unique<Parked>(*this, std::move(stream));
  Parked* const key = parked.get();
  key->timer.arm(delay);
  parked_.emplace(key, std::move(parked));
}

}  // namespace gnomon::app
