// What a listener does with a request before it is routed: early headers, rules about its path,
// identity, and the answers that need no route.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/rng.h"
#include "http/server.h"
#include "proxy/listener_state.h"
#include "proxy/stats.h"

namespace gnomon::proxy {

// An answer of the gateway's own.
struct FrontAnswer {
  uint16_t status = 200;
  std::string_view text;  // its body
  std::string location;   // of a redirect
  uint32_t flags = 0;
  std::string_view details;  // Envoy's word for it
  bool closes = false;       // nothing more is wanted from this client's connection
};

// What x-ratelimit-* fields of the answer say.
struct RateState {
  uint32_t limit = 0;  // 0: they are not wanted
  uint32_t left = 0;
  int64_t reset_s = 0;
};

// What is found out about a request on the way.
struct FrontFacts {
  std::string_view trusted_client_ip;  // "" for whoever connected; lives as long as the head
  bool health_check = false;
  std::string_view details;
  RateState rate;
};

class RequestFront {
 public:
  RequestFront(const routing::ListenerSettings& settings, ListenerState& state, Rng& rng,
               WorkerStats& stats) noexcept
      : settings_(settings), state_(state), rng_(rng), stats_(stats) {}

  // Rewrites the head as the listener says. An answer means that the request goes no further.
  std::optional<FrontAnswer> admit(RequestHead& head, http::ServerStream& client, TimePoint now,
                                   FrontFacts& facts);

 private:
  std::optional<FrontAnswer> apply_path(RequestHead& head);
  void apply_early_headers(RequestHead& head, http::ServerStream& client);
  std::optional<FrontAnswer> check_rate(http::ServerStream& client, TimePoint now,
                                        FrontFacts& facts);
  FrontAnswer refuse(FrontAnswer answer, Refusal reason) const noexcept;

  const routing::ListenerSettings& settings_;
  ListenerState& state_;
  Rng& rng_;
  WorkerStats& stats_;
};

// What a listener adds to every answer: Server, Via, x-ratelimit-*.
void decorate_answer(Headers& headers, const routing::ListenerSettings& settings,
                     const RateState& rate);

}  // namespace gnomon::proxy
