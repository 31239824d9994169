// A field section of HTTP/2 as it is decoded, and the heads made of it (RFC 9113 section 8). What
// leaves here is safe to be written as HTTP/1.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/h1_common.h"
#include "msg/head.h"

namespace gnomon::http {

class H2Fields {
 public:
  void start(uint32_t bytes_max, uint32_t fields_max) noexcept;
  // Copies a field in. Beyond the limits fields are counted and not kept.
  void add(std::string_view name, std::string_view value);
  bool too_large() const noexcept { return too_large_; }
  bool has_status() const noexcept { return !status_.empty(); }

  // Made of what was added, which is gone afterwards. `end`: no body follows. On failure the error
  // says how a server answers; a client calls it a protocol error.
  std::optional<RequestHead> take_request(bool end, const H1RequestRules& rules,
                                          ProtocolError& error);
  std::optional<ResponseHead> take_response(bool end, ProtocolError& error);
  // Without fields that have no place there.
  Headers take_trailers();

 private:
  bool add_pseudo(std::string_view name, std::string_view value);
  bool add_hop(Known known, std::string_view value);
  void fail(uint16_t status, const char* detail) noexcept;
  void join_cookies();
  bool check_target(RequestHead& head, ProtocolError& error);
  bool check_underscores(const H1RequestRules& rules);
  BodyKind body_kind(bool end) const noexcept;

  Headers headers_;
  std::string_view method_;
  std::string_view scheme_;
  std::string_view authority_;
  std::string_view path_;
  std::string_view protocol_;
  std::string_view status_;
  std::string_view host_;
  ProtocolError error_{0, ""};
  int64_t content_length_ = kNoLength;
  uint32_t bytes_ = 0;
  uint32_t bytes_max_ = 0;
  uint32_t count_ = 0;
  uint32_t fields_max_ = 0;
  uint32_t cookies_ = 0;
  bool hosts_ = false;
  bool expect_continue_ = false;
  bool te_trailers_ = false;
  bool too_large_ = false;
};

}  // namespace gnomon::http
