// The fields by which backends know who called: those that the gateway adds (X-Forwarded-For,
// X-Forwarded-Proto, X-Request-Id and their kin), and those that it believes no client.
#pragma once

#include <string>
#include <string_view>

#include "base/rng.h"
#include "msg/head.h"
#include "net/address.h"
#include "routing/listener_settings.h"
#include "tls/facts.h"

namespace gnomon::proxy {

// Who connected, and where.
struct Caller {
  std::string_view ip;
  uint16_t listener_port = 0;
  const tls::TlsFacts* tls = nullptr;  // null: clear text
};

// Writes those fields as the listener says. Returns the address of the client where forwarding
// fields of trusted hops name it, as long as the head lives; "" where it is whoever connected.
std::string_view add_identity(RequestHead& head, const routing::IdentitySettings& settings,
                              const Caller& caller, Rng& rng);

// Names of response fields that make the client want a retry (x-envoy-retriable-header-names), from
// one of the listener's internal addresses; "" from anybody else. Lives as long as the headers.
std::string_view take_retriable_names(Headers& headers, const routing::IdentitySettings& settings,
                                      const net::Address& client);

// Removes what only the gateway itself may say: instructions to an Envoy about retries, timeouts,
// tracing and statistics. So does Envoy for every client that
// it was not told to trust.
void drop_reserved_fields(Headers& headers);

// A random UUID (version 4, RFC 9562), 36 characters.
std::string make_request_id(Rng& rng);

}  // namespace gnomon::proxy
