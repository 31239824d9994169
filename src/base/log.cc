#include "base/log.h"

#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace gnomon {
namespace {

constexpr std::string_view level_name(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      return "error";
  }
  return "error";
}

// Length of the well-formed UTF-8 sequence at the start of `text` (RFC 3629), or 0.
size_t utf8_sequence(std::string_view text) noexcept {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  size_t length = 0;
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) length = 2;
  if (lead >= 0xe0 && lead <= 0xef) length = 3;
  if (lead >= 0xf0 && lead <= 0xf4) length = 4;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (lead == 0xe0 && byte(1) < 0xa0) return 0;
  if (lead == 0xed && byte(1) > 0x9f) return 0;
  if (lead == 0xf0 && byte(1) < 0x90) return 0;
  if (lead == 0xf4 && byte(1) > 0x8f) return 0;
  return length;
}

// U+0080 to U+009F: well-formed, and some terminals take them for commands.
bool is_c1_control(std::string_view sequence) noexcept {
  return sequence.size() == 2 && sequence[0] == '\xc2' &&
         static_cast<unsigned char>(sequence[1]) < 0xa0;
}

// Appends `text` so that it stays on its line, and in its quotes if it is in any.
void append_readable(std::string& out, std::string_view text, bool quoted) {
  while (!text.empty()) {
    const std::string_view sequence = text.substr(0, utf8_sequence(text));
    const auto byte = static_cast<unsigned char>(text[0]);
    if (quoted && (byte == '"' || byte == '\\')) {
      out += '\\';
      out += text[0];
    } else if (byte == '\n') {
      out += "\\n";
    } else if (sequence.empty() || byte < 0x20 || byte == 0x7f || is_c1_control(sequence)) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += sequence;
      text.remove_prefix(sequence.size());
      continue;
    }
    text.remove_prefix(1);
  }
}

std::string text_line(std::string_view head, std::string_view text,
                      std::initializer_list<LogField> fields) {
  std::string line(head);
  append_readable(line, text, false);
  for (const LogField& field : fields) {
    const bool quoted =
        field.value.empty() || field.value.find_first_of(" \"=\\\n") != std::string::npos;
    line += ' ';
    line += field.key;
    line += quoted ? "=\"" : "=";
    append_readable(line, field.value, quoted);
    if (quoted) line += '"';
  }
  line += '\n';
  return line;
}

std::string json_line(std::string_view time, std::string_view level, std::string_view text,
                      std::initializer_list<LogField> fields) {
  std::string line = fmt::format(R"({{"time":"{}","level":"{}","message":")", time, level);
  append_json_escaped(line, text);
  line += '"';
  for (const LogField& field : fields) {
    line += ",\"";
    append_json_escaped(line, field.key);
    line += "\":\"";
    append_json_escaped(line, field.value);
    line += '"';
  }
  line += "}\n";
  return line;
}

}  // namespace

std::string format_timestamp(WallTime time) {
  const auto since_epoch = time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch - seconds);
  const std::time_t t = seconds.count();
  std::tm parts{};
  gmtime_r(&t, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     ms.count());
}

void append_json_escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::string_view sequence = text.substr(0, utf8_sequence(text));
    const auto byte = static_cast<unsigned char>(text[0]);
    if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text[0];
    } else if (is_c1_control(sequence)) {
      out += fmt::format("\\u00{:02x}", static_cast<unsigned char>(sequence[1]));
    } else if (sequence.empty() || byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u00{:02x}", byte);
    } else {
      out += sequence;
    }
    text.remove_prefix(sequence.empty() ? 1 : sequence.size());
  }
}

void append_text_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7f || c == '"' || c == '\\') {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
}

void Log::write(LogLevel level, std::string_view text, std::initializer_list<LogField> fields) {
  if (level < level_) return;
  const std::string time = format_timestamp(clock_.wall());
  const std::string line =
      format_ == LogFormat::json
          ? json_line(time, level_name(level), text, fields)
          : text_line(fmt::format("{} {:<5} ", time, level_name(level)), text, fields);
  const std::lock_guard<std::mutex> lock(mutex_);
  for (std::string_view rest = line; !rest.empty();) {
    const ssize_t n = ::write(fd_, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;  // nobody is there to be told
    rest.remove_prefix(static_cast<size_t>(n));
  }
}

}  // namespace gnomon
