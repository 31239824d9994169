#include "proxy/admission.h"

#include "proxy/access_record.h"
#include "proxy/cors.h"

namespace gnomon::proxy {
namespace {

constexpr uint32_t kMillion = 1'000'000;

bool drawn(uint32_t per_million, Rng& rng) {
  return per_million > 0 && rng.below(kMillion) < per_million;
}

LocalReply refusal(uint16_t status, std::string_view body, uint32_t flags) {
  LocalReply reply;
  reply.head.status = status;
  reply.body = body;
  reply.flags = flags;
  return reply;
}

bool too_large(const routing::RouteFilters& filters, const RequestHead& head) noexcept {
  const uint64_t most = filters.body_bytes_max.value_or(0);
  return most > 0 && head.content_length > 0 && static_cast<uint64_t>(head.content_length) > most;
}

std::optional<LocalReply> decide(const routing::RouteFilters& filters, const RequestHead& head,
                                 Rng& rng, TimePoint now) {
  if (filters.faults && drawn(filters.faults->abort_per_million, rng)) {
    return refusal(filters.faults->abort_status, "fault filter abort", kFlagFaultInjected);
  }
  if (filters.cors) {
    if (auto preflight = answer_preflight(*filters.cors, head)) {
      return LocalReply{std::move(*preflight), {}, 0};
    }
  }
  if (filters.rate_limit != nullptr && !filters.rate_limit->take(now)) {
    return refusal(429, "local_rate_limited", kFlagRateLimited);
  }
  if (!head.upgrade.empty() && !filters.websocket) return refusal(403, "", 0);
  if (too_large(filters, head)) return refusal(413, "Payload Too Large", 0);
  return std::nullopt;
}

}  // namespace

Admission admit(const routing::RouteFilters& filters, const RequestHead& head, Rng& rng,
                TimePoint now) {
  Admission out;
  if (filters.faults && drawn(filters.faults->delay_per_million, rng)) {
    out.delay = filters.faults->delay;
  }
  if (filters.cors) {
    const std::string_view origin = head.headers.get("origin");
    out.origin_allowed = !origin.empty() && filters.cors->allows(origin);
  }
  out.reply = decide(filters, head, rng, now);
  return out;
}

}  // namespace gnomon::proxy
