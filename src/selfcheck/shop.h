// What the services answer: a shop whose answers differ from one call to the next as ordinary ones
// do, in times, ids and the order of lists, and which may have one fault.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/rng.h"
#include "selfcheck/fault.h"

namespace gnomon::selfcheck {

struct Reply {
  uint16_t status = 200;
  std::vector<std::pair<std::string_view, std::string>> headers;
  std::string body;
};

class Shop {
 public:
  // Shops of one `stock` sell the same. `noise` is the seed of what is different in each answer.
  Shop(uint64_t stock, uint64_t noise, Fault fault) : stock_(stock), noise_(noise), fault_(fault) {}

  // Of "/NAME/pets", "/NAME/pets/7" or "/NAME/orders/otter".
  Reply answer(std::string_view path, uint64_t request, WallTime now);

 private:
  std::string pet(std::string_view id, bool faulty, WallTime now);
  std::string pets(WallTime now);
  std::string order(std::string_view name, bool faulty);
  std::string uuid();

  const uint64_t stock_;
  Rng noise_;
  const Fault fault_;
};

// A path that clients ask for; most ask for a pet.
std::string some_path(std::string_view scenario, Rng& rng);

}  // namespace gnomon::selfcheck
