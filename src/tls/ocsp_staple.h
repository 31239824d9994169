// An answer of OCSP that a server sends along with its certificate (RFC 6066 section 8), so that
// clients need not ask the authority. It is sent as it is given: whether it is signed by the right
// one is for the client to see.
#pragma once

#include <expected>
#include <string>

#include "tls/openssl.h"

namespace gnomon::tls {

class OcspStaple {
 public:
  // `der` must be about the certificate; an error's text says what is wrong with it.
  static std::expected<OcspStaple, std::string> parse(std::string der, X509& certificate);

  const std::string& der() const noexcept { return der_; }
  // It may not be shown any more, by the time in it.
  bool expired() const noexcept;

 private:
  OcspStaple(std::string der, TimePtr last_moment)
      : der_(std::move(der)), last_moment_(std::move(last_moment)) {}

  std::string der_;
  TimePtr last_moment_;
};

}  // namespace gnomon::tls
