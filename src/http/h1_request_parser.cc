#include "http/h1_request_parser.h"

#include <algorithm>
#include <cstring>

#include "http/h1_bytes.h"
#include "http/h1_target.h"

namespace gnomon::http {

H1Event H1RequestParser::next(Chunk& in) {
  switch (state_) {
    case State::start:
      if (!skip_empty_lines(in)) return H1Event::error;
      if (in.empty()) return H1Event::need_data;
      state_ = State::head;
      phase_ = Phase::method;
      position_ = 0;
      return read_head(in);
    case State::head:
      return read_head(in);
    case State::body_none:
      return finish();
    case State::body_sized:
      return read_sized(in);
    case State::body_chunked:
      return read_chunked(in);
    case State::tunnel:
      if (in.empty()) return H1Event::need_data;
      body_ = in.split_front(in.size());
      return H1Event::body;
    case State::failed:
      break;
  }
  return H1Event::error;
}

const H1RequestRules& H1RequestParser::default_rules() noexcept {
  static const H1RequestRules kRules;
  return kRules;
}

H1Event H1RequestParser::fail(uint16_t status, const char* detail) {
  error_ = {status, detail};
  state_ = State::failed;
  return H1Event::error;
}

H1Event H1RequestParser::finish() {
  state_ = State::start;
  empty_lines_ = 0;
  return H1Event::end;
}

// RFC 9112 section 2.2: clients of old send an empty line after a body.
bool H1RequestParser::skip_empty_lines(Chunk& in) {
  while (!in.empty()) {
    const char c = in.data()[0];
    if (empty_line_cr_) {
      if (c != '\n') {
        fail(400, "bare CR before a request line");
        return false;
      }
      empty_line_cr_ = false;
      if (++empty_lines_ > limits_.leading_empty_lines) {
        fail(400, "too many empty lines before a request line");
        return false;
      }
    } else if (c == '\r') {
      empty_line_cr_ = true;
    } else {
      return true;
    }
    in.remove_prefix(1);
  }
  return true;
}

H1Event H1RequestParser::read_head(Chunk& in) {
  if (in.empty()) return H1Event::need_data;
  Chunk section;
  switch (section_.feed(in, *this, section)) {
    case Scan::more:
      return H1Event::need_data;
    case Scan::failed:
      return fail(error_.status, error_.detail);
    case Scan::done:
      break;
  }
  if (!build_head(section)) return fail(error_.status, error_.detail);
  return H1Event::head;
}

Scan H1RequestParser::scan(const char* base, size_t size) {
  if (phase_ != Phase::fields) {
    const Scan line = scan_line(base, std::min<size_t>(size, limits_.start_line_bytes));
    if (line == Scan::failed) return line;
    if (line == Scan::more) {
      if (size < limits_.start_line_bytes) return line;
      error_ = {414, "request line too long"};
      return Scan::failed;
    }
    fields_.start(position_, limits_.fields);
    phase_ = Phase::fields;
  }
  const Scan result = fields_.scan(base, std::min<size_t>(size, limits_.head_bytes), error_);
  if (result != Scan::more || size < limits_.head_bytes) return result;
  error_ = {431, "request head too long"};
  return Scan::failed;
}

// method SP request-target SP HTTP-version CRLF, with exactly these separators.
Scan H1RequestParser::scan_line(const char* base, size_t size) {
  const char* p = base + position_;
  const char* const end = base + size;
  const auto at = [base](const char* q) { return static_cast<uint32_t>(q - base); };
  const auto failed = [this](const char* detail) {
    error_ = {400, detail};
    return Scan::failed;
  };
  switch (phase_) {
    case Phase::method:
      p = skip_token(p, end);
      position_ = at(p);
      if (p == end) return Scan::more;
      if (*p != ' ') return failed("bad byte in the method");
      method_bytes_ = at(p);
      if (method_bytes_ == 0) return failed("empty method");
      ++p;
      target_ = at(p);
      phase_ = Phase::target;
      [[fallthrough]];
    case Phase::target:
      p = skip_target(p, end);
      position_ = at(p);
      if (p == end) return Scan::more;
      if (*p != ' ') return failed("bad byte in the request target");
      target_bytes_ = at(p) - target_;
      if (target_bytes_ == 0) return failed("empty request target");
      ++p;
      version_ = at(p);
      position_ = at(p);
      phase_ = Phase::version;
      [[fallthrough]];
    default:
      return scan_version(base, size);
  }
}

Scan H1RequestParser::scan_version(const char* base, size_t size) {
  constexpr std::string_view kPattern = "HTTP/d.d\r\n";  // d: any digit
  for (; position_ < size; ++position_) {
    const char wanted = kPattern[position_ - version_];
    const char c = base[position_];
    if (wanted == 'd' ? !is_digit(c) : c != wanted) {
      error_ = {400, "malformed HTTP version"};
      return Scan::failed;
    }
    if (wanted == '\n') {
      ++position_;
      return Scan::done;
    }
  }
  return Scan::more;
}

bool H1RequestParser::build_head(const Chunk& section) {
  const char* const base = section.data();
  head_ = RequestHead();
  head_.method_name = {base, method_bytes_};
  head_.method = parse_method(head_.method_name);
  const char major = base[version_ + 5];
  const char minor = base[version_ + 7];
  if (major != '1') {
    error_ = {505, "HTTP version is not 1.x"};
    return false;
  }
  // A higher minor version is spoken like the highest one we know (RFC 9110 section 2.5).
  head_.version = minor == '0' ? Version::http10 : Version::http11;
  if (head_.version == Version::http10 && !rules_.accept_http10) {
    error_ = {426, "HTTP/1.0 is not accepted"};
    return false;
  }
  head_.headers.adopt(section.block());
  if (!take_fields(base) || !hop_.check(head_.version, error_) || !set_target(base)) return false;
  hop_.strip_named(head_.headers);
  head_.te_trailers = hop_.te_trailers();
  if (head_.version == Version::http11) head_.upgrade = hop_.upgrade();
  keep_alive_ = hop_.persistent(head_.version);
  if (!set_body()) return false;
  chunked_.take_trailers();  // of an earlier message, if nobody wanted them
  hop_block_ =
      hop_.names_fields() && head_.body == BodyKind::streamed ? section.block() : BlockRef();
  return true;
}

bool H1RequestParser::take_fields(const char* base) {
  hop_.clear();
  hosts_ = 0;
  expects_unknown_ = false;
  head_.headers.reserve(fields_.fields().size() + 4);  // room for what the gateway adds
  for (const FieldSpan& field : fields_.fields()) {
    const std::string_view value = field.value_in(base);
    if (field.known == Known::none) {
      if (!take_plain(field, base)) return false;
      continue;
    }
    if (field.known == Known::host) {
      ++hosts_;
      head_.authority = without_empty_port(value);
    } else if (field.known == Known::expect) {
      head_.expect_continue = equals_ignore_case(value, "100-continue");
      expects_unknown_ |= !head_.expect_continue;
    } else if (field.known != Known::proxy) {  // Proxy would become HTTP_PROXY in CGI programs
      const HopFields::Take take = hop_.take(field.known, value, error_);
      if (take == HopFields::Take::failed) return false;
      if (take == HopFields::Take::keep) {
        head_.headers.add_view(field.name_in(base), value, field.known, field.whole_line_in(base));
      }
    }
  }
  return true;
}

// A field that the gateway itself does not read; no known name has an underscore.
bool H1RequestParser::take_plain(const FieldSpan& field, const char* base) {
  const std::string_view name = field.name_in(base);
  if (rules_.underscores != Underscores::allow && name.find('_') != std::string_view::npos) {
    if (rules_.underscores == Underscores::drop) return true;
    error_ = {400, "header name with an underscore"};
    return false;
  }
  head_.headers.add_view(name, field.value_in(base), field.known, field.whole_line_in(base));
  return true;
}

bool H1RequestParser::set_target(const char* base) {
  if (hosts_ > 1 || (hosts_ == 0 && head_.version != Version::http10)) {
    error_ = {400, hosts_ > 1 ? "more than one Host" : "no Host"};
    return false;
  }
  if (hosts_ == 1 && !valid_authority(head_.authority)) {
    error_ = {400, "malformed Host"};
    return false;
  }
  Target target;
  if (!parse_target(head_.method, {base + target_, target_bytes_}, target, error_)) return false;
  head_.path = target.path;
  if (target.authority.empty()) {
    if (hosts_ == 0) head_.authority = head_.headers.intern(rules_.default_host);
    return true;
  }
  if (hosts_ == 1 && !same_authority(target.authority, head_.authority, target.scheme)) {
    error_ = {400, "Host differs from the request target"};
    return false;
  }
  head_.authority = target.authority;
  if (target.path.starts_with('?')) {
    head_.path = head_.headers.intern(std::string("/").append(target.path));
  }
  return true;
}

bool H1RequestParser::set_body() {
  head_.content_length = hop_.content_length();
  if (hop_.chunked()) {
    head_.body = BodyKind::streamed;
    state_ = State::body_chunked;
    chunked_.start();
  } else if (head_.content_length > 0) {
    head_.body = BodyKind::sized;
    state_ = State::body_sized;
    remaining_ = static_cast<uint64_t>(head_.content_length);
  } else {
    head_.body = BodyKind::none;
    state_ = State::body_none;
  }
  // RFC 9110 section 10.1.1: an HTTP/1.0 client means nothing by Expect, and without a body there
  // is nothing to continue with.
  if (expects_unknown_ && head_.version == Version::http11) {
    error_ = {417, "unknown expectation"};
    return false;
  }
  head_.expect_continue =
      head_.expect_continue && head_.version == Version::http11 && head_.body != BodyKind::none;
  return true;
}

H1Event H1RequestParser::read_sized(Chunk& in) {
  if (remaining_ == 0) return finish();
  if (in.empty()) return H1Event::need_data;
  body_ = in.split_front(std::min<uint64_t>(in.size(), remaining_));
  remaining_ -= body_.size();
  return H1Event::body;
}

H1Event H1RequestParser::read_chunked(Chunk& in) {
  const H1Event event = chunked_.next(in, body_, error_);
  if (event == H1Event::error) return fail(error_.status, error_.detail);
  return event == H1Event::end ? finish() : event;
}

Headers H1RequestParser::take_trailers() {
  Headers trailers = chunked_.take_trailers();
  if (hop_block_) hop_.strip_named(trailers);
  hop_block_ = BlockRef();
  return trailers;
}

}  // namespace gnomon::http
