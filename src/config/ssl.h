// sslConfig: TLS towards clients (of a VirtualService) and towards backends (of an Upstream).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/metadata.h"
#include "config/scalar.h"
#include "config/source.h"

namespace gnomon::config {

template <typename T>
class Schema;
template <typename E>
struct EnumName;

// Paths of PEM files.
struct SslFiles {
  Position at;
  Located<std::string> tls_cert;
  Located<std::string> tls_key;
  Located<std::string> root_ca;
  Located<std::string> ocsp_staple;  // DER
};

// What is done without an OCSP answer that still holds.
enum class OcspPolicy : uint8_t { lenient, strict, must };
std::span<const EnumName<OcspPolicy>> enum_names(OcspPolicy tag);

enum class TlsVersion : uint8_t { automatic, tls10, tls11, tls12, tls13 };
std::span<const EnumName<TlsVersion>> enum_names(TlsVersion tag);

struct SslParameters {
  Located<TlsVersion> minimum;
  Located<TlsVersion> maximum;
  std::vector<Located<std::string>> cipher_suites;
  std::vector<Located<std::string>> ecdh_curves;
};

// Where certificates come from and whom to believe; the same for both kinds of sslConfig.
struct SslCommon {
  Position at;
  std::optional<ResourceRef> secret_ref;
  std::optional<SslFiles> files;
  Located<bool> sds;  // given
  std::vector<Located<std::string>> verify_names;
  SslParameters parameters;
  std::vector<std::string> alpn;
  std::optional<bool> one_way;
};

struct SslConfig : SslCommon {
  std::vector<Located<std::string>> sni_domains;
  std::optional<bool> no_resumption;
  Located<OcspPolicy> ocsp_policy;
  std::optional<Duration> connect_timeout;  // of the handshake
};

struct UpstreamSslConfig : SslCommon {
  std::string sni;
};

void describe(Schema<SslFiles>& s);
void describe(Schema<SslParameters>& s);
void describe(Schema<SslConfig>& s);
void describe(Schema<UpstreamSslConfig>& s);

}  // namespace gnomon::config
