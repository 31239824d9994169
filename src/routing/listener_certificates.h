// The certificates of the VirtualServices behind one httpGateway, by the names that clients ask
// for.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "config/ssl.h"
#include "routing/build_context.h"
#include "routing/tls_builder.h"

namespace gnomon::routing {

struct ListenerCertificates {
  std::vector<std::pair<std::string, tls::ServerContextPtr>> names;  // "" is any name
  Millis handshake_timeout{0};                                       // 0: none says
};

// `hosts` have sslConfig; what one leaves out is taken from `defaults`, which may be null.
ListenerCertificates listener_certificates(BuildContext& context, TlsBuilder& tls,
                                           const std::vector<uint32_t>& hosts,
                                           const config::SslConfig* defaults);

}  // namespace gnomon::routing
