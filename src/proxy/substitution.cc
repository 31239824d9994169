#include "proxy/substitution.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <iterator>
#include <optional>

#include "base/log.h"
#include "proxy/client_certificate.h"
#include "proxy/grpc.h"

namespace gnomon::proxy {
namespace {

using routing::AddressPart;
using routing::FieldName;
using routing::Operator;
using routing::Segment;

int64_t whole_ms(Duration duration) noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

// Digits of a second's fraction.
void append_fraction(std::string& out, int64_t nanoseconds, int digits) {
  std::array<char, 9> all;
  for (size_t i = all.size(); i-- > 0; nanoseconds /= 10) {
    all[i] = static_cast<char>('0' + nanoseconds % 10);
  }
  out.append(all.data(), static_cast<size_t>(digits));
}

// A part of a time by itself, `format[at]` being its letter. Months and days are in English
// whatever the locale.
void append_letter(std::string& out, char letter, const std::tm& t, int64_t second,
                   int64_t nanoseconds) {
  static constexpr std::array<std::string_view, 7> kDays = {
      "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
  static constexpr std::array<std::string_view, 12> kMonths = {
      "January", "February", "March",     "April",   "May",      "June",
      "July",    "August",   "September", "October", "November", "December"};
  const auto put = [&out]<typename... A>(fmt::format_string<A...> format, A&&... values) {
    fmt::format_to(std::back_inserter(out), format, std::forward<A>(values)...);
  };
  const std::string_view day = kDays[static_cast<size_t>(t.tm_wday)];
  const std::string_view month = kMonths[static_cast<size_t>(t.tm_mon)];
  const int twelve = t.tm_hour % 12 == 0 ? 12 : t.tm_hour % 12;
  switch (letter) {
    case 'Y':
      return put("{}", t.tm_year + 1900);
    case 'y':
      return put("{:02}", t.tm_year % 100);
    case 'm':
      return put("{:02}", t.tm_mon + 1);
    case 'd':
      return put("{:02}", t.tm_mday);
    case 'e':
      return put("{:2}", t.tm_mday);
    case 'H':
      return put("{:02}", t.tm_hour);
    case 'I':
      return put("{:02}", twelve);
    case 'M':
      return put("{:02}", t.tm_min);
    case 'S':
      return put("{:02}", t.tm_sec);
    case 'j':
      return put("{:03}", t.tm_yday + 1);
    case 'u':
      return put("{}", t.tm_wday == 0 ? 7 : t.tm_wday);
    case 'a':
      return put("{}", day.substr(0, 3));
    case 'A':
      return put("{}", day);
    case 'b':
    case 'h':
      return put("{}", month.substr(0, 3));
    case 'B':
      return put("{}", month);
    case 'p':
      return put("{}", t.tm_hour < 12 ? "AM" : "PM");
    case 'z':
      return put("+0000");
    case 'Z':
      return put("UTC");
    case 'T':
      return put("{:02}:{:02}:{:02}", t.tm_hour, t.tm_min, t.tm_sec);
    case 'R':
      return put("{:02}:{:02}", t.tm_hour, t.tm_min);
    case 'F':
      return put("{}-{:02}-{:02}", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday);
    case 'D':
      return put("{:02}/{:02}/{:02}", t.tm_mon + 1, t.tm_mday, t.tm_year % 100);
    case 's':
      return put("{}", second);
    case 'f':
      return append_fraction(out, nanoseconds, 9);
    default:
      out += letter;
  }
}

void append_time(std::string& out, std::string_view format, WallTime time) {
  const auto since_epoch = time.time_since_epoch();
  const auto second = std::chrono::floor<std::chrono::seconds>(since_epoch);
  const int64_t nanoseconds = Duration(since_epoch - second).count();
  const std::time_t whole = second.count();
  std::tm parts{};
  gmtime_r(&whole, &parts);
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 >= format.size()) {
      out += format[i];
      continue;
    }
    const char letter = format[++i];
    if (letter >= '1' && letter <= '9') {  // %3f
      append_fraction(out, nanoseconds, letter - '0');
      ++i;
    } else if (letter == 'E' && i + 2 < format.size()) {  // %E3S, %E*S
      const int digits = format[i + 1] == '*' ? 9 : format[i + 1] - '0';
      append_letter(out, 'S', parts, whole, nanoseconds);
      if (digits > 0) out += '.';
      append_fraction(out, nanoseconds, digits);
      i += 2;
    } else {
      append_letter(out, letter, parts, whole, nanoseconds);
    }
  }
}

// The value of one operator. `scratch` holds it where it has to be made.
struct Value {
  std::optional<std::string_view> text;  // nothing: missing
  std::optional<uint64_t> number;        // instead of a text
  bool foreign = false;                  // bytes that somebody else chose
};

Value own(std::string_view text) {
  if (text.empty()) return {};
  return {text, {}, false};
}

Value foreign(std::string_view text) {
  if (text.empty()) return {};
  return {text, {}, true};
}

Value number(uint64_t value) { return {{}, value, false}; }

Value in_ms(bool known, Duration duration) {
  if (!known) return {};
  return number(static_cast<uint64_t>(std::max<int64_t>(whole_ms(duration), 0)));
}

const Field* find(const Headers* headers, const FieldName& name) {
  if (headers == nullptr || name.name.empty()) return nullptr;
  return name.known != Known::none ? headers->find(name.known) : headers->find(name.name);
}

// Fields that the codec keeps as members of the head.
std::string_view request_member(const RequestHead& head, std::string_view name,
                                std::string& scratch) {
  if (name == ":method") return head.method_name;
  if (name == ":path") return head.path;
  if (name == ":authority" || name == "host") return head.authority;
  if (name == ":scheme") return head.scheme;
  if (name == "upgrade") return head.upgrade;
  if (name == "content-length" && head.content_length >= 0) {
    return scratch = fmt::format("{}", head.content_length);
  }
  if (name == "transfer-encoding" && head.body == BodyKind::streamed) return "chunked";
  return {};
}

std::string_view response_member(const ResponseHead& head, std::string_view name,
                                 std::string& scratch) {
  if (name == ":status") return scratch = fmt::format("{}", head.status);
  if (name == "content-length" && head.content_length >= 0) {
    return scratch = fmt::format("{}", head.content_length);
  }
  if (name == "transfer-encoding" && head.body == BodyKind::streamed) return "chunked";
  return {};
}

std::string_view request_field(const StreamFacts& facts, const FieldName& name,
                               std::string& scratch) {
  if (facts.request == nullptr || name.name.empty()) return {};
  const std::string_view member = request_member(*facts.request, name.name, scratch);
  if (!member.empty()) return member;
  const Field* field = find(&facts.request->headers, name);
  return field != nullptr ? field->value : std::string_view();
}

std::string_view response_field(const StreamFacts& facts, const FieldName& name,
                                std::string& scratch) {
  if (facts.response == nullptr || name.name.empty()) return {};
  const std::string_view member = response_member(*facts.response, name.name, scratch);
  if (!member.empty()) return member;
  const Field* field = find(&facts.response->headers, name);
  return field != nullptr ? field->value : std::string_view();
}

std::string_view trailer_field(const StreamFacts& facts, const FieldName& name,
                               std::string& /*scratch*/) {
  const Field* field = find(facts.response_trailers, name);
  return field != nullptr ? field->value : std::string_view();
}

template <typename Lookup>
Value either(const Segment& segment, const StreamFacts& facts, std::string& scratch,
             Lookup lookup) {
  std::string_view value = lookup(facts, segment.field, scratch);
  if (value.empty()) value = lookup(facts, segment.otherwise, scratch);
  return foreign(value);
}

Value address(const net::Address* address, AddressPart part, std::string& scratch) {
  if (address == nullptr || address->size() == 0) return {};
  switch (part) {
    case AddressPart::whole:
      return own(scratch = address->to_string());
    case AddressPart::ip:
      return own(scratch = address->ip());
    case AddressPart::port:
      return number(address->port());
  }
  return {};
}

// An address out of a forwarding field has no port; Envoy writes 0.
Value trusted_client(const StreamFacts& facts, AddressPart part, std::string& scratch) {
  const std::string_view ip = facts.trusted_client_ip;
  if (ip.empty()) return address(facts.client, part, scratch);
  switch (part) {
    case AddressPart::whole:
      scratch = ip.find(':') != std::string_view::npos ? fmt::format("[{}]:0", ip)
                                                       : fmt::format("{}:0", ip);
      return own(scratch);
    case AddressPart::ip:
      return own(ip);
    case AddressPart::port:
      return number(0);
  }
  return {};
}

Value grpc_status(const StreamFacts& facts, Operator form, std::string& scratch) {
  if (!facts.grpc_status) return {};
  if (form == Operator::grpc_status_number) return number(*facts.grpc_status);
  const bool camel = form == Operator::grpc_status;
  scratch = camel ? grpc_camel_name(*facts.grpc_status) : grpc_snake_name(*facts.grpc_status);
  return own(scratch);
}

Value if_any(std::string_view value) { return value.empty() ? Value() : foreign(value); }

// In one word, as Envoy writes it.
Value transport_failure(const StreamFacts& facts, std::string& scratch) {
  if (facts.transport_failure.empty()) return {};
  scratch = fmt::format("TLS_error:_{}", facts.transport_failure);
  std::ranges::replace(scratch, ' ', '_');
  return own(scratch);
}

Value list(const std::vector<std::string>& values, std::string& scratch) {
  return if_any(scratch = fmt::format("{}", fmt::join(values, ",")));
}

Value certificate_time(const std::optional<WallTime>& time, const Segment& segment,
                       std::string& scratch) {
  if (!time) return {};
  scratch.clear();
  append_time(scratch, segment.text, *time);
  return own(scratch);
}

Value tls_value(const Segment& segment, const StreamFacts& facts, std::string& scratch) {
  if (facts.tls == nullptr) return {};
  const tls::TlsFacts& session = *facts.tls;
  switch (segment.op) {
    case Operator::tls_version:
      return if_any(session.version);
    case Operator::tls_cipher:
      return if_any(session.cipher);
    case Operator::tls_session_id:
      return if_any(session.session_id);
    case Operator::requested_server_name:
      return if_any(session.server_name);
    case Operator::peer_subject:
      return if_any(session.peer.subject);
    case Operator::peer_issuer:
      return if_any(session.peer.issuer);
    case Operator::peer_serial:
      return if_any(session.peer.serial);
    case Operator::peer_fingerprint_256:
      return if_any(session.peer.sha256);
    case Operator::peer_uri_san:
      return list(session.peer.uri_names, scratch);
    case Operator::peer_cert:
      return if_any(scratch = percent_encode(session.peer.pem));
    case Operator::peer_cert_start:
      return certificate_time(session.peer.not_before, segment, scratch);
    case Operator::peer_cert_end:
      return certificate_time(session.peer.not_after, segment, scratch);
    case Operator::local_subject:
      return if_any(session.local.subject);
    case Operator::local_uri_san:
      return list(session.local.uri_names, scratch);
    default:
      return {};
  }
}

Value value_of(const Segment& segment, const StreamFacts& facts, std::string& scratch) {
  switch (segment.op) {
    case Operator::text:
      return own(segment.text);
    case Operator::request_header:
      return either(segment, facts, scratch, request_field);
    case Operator::response_header:
      return either(segment, facts, scratch, response_field);
    case Operator::response_trailer:
      return either(segment, facts, scratch, trailer_field);
    case Operator::protocol:
      return facts.request != nullptr || !facts.method.empty() ? own(protocol_name(facts.version))
                                                               : Value();
    case Operator::response_code:
      return number(facts.status);
    case Operator::response_code_details:
      return own(response_code_details(facts));
    case Operator::response_flags:
      return facts.flags != 0 ? own(scratch = response_flags(facts.flags)) : Value();
    case Operator::bytes_received:
      return number(facts.bytes_received);
    case Operator::bytes_sent:
      return number(facts.bytes_sent);
    case Operator::duration:
      return in_ms(true, facts.duration);
    case Operator::request_duration:
      return in_ms(facts.request_time > Duration::zero(), facts.request_time);
    case Operator::response_duration:
      return in_ms(facts.backend_answered, facts.backend_time);
    case Operator::start_time:
      scratch.clear();
      append_time(scratch, segment.text, facts.start);
      return own(scratch);
    case Operator::emit_time:
      scratch.clear();
      append_time(scratch, segment.text, facts.start + facts.duration);
      return own(scratch);
    case Operator::upstream_host:
      return address(facts.backend, segment.part, scratch);
    case Operator::upstream_local:
      return address(facts.backend_local, segment.part, scratch);
    case Operator::upstream_cluster:
      return own(facts.cluster);
    case Operator::downstream_remote:
      return trusted_client(facts, segment.part, scratch);
    case Operator::downstream_direct:
      return address(facts.client, segment.part, scratch);
    case Operator::downstream_local:
      return address(facts.local, segment.part, scratch);
    case Operator::route_name:
      return own(facts.route);
    case Operator::connection_id:
      return facts.connection_id != 0 ? number(facts.connection_id) : Value();
    case Operator::stream_id:
      return foreign(facts.request_id);
    case Operator::attempt_count:
      return number(facts.attempts);
    case Operator::grpc_status:
    case Operator::grpc_status_snake:
    case Operator::grpc_status_number:
      return grpc_status(facts, segment.op, scratch);
    case Operator::transport_failure:
      return transport_failure(facts, scratch);
    case Operator::nothing:
      return {};
    default:
      return tls_value(segment, facts, scratch);
  }
}

// The value as text, cut to what the operator allows.
std::string_view as_text(const Value& value, const Segment& segment, std::string& scratch) {
  if (value.number) scratch = fmt::format("{}", *value.number);
  return (value.number ? std::string_view(scratch) : *value.text).substr(0, segment.max_bytes);
}

bool missing(const Value& value) noexcept { return !value.text && !value.number; }

}  // namespace

void append_log_text(std::string& out, const routing::Template& format, const StreamFacts& facts) {
  std::string scratch;
  for (const Segment& segment : format.segments()) {
    const Value value = value_of(segment, facts, scratch);
    if (missing(value)) {
      out += '-';
      continue;
    }
    const std::string_view text = as_text(value, segment, scratch);
    if (value.foreign) {
      append_text_escaped(out, text);
    } else {
      out += text;
    }
  }
}

void append_log_json(std::string& out, const routing::Template& format, const StreamFacts& facts) {
  std::string scratch;
  if (format.is_single()) {
    const Segment& segment = format.segments()[0];
    const Value value = value_of(segment, facts, scratch);
    if (missing(value)) {
      out += "null";
      return;
    }
    if (value.number && segment.max_bytes == SIZE_MAX) {
      fmt::format_to(std::back_inserter(out), "{}", *value.number);
      return;
    }
  }
  out += '"';
  for (const Segment& segment : format.segments()) {
    const Value value = value_of(segment, facts, scratch);
    append_json_escaped(out, missing(value) ? "-" : as_text(value, segment, scratch));
  }
  out += '"';
}

bool render_header_value(std::string& out, const routing::Template& format,
                         const StreamFacts& facts) {
  std::string scratch;
  for (const Segment& segment : format.segments()) {
    const Value value = value_of(segment, facts, scratch);
    if (!missing(value)) out += as_text(value, segment, scratch);
    if (missing(value) && format.is_single()) return false;
  }
  return true;
}

}  // namespace gnomon::proxy
