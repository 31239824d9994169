// Why a TLS handshake with a backend came to nothing.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace gnomon::tls {

struct HandshakeFailure {
  enum class Cause : uint8_t {
    certificate,  // the peer's was not accepted
    alert,        // the peer said no, such as for want of a client's certificate
    protocol,     // what it said was no TLS that we can speak
    closed,       // it closed the connection
    timeout,      // it did not come to an end in time
  };
  static constexpr std::array<const char*, 5> kNames = {"certificate", "alert", "protocol",
                                                        "closed", "timeout"};

  Cause cause = Cause::protocol;
  std::string text;  // OpenSSL's words; nothing of it is the peer's
};

}  // namespace gnomon::tls
