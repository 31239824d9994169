#include "http/h2_fields.h"

#include <algorithm>
#include <string>
#include <utility>

#include "http/h1_bytes.h"
#include "http/h1_hop_fields.h"
#include "http/h1_target.h"

namespace gnomon::http {
namespace {

constexpr uint32_t kFieldOverhead = 32;  // RFC 9113 section 6.5.2
constexpr size_t kFieldsUsual = 16;

bool is_token(std::string_view s) noexcept {
  return !s.empty() && skip_token(s.data(), s.data() + s.size()) == s.data() + s.size();
}

bool is_target(std::string_view s) noexcept {
  return !s.empty() && skip_target(s.data(), s.data() + s.size()) == s.data() + s.size();
}

bool has_upper(std::string_view name) noexcept {
  unsigned found = 0;  // without a branch, for many letters at a time
  for (const char c : name) found |= static_cast<unsigned char>(c - 'A') < 26 ? 1U : 0U;
  return found != 0;
}

bool is_clean_value(std::string_view value) noexcept {
  return all_value(value) && (value.empty() || (!is_ows(value.front()) && !is_ows(value.back())));
}

}  // namespace

void H2Fields::start(uint32_t bytes_max, uint32_t fields_max) noexcept {
  *this = H2Fields();
  bytes_max_ = bytes_max;
  fields_max_ = fields_max;
}

void H2Fields::fail(uint16_t status, const char* detail) noexcept {
  if (error_.status == 0) error_ = {status, detail};
}

void H2Fields::add(std::string_view name, std::string_view value) {
  const size_t bytes = name.size() + value.size() + kFieldOverhead;
  too_large_ = too_large_ || ++count_ > fields_max_ || bytes > bytes_max_ - bytes_;
  if (too_large_) return;
  bytes_ += static_cast<uint32_t>(bytes);
  if (name.starts_with(':')) {
    if (!add_pseudo(name, value)) fail(400, "unknown or repeated pseudo-header field");
    return;
  }
  if (!is_token(name) || has_upper(name)) return fail(400, "malformed field name");
  if (!is_clean_value(value)) return fail(400, "malformed field value");
  const Known known = known_header(name);
  if (known == Known::proxy) return;  // it would become HTTP_PROXY in CGI programs
  if (known != Known::none && add_hop(known, value)) return;
  if (known == Known::cookie) ++cookies_;
  if (headers_.empty()) headers_.reserve(kFieldsUsual);
  const std::string_view own = headers_.intern(name);
  headers_.add_view(own, headers_.intern(value), known);
}

bool H2Fields::add_pseudo(std::string_view name, std::string_view value) {
  std::string_view* to = nullptr;
  if (name == ":method") to = &method_;
  if (name == ":scheme") to = &scheme_;
  if (name == ":authority") to = &authority_;
  if (name == ":path") to = &path_;
  if (name == ":protocol") to = &protocol_;
  if (name == ":status") to = &status_;
  if (to == nullptr || !to->empty() || !headers_.empty()) return false;
  if (!is_clean_value(value)) return false;
  *to = headers_.intern(value);
  return true;
}

// Fields about one connection or one message's framing. True: it is not for `headers_`.
bool H2Fields::add_hop(Known known, std::string_view value) {
  switch (known) {
    case Known::host:
      if (std::exchange(hosts_, true)) fail(400, "more than one Host");
      host_ = headers_.intern(value);
      return true;
    case Known::content_length:
      if (content_length_ != kNoLength) fail(400, "more than one Content-Length");
      content_length_ = parse_content_length(value);
      if (content_length_ == kNoLength) fail(400, "malformed Content-Length");
      return true;
    case Known::te:
      // RFC 9113 section 8.2.2
      if (!equals_ignore_case(value, "trailers")) fail(400, "TE other than trailers");
      te_trailers_ = true;
      return true;
    case Known::expect:
      expect_continue_ = equals_ignore_case(value, "100-continue");
      if (!expect_continue_) fail(417, "unknown expectation");
      return true;
    case Known::connection:
    case Known::transfer_encoding:
    case Known::upgrade:
    case Known::keep_alive:
    case Known::proxy_connection:
      fail(400, "field of HTTP/1 connections");
      return true;
    default:
      return false;
  }
}

// RFC 9113 section 8.2.3: HTTP/1 has one Cookie field.
void H2Fields::join_cookies() {
  if (cookies_ < 2) return;
  std::string joined;
  for (const Field& field : headers_) {
    // An empty one would leave a space at the end, which a reader of HTTP/1 takes away.
    if (field.known != Known::cookie || field.value.empty()) continue;
    joined.append(joined.empty() ? "" : "; ").append(field.value);
  }
  headers_.remove(Known::cookie);
  headers_.add_view("cookie", headers_.intern(joined), Known::cookie);
}

bool H2Fields::check_underscores(const H1RequestRules& rules) {
  if (rules.underscores == Underscores::allow) return true;
  const auto has_one = [](const Field& field) { return field.name.contains('_'); };
  if (rules.underscores == Underscores::reject) {
    return std::ranges::none_of(headers_.begin(), headers_.end(), has_one);
  }
  headers_.remove_if(has_one);
  return true;
}

BodyKind H2Fields::body_kind(bool end) const noexcept {
  if (end || content_length_ == 0) return BodyKind::none;
  return content_length_ > 0 ? BodyKind::sized : BodyKind::streamed;
}

bool H2Fields::check_target(RequestHead& head, ProtocolError& error) {
  const auto refuse = [&](const char* detail) {
    error = {400, detail};
    return false;
  };
  if (!is_token(method_)) return refuse("malformed method");
  if (scheme_ != "http" && scheme_ != "https") return refuse("unknown scheme");
  if (!is_target(path_)) return refuse("malformed path");
  if (!path_.starts_with('/') && path_ != "*") return refuse("malformed path");
  Target target;
  if (!parse_target(head.method, path_, target, error)) return false;
  if (authority_.empty() && !hosts_) return refuse("no authority");
  const std::string_view authority = authority_.empty() ? host_ : authority_;
  if (!valid_authority(without_empty_port(authority))) return refuse("malformed authority");
  if (hosts_ && !same_authority(host_, authority, scheme_)) {
    return refuse("Host differs from the authority");
  }
  head.scheme = scheme_;
  head.authority = without_empty_port(authority);
  head.path = path_;
  return true;
}

std::optional<RequestHead> H2Fields::take_request(bool end, const H1RequestRules& rules,
                                                  ProtocolError& error) {
  RequestHead head;
  error = error_;
  if (error_.status != 0) return std::nullopt;
  if (!status_.empty()) return error = {400, "a status in a request"}, std::nullopt;
  if (!check_underscores(rules)) {
    return error = {400, "header name with an underscore"}, std::nullopt;
  }
  head.version = Version::http2;
  head.method_name = method_;
  head.method = parse_method(method_);
  if (!protocol_.empty()) {
    // RFC 8441: what an upgrade is in HTTP/1.
    if (head.method != Method::connect || end) {
      return error = {400, "misplaced :protocol"}, std::nullopt;
    }
    if (!is_token(protocol_)) return error = {400, "malformed :protocol"}, std::nullopt;
    if (names_h2c(protocol_)) return error = {501, "no such protocol"}, std::nullopt;
    if (content_length_ != kNoLength) return error = {400, "upgrade with a length"}, std::nullopt;
    head.method = Method::get;
    head.method_name = "GET";
    head.upgrade = protocol_;
  }
  if (!check_target(head, error)) return std::nullopt;
  if (end && content_length_ > 0) return error = {400, "no body of that length"}, std::nullopt;
  join_cookies();
  head.te_trailers = te_trailers_;
  head.content_length = content_length_;
  head.body = head.upgrade.empty() ? body_kind(end) : BodyKind::none;
  head.expect_continue = expect_continue_ && head.body != BodyKind::none;
  head.headers = std::move(headers_);
  return head;
}

std::optional<ResponseHead> H2Fields::take_response(bool end, ProtocolError& error) {
  error = error_;
  if (error_.status != 0) return std::nullopt;
  const bool digits = status_.size() == 3 && std::ranges::all_of(status_, is_digit);
  if (!digits || status_[0] < '1' || status_ == "101") {
    return error = {502, "malformed status"}, std::nullopt;
  }
  ResponseHead head;
  head.version = Version::http2;
  head.status = static_cast<uint16_t>((status_[0] - '0') * 100 + (status_[1] - '0') * 10 +
                                      (status_[2] - '0'));
  head.content_length = content_length_;
  const bool bodiless = head.status < 200 || head.status == 204 || head.status == 304;
  head.body = bodiless ? BodyKind::none : body_kind(end);
  head.headers = std::move(headers_);
  return head;
}

Headers H2Fields::take_trailers() {
  Headers trailers = std::move(headers_);
  trailers.remove_if(
      [](const Field& field) { return forbidden_in_trailers(field.known, field.name); });
  return trailers;
}

}  // namespace gnomon::http
