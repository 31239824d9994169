#include "app/parking.h"

#include <utility>

namespace gnomon::app {

Parking::Parked::Parked(Parking& parking, std::unique_ptr<net::Stream> parked_stream,
                        std::shared_ptr<void> parked_held)
    : held(std::move(parked_held)),
      stream(std::move(parked_stream)),
      timer(parking.loop_.timers(), [&parking, this] { parking.leave(this); }) {}

void Parking::leave(Parked* parked) {
  const auto it = parked_.find(parked);
  graveyard_.bury(std::move(it->second));
  parked_.erase(it);
}

void Parking::park(std::unique_ptr<net::Stream> stream, std::shared_ptr<void> held, Millis delay) {
  if (delay <= Millis::zero() || parked_.size() >= kParkedMax) return;
  auto parked = std::make_unique<Parked>(*this, std::move(stream), std::move(held));
  Parked* const key = parked.get();
  key->timer.arm(delay);
  parked_.emplace(key, std::move(parked));
}

}  // namespace gnomon::app
