// Why a client is lost to its exchange, whatever version it speaks.
#pragma once

#include "base/result.h"

namespace gnomon::http {

inline constexpr Error kVanished{Errc::reset, Side::client, Retry::no,
                                 "client closed the connection"};
inline constexpr Error kUploadCut{Errc::truncated, Side::client, Retry::no,
                                  "client closed in its body"};
inline constexpr Error kReset{Errc::reset, Side::client, Retry::no, "client reset the stream"};
inline constexpr Error kSilent{Errc::reset, Side::client, Retry::no, "client answers no ping"};
inline constexpr Error kBroken{Errc::protocol, Side::client, Retry::no, "client broke HTTP/2"};
inline constexpr Error kSlowRequest{Errc::timeout, Side::client, Retry::no,
                                    "request took too long"};
inline constexpr Error kIdleStream{Errc::timeout, Side::client, Retry::no,
                                   "no byte moved for too long"};
inline constexpr Error kTooLong{Errc::timeout, Side::client, Retry::no, "exchange took too long"};
inline constexpr Error kTooLarge{Errc::limit, Side::client, Retry::no,
                                 "request body over its limit"};
inline constexpr Error kClosing{Errc::shutdown, Side::internal, Retry::no,
                                "connection closed by gateway"};

}  // namespace gnomon::http
