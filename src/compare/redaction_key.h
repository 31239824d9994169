// Stand-ins for values that are not to be kept. Equal values have equal stand-ins, so that it stays
// visible whether two are the same; without the key nobody can tell what a value was, not even by
// trying.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace gnomon::compare {

class RedactionKey {
 public:
  using Bytes = std::array<unsigned char, 32>;

  // `secret` is drawn for each run and kept nowhere.
  explicit RedactionKey(const Bytes& secret) noexcept : secret_(secret) {}

  // What kind of thing the bytes are: "1" and 1 are not the same.
  enum class Of : char { text = 't', number = 'n', constant = 'c', digest = 'd' };

  // "redacted-" and 96 bits of HMAC-SHA256 in characters that mean nothing in a URL, a cookie or
  // markup.
  std::string stand_in(std::string_view bytes, Of of = Of::text) const;

 private:
  Bytes secret_;
};

// In place of values of which not even equality is to be kept.
inline constexpr std::string_view kRedacted = "redacted";

}  // namespace gnomon::compare
