#include "http/h1_response_parser.h"

#include <algorithm>
#include <string_view>

#include "http/h1_bytes.h"

namespace gnomon::http {
namespace {

// Where the parts of "HTTP/1.d ddd reason" lie.
constexpr uint32_t kMinor = 7;
constexpr uint32_t kStatus = 9;
constexpr uint32_t kReason = 13;

}  // namespace

void H1ResponseParser::expect(Method request_method, bool upgrade_offered) {
  if (next_expected_ == expected_.size()) {
    expected_.clear();
    next_expected_ = 0;
  }
  expected_.push_back({request_method, upgrade_offered});
}

H1Event H1ResponseParser::next(Chunk& in) {
  switch (state_) {
    case State::head:
      return read_head(in);
    case State::body_none:
      return end_message(in);
    case State::body_sized:
      return read_sized(in);
    case State::body_chunked:
      return read_chunked(in);
    case State::body_until_close:
    case State::tunnel:
      return read_rest(in);
    case State::closed:
      return in.empty() ? H1Event::need_data : fail("bytes after the end of the connection");
    case State::failed:
      break;
  }
  return H1Event::error;
}

H1Event H1ResponseParser::finish() {
  switch (state_) {
    case State::head:
      if (idle()) return H1Event::need_data;
      return fail(started() ? "connection closed within a response head"
                            : "connection closed before a response");
    case State::body_none:
      return end_message({});
    case State::body_sized:
      return remaining_ == 0 ? end_message({}) : fail("connection closed within a body");
    case State::body_chunked:
      return fail("connection closed within a chunked body");
    case State::body_until_close:
    case State::tunnel:
      keep_alive_ = false;
      ++next_expected_;
      state_ = State::closed;
      return H1Event::end;
    case State::closed:
      return H1Event::need_data;
    case State::failed:
      break;
  }
  return H1Event::error;
}

H1Event H1ResponseParser::fail(const char* detail) {
  error_ = {502, detail};
  keep_alive_ = false;
  state_ = State::failed;
  return H1Event::error;
}

H1Event H1ResponseParser::end_message(const Chunk& in) {
  state_ = State::head;
  ++next_expected_;
  interim_ = 0;
  if (idle() && !in.empty()) keep_alive_ = false;
  return H1Event::end;
}

H1Event H1ResponseParser::read_head(Chunk& in) {
  if (in.empty()) return H1Event::need_data;
  if (idle()) return fail("bytes that no request explains");
  if (section_.empty()) {
    phase_ = Phase::status;
    position_ = 0;
  }
  Chunk section;
  switch (section_.feed(in, *this, section)) {
    case Scan::more:
      return H1Event::need_data;
    case Scan::failed:
      return fail(error_.detail);
    case Scan::done:
      break;
  }
  return build_head(section) ? H1Event::head : fail(error_.detail);
}

Scan H1ResponseParser::scan(const char* base, size_t size) {
  if (phase_ != Phase::fields) {
    const Scan line = scan_line(base, std::min<size_t>(size, limits_.start_line_bytes));
    if (line == Scan::failed) return line;
    if (line == Scan::more) {
      if (size < limits_.start_line_bytes) return line;
      error_.detail = "status line too long";
      return Scan::failed;
    }
    fields_.start(position_, limits_.fields);
    phase_ = Phase::fields;
  }
  const Scan result = fields_.scan(base, std::min<size_t>(size, limits_.head_bytes), error_);
  if (result != Scan::more || size < limits_.head_bytes) return result;
  error_.detail = "response head too long";
  return Scan::failed;
}

// HTTP-version SP status-code SP [ reason-phrase ] CRLF. The space before an absent reason may be
// absent too: plenty of servers leave it out, and nothing can be smuggled by it.
Scan H1ResponseParser::scan_line(const char* base, size_t size) {
  const auto failed = [this](const char* detail) {
    error_.detail = detail;
    return Scan::failed;
  };
  const char* p = nullptr;
  const char* const end = base + size;
  switch (phase_) {
    case Phase::status:
      if (const Scan status = scan_status(base, size); status != Scan::done) return status;
      phase_ = Phase::reason;
      [[fallthrough]];
    case Phase::reason:
      p = skip_value(base + position_, end);
      position_ = static_cast<uint32_t>(p - base);
      if (p == end) return Scan::more;
      if (*p != '\r') return failed("bad byte in the reason phrase");
      reason_bytes_ = position_ > kReason ? position_ - kReason : 0;
      ++position_;
      phase_ = Phase::line_lf;
      [[fallthrough]];
    default:
      if (position_ == size) return Scan::more;
      if (base[position_] != '\n') return failed("bare CR in the status line");
      ++position_;
      return Scan::done;
  }
}

Scan H1ResponseParser::scan_status(const char* base, size_t size) {
  constexpr std::string_view kPattern = "HTTP/1.d ddd ";  // d: any digit
  for (; position_ < size; ++position_) {
    const char c = base[position_];
    if (position_ + 1 == kPattern.size() && c == '\r') return Scan::done;
    const char wanted = kPattern[position_];
    if (wanted == 'd' ? !is_digit(c) : c != wanted) {
      error_.detail = "malformed status line";
      return Scan::failed;
    }
    if (position_ + 1 == kPattern.size()) {
      ++position_;
      return Scan::done;
    }
  }
  return Scan::more;
}

bool H1ResponseParser::build_head(const Chunk& section) {
  const char* const base = section.data();
  head_ = ResponseHead();
  head_.version = base[kMinor] == '0' ? Version::http10 : Version::http11;
  head_.status = static_cast<uint16_t>((base[kStatus] - '0') * 100 +
                                       (base[kStatus + 1] - '0') * 10 + (base[kStatus + 2] - '0'));
  if (head_.status < 100 || head_.status > 599) {
    error_.detail = "status code out of range";
    return false;
  }
  head_.reason = {base + kReason, reason_bytes_};
  head_.headers.adopt(section.block());
  if (!take_fields(base) || !hop_.check(head_.version, error_)) return false;
  hop_.strip_named(head_.headers);
  keep_alive_ = hop_.persistent(head_.version);
  // A 426 must say which protocol to upgrade to (RFC 9110 section 15.5.22).
  if (head_.status == 101 || head_.status == 426) head_.upgrade = hop_.upgrade();
  if (!set_body()) return false;
  chunked_.take_trailers();  // of an earlier message, if nobody wanted them
  hop_block_ =
      hop_.names_fields() && head_.body == BodyKind::streamed ? section.block() : BlockRef();
  return true;
}

bool H1ResponseParser::take_fields(const char* base) {
  hop_.clear();
  head_.headers.reserve(fields_.fields().size() + 4);  // room for what the gateway adds
  for (const FieldSpan& field : fields_.fields()) {
    const std::string_view value = field.value_in(base);
    if (field.known != Known::none) {
      const HopFields::Take take = hop_.take(field.known, value, error_);
      if (take == HopFields::Take::failed) return false;
      if (take == HopFields::Take::taken) continue;
    }
    head_.headers.add_view(field.name_in(base), value, field.known, field.whole_line_in(base));
  }
  return true;
}

// RFC 9112 section 6.3.
bool H1ResponseParser::set_body() {
  const uint16_t status = head_.status;
  if (status < 200) return set_bodiless(true);
  const bool to_head = expected_[next_expected_].method == Method::head;
  if (to_head || status == 204 || status == 304) return set_bodiless(false);
  head_.content_length = hop_.content_length();
  if (hop_.chunked()) {
    head_.body = BodyKind::streamed;
    state_ = State::body_chunked;
    chunked_.start();
  } else if (head_.content_length == kNoLength) {
    head_.body = BodyKind::until_close;
    state_ = State::body_until_close;
    keep_alive_ = false;
  } else if (head_.content_length > 0) {
    head_.body = BodyKind::sized;
    state_ = State::body_sized;
    remaining_ = static_cast<uint64_t>(head_.content_length);
  } else {
    head_.body = BodyKind::none;
    state_ = State::body_none;
  }
  return true;
}

bool H1ResponseParser::set_bodiless(bool interim) {
  head_.body = BodyKind::none;
  if (interim) {
    if (head_.status == 101) {
      const char* const refused = check_switch();
      if (refused != nullptr) {
        error_.detail = refused;
        return false;
      }
      state_ = State::tunnel;
      keep_alive_ = false;
    } else if (++interim_ > limits_.interim_responses) {
      error_.detail = "too many interim responses";
      return false;
    }
    return true;
  }
  state_ = State::body_none;
  if (head_.status != 204) {
    head_.content_length = hop_.content_length();
  } else if (hop_.chunked() || hop_.content_length() > 0) {
    // A 204 that announces a body may send one, when the connection already serves someone else.
    keep_alive_ = false;
  }
  return true;
}

// Why a 101 is refused, or null (RFC 9110 section 7.8).
const char* H1ResponseParser::check_switch() const {
  if (!expected_[next_expected_].upgrade_offered) return "101 without an offer to upgrade";
  if (head_.upgrade.empty()) return "101 that does not name the protocol";
  return nullptr;
}

H1Event H1ResponseParser::read_sized(Chunk& in) {
  if (remaining_ == 0) return end_message(in);
  if (in.empty()) return H1Event::need_data;
  body_ = in.split_front(std::min<uint64_t>(in.size(), remaining_));
  remaining_ -= body_.size();
  return H1Event::body;
}

H1Event H1ResponseParser::read_chunked(Chunk& in) {
  const H1Event event = chunked_.next(in, body_, error_);
  if (event == H1Event::error) return fail(error_.detail);
  return event == H1Event::end ? end_message(in) : event;
}

H1Event H1ResponseParser::read_rest(Chunk& in) {
  if (in.empty()) return H1Event::need_data;
  body_ = in.split_front(in.size());
  return H1Event::body;
}

Headers H1ResponseParser::take_trailers() {
  Headers trailers = chunked_.take_trailers();
  if (hop_block_) hop_.strip_named(trailers);
  hop_block_ = BlockRef();
  return trailers;
}

}  // namespace gnomon::http
