// What a side of TLS is to be like: texts and numbers, not yet looked at by OpenSSL.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gnomon::tls {

// The protocols that are served behind TLS, the best first.
inline constexpr std::array<std::string_view, 2> kAlpnServed{"h2", "http/1.1"};

enum class Protocol : uint8_t { automatic, tls10, tls11, tls12, tls13 };

// Which part of the settings an error is about.
enum class Part : uint8_t { certificate, key, root_ca, staple, ciphers, curves, names, other };

struct Problem {
  Part part = Part::other;
  std::string text;
};

// What a server does without an answer of OCSP that still holds.
enum class Stapling : uint8_t {
  lenient,  // it sends its certificate without one
  strict,   // so it does where it has none; one that is too old ends the handshake
  must,     // it ends the handshake, and needs one to begin with
};

struct Parameters {
  Protocol min = Protocol::automatic;  // TLS 1.2
  Protocol max = Protocol::automatic;  // the newest
  std::vector<std::string> ciphers;    // OpenSSL's names; empty: our own choice
  std::vector<std::string> curves;
};

struct Settings {
  std::string certificate_pem;  // the chain, leaf first; empty: none
  std::string key_pem;
  std::string ocsp_der;  // of a server; empty: none
  Stapling stapling = Stapling::lenient;
  std::string root_ca_pem;         // empty: the peer is not verified
  std::vector<std::string> names;  // the peer's certificate must hold one of them; empty: any
  Parameters parameters;
  std::vector<std::string> alpn;  // best first; empty: none
  bool resumption = true;
};

}  // namespace gnomon::tls
