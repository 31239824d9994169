#include "proxy/request_front.h"

#include <chrono>

#include "proxy/path_rules.h"
#include "proxy/request_identity.h"
#include "proxy/substitution.h"

namespace gnomon::proxy {

FrontAnswer RequestFront::refuse(FrontAnswer answer, Refusal reason) const noexcept {
  stats_.refusals.add(reason);
  return answer;
}

std::optional<FrontAnswer> RequestFront::admit(RequestHead& head, http::ServerStream& client,
                                               TimePoint now, FrontFacts& facts) {
  if (auto answer = apply_path(head)) return answer;
  if (settings_.strip_host_port) head.authority = split_authority(head.authority).host;
  if (!settings_.early_headers.empty()) apply_early_headers(head, client);
  facts.trusted_client_ip =
      add_identity(head, settings_.identity, {client.peer_ip(), state_.port(), client.tls()}, rng_);
  if (!settings_.health_check_path.empty() && head.path == settings_.health_check_path) {
    facts.health_check = true;
    if (state_.draining()) return FrontAnswer{503, "draining\n", {}, 0, "health_check_failed"};
    return FrontAnswer{200, "", {}, 0, "health_check_ok"};
  }
  if (!settings_.websocket && equals_ignore_case(head.upgrade, "websocket")) {
    return refuse({403, "upgrade is not allowed\n", {}, 0, "upgrade_failed"}, Refusal::upgrade);
  }
  return check_rate(client, now, facts);
}

std::optional<FrontAnswer> RequestFront::apply_path(RequestHead& head) {
  PathVerdict verdict = apply_path_rules(settings_.path, head.path);
  switch (verdict.kind) {
    case PathVerdict::Kind::unchanged:
      return std::nullopt;
    case PathVerdict::Kind::changed:
      head.path = head.headers.intern(verdict.path);
      return std::nullopt;
    case PathVerdict::Kind::redirect: {
      // With its authority: a path of two slashes alone would send the client to another host.
      std::string location(head.scheme);
      location.append("://").append(head.authority).append(verdict.path);
      return FrontAnswer{307, "", std::move(location), 0, "path_normalization_failed"};
    }
    case PathVerdict::Kind::refused:
      return refuse({400, verdict.problem, {}, 0, "path_normalization_failed", true},
                    Refusal::path);
  }
  return std::nullopt;
}

void RequestFront::apply_early_headers(RequestHead& head, http::ServerStream& client) {
  StreamFacts facts;
  facts.request = &head;
  facts.version = head.version;
  facts.client = &client.peer();
  facts.tls = client.tls();
  for (const routing::EarlyHeader& early : settings_.early_headers) {
    if (early.op == routing::EarlyHeader::Op::remove) {
      head.headers.remove(early.name);
      continue;
    }
    std::string value;
    if (!render_header_value(value, early.value, facts)) continue;
    if (early.op == routing::EarlyHeader::Op::set) head.headers.remove(early.name);
    head.headers.add(early.name, value);
  }
}

std::optional<FrontAnswer> RequestFront::check_rate(http::ServerStream& client, TimePoint now,
                                                    FrontFacts& facts) {
  TokenBucket* const bucket = state_.request_bucket(settings_, client.connection());
  if (bucket == nullptr) return std::nullopt;
  const bool taken = bucket->take(now);
  if (settings_.request_rate->headers) {
    facts.rate.limit = bucket->settings().max_tokens;
    facts.rate.left = bucket->left(now);
    facts.rate.reset_s = std::chrono::ceil<std::chrono::seconds>(bucket->until_next(now)).count();
  }
  if (taken) return std::nullopt;
  return refuse({429, "local_rate_limited", {}, kFlagRateLimited, "local_rate_limited"},
                Refusal::request_rate);
}

void decorate_answer(Headers& headers, const routing::ListenerSettings& settings,
                     const RateState& rate) {
  using routing::ServerHeader;
  const bool overwrite = settings.server_header == ServerHeader::overwrite;
  if (overwrite) headers.remove(Known::server);
  if (overwrite ||
      (settings.server_header == ServerHeader::append_if_absent && !headers.has(Known::server))) {
    headers.add("server", settings.server_name);
  }
  if (!settings.identity.via.empty()) headers.add("via", settings.identity.via);
  if (rate.limit == 0) return;
  headers.set("x-ratelimit-limit", std::to_string(rate.limit));
  headers.set("x-ratelimit-remaining", std::to_string(rate.left));
  headers.set("x-ratelimit-reset", std::to_string(rate.reset_s));
}

}  // namespace gnomon::proxy
