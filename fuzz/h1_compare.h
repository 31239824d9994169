// What the two HTTP/1.1 fuzzers have in common.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "h1_oracles.h"
#include "http/h1_bytes.h"
#include "http/h1_hop_fields.h"
#include "http/h1_transcript.h"

namespace gnomon::fuzz {

[[noreturn]] inline void report(std::string_view what, std::string_view ours,
                                const Opinion& opinion) {
  fmt::print(stderr, "{}\nours:   {}\ntheirs: {}\n", what, ours, describe(opinion));
  std::abort();
}

inline void require(bool holds, std::string_view what, std::string_view one,
                    std::string_view other) {
  if (holds) return;
  fmt::print(stderr, "{}\n--- one\n{}\n--- other\n{}\n", what, one, other);
  std::abort();
}

// Sizes that follow from the bytes, so that an input fails again when it is run again.
inline http::Cut cuts_of(std::string_view bytes) {
  uint64_t state = bytes.size() + 1;
  for (const char c : bytes) state = state * 1099511628211ULL + static_cast<unsigned char>(c);
  return [state](size_t) mutable {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<size_t>(1 + (state >> 33) % 23);
  };
}

inline FieldList list_of(const Headers& headers) {
  FieldList out;
  for (const Field& field : headers) out.emplace_back(field.name, field.value);
  return out;
}

// The fields of another parser without those that ours turns into members or drops.
inline FieldList end_to_end(const FieldList& fields, bool request) {
  FieldList out;
  for (const auto& [name, value] : fields) {
    bool hop = false;
    switch (known_header(name)) {
      case Known::connection:
      case Known::content_length:
      case Known::transfer_encoding:
      case Known::te:
      case Known::upgrade:
      case Known::keep_alive:
      case Known::proxy_connection:
        hop = true;
        break;
      case Known::host:
      case Known::expect:
      case Known::proxy:
        hop = request;
        break;
      default:
        break;
    }
    for (const auto& [other, list] : fields) {
      if (known_header(other) != Known::connection) continue;
      std::string_view rest = list;
      while (!rest.empty()) hop |= equals_ignore_case(http::next_member(rest), name);
    }
    if (!hop) out.emplace_back(name, value);
  }
  return out;
}

inline FieldList allowed_trailers(const FieldList& trailers, const FieldList& fields) {
  // A trailer that Connection names is dropped like a field: judge it among the fields.
  FieldList out;
  for (const auto& trailer : trailers) {
    if (http::forbidden_in_trailers(known_header(trailer.first), trailer.first)) continue;
    FieldList all{trailer};
    for (const auto& field : fields) {
      if (known_header(field.first) == Known::connection) all.push_back(field);
    }
    if (!end_to_end(all, false).empty()) out.push_back(trailer);
  }
  return out;
}

// HTTP/1.2 to 1.9 are read as HTTP/1.1 by us and refused by others: let them see 1.1.
inline void lower_minor(std::string& bytes, size_t at) {
  if (at < bytes.size() && bytes[at] > '1' && bytes[at] <= '9') bytes[at] = '1';
}

}  // namespace gnomon::fuzz
