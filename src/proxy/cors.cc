#include "proxy/cors.h"

namespace gnomon::proxy {
namespace {

void set_unless_empty(Headers& headers, std::string_view name, std::string_view value) {
  if (!value.empty()) headers.set(name, value);
}

void set_origin(const routing::CorsPolicy& policy, std::string_view origin, Headers& headers) {
  headers.set("access-control-allow-origin", origin);
  if (policy.allow_credentials) headers.set("access-control-allow-credentials", "true");
}

}  // namespace

std::optional<ResponseHead> answer_preflight(const routing::CorsPolicy& policy,
                                             const RequestHead& request) {
  if (request.method != Method::options) return std::nullopt;
  const std::string_view origin = request.headers.get("origin");
  if (origin.empty() || request.headers.get("access-control-request-method").empty()) {
    return std::nullopt;
  }
  if (!policy.allows(origin)) return std::nullopt;
  ResponseHead answer;
  answer.status = 200;
  set_origin(policy, origin, answer.headers);
  set_unless_empty(answer.headers, "access-control-allow-methods", policy.allow_methods);
  set_unless_empty(answer.headers, "access-control-allow-headers", policy.allow_headers);
  set_unless_empty(answer.headers, "access-control-max-age", policy.max_age);
  return answer;
}

void mark_allowed(const routing::CorsPolicy& policy, std::string_view origin, Headers& response) {
  set_origin(policy, origin, response);
  set_unless_empty(response, "access-control-expose-headers", policy.expose_headers);
}

}  // namespace gnomon::proxy
