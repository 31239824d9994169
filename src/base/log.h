// The program's own log, one line per event on standard error: for a person by default, as JSON on
// request. Never called for every request; what happens per request goes to the access log.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace gnomon {

enum class LogLevel : uint8_t { debug, info, warn, error };
enum class LogFormat : uint8_t { text, json };

struct LogField {
  std::string_view key;
  std::string value;
};

// Thread-safe.
class Log {
 public:
  Log(const Clock& clock, LogFormat format, LogLevel level, int fd = 2)
      : clock_(clock), format_(format), level_(level), fd_(fd) {}

  void debug(std::string_view text, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::debug, text, fields);
  }
  void info(std::string_view text, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::info, text, fields);
  }
  void warn(std::string_view text, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::warn, text, fields);
  }
  void error(std::string_view text, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::error, text, fields);
  }

 private:
  void write(LogLevel level, std::string_view text, std::initializer_list<LogField> fields);

  const Clock& clock_;
  const LogFormat format_;
  const LogLevel level_;
  const int fd_;
  std::mutex mutex_;
};

// "2026-11-22T20:38:55.123Z"
std::string format_timestamp(WallTime time);
// Appends `text` as the inside of a JSON string; control characters, and bytes that are not UTF-8,
// become
// \u00XX.
void append_json_escaped(std::string& out, std::string_view text);
// Appends `text` with control and non-ASCII bytes as \xXX, for logs that people read.
void append_text_escaped(std::string& out, std::string_view text);

}  // namespace gnomon
