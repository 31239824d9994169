#include "tls/context.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <string_view>

namespace gnomon::tls {
namespace {

// Forward secrecy and authenticated encryption only.
constexpr std::string_view kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:"
    "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
// What versions before 1.2 can do at all; only where they were asked for.
constexpr std::string_view kOldCiphers =
    ":ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA";
constexpr std::string_view kCurves = "X25519:P-256:P-384";
constexpr long kSessionSeconds = 2L * 60 * 60;

int version_number(Protocol protocol, int automatic) {
  switch (protocol) {
    case Protocol::automatic:
      return automatic;
    case Protocol::tls10:
      return TLS1_VERSION;
    case Protocol::tls11:
      return TLS1_1_VERSION;
    case Protocol::tls12:
      return TLS1_2_VERSION;
    case Protocol::tls13:
      return TLS1_3_VERSION;
  }
  return automatic;
}

bool is_old(const Parameters& parameters) {
  return parameters.min == Protocol::tls10 || parameters.min == Protocol::tls11;
}

std::unexpected<Problem> problem(Part part, std::string text) {
  ERR_clear_error();
  return std::unexpected(Problem{part, std::move(text)});
}

BioPtr memory(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Keys with a passphrase are refused instead of asking for it at the terminal.
int no_passphrase(char* /*to*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

// Envoy's lists group ciphers of equal preference: [a|b]. Here the order within a group counts.
std::vector<std::string> flatten(const std::vector<std::string>& ciphers) {
  std::vector<std::string> out;
  for (const std::string& entry : ciphers) {
    std::string name;
    for (const char c : entry) {
      if (c == '[' || c == ']') continue;
      if (c != '|' && c != ':') {
        name += c;
        continue;
      }
      out.push_back(std::exchange(name, {}));
    }
    out.push_back(std::move(name));
  }
  return out;
}

std::string join(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ":"));
}

std::expected<void, Problem> set_ciphers(SSL_CTX& context, const Parameters& parameters) {
  std::vector<std::string> before13;
  std::vector<std::string> from13;
  for (const std::string& name : flatten(parameters.ciphers)) {
    const bool is13 = name.starts_with("TLS_");
    const int known = is13 ? SSL_CTX_set_ciphersuites(&context, name.c_str())
                           : SSL_CTX_set_cipher_list(&context, name.c_str());
    if (known != 1) return problem(Part::ciphers, fmt::format("unknown cipher \"{}\"", name));
    (is13 ? from13 : before13).push_back(name);
  }
  std::string list = join(before13);
  if (list.empty()) list = fmt::format("{}{}", kCiphers, is_old(parameters) ? kOldCiphers : "");
  SSL_CTX_set_cipher_list(&context, list.c_str());
  if (!from13.empty()) SSL_CTX_set_ciphersuites(&context, join(from13).c_str());
  // SHA-1 in the handshakes of old versions is below the level that OpenSSL asks for by default.
  if (is_old(parameters)) SSL_CTX_set_security_level(&context, 0);
  return {};
}

std::expected<void, Problem> set_curves(SSL_CTX& context, const Parameters& parameters) {
  for (const std::string& name : parameters.curves) {
    if (SSL_CTX_set1_groups_list(&context, name.c_str()) == 1) continue;
    return problem(Part::curves, fmt::format("unknown curve \"{}\"", name));
  }
  const std::string list =
      parameters.curves.empty() ? std::string(kCurves) : join(parameters.curves);
  SSL_CTX_set1_groups_list(&context, list.c_str());
  return {};
}

std::expected<void, Problem> set_certificate(SSL_CTX& context, const Settings& settings) {
  const BioPtr chain = memory(settings.certificate_pem);
  const X509Ptr leaf(PEM_read_bio_X509_AUX(chain.get(), nullptr, no_passphrase, nullptr));
  if (leaf == nullptr) return problem(Part::certificate, "holds no certificate in PEM");
  if (SSL_CTX_use_certificate(&context, leaf.get()) != 1) {
    return problem(Part::certificate, "cannot be used: " + take_error());
  }
  for (;;) {
    X509Ptr next(PEM_read_bio_X509(chain.get(), nullptr, no_passphrase, nullptr));
    if (next == nullptr) break;
    if (SSL_CTX_add0_chain_cert(&context, next.get()) != 1) {
      return problem(Part::certificate, "has a chain that cannot be used: " + take_error());
    }
    static_cast<void>(next.release());  // the context's now
  }
  const unsigned long stopped = ERR_peek_last_error();
  if (stopped != 0 && ERR_GET_REASON(stopped) != PEM_R_NO_START_LINE) {
    return problem(Part::certificate, "has a chain that cannot be read");
  }
  ERR_clear_error();
  const BioPtr text = memory(settings.key_pem);
  const KeyPtr key(PEM_read_bio_PrivateKey(text.get(), nullptr, no_passphrase, nullptr));
  if (key == nullptr) {
    return problem(Part::key, "holds no private key in PEM, or one with a passphrase");
  }
  if (SSL_CTX_use_PrivateKey(&context, key.get()) != 1 ||
      SSL_CTX_check_private_key(&context) != 1) {
    return problem(Part::key, "is not the key of the certificate");
  }
  return {};
}

std::expected<void, Problem> set_root_ca(SSL_CTX& context, Role role, const Settings& settings) {
  X509_STORE* store = SSL_CTX_get_cert_store(&context);
  const BioPtr text = memory(settings.root_ca_pem);
  size_t count = 0;
  for (;;) {
    const X509Ptr one(PEM_read_bio_X509_AUX(text.get(), nullptr, no_passphrase, nullptr));
    if (one == nullptr) break;
    X509_STORE_add_cert(store, one.get());
    if (role == Role::server) SSL_CTX_add_client_CA(&context, one.get());
    ++count;
  }
  if (count == 0) return problem(Part::root_ca, "holds no certificate in PEM");
  const unsigned long stopped = ERR_peek_last_error();
  if (stopped != 0 && ERR_GET_REASON(stopped) != PEM_R_NO_START_LINE) {
    return problem(Part::root_ca, "has a certificate that cannot be read");
  }
  ERR_clear_error();
  // Whatever is named as a root is one, an intermediate too.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  const int must = role == Role::server ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | must, nullptr);
  return {};
}

std::string_view view(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<size_t>(ASN1_STRING_length(text))};
}

bool has_uri(X509& certificate, std::string_view uri) {
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (names == nullptr) return false;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_URI && view(name->d.uniformResourceIdentifier) == uri) return true;
  }
  return false;
}

bool is_for(X509& certificate, const std::string& name) {
  constexpr unsigned kOnlySans = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
  return X509_check_host(&certificate, name.data(), name.size(), kOnlySans, nullptr) == 1 ||
         X509_check_ip_asc(&certificate, name.c_str(), 0) == 1 ||
         X509_check_email(&certificate, name.data(), name.size(), kOnlySans) == 1 ||
         has_uri(certificate, name);
}

int verify_with_names(X509_STORE_CTX* store, void* names) {
  if (X509_verify_cert(store) != 1) return 0;
  X509* certificate = X509_STORE_CTX_get0_cert(store);
  if (certificate != nullptr &&
      is_for_any(*certificate, *static_cast<const std::vector<std::string>*>(names))) {
    return 1;
  }
  X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
  return 0;
}

}  // namespace

std::expected<CtxPtr, Problem> make_context(Role role, const Settings& settings) {
  ERR_clear_error();
  CtxPtr made(SSL_CTX_new(role == Role::server ? TLS_server_method() : TLS_client_method()));
  if (made == nullptr) return problem(Part::other, "OpenSSL: " + take_error());
  SSL_CTX& context = *made;
  SSL_CTX_set_min_proto_version(&context, version_number(settings.parameters.min, TLS1_2_VERSION));
  SSL_CTX_set_max_proto_version(&context, version_number(settings.parameters.max, TLS1_3_VERSION));
  SSL_CTX_set_options(&context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                    SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(&context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(&context, 1);
  SSL_CTX_set_timeout(&context, kSessionSeconds);
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
  if (!settings.resumption) SSL_CTX_set_options(&context, SSL_OP_NO_TICKET);
  if (auto set = set_ciphers(context, settings.parameters); !set) {
    return std::unexpected(std::move(set.error()));
  }
  if (auto set = set_curves(context, settings.parameters); !set) {
    return std::unexpected(std::move(set.error()));
  }
  if (!settings.certificate_pem.empty()) {
    if (auto set = set_certificate(context, settings); !set) {
      return std::unexpected(std::move(set.error()));
    }
  }
  if (!settings.root_ca_pem.empty()) {
    if (auto set = set_root_ca(context, role, settings); !set) {
      return std::unexpected(std::move(set.error()));
    }
  }
  return made;
}

void apply_parameters(SSL& ssl, const Parameters& parameters, bool resumption) {
  SSL_set_min_proto_version(&ssl, version_number(parameters.min, TLS1_2_VERSION));
  SSL_set_max_proto_version(&ssl, version_number(parameters.max, TLS1_3_VERSION));
  std::vector<std::string> from13;
  for (std::string& name : flatten(parameters.ciphers)) {
    if (name.starts_with("TLS_")) from13.push_back(std::move(name));
  }
  if (!from13.empty()) SSL_set_ciphersuites(&ssl, join(from13).c_str());
  if (!parameters.curves.empty()) SSL_set1_groups_list(&ssl, join(parameters.curves).c_str());
  if (!resumption) {
    SSL_set_options(&ssl, SSL_OP_NO_TICKET);
    SSL_set_num_tickets(&ssl, 0);
  }
}

std::string identity_of(const Settings& settings) {
  const Parameters& parameters = settings.parameters;
  const std::string all = fmt::format(
      "{}\n{}\n{}\n{}\n{} {}\n{}\n{}\n{}\n{}\n{} {}", settings.certificate_pem, settings.key_pem,
      settings.root_ca_pem, fmt::join(settings.names, "\t"), static_cast<int>(parameters.min),
      static_cast<int>(parameters.max), fmt::join(parameters.ciphers, "\t"),
      fmt::join(parameters.curves, "\t"), fmt::join(settings.alpn, "\t"), settings.resumption,
      static_cast<int>(settings.stapling), settings.ocsp_der);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(all.data(), all.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

bool is_for_any(X509& certificate, const std::vector<std::string>& names) {
  return std::ranges::any_of(names,
                             [&](const std::string& name) { return is_for(certificate, name); });
}

void want_names(SSL_CTX& context, const std::vector<std::string>& names) {
  if (names.empty()) return;
  SSL_CTX_set_cert_verify_callback(&context, verify_with_names,
                                   const_cast<std::vector<std::string>*>(&names));
}

std::string alpn_wire(const std::vector<std::string>& protocols) {
  std::string out;
  for (const std::string& protocol : protocols) {
    out += static_cast<char>(protocol.size());
    out += protocol;
  }
  return out;
}

}  // namespace gnomon::tls
