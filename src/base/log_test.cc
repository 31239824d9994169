#include "base/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>
#include <vector>

namespace gnomon {
namespace {

// Gathers what is written to a pipe; small amounts only.
class LogTest : public testing::Test {
 protected:
  LogTest() { EXPECT_EQ(::pipe2(fds_.data(), O_CLOEXEC | O_NONBLOCK), 0); }
  ~LogTest() override {
    ::close(fds_[0]);
    ::close(fds_[1]);
  }
  std::string written() {
    std::string out(65536, '\0');
    const ssize_t n = ::read(fds_[0], out.data(), out.size());
    out.resize(static_cast<size_t>(std::max<ssize_t>(n, 0)));
    return out;
  }
  std::string line(LogFormat format, std::string_view text,
                   std::initializer_list<LogField> fields) {
    Log(clock_, format, LogLevel::debug, fds_[1]).info(text, fields);
    return written();
  }

  ManualClock clock_;  // one o'clock on the first of January 1970
  std::array<int, 2> fds_{-1, -1};
};

TEST_F(LogTest, writes_a_line_that_a_person_can_read) {
  EXPECT_EQ(
      line(LogFormat::text, "configuration is live", {{"generation", "3"}, {"file", "a.yaml"}}),
      "1970-01-01T01:00:00.000Z info  configuration is live generation=3 file=a.yaml\n");
}

TEST_F(LogTest, writes_json_on_request) {
  EXPECT_EQ(line(LogFormat::json, "it's \"live\"", {{"generation", "3"}}),
            "{\"time\":\"1970-01-01T01:00:00.000Z\",\"level\":\"info\","
            "\"message\":\"it's \\\"live\\\"\",\"generation\":\"3\"}\n");
}

TEST_F(LogTest, leaves_out_what_is_below_its_level) {
  Log log(clock_, LogFormat::text, LogLevel::warn, fds_[1]);
  log.debug("one");
  log.info("two");
  log.warn("three");
  log.error("four");
  const std::string text = written();
  EXPECT_EQ(text.find("one"), std::string::npos);
  EXPECT_EQ(text.find("two"), std::string::npos);
  EXPECT_NE(text.find(" warn  three\n"), std::string::npos);
  EXPECT_NE(text.find(" error four\n"), std::string::npos);
}

TEST_F(LogTest, quotes_values_that_would_read_as_something_else) {
  EXPECT_EQ(line(LogFormat::text, "x", {{"v", "two words"}}).substr(33), "v=\"two words\"\n");
  EXPECT_EQ(line(LogFormat::text, "x", {{"v", "a=b"}}).substr(33), "v=\"a=b\"\n");
  EXPECT_EQ(line(LogFormat::text, "x", {{"v", ""}}).substr(33), "v=\"\"\n");
  EXPECT_EQ(line(LogFormat::text, "x", {{"v", "say \"hi\" \\o/"}}).substr(33),
            "v=\"say \\\"hi\\\" \\\\o/\"\n");
}

TEST_F(LogTest, a_value_cannot_break_out_of_its_line_or_drive_a_terminal) {
  const std::string hostile = "a\nb\r\x1b[2J\x7f\t\xc2\x9b\xff" + std::string(1, '\0') + "\"x";
  for (const LogFormat format : {LogFormat::text, LogFormat::json}) {
    const std::string text = line(format, hostile, {{"v", hostile}});
    EXPECT_EQ(std::ranges::count(text, '\n'), 1) << text;
    EXPECT_EQ(text.back(), '\n');
    for (const char c : text.substr(0, text.size() - 1)) {
      EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) << text;
    }
    EXPECT_EQ(text.find('\xff'), std::string::npos);
    EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos) << "a control character of Latin-1";
  }
}

TEST_F(LogTest, letters_of_any_language_stay_readable) {
  const std::string text = "Größe 温度 🐟";
  EXPECT_NE(line(LogFormat::text, "x", {{"v", text}}).find(text), std::string::npos);
  EXPECT_NE(line(LogFormat::json, "x", {{"v", text}}).find(text), std::string::npos);
}

TEST_F(LogTest, lines_of_several_threads_do_not_mix) {
  Log log(clock_, LogFormat::text, LogLevel::info, fds_[1]);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&log] {
      for (int i = 0; i < 50; ++i) log.info("same", {{"v", "1"}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::string want;
  for (int i = 0; i < 200; ++i) want += "1970-01-01T01:00:00.000Z info  same v=1\n";
  EXPECT_EQ(written(), want);
}

TEST_F(LogTest, nobody_to_read_it_is_no_reason_to_wait) {
  Log log(clock_, LogFormat::text, LogLevel::info, fds_[1]);
  const std::string large(10'000, 'x');
  for (int i = 0; i < 100; ++i) log.info(large);
  EXPECT_FALSE(written().empty());
}

TEST(FormatTimestamp, is_utc_with_milliseconds) {
  const auto at = [](int64_t ms) { return WallTime(std::chrono::milliseconds(ms)); };
  EXPECT_EQ(format_timestamp(at(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_timestamp(at(951'827'696'007)), "2000-02-29T12:34:56.007Z");
  EXPECT_EQ(format_timestamp(at(-1)), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(format_timestamp(at(4'102'444'799'999)), "2099-12-31T23:59:59.999Z");
}

std::string json_escaped(std::string_view text) {
  std::string out;
  append_json_escaped(out, text);
  return out;
}

TEST(AppendJsonEscaped, escapes_what_json_must_not_hold_and_nothing_else) {
  EXPECT_EQ(json_escaped("plain /text"), "plain /text");
  EXPECT_EQ(json_escaped("\"\\"), "\\\"\\\\");
  EXPECT_EQ(json_escaped(std::string_view("\0\x1f\n", 3)), "\\u0000\\u001f\\u000a");
}

// RFC 3629 section 4: what is not in its table is not UTF-8.
TEST(AppendJsonEscaped, only_well_formed_utf8_passes) {
  for (const char* good :
       {"\u00a0", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff"}) {
    EXPECT_EQ(json_escaped(good), good);
  }
  struct Case {
    const char* bytes;
    const char* want;
  };
  const Case bad[] = {
      {"\x80", "\\u0080"},
      {"\xc2", "\\u00c2"},
      {"\xc2x", "\\u00c2x"},
      {"\xc0\x80", "\\u00c0\\u0080"},                        // overlong
      {"\xc1\xbf", "\\u00c1\\u00bf"},                        // overlong
      {"\xe0\x9f\xbf", "\\u00e0\\u009f\\u00bf"},             // overlong
      {"\xed\xa0\x80", "\\u00ed\\u00a0\\u0080"},             // a surrogate
      {"\xf0\x8f\xbf\xbf", "\\u00f0\\u008f\\u00bf\\u00bf"},  // overlong
      {"\xf4\x90\x80\x80", "\\u00f4\\u0090\\u0080\\u0080"},  // beyond U+10FFFF
      {"\xf5\x80\x80\x80", "\\u00f5\\u0080\\u0080\\u0080"},
      {"\xe2\x82", "\\u00e2\\u0082"},
      {"\xff", "\\u00ff"},
  };
  for (const Case& c : bad) EXPECT_EQ(json_escaped(c.bytes), c.want);
}

TEST(AppendTextEscaped, leaves_printable_ascii_and_nothing_else) {
  std::string out;
  append_text_escaped(out, std::string_view("a ~\"\\\n\0\x7f\xc3\xa9", 10));
  EXPECT_EQ(out, "a ~\\x22\\x5c\\x0a\\x00\\x7f\\xc3\\xa9");
}

}  // namespace
}  // namespace gnomon
