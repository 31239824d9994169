// An answer of the admin API, before it is sent.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gnomon::admin {

struct Answer {
  uint16_t status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string body;
  std::string_view allow;  // of a 405
};

}  // namespace gnomon::admin
