#include "routing/tls_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tls/context.h"

namespace gnomon::routing {
namespace {

constexpr size_t kPemBytesMax = size_t{8} << 20;
constexpr std::string_view kNoProtocol = "allow_empty";

tls::Protocol protocol_of(config::TlsVersion version) {
  static_assert(static_cast<int>(config::TlsVersion::tls13) ==
                static_cast<int>(tls::Protocol::tls13));
  return static_cast<tls::Protocol>(version);
}

tls::Stapling stapling_of(config::OcspPolicy policy) {
  static_assert(static_cast<int>(config::OcspPolicy::must) ==
                static_cast<int>(tls::Stapling::must));
  return static_cast<tls::Stapling>(policy);
}

std::vector<std::string> values_of(const std::vector<config::Located<std::string>>& from) {
  std::vector<std::string> out;
  out.reserve(from.size());
  for (const auto& one : from) out.push_back(one.value);
  return out;
}

// Of those asked for the ones that are served.
std::vector<std::string> served(const std::vector<std::string>& wanted) {
  std::vector<std::string> out;
  for (const std::string& protocol : wanted) {
    const bool known = std::ranges::find(tls::kAlpnServed, protocol) != tls::kAlpnServed.end();
    if (known) out.push_back(protocol);
  }
  return out;
}

std::vector<std::string> server_alpn(const std::vector<std::string>& wanted) {
  if (wanted.empty()) return {tls::kAlpnServed.begin(), tls::kAlpnServed.end()};
  if (wanted.size() == 1 && wanted[0] == kNoProtocol) return {};
  return served(wanted);
}

}  // namespace

void TlsBuilder::error(const Place& place, config::Position at, std::string message,
                       std::string_view field) {
  context_.error(place.owner, at, std::move(message), fmt::format("sslConfig.{}", field));
}

bool TlsBuilder::read_file(const Place& place, const config::Located<std::string>& path,
                           std::string_view field, tls::Part part, std::string& to,
                           Origins& origins) {
  if (path.value.empty()) return true;
  origins.parts[part] = {path.at, fmt::format("sslFiles.{}", field)};
  origins.names[part] = path.value;
  auto text = context_.read_file(path.value, kPemBytesMax);
  if (text) {
    to = std::move(*text);
    return true;
  }
  error(place, path.at, fmt::format("cannot read {}: {}", path.value, text.error()),
        origins.parts[part].second);
  return false;
}

// A configuration without a single Secret is one whose Secrets live elsewhere: a fragment, which
// may be looked at. What needs the Secret is not served, and never in clear text.
void TlsBuilder::report_missing_secret(const Place& place, const std::string& name) {
  const config::Position at = place.ssl.secret_ref->at;
  const std::string message = fmt::format("SSL secret not found: there is no Secret {}", name);
  if (!context_.resources.secrets.empty()) return error(place, at, message, "secretRef");
  context_.warning(place.owner, at, message + "; this is not served", "sslConfig.secretRef",
                   "put the Secret beside the other files");
}

bool TlsBuilder::read_secret(const Place& place, tls::Settings& to, Origins& origins) {
  const config::ResourceRef& ref = *place.ssl.secret_ref;
  const std::string name = full_name(ref, place.owner);
  const config::Secret* secret = context_.secrets.find(name);
  if (secret == nullptr) {
    report_missing_secret(place, name);
    return false;
  }
  const config::Secret::TlsTexts texts = secret->tls_texts();
  to.certificate_pem = texts.cert_chain;
  to.key_pem = texts.private_key;
  to.root_ca_pem = texts.root_ca.value_or("");
  to.ocsp_der = texts.ocsp_staple;
  const std::pair<tls::Part, const char*> parts[] = {{tls::Part::certificate, "certChain"},
                                                     {tls::Part::key, "privateKey"},
                                                     {tls::Part::root_ca, "rootCa"},
                                                     {tls::Part::staple, "ocspStaple"}};
  for (const auto& [part, what] : parts) {
    if (part == tls::Part::root_ca && !texts.root_ca) continue;
    origins.parts[part] = {ref.at, "secretRef"};
    origins.names[part] = fmt::format("{} of Secret {}", what, name);
  }
  return true;
}

bool TlsBuilder::read_materials(const Place& place, tls::Settings& to, Origins& origins) {
  if (place.ssl.secret_ref) return read_secret(place, to, origins);
  if (!place.ssl.files) return true;
  const config::SslFiles& files = *place.ssl.files;
  bool good = read_file(place, files.tls_cert, "tlsCert", tls::Part::certificate,
                        to.certificate_pem, origins);
  good &= read_file(place, files.tls_key, "tlsKey", tls::Part::key, to.key_pem, origins);
  good &= read_file(place, files.root_ca, "rootCa", tls::Part::root_ca, to.root_ca_pem, origins);
  good &=
      read_file(place, files.ocsp_staple, "ocspStaple", tls::Part::staple, to.ocsp_der, origins);
  return good;
}

std::optional<tls::Settings> TlsBuilder::settings(const Place& place, Origins& origins) {
  const config::SslCommon& ssl = place.ssl;
  tls::Settings out;
  if (!read_materials(place, out, origins)) return std::nullopt;
  if (out.certificate_pem.empty() != out.key_pem.empty()) {
    error(place, ssl.at, "a certificate needs its private key, and a key its certificate",
          ssl.secret_ref ? "secretRef" : "sslFiles");
    return std::nullopt;
  }
  const bool one_way = ssl.one_way.value_or(false);
  // Taken for absent it would let everybody in: a file that is just being written, for one.
  if (!one_way && out.root_ca_pem.empty() && origins.parts.contains(tls::Part::root_ca)) {
    report(place, origins, {tls::Part::root_ca, "is empty or cannot be decoded"});
    return std::nullopt;
  }
  if (!ssl.verify_names.empty() && out.root_ca_pem.empty()) {
    error(place, ssl.verify_names[0].at,
          "a root_ca must be provided if verify_subject_alt_name is not empty",
          "verifySubjectAltName");
    return std::nullopt;
  }
  if (one_way) out.root_ca_pem.clear();
  out.names = values_of(ssl.verify_names);
  const config::SslParameters& parameters = ssl.parameters;
  out.parameters.min = protocol_of(parameters.minimum.value);
  out.parameters.max = protocol_of(parameters.maximum.value);
  out.parameters.ciphers = values_of(parameters.cipher_suites);
  out.parameters.curves = values_of(parameters.ecdh_curves);
  if (!parameters.cipher_suites.empty()) {
    origins.parts[tls::Part::ciphers] = {parameters.cipher_suites[0].at, "parameters.cipherSuites"};
  }
  if (!parameters.ecdh_curves.empty()) {
    origins.parts[tls::Part::curves] = {parameters.ecdh_curves[0].at, "parameters.ecdhCurves"};
  }
  return out;
}

void TlsBuilder::report(const Place& place, const Origins& origins, const tls::Problem& problem) {
  const auto part = origins.parts.find(problem.part);
  if (part == origins.parts.end()) return error(place, place.ssl.at, problem.text, "sslFiles");
  const auto name = origins.names.find(problem.part);
  const std::string subject = name == origins.names.end() ? "" : name->second + " ";
  error(place, part->second.first, subject + problem.text, part->second.second);
}

tls::ServerContextPtr TlsBuilder::server(const config::Metadata& owner,
                                         const config::SslConfig& ssl) {
  const Place place{owner, ssl};
  Origins origins;
  std::optional<tls::Settings> wanted = settings(place, origins);
  if (!wanted) return nullptr;
  if (wanted->certificate_pem.empty()) {
    context_.error(owner, ssl.at, "a server needs a certificate and its private key", "sslConfig");
    return nullptr;
  }
  wanted->stapling = stapling_of(ssl.ocsp_policy.value);
  if (!origins.parts.contains(tls::Part::staple) || wanted->ocsp_der.empty()) {
    origins.parts[tls::Part::staple] = {ssl.ocsp_policy.at, "ocspStaplePolicy"};
    origins.names.erase(tls::Part::staple);
  }
  wanted->alpn = server_alpn(ssl.alpn);
  wanted->resumption = !ssl.no_resumption.value_or(false);
  tls::ServerContextPtr& shared = servers_[tls::identity_of(*wanted)];
  if (shared != nullptr) return shared;
  auto made = tls::ServerContext::make(std::move(*wanted));
  if (!made) {
    report(place, origins, made.error());
    return nullptr;
  }
  shared = std::move(*made);
  return shared;
}

tls::ClientContextPtr TlsBuilder::client(const config::Upstream& upstream) {
  static const config::UpstreamSslConfig kPlain;
  const config::UpstreamSslConfig& ssl = upstream.ssl_config ? *upstream.ssl_config : kPlain;
  const Place place{upstream.metadata, ssl};
  Origins origins;
  std::optional<tls::Settings> wanted = settings(place, origins);
  if (!wanted) return nullptr;
  // Of an Upstream with useHttp2 the pool offers that; what speaks HTTP/1 must not be taken at its
  // word with another protocol.
  wanted->ocsp_der.clear();  // a client has nothing to staple
  wanted->alpn = served(ssl.alpn);
  std::erase(wanted->alpn, "h2");
  auto made = tls::ClientContext::make(std::move(*wanted));
  if (made) return std::move(*made);
  report(place, origins, made.error());
  return nullptr;
}

}  // namespace gnomon::routing
