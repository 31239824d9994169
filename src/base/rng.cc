#include "base/rng.h"

#include <random>

namespace gnomon {

uint64_t system_seed() {
  std::random_device device;
  return (static_cast<uint64_t>(device()) << 32) | device();
}

}  // namespace gnomon
