// Why an answer is lost, whatever version its backend speaks.
#pragma once

#include "base/result.h"

namespace gnomon::http {

// The connection was never open.
constexpr Error no_connection(Errc code) noexcept {
  return {code, Side::backend, Retry::yes, "cannot connect"};
}
// Before a byte of the answer. One that was used before may have been closed while it was idle.
constexpr Error closed_unanswered(bool reused) noexcept {
  return {Errc::reset, Side::backend, reused ? Retry::if_reused : Retry::no,
          "backend closed before it answered"};
}
constexpr Error closed_amid(bool reset) noexcept {
  return {reset ? Errc::reset : Errc::truncated, Side::backend, Retry::no,
          "backend closed in the middle of its answer"};
}

}  // namespace gnomon::http
