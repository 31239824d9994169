#include "base/rng.h"

#include <unistd.h>

#include <random>
#include <stdexcept>

namespace gnomon {

uint64_t system_seed() {
  std::random_device device;
  return (static_cast<uint64_t>(device()) << 32) | device();
}

std::array<unsigned char, 32> system_secret() {
  std::array<unsigned char, 32> secret{};
  if (getentropy(secret.data(), secret.size()) != 0) {
    throw std::runtime_error("the system gives no random bytes");
  }
  return secret;
}

}  // namespace gnomon
