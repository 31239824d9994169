// What is known about a TLS session once its handshake is over.
#pragma once

#include <openssl/ssl.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace gnomon::tls {

// Of a peer's certificate. Empty where there was none.
struct PeerFacts {
  std::string subject;  // RFC 2253
  std::string issuer;   // RFC 2253
  std::string serial;   // hexadecimal, lower case
  std::string sha256;   // of the certificate, hexadecimal
  std::string pem;      // with line breaks
  std::optional<WallTime> not_before;
  std::optional<WallTime> not_after;
  std::vector<std::string> uri_names;
  std::vector<std::string> dns_names;
};

struct TlsFacts {
  std::string_view version;  // "TLSv1.3"; static
  std::string_view cipher;   // as OpenSSL names it; static
  std::string server_name;   // that the client asked for; empty: none
  std::string session_id;    // hexadecimal; empty where the version has none
  bool resumed = false;
  PeerFacts peer;
  PeerFacts local;  // subject and names only
};

// `ssl` has finished its handshake.
TlsFacts read_facts(const SSL& ssl);

}  // namespace gnomon::tls
