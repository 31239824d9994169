// SSL_CTXs made from Settings: what both sides of TLS have in common.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "tls/openssl.h"
#include "tls/settings.h"

namespace gnomon::tls {

enum class Role : uint8_t { client, server };

// An SSL_CTX with everything of the settings but ALPN and what verifies the peer's names.
std::expected<CtxPtr, Problem> make_context(Role role, const Settings& settings);
// Versions, ciphers and curves that a connection takes over when its context is chosen by SNI;
// SSL_set_SSL_CTX leaves them as they were.
void apply_parameters(SSL& ssl, const Parameters& parameters, bool resumption);

// A digest of all that the settings say; equal for equal settings.
std::string identity_of(const Settings& settings);

// Whether the certificate is for one of these: DNS names (wildcards of the certificate count), IP
// addresses, e-mail addresses, URIs.
bool is_for_any(X509& certificate, const std::vector<std::string>& names);
// Installs a check of the peer's certificate that also wants one of the names. They must outlive
// the context.
void want_names(SSL_CTX& context, const std::vector<std::string>& names);

// Protocols in the form in which ALPN sends them.
std::string alpn_wire(const std::vector<std::string>& protocols);

}  // namespace gnomon::tls
