// How much of a body a peer may send ahead over HTTP/2, on listeners and towards Upstreams alike.
#pragma once

#include <cstdint>

#include "config/rules.h"

namespace gnomon::config {

inline constexpr uint32_t kWindowMin = 65'535;

// Gloo and Envoy refuse less than the minimum, but a published manifest has 2048: it counts as the
// minimum, with a warning.
struct WindowSize {
  bool operator()(const uint32_t& bytes, const Node& node, const Scope& scope) const {
    if (bytes > INT32_MAX) {
      scope.error(node.at(), fmt::format("must be at most {}, is {}", INT32_MAX, node.text()));
      return false;
    }
    if (bytes < kWindowMin) {
      scope.warning(node.at(), fmt::format("is below {}, which is used instead", kWindowMin));
    }
    return true;
  }
};

inline uint32_t served_window(uint32_t bytes) noexcept {
  return bytes < kWindowMin ? kWindowMin : bytes;
}

}  // namespace gnomon::config
