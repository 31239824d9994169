#include "base/result.h"

namespace gnomon {

std::string_view to_string(Errc code) noexcept {
  switch (code) {
    case Errc::connect_refused:
      return "connect_refused";
    case Errc::connect_timeout:
      return "connect_timeout";
    case Errc::connect_failed:
      return "connect_failed";
    case Errc::reset:
      return "reset";
    case Errc::truncated:
      return "truncated";
    case Errc::protocol:
      return "protocol_error";
    case Errc::limit:
      return "limit_exceeded";
    case Errc::timeout:
      return "timeout";
    case Errc::overflow:
      return "overflow";
    case Errc::no_endpoint:
      return "no_endpoint";
    case Errc::canceled:
      return "canceled";
    case Errc::shutdown:
      return "shutdown";
    case Errc::internal:
      return "internal";
  }
  return "internal";
}

}  // namespace gnomon
