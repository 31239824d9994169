#include "proxy/access_format.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace gnomon::proxy {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

WallTime wall(int64_t seconds, int ms) {
  return WallTime(std::chrono::seconds(seconds) + milliseconds(ms));
}

std::string format(AccessFormat format, const AccessRecord& record) {
  std::string out;
  AccessFormatter(format).append(out, record);
  return out;
}

struct Sample {
  net::Address backend = *net::Address::parse("10.0.35.28", 80);
  net::Address client = *net::Address::parse("::1", 41234);
  AccessRecord record;
  Sample() {
    record.start = wall(1460751420, 310);
    record.duration = microseconds(226'700);
    record.backend_time = microseconds(100'900);
    record.backend_answered = true;
    record.method = "POST";
    record.path = "/api/v1/locations?q=1";
    record.authority = "locations";
    record.status = 204;
    record.bytes_received = 154;
    record.bytes_sent = 7;
    record.forwarded_for = "10.0.35.28";
    record.user_agent = "nsq2http";
    record.request_id = "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2";
    record.route = "gloo-system.default/0";
    record.cluster = "locations_gloo-system";
    record.backend = &backend;
    record.client = &client;
  }
};

TEST(AccessFormat, writes_envoys_default_line) {
  const Sample sample;
  EXPECT_EQ(
      format(AccessFormat::text, sample.record),
      "[2016-04-15T20:17:00.310Z] \"POST /api/v1/locations?q=1 HTTP/1.1\" 204 - 154 7 226 100 "
      "\"10.0.35.28\" \"nsq2http\" \"cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2\" \"locations\" "
      "\"10.0.35.28:80\"\n");
}

TEST(AccessFormat, writes_a_dash_for_what_is_absent) {
  AccessRecord record;
  record.start = wall(0, 0);
  record.version = Version::http10;
  EXPECT_EQ(
      format(AccessFormat::text, record),
      "[1970-01-01T00:00:00.000Z] \"- - HTTP/1.0\" 0 - 0 0 0 - \"-\" \"-\" \"-\" \"-\" \"-\"\n");
}

TEST(AccessFormat, a_backend_that_answered_at_once_took_zero_ms_not_none) {
  AccessRecord record;
  record.backend_answered = true;
  EXPECT_NE(format(AccessFormat::text, record).find("\" 0 - 0 0 0 0 \""), std::string::npos);
}

TEST(AccessFormat, names_each_response_flag) {
  EXPECT_EQ(response_flags(0), "-");
  EXPECT_EQ(response_flags(kFlagNoRoute), "NR");
  EXPECT_EQ(response_flags(kFlagConnectFailure | kFlagRetryLimit), "UF,URX");
  EXPECT_EQ(response_flags((1u << 12) - 1), "UH,UF,UO,NR,URX,NC,DC,UC,UT,SI,UPE,DPE");
}

TEST(AccessFormat, remembers_the_second_but_not_the_millisecond) {
  AccessFormatter formatter(AccessFormat::text);
  AccessRecord record;
  for (const auto& [seconds, ms, want] :
       {std::tuple{1460751420, 310, "[2016-04-15T20:17:00.310Z]"},
        std::tuple{1460751420, 5, "[2016-04-15T20:17:00.005Z]"},
        std::tuple{1460751421, 999, "[2016-04-15T20:17:01.999Z]"},
        std::tuple{1460751420, 0, "[2016-04-15T20:17:00.000Z]"}}) {
    record.start = wall(seconds, ms);
    std::string out;
    formatter.append(out, record);
    EXPECT_EQ(out.substr(0, 26), want);
  }
}

// Every byte value in every field that a client fills.
std::string all_bytes() {
  std::string out;
  for (int i = 0; i < 256; ++i) out += static_cast<char>(i);
  return out;
}

TEST(AccessFormat, no_byte_a_client_sends_can_break_out_of_its_line_or_quotes) {
  const std::string hostile = all_bytes() + "\" 200 - 0 0 0 0 \"x\"\n[fake]";
  AccessRecord record;
  record.method = record.path = record.authority = hostile;
  record.forwarded_for = record.user_agent = record.request_id = hostile;
  const std::string line = format(AccessFormat::text, record);
  EXPECT_EQ(std::ranges::count(line, '\n'), 1);
  EXPECT_EQ(line.back(), '\n');
  EXPECT_EQ(std::ranges::count(line, '"'), 12);
  for (const char c : line.substr(0, line.size() - 1)) {
    EXPECT_TRUE(c >= 0x20 && c < 0x7f) << static_cast<int>(c);
  }
}

TEST(AccessFormat, writes_json_with_the_documented_keys) {
  const Sample sample;
  EXPECT_EQ(format(AccessFormat::json, sample.record),
            R"({"start_time":"2016-04-15T20:17:00.310Z","method":"POST",)"
            R"("path":"/api/v1/locations?q=1","protocol":"HTTP/1.1","response_code":204,)"
            R"("grpc_status":null,"response_flags":null,"bytes_received":154,"bytes_sent":7,)"
            R"("duration_ms":226.700,)"
            R"("upstream_service_time_ms":100.900,"x_forwarded_for":"10.0.35.28",)"
            R"("user_agent":"nsq2http","request_id":"cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2",)"
            R"("authority":"locations","upstream_host":"10.0.35.28:80",)"
            R"("upstream_cluster":"locations_gloo-system","upstream_tls_failure":null,)"
            R"("route":"gloo-system.default/0",)"
            R"("client_address":"[::1]:41234"})"
            "\n");
}

TEST(AccessFormat, json_has_the_status_of_calls_and_what_is_wrong_with_tls) {
  AccessRecord record;
  record.grpc_status = 14;
  record.transport_failure = "the peer closed the connection";
  const std::string line = format(AccessFormat::json, record);
  EXPECT_NE(line.find(R"("grpc_status":14,)"), std::string::npos);
  EXPECT_NE(line.find(R"("upstream_tls_failure":"the peer closed the connection",)"),
            std::string::npos);
}

TEST(AccessFormat, json_of_hostile_bytes_stays_one_valid_string_on_one_line) {
  const std::string hostile = all_bytes();
  AccessRecord record;
  record.path = hostile;
  const std::string line = format(AccessFormat::json, record);
  EXPECT_EQ(std::ranges::count(line, '\n'), 1);
  const size_t begin = line.find("\"path\":\"") + 8;
  size_t characters = 0;
  size_t at = begin;
  for (; line[at] != '"'; ++characters) {
    ASSERT_GE(static_cast<unsigned char>(line[at]), 0x20);
    ASSERT_LT(static_cast<unsigned char>(line[at]), 0x80);
    at += line[at] != '\\' ? 1 : line[at + 1] == 'u' ? 6 : 2;
  }
  EXPECT_EQ(characters, 256u);
  EXPECT_EQ(line.substr(at, 14), "\",\"protocol\":\"");
}

TEST(AccessFormat, json_has_null_for_what_is_absent) {
  const std::string line = format(AccessFormat::json, AccessRecord());
  for (const char* key : {"response_flags", "upstream_service_time_ms", "upstream_host",
                          "user_agent", "client_address"}) {
    EXPECT_NE(line.find(std::string("\"") + key + "\":null"), std::string::npos) << key;
  }
}

}  // namespace
}  // namespace gnomon::proxy
