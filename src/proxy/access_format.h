// One exchange as one line of the access log.
#pragma once

#include <cstdint>
#include <string>

#include "proxy/access_record.h"

namespace gnomon::proxy {

enum class AccessFormat : uint8_t {
  text,  // Envoy's default format
  json,  // one object per line
};

// Belongs to one thread: it remembers the second it formatted last.
class AccessFormatter {
 public:
  explicit AccessFormatter(AccessFormat format) noexcept : format_(format) {}

  // Appends the line with its line break. Whatever bytes a client sent, the line stays one line and
  // its quotes stay where they are.
  void append(std::string& out, const AccessRecord& record);

 private:
  void append_text(std::string& out, const AccessRecord& record);
  void append_json(std::string& out, const AccessRecord& record);
  void append_start_time(std::string& out, WallTime start);

  AccessFormat format_;
  int64_t second_ = INT64_MIN;  // since the epoch
  std::string second_text_;     // "2026-11-22T20:38:55."
};

}  // namespace gnomon::proxy
