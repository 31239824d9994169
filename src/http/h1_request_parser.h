// Requests of one client connection (RFC 9112): bytes in, events out, no I/O. Refuses whatever two
// parsers could read in two ways.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/chunk.h"
#include "http/h1_chunked.h"
#include "http/h1_common.h"
#include "http/h1_fields.h"
#include "http/h1_hop_fields.h"
#include "http/h1_section.h"
#include "msg/head.h"

namespace gnomon::http {

class H1RequestParser {
 public:
  // `limits` and `rules` must outlive the parser; between two requests they may change.
  explicit H1RequestParser(const H1Limits& limits) : H1RequestParser(limits, default_rules()) {}
  H1RequestParser(const H1Limits& limits, const H1RequestRules& rules)
      : limits_(limits), rules_(rules), chunked_(limits) {}

  // Consumes bytes from the front of `in` and returns one event. Call again, also with an empty
  // `in`, until it returns need_data; `in` is then empty. After `end` the rest of `in` belongs to
  // the next message. After `error` every call returns error.
  H1Event next(Chunk& in);

  // Each once, after the event that announced it.
  RequestHead take_head() { return std::move(head_); }
  Chunk take_body() { return std::move(body_); }
  Headers take_trailers();

  const ProtocolError& error() const noexcept { return error_; }
  // After head: whether the connection may serve another request.
  bool keep_alive() const noexcept { return keep_alive_; }
  // No byte of a message was seen since the last end; empty lines before a request do not count.
  bool idle() const noexcept { return state_ == State::start; }
  // A head has begun and is not complete.
  bool in_head() const noexcept { return state_ == State::head; }
  // After the `end` of a request whose upgrade was accepted: every byte from now on is body.
  void enter_tunnel() noexcept { state_ = State::tunnel; }

  // Part of SectionBuffer's protocol: the head is a section.
  Scan scan(const char* base, size_t size);
  size_t section_bytes() const noexcept { return fields_.position(); }

 private:
  enum class State : uint8_t { start, head, body_none, body_sized, body_chunked, tunnel, failed };
  enum class Phase : uint8_t { method, target, version, fields };

  static const H1RequestRules& default_rules() noexcept;
  H1Event fail(uint16_t status, const char* detail);
  bool skip_empty_lines(Chunk& in);
  H1Event read_head(Chunk& in);
  H1Event read_sized(Chunk& in);
  H1Event read_chunked(Chunk& in);
  H1Event finish();
  Scan scan_line(const char* base, size_t size);
  Scan scan_version(const char* base, size_t size);
  bool build_head(const Chunk& section);
  bool take_fields(const char* base);
  bool take_plain(const FieldSpan& field, const char* base);
  bool set_target(const char* base);
  bool set_body();

  const H1Limits& limits_;
  const H1RequestRules& rules_;
  State state_ = State::start;
  bool keep_alive_ = false;
  ProtocolError error_;

  // The head so far, as offsets from its first byte.
  Phase phase_ = Phase::method;
  bool empty_line_cr_ = false;  // a CR of a leading empty line was seen
  uint32_t empty_lines_ = 0;
  uint32_t position_ = 0;
  uint32_t method_bytes_ = 0;
  uint32_t target_ = 0;
  uint32_t target_bytes_ = 0;
  uint32_t version_ = 0;
  SectionBuffer section_;
  FieldScanner fields_;
  HopFields hop_;

  uint32_t hosts_ = 0;
  bool expects_unknown_ = false;
  RequestHead head_;
  Chunk body_;
  uint64_t remaining_ = 0;  // of a sized body
  ChunkedDecoder chunked_;
  BlockRef hop_block_;  // keeps the names in hop_ alive until the trailers are there
};

}  // namespace gnomon::http
