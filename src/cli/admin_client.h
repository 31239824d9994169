// Asks the admin API of a running gateway. Waits for the answer; for verbs, not for servers.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace gnomon::cli {

struct AdminAnswer {
  uint16_t status = 0;
  std::string body;
};

class AdminClient {
 public:
  // `address` as --admin has it: "127.0.0.1:19000".
  explicit AdminClient(std::string address) : address_(std::move(address)) {}

  // The error says in words why there is no answer.
  std::expected<AdminAnswer, std::string> get(std::string_view target) const;

 private:
  const std::string address_;
};

// For a segment of a path or a value of a query.
std::string percent_encoded(std::string_view text);

}  // namespace gnomon::cli
