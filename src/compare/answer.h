// What one leg (live, candidate or control) gave for a request.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/chunk.h"
#include "base/result.h"
#include "msg/headers.h"

namespace gnomon::compare {

enum class Outcome : uint8_t {
  answered,   // a whole answer, whatever its status
  error,      // `error` says why there is none
  timed_out,  // nothing, or not all of it, within the leg's time
  cut,        // we gave it up ourselves: `reason`. No evidence for or against anybody
};

// Of a whole body, as it came from the wire.
struct Digest {
  uint64_t low = 0;
  uint64_t high = 0;
  bool operator==(const Digest&) const = default;
};

// The beginning of a body, up to the limit of capture, by reference.
struct CapturedBody {
  std::vector<Chunk> chunks;
  uint64_t captured = 0;         // bytes in the chunks
  uint64_t length = 0;           // of the whole body
  std::optional<Digest> digest;  // of the whole body; always there when it was not captured whole
  bool shed = false;             // what was captured had to be let go

  bool is_whole() const noexcept { return captured == length; }
  void append(Chunk chunk) {
    captured += chunk.size();
    length += chunk.size();
    if (!chunk.empty()) chunks.push_back(std::move(chunk));
  }
};

struct Answer {
  Outcome outcome = Outcome::answered;
  Errc error = Errc::internal;  // of Outcome::error
  std::string_view reason;      // of Outcome::cut, in static storage
  uint16_t status = 0;          // 0: no head came
  Headers headers;
  Headers trailers;
  CapturedBody body;
  bool decoded = false;                   // the body is without its Content-Encoding already
  std::chrono::nanoseconds first_byte{};  // from the request's beginning to the head
  std::chrono::nanoseconds total{};       // and to the last byte

  std::string_view content_type() const noexcept { return headers.get("content-type"); }
};

}  // namespace gnomon::compare
