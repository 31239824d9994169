#include "routing/substitution.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <iterator>
#include <optional>

namespace gnomon::routing {
namespace {

// What may stand in the parentheses behind an operator's name.
enum class Argument : uint8_t { none, field, name, time, grpc };

struct OperatorRule {
  std::string_view name;
  Operator op;
  Argument argument = Argument::none;
  AddressPart part = AddressPart::whole;
};

using enum Operator;

constexpr OperatorRule kOperators[] = {
    {"REQ", request_header, Argument::field},
    {"RESP", response_header, Argument::field},
    {"TRAILER", response_trailer, Argument::field},
    {"PROTOCOL", protocol},
    {"RESPONSE_CODE", response_code},
    {"RESPONSE_CODE_DETAILS", response_code_details},
    {"RESPONSE_FLAGS", response_flags},
    {"RESPONSE_FLAGS_LONG", response_flags},
    {"BYTES_RECEIVED", bytes_received},
    {"BYTES_SENT", bytes_sent},
    {"DURATION", duration},
    {"REQUEST_DURATION", request_duration},
    {"RESPONSE_DURATION", response_duration},
    {"START_TIME", start_time, Argument::time},
    {"EMIT_TIME", emit_time, Argument::time},
    {"UPSTREAM_HOST", upstream_host},
    {"UPSTREAM_HOST_NAME", upstream_host},
    {"UPSTREAM_REMOTE_ADDRESS", upstream_host},
    {"UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT", upstream_host, Argument::none, AddressPart::ip},
    {"UPSTREAM_REMOTE_PORT", upstream_host, Argument::none, AddressPart::port},
    {"UPSTREAM_LOCAL_ADDRESS", upstream_local},
    {"UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT", upstream_local, Argument::none, AddressPart::ip},
    {"UPSTREAM_LOCAL_PORT", upstream_local, Argument::none, AddressPart::port},
    {"UPSTREAM_CLUSTER", upstream_cluster},
    {"UPSTREAM_CLUSTER_RAW", upstream_cluster},
    {"DOWNSTREAM_REMOTE_ADDRESS", downstream_remote},
    {"DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT", downstream_remote, Argument::none, AddressPart::ip},
    {"DOWNSTREAM_REMOTE_PORT", downstream_remote, Argument::none, AddressPart::port},
    {"DOWNSTREAM_DIRECT_REMOTE_ADDRESS", downstream_direct},
    {"DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT", downstream_direct, Argument::none,
     AddressPart::ip},
    {"DOWNSTREAM_DIRECT_REMOTE_PORT", downstream_direct, Argument::none, AddressPart::port},
    {"DOWNSTREAM_LOCAL_ADDRESS", downstream_local},
    {"DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT", downstream_local, Argument::none, AddressPart::ip},
    {"DOWNSTREAM_LOCAL_PORT", downstream_local, Argument::none, AddressPart::port},
    {"ROUTE_NAME", route_name},
    {"CONNECTION_ID", connection_id},
    {"STREAM_ID", stream_id},
    {"UPSTREAM_REQUEST_ATTEMPT_COUNT", attempt_count},
    {"GRPC_STATUS", grpc_status, Argument::grpc},
    {"GRPC_STATUS_NUMBER", grpc_status_number},
    {"UPSTREAM_TRANSPORT_FAILURE_REASON", transport_failure},
    {"DOWNSTREAM_TLS_VERSION", tls_version},
    {"DOWNSTREAM_TLS_CIPHER", tls_cipher},
    {"DOWNSTREAM_TLS_SESSION_ID", tls_session_id},
    {"REQUESTED_SERVER_NAME", requested_server_name},
    {"DOWNSTREAM_PEER_SUBJECT", peer_subject},
    {"DOWNSTREAM_PEER_ISSUER", peer_issuer},
    {"DOWNSTREAM_PEER_SERIAL", peer_serial},
    {"DOWNSTREAM_PEER_FINGERPRINT_256", peer_fingerprint_256},
    {"DOWNSTREAM_PEER_URI_SAN", peer_uri_san},
    {"DOWNSTREAM_PEER_CERT", peer_cert},
    {"DOWNSTREAM_PEER_CERT_V_START", peer_cert_start, Argument::time},
    {"DOWNSTREAM_PEER_CERT_V_END", peer_cert_end, Argument::time},
    {"DOWNSTREAM_LOCAL_SUBJECT", local_subject},
    {"DOWNSTREAM_LOCAL_URI_SAN", local_uri_san},
    {"HOSTNAME", text},
    {"ENVIRONMENT", text, Argument::name},
};

// Envoy's own that have no value here.
constexpr std::string_view kWithoutValue[] = {
    "ACCESS_LOG_TYPE",
    "CLUSTER_METADATA",
    "CONNECTION_TERMINATION_DETAILS",
    "DOWNSTREAM_DETECTED_CLOSE_TYPE",
    "DOWNSTREAM_HEADER_BYTES_RECEIVED",
    "DOWNSTREAM_HEADER_BYTES_SENT",
    "DOWNSTREAM_PEER_FINGERPRINT_1",
    "DOWNSTREAM_TRANSPORT_FAILURE_REASON",
    "DOWNSTREAM_WIRE_BYTES_RECEIVED",
    "DOWNSTREAM_WIRE_BYTES_SENT",
    "DYNAMIC_METADATA",
    "FILTER_CHAIN_NAME",
    "FILTER_STATE",
    "LOCAL_REPLY_BODY",
    "METADATA",
    "PER_REQUEST_STATE",
    "REQUEST_TX_DURATION",
    "RESPONSE_TX_DURATION",
    "TLS_JA3_FINGERPRINT",
    "TRACE_ID",
    "UPSTREAM_FILTER_STATE",
    "UPSTREAM_HEADER_BYTES_RECEIVED",
    "UPSTREAM_HEADER_BYTES_SENT",
    "UPSTREAM_LOCAL_SUBJECT",
    "UPSTREAM_METADATA",
    "UPSTREAM_PEER_SUBJECT",
    "UPSTREAM_TLS_CIPHER",
    "UPSTREAM_TLS_VERSION",
    "UPSTREAM_WIRE_BYTES_RECEIVED",
    "UPSTREAM_WIRE_BYTES_SENT",
    "VIRTUAL_CLUSTER_NAME",
};

constexpr std::string_view kDefaultTime = "%Y-%m-%dT%H:%M:%E3SZ";

bool is_name_char(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// An operator as it is written: %NAME(ARGUMENT):LENGTH%
struct Written {
  std::string_view name;
  std::optional<std::string_view> argument;
  std::optional<size_t> max_bytes;
  size_t size = 0;  // with both percent signs
};

// `format` begins with the first percent sign.
std::optional<Written> read_operator(std::string_view format) {
  Written out;
  size_t at = 1;
  while (at < format.size() && is_name_char(format[at])) ++at;
  out.name = format.substr(1, at - 1);
  if (out.name.empty()) return std::nullopt;
  if (at < format.size() && format[at] == '(') {
    const size_t end = format.find(')', at);
    if (end == std::string_view::npos) return std::nullopt;
    out.argument = format.substr(at + 1, end - at - 1);
    at = end + 1;
  }
  if (at < format.size() && format[at] == ':') {
    size_t most = 0;
    const char* const digits = format.data() + at + 1;
    const auto [stop, error] = std::from_chars(digits, format.data() + format.size(), most);
    if (error != std::errc() || stop == digits) return std::nullopt;
    out.max_bytes = most;
    at = static_cast<size_t>(stop - format.data());
  }
  if (at >= format.size() || format[at] != '%') return std::nullopt;
  out.size = at + 1;
  return out;
}

std::string lower(std::string_view s) {
  std::string out(s);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return out;
}

bool is_field_name(std::string_view name) {
  if (name.starts_with(':')) name.remove_prefix(1);
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') ||
           std::string_view("!#$&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

FieldName field_name(std::string_view written) {
  FieldName out{lower(written), Known::none};
  out.known = known_header(out.name);
  return out;
}

// Why a field's name and its alternative cannot be used, or "".
std::string set_fields(std::string_view argument, Segment& segment) {
  const size_t mark = argument.find('?');
  segment.field = field_name(argument.substr(0, mark));
  if (!is_field_name(segment.field.name)) return "it does not name a header";
  if (mark == std::string_view::npos) return {};
  segment.otherwise = field_name(argument.substr(mark + 1));
  if (segment.otherwise.name.find('?') != std::string::npos) return "more than one alternative";
  return is_field_name(segment.otherwise.name) ? "" : "its alternative does not name a header";
}

// Why a time cannot be formatted so, or "". What is allowed is what append_time() of the proxy
// writes.
std::string check_time(std::string_view format) {
  for (size_t i = 0; i < format.size(); ++i) {
    const auto byte = static_cast<unsigned char>(format[i]);
    if (byte < 0x20 || byte == 0x7f) return "a control character in its format";
    if (format[i] != '%') continue;
    ++i;
    if (i < format.size() && is_digit(format[i]) && format[i] != '0') {
      if (i + 1 >= format.size() || format[i + 1] != 'f') return "a digit goes only with f, as %3f";
      ++i;
    } else if (i + 2 < format.size() && format[i] == 'E' && format[i + 2] == 'S' &&
               (is_digit(format[i + 1]) || format[i + 1] == '*')) {
      i += 2;
    } else if (i >= format.size() ||
               std::string_view("YmdeHMSyjaAbBhzZTFRDpIsfu%").find(format[i]) ==
                   std::string_view::npos) {
      return fmt::format("%{} is not a part of a time",
                         format.substr(std::min(i, format.size()), 1));
    }
  }
  return {};
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof(name) - 1) == 0 ? std::string(name) : std::string();
}

// An operator whose value is known now. A missing one stays an operator, to be written as such.
void set_constant(std::string value, Segment& segment) {
  segment.op = value.empty() ? nothing : text;
  segment.text = std::move(value);
}

std::string environment(std::string_view name) {
  const char* const value = std::getenv(std::string(name).c_str());
  return value != nullptr ? value : "";
}

std::string set_grpc_style(std::string_view style, Segment& segment) {
  if (style == "SNAKE_STRING") segment.op = grpc_status_snake;
  if (style == "NUMBER") segment.op = grpc_status_number;
  const bool known = style.empty() || style == "CAMEL_STRING" || segment.op != grpc_status;
  return known ? "" : "its form is CAMEL_STRING, SNAKE_STRING or NUMBER";
}

// Why the argument does not fit, or "".
std::string set_argument(const OperatorRule& known, const Written& written, Segment& segment) {
  const std::string_view argument = written.argument.value_or("");
  switch (known.argument) {
    case Argument::none:
      if (known.op == text) set_constant(host_name(), segment);
      return written.argument ? "it takes nothing in parentheses" : "";
    case Argument::field:
      if (argument.empty()) return "a header must be named in parentheses";
      return set_fields(argument, segment);
    case Argument::name:
      if (argument.empty()) return "a name must follow in parentheses";
      set_constant(environment(argument), segment);
      return {};
    case Argument::time:
      segment.text = argument.empty() ? kDefaultTime : argument;
      return check_time(segment.text);
    case Argument::grpc:
      return set_grpc_style(argument, segment);
  }
  return {};
}

std::expected<Segment, std::string> make_segment(const Written& written) {
  Segment out;
  out.max_bytes = written.max_bytes.value_or(SIZE_MAX);
  if (std::ranges::find(kWithoutValue, written.name) != std::end(kWithoutValue)) {
    out.op = nothing;
    return out;
  }
  const auto* const known = std::ranges::find(kOperators, written.name, &OperatorRule::name);
  if (known == std::end(kOperators)) {
    return std::unexpected(fmt::format("there is no operator %{}%", written.name));
  }
  out.op = known->op;
  out.part = known->part;
  if (const std::string problem = set_argument(*known, written, out); !problem.empty()) {
    return std::unexpected(fmt::format("%{}%: {}", written.name, problem));
  }
  if (out.op == text && out.text.size() > out.max_bytes) out.text.resize(out.max_bytes);
  return out;
}

}  // namespace

void Template::add_text(std::string_view text) {
  if (text.empty()) return;
  if (segments_.empty() || segments_.back().op != Operator::text) segments_.emplace_back();
  segments_.back().text += text;
}

bool Template::reads_response() const noexcept {
  return std::ranges::any_of(segments_, [](const Segment& segment) {
    return segment.op == response_header || segment.op == response_trailer;
  });
}

Template Template::of_text(std::string_view text) {
  Template out;
  out.add_text(text);
  return out;
}

std::expected<Template, TemplateError> Template::parse(std::string_view format) {
  Template out;
  for (size_t at = 0; at < format.size();) {
    const size_t percent = std::min(format.find('%', at), format.size());
    out.add_text(format.substr(at, percent - at));
    at = percent;
    if (at == format.size()) break;
    if (format.substr(at).starts_with("%%")) {
      out.add_text("%");
      at += 2;
      continue;
    }
    const std::optional<Written> written = read_operator(format.substr(at));
    if (!written) {
      return std::unexpected(TemplateError{
          at, "a % that begins no operator such as %PROTOCOL%; a percent sign is written %%"});
    }
    auto segment = make_segment(*written);
    if (!segment) return std::unexpected(TemplateError{at, std::move(segment.error())});
    at += written->size;
    if (segment->op == text) {
      out.add_text(segment->text);
    } else {
      out.segments_.push_back(std::move(*segment));
    }
  }
  return out;
}

}  // namespace gnomon::routing
