#include "config/ssl.h"

#include "config/rules.h"
#include "config/schema.h"

namespace gnomon::config {
namespace {

// A member of what both kinds have in common, as one of T.
template <typename T, typename M>
M T::* of(M SslCommon::* member) {
  return member;
}

bool check_names(const std::vector<std::string>& names, const Node& node, const Scope& scope) {
  constexpr size_t kNameMax = 255;  // what ALPN can send
  bool good = true;
  for (size_t i = 0; i < names.size(); ++i) {
    if (!names[i].empty() && names[i].size() <= kNameMax) continue;
    scope.item(i).error(node.items()[i]->at(), "a protocol has 1 to 255 bytes");
    good = false;
  }
  return good;
}

bool check_protocols(const SslCommon& ssl, const Node& node, const Scope& scope) {
  const Node* list = node.find_any({"alpnProtocols", "alpn_protocols"});
  return list == nullptr || check_names(ssl.alpn, *list, scope.field("alpnProtocols"));
}

bool check_versions(const SslParameters& parameters, const Node& /*node*/, const Scope& scope) {
  const TlsVersion least = parameters.minimum.value;
  const TlsVersion most = parameters.maximum.value;
  if (most == TlsVersion::automatic || least <= most) return true;
  scope.error(parameters.maximum.at, "maximumProtocolVersion is below minimumProtocolVersion");
  return false;
}

// "shop.test" or "*.shop.test": what a client can ask for.
bool check_domains(const SslConfig& ssl, const Node& /*node*/, const Scope& scope) {
  const Scope list = scope.field("sniDomains");
  bool good = true;
  for (size_t i = 0; i < ssl.sni_domains.size(); ++i) {
    const auto& [name, at] = ssl.sni_domains[i];
    const std::string_view rest = std::string_view(name).substr(name.starts_with("*.") ? 2 : 0);
    if (!rest.empty() && rest.find_first_of("*:/ ") == std::string_view::npos) continue;
    list.item(i).error(at, "must be a name, such as \"shop.test\" or \"*.shop.test\"");
    good = false;
  }
  return good;
}

}  // namespace

std::span<const EnumName<TlsVersion>> enum_names(TlsVersion /*tag*/) {
  static constexpr EnumName<TlsVersion> kNames[] = {{"TLS_AUTO", TlsVersion::automatic},
                                                    {"TLSv1_0", TlsVersion::tls10},
                                                    {"TLSv1_1", TlsVersion::tls11},
                                                    {"TLSv1_2", TlsVersion::tls12},
                                                    {"TLSv1_3", TlsVersion::tls13}};
  return kNames;
}

std::span<const EnumName<OcspPolicy>> enum_names(OcspPolicy /*tag*/) {
  static constexpr EnumName<OcspPolicy> kNames[] = {{"LENIENT_STAPLING", OcspPolicy::lenient},
                                                    {"STRICT_STAPLING", OcspPolicy::strict},
                                                    {"MUST_STAPLE", OcspPolicy::must}};
  return kNames;
}

void describe(Schema<SslFiles>& s) {
  s.field("tlsCert", &SslFiles::tls_cert);
  s.field("tlsKey", &SslFiles::tls_key);
  s.field("rootCa", &SslFiles::root_ca);
  s.field("ocspStaple", &SslFiles::ocsp_staple);
}

void describe(Schema<SslParameters>& s) {
  s.field("minimumProtocolVersion", &SslParameters::minimum);
  s.field("maximumProtocolVersion", &SslParameters::maximum);
  s.field("cipherSuites", &SslParameters::cipher_suites);
  s.field("ecdhCurves", &SslParameters::ecdh_curves);
  s.check(check_versions);
}

void describe(Schema<SslConfig>& s) {
  s.field("secretRef", of<SslConfig>(&SslCommon::secret_ref));
  s.field("sslFiles", of<SslConfig>(&SslCommon::files));
  s.noted("sds", of<SslConfig>(&SslCommon::sds));
  s.one_of({"secretRef", "sslFiles", "sds"});
  s.field("verifySubjectAltName", of<SslConfig>(&SslCommon::verify_names));
  s.field("parameters", of<SslConfig>(&SslCommon::parameters));
  s.field("alpnProtocols", of<SslConfig>(&SslCommon::alpn));
  s.field("oneWayTls", of<SslConfig>(&SslCommon::one_way));
  s.field("sniDomains", &SslConfig::sni_domains);
  s.field("disableTlsSessionResumption", &SslConfig::no_resumption);
  s.field("transportSocketConnectTimeout", &SslConfig::connect_timeout, kNotNegative);
  s.field("ocspStaplePolicy", &SslConfig::ocsp_policy);
  s.check(check_domains);
  s.check(check_protocols);
}

void describe(Schema<UpstreamSslConfig>& s) {
  s.field("secretRef", of<UpstreamSslConfig>(&SslCommon::secret_ref));
  s.field("sslFiles", of<UpstreamSslConfig>(&SslCommon::files));
  s.noted("sds", of<UpstreamSslConfig>(&SslCommon::sds));
  s.one_of({"secretRef", "sslFiles", "sds"});
  s.field("verifySubjectAltName", of<UpstreamSslConfig>(&SslCommon::verify_names));
  s.field("parameters", of<UpstreamSslConfig>(&SslCommon::parameters));
  s.field("alpnProtocols", of<UpstreamSslConfig>(&SslCommon::alpn));
  s.field("oneWayTls", of<UpstreamSslConfig>(&SslCommon::one_way));
  s.field("sni", &UpstreamSslConfig::sni);
  s.unserved({"allowRenegotiation"}, "backends that ask for renegotiation are refused");
  s.check(check_protocols);
}

}  // namespace gnomon::config
