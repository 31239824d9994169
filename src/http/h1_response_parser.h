// Responses on one backend connection (RFC 9112): bytes in, events out, no I/O. As strict as the
// parser of requests: a backend that frames badly is refused before its bytes reach a client.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/chunk.h"
#include "http/h1_chunked.h"
#include "http/h1_common.h"
#include "http/h1_fields.h"
#include "http/h1_hop_fields.h"
#include "http/h1_section.h"
#include "msg/head.h"

namespace gnomon::http {

class H1ResponseParser {
 public:
  // `limits` must outlive the parser.
  explicit H1ResponseParser(const H1Limits& limits) : limits_(limits), chunked_(limits) {}

  // One more response will come: for a request with this method, which offered an upgrade or not.
  // Called once per request, in their order; several may be outstanding.
  void expect(Method request_method, bool upgrade_offered);

  // Consumes bytes from the front of `in` and returns one event. Call again, also with an empty
  // `in`, until it returns need_data; `in` is then empty. Every interim response (1xx) is a `head`
  // of its own before the final one. After `end` the rest of `in` belongs to the next expected
  // response; when none is, it is surplus and the connection must not be used again. After the head
  // of an accepted 101 every byte is body, until finish(). After `error` every call returns error.
  H1Event next(Chunk& in);
  // The peer has closed its side, and next() has returned need_data: `end` of a body that ends so,
  // or of a tunnel; `error` for a message cut short; need_data when nothing was expected.
  H1Event finish();

  // Each once, after the event that announced it.
  ResponseHead take_head() { return std::move(head_); }
  Chunk take_body() { return std::move(body_); }
  Headers take_trailers();

  const ProtocolError& error() const noexcept { return error_; }
  // After end: whether the connection may serve another request. False also when bytes were left
  // over that no outstanding request explains.
  bool keep_alive() const noexcept { return keep_alive_; }
  // Nothing is expected: any byte now is surplus, and next() calls it an error.
  bool idle() const noexcept { return state_ == State::head && next_expected_ == expected_.size(); }
  // A byte of the expected response has been seen.
  bool started() const noexcept {
    return state_ != State::head || !section_.empty() || interim_ > 0;
  }

  // Part of SectionBuffer's protocol: the head is a section.
  Scan scan(const char* base, size_t size);
  size_t section_bytes() const noexcept { return fields_.position(); }

 private:
  enum class State : uint8_t {
    head,
    body_none,
    body_sized,
    body_chunked,
    body_until_close,
    tunnel,
    closed,  // finish() has ended the last message
    failed,
  };
  enum class Phase : uint8_t { status, reason, line_lf, fields };
  struct Expected {
    Method method;
    bool upgrade_offered;
  };

  H1Event fail(const char* detail);
  H1Event read_head(Chunk& in);
  H1Event read_sized(Chunk& in);
  H1Event read_chunked(Chunk& in);
  H1Event read_rest(Chunk& in);
  H1Event end_message(const Chunk& in);
  Scan scan_line(const char* base, size_t size);
  Scan scan_status(const char* base, size_t size);
  bool build_head(const Chunk& section);
  bool take_fields(const char* base);
  bool set_body();
  bool set_bodiless(bool interim);
  const char* check_switch() const;

  const H1Limits& limits_;
  State state_ = State::head;
  bool keep_alive_ = false;
  ProtocolError error_{.status = 502, .detail = ""};

  std::vector<Expected> expected_;  // in order; those before next_expected_ are answered
  size_t next_expected_ = 0;
  uint32_t interim_ = 0;

  // The head so far, as offsets from its first byte.
  Phase phase_ = Phase::status;
  uint32_t position_ = 0;
  uint32_t reason_bytes_ = 0;
  SectionBuffer section_;
  FieldScanner fields_;
  HopFields hop_;

  ResponseHead head_;
  Chunk body_;
  uint64_t remaining_ = 0;  // of a sized body
  ChunkedDecoder chunked_;
  BlockRef hop_block_;  // keeps the names in hop_ alive until the trailers are there
};

}  // namespace gnomon::http
