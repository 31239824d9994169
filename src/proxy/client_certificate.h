// x-forwarded-client-cert: what backends are told of a client's certificate.
#pragma once

#include <string>
#include <string_view>

#include "msg/headers.h"
#include "routing/listener_settings.h"
#include "tls/facts.h"

namespace gnomon::proxy {

// Removes, keeps or writes the field as the listener says. `session` is null for clear text.
void forward_client_certificate(Headers& headers, const routing::ClientCertSettings& settings,
                                const tls::TlsFacts* session);

// Everything but unreserved characters (RFC 3986 section 2.3) as %XX.
std::string percent_encode(std::string_view text);

}  // namespace gnomon::proxy
