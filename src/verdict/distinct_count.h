// How many different things there were, of whatever number, in a kilobyte: HyperLogLog with 1,024
// registers, and linear counting where there were few (Flajolet, Fusy, Gandouet and Meunier,
// "HyperLogLog", 2007). Two thirds of estimates are within 3.3 %. Names nothing that was counted.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gnomon::verdict {

class DistinctCount {
 public:
  // Things by their hashes, all 64 bits of which have to be good.
  void add(uint64_t hash) noexcept;
  uint64_t estimate() const noexcept;
  // Of what either saw.
  DistinctCount& operator+=(const DistinctCount& more) noexcept;

  // Printable, one character for each register; empty when nothing was added.
  std::string text() const;
  static std::optional<DistinctCount> from_text(std::string_view text) noexcept;

  friend bool operator==(const DistinctCount&, const DistinctCount&) = default;

 private:
  static constexpr unsigned kIndexBits = 10;
  static constexpr size_t kRegisters = size_t{1} << kIndexBits;
  static constexpr uint8_t kMostRank = 64 - kIndexBits + 1;

  std::array<uint8_t, kRegisters> ranks_{};
};

}  // namespace gnomon::verdict
