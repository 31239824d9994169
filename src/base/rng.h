// Pseudo-random numbers (xoshiro256++, Blackman and Vigna 2019). Fast, seedable, not for secrets.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace gnomon {

class Rng {
 public:
  explicit Rng(uint64_t seed) noexcept {
    for (uint64_t& word : state_) word = split_mix(seed);
  }

  uint64_t next() noexcept {
    const uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // Uniform over 0 .. bound-1 without bias for the bounds used here (error below 2^-32 of a part).
  // bound must not be 0.
  uint32_t below(uint32_t bound) noexcept {
    return static_cast<uint32_t>(((next() >> 32) * bound) >> 32);
  }

 private:
  static uint64_t split_mix(uint64_t& seed) noexcept {
    seed += 0x9e3779b97f4a7c15ULL;
    uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  uint64_t state_[4];
};

// A seed from the operating system, for production.
uint64_t system_seed();
// Bytes that nobody can guess, from the operating system.
std::array<unsigned char, 32> system_secret();

}  // namespace gnomon
