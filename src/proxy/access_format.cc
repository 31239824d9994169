#include "proxy/access_format.h"

#include <fmt/format.h>

#include <chrono>
#include <iterator>

#include "base/log.h"

namespace gnomon::proxy {
namespace {

int64_t whole_ms(Duration duration) noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

void append_or_dash(std::string& out, std::string_view value) {
  if (value.empty()) {
    out += '-';
  } else {
    append_text_escaped(out, value);
  }
}

void append_quoted(std::string& out, std::string_view value) {
  out += " \"";
  append_or_dash(out, value);
  out += '"';
}

// ,"key":"value", or null where there is none.
void append_member(std::string& out, std::string_view key, std::string_view value) {
  fmt::format_to(std::back_inserter(out), ",\"{}\":", key);
  if (value.empty()) {
    out += "null";
    return;
  }
  out += '"';
  append_json_escaped(out, value);
  out += '"';
}

void append_ms_member(std::string& out, std::string_view key, Duration value) {
  fmt::format_to(std::back_inserter(out), ",\"{}\":{:.3f}", key, to_seconds(value) * 1e3);
}

}  // namespace

void AccessFormatter::append(std::string& out, const AccessRecord& record) {
  if (format_ == AccessFormat::json) {
    append_json(out, record);
  } else {
    append_text(out, record);
  }
}

void AccessFormatter::append_start_time(std::string& out, WallTime start) {
  const auto since_epoch = start.time_since_epoch();
  const auto second = std::chrono::floor<std::chrono::seconds>(since_epoch);
  if (second.count() != second_) {
    second_ = second.count();
    second_text_ = format_timestamp(start);
    second_text_.resize(second_text_.size() - std::string_view("123Z").size());
  }
  out += second_text_;
  fmt::format_to(std::back_inserter(out), "{:03}Z", whole_ms(since_epoch - second));
}

void AccessFormatter::append_text(std::string& out, const AccessRecord& record) {
  out += '[';
  append_start_time(out, record.start);
  out += "] \"";
  append_or_dash(out, record.method);
  out += ' ';
  append_or_dash(out, record.path);
  fmt::format_to(std::back_inserter(out), " {}\" {} {} {} {} {} ", protocol_name(record.version),
                 record.status, response_flags(record.flags), record.bytes_received,
                 record.bytes_sent, whole_ms(record.duration));
  if (record.backend_answered) {
    fmt::format_to(std::back_inserter(out), "{}", whole_ms(record.backend_time));
  } else {
    out += '-';
  }
  append_quoted(out, record.forwarded_for);
  append_quoted(out, record.user_agent);
  append_quoted(out, record.request_id);
  append_quoted(out, record.authority);
  append_quoted(out, record.backend != nullptr ? record.backend->to_string() : std::string());
  out += '\n';
}

void AccessFormatter::append_json(std::string& out, const AccessRecord& record) {
  out += "{\"start_time\":\"";
  append_start_time(out, record.start);
  out += '"';
  append_member(out, "method", record.method);
  append_member(out, "path", record.path);
  append_member(out, "protocol", protocol_name(record.version));
  fmt::format_to(std::back_inserter(out), ",\"response_code\":{}", record.status);
  if (record.grpc_status) {
    fmt::format_to(std::back_inserter(out), ",\"grpc_status\":{}", *record.grpc_status);
  } else {
    append_member(out, "grpc_status", {});
  }
  append_member(out, "response_flags", record.flags != 0 ? response_flags(record.flags) : "");
  fmt::format_to(std::back_inserter(out), ",\"bytes_received\":{},\"bytes_sent\":{}",
                 record.bytes_received, record.bytes_sent);
  append_ms_member(out, "duration_ms", record.duration);
  if (record.backend_answered) {
    append_ms_member(out, "upstream_service_time_ms", record.backend_time);
  } else {
    append_member(out, "upstream_service_time_ms", {});
  }
  append_member(out, "x_forwarded_for", record.forwarded_for);
  append_member(out, "user_agent", record.user_agent);
  append_member(out, "request_id", record.request_id);
  append_member(out, "authority", record.authority);
  append_member(out, "upstream_host", record.backend != nullptr ? record.backend->to_string() : "");
  append_member(out, "upstream_cluster", record.cluster);
  append_member(out, "upstream_tls_failure", record.transport_failure);
  append_member(out, "route", record.route);
  append_member(out, "client_address", record.client != nullptr ? record.client->to_string() : "");
  out += "}\n";
}

}  // namespace gnomon::proxy
