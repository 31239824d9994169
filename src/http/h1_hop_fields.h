// Fields of a head that concern one connection or the framing of one message. They never travel
// on as they are: the parsers turn them into members of the head, the writer turns those back.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "http/h1_common.h"
#include "msg/head.h"

namespace gnomon::http {

class HopFields {
 public:
  enum class Take : uint8_t { keep, taken, failed };

  // Whether take() would take such a field.
  static bool owns(Known known) noexcept;

  // Offers one field. `keep`: it is end-to-end. Views are kept until clear().
  Take take(Known known, std::string_view value, ProtocolError& error);
  // Once all fields were offered: rules that concern several of them.
  bool check(Version version, ProtocolError& error) const;
  // Removes the fields that Connection names.
  void strip_named(Headers& headers) const;
  void clear();

  bool chunked() const noexcept { return transfer_encodings_ > 0; }
  int64_t content_length() const noexcept { return content_length_; }
  bool te_trailers() const noexcept { return te_trailers_; }
  bool names_fields() const noexcept { return !named_.empty(); }
  // Whether the connection outlives the message, as far as version and Connection say.
  bool persistent(Version version) const noexcept {
    return !close_ && (version != Version::http10 || keep_alive_);
  }
  // The protocols of Upgrade, if Connection names it (RFC 9110 section 7.8). Empty for several
  // Upgrade fields and for h2c: ignoring is allowed.
  std::string_view upgrade() const noexcept;

 private:
  bool take_connection(std::string_view value, ProtocolError& error);
  bool take_content_length(std::string_view value, ProtocolError& error);
  bool take_transfer_encoding(std::string_view value, ProtocolError& error);

  int64_t content_length_ = kNoLength;
  uint32_t transfer_encodings_ = 0;
  uint32_t upgrades_ = 0;
  uint32_t options_ = 0;  // members of all Connection fields
  bool close_ = false;
  bool keep_alive_ = false;
  bool upgrade_named_ = false;
  bool te_trailers_ = false;
  std::string_view upgrade_;
  std::vector<std::string_view> named_;
};

// Whether "h2c" is among the protocols asked for, which RFC 9113 section 3.1 made obsolete: behind
// it requests would pass that no rule was asked about.
bool names_h2c(std::string_view protocols) noexcept;

// 1*DIGIT that fits into an int64_t (RFC 9110 section 8.6); kNoLength otherwise.
int64_t parse_content_length(std::string_view value) noexcept;

// Fields that may not arrive in a trailer section, because they frame, route, authenticate or
// describe the message (RFC 9110 section 6.5.1), or because gateways act on them.
bool forbidden_in_trailers(Known known, std::string_view name) noexcept;

}  // namespace gnomon::http
