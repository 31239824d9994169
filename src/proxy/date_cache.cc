#include "proxy/date_cache.h"

#include <fmt/format.h>

#include <array>
#include <ctime>

namespace gnomon::proxy {

std::string_view DateCache::value() {
  if (!value_.empty() && loop_.now() - formatted_at_ < std::chrono::seconds(1)) return value_;
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                       "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t t =
      std::chrono::floor<std::chrono::seconds>(loop_.wall().time_since_epoch()).count();
  std::tm parts{};
  gmtime_r(&t, &parts);
  value_ = fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[parts.tm_wday], parts.tm_mday,
                       kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min,
                       parts.tm_sec);
  formatted_at_ = loop_.now();
  return value_;
}

}  // namespace gnomon::proxy
