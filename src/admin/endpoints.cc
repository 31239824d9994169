#include "admin/endpoints.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "admin/access_rules.h"
#include "admin/exposition.h"
#include "admin/metrics.h"
#include "admin/process_stats.h"
#include "admin/query.h"
#include "base/log.h"

namespace gnomon::admin {
namespace {

constexpr std::string_view kJson = "application/json";

Answer text_answer(uint16_t status, std::string text) {
  Answer answer;
  answer.status = status;
  answer.body = std::move(text);
  return answer;
}

Answer json_answer(uint16_t status, std::string json) {
  Answer answer = text_answer(status, std::move(json));
  answer.content_type = kJson;
  return answer;
}

// What reads the API reads problems, people read sentences.
Answer refusal(std::string_view path, uint16_t status, std::string_view why) {
  if (TrialApi::serves(path)) return problem(status, why);
  return text_answer(status, fmt::format("{}\n", why));
}

}  // namespace

struct Endpoints::Endpoint {
  std::string_view path;
  std::string_view help;
  Answer (Endpoints::*get)(const RequestHead&) const;  // null: POST, and it is /reload
};

constexpr Endpoints::Endpoint Endpoints::kEndpoints[] = {
    {"/", "this list", &Endpoints::help},
    {"/help", "this list", &Endpoints::help},
    {"/metrics", "metrics as Prometheus reads them", &Endpoints::metrics},
    {"/ready", "200 LIVE while requests are welcome, else 503", &Endpoints::ready},
    {"/healthz", "200 while the process lives", &Endpoints::healthz},
    {"/config_dump", "the configuration being served, as JSON", &Endpoints::config_dump},
    {"/clusters", "upstreams and their endpoints; ?format=json", &Endpoints::clusters},
    {"/reload", "POST: read the configuration again", nullptr},
};

Decision Endpoints::decide(const RequestHead& head, std::string_view body) {
  using Kind = Decision::Kind;
  const std::string_view path = path_only(head.path);
  const bool unnamed = head.authority.empty() && head.version == Version::http10;
  if (!unnamed && !host_allowed(head.authority, bound_, access_)) {
    return {Kind::answer, refusal(path, 403, host_wanted())};
  }
  if (TrialApi::serves(path)) {
    const bool changes = head.method != Method::get && head.method != Method::head;
    if (changes && !origin_allowed(head.headers, head.authority)) {
      return {Kind::answer, problem(403, "refused: sent by a page of another site")};
    }
    return {Kind::answer, trials_.answer(head, body)};
  }
  if (access_.verdicts_only) return {Kind::answer, refusal(path, 403, kVerdictsOnly)};
  const auto* endpoint = std::ranges::find(kEndpoints, path, &Endpoint::path);
  if (endpoint == std::end(kEndpoints)) {
    return {Kind::answer, text_answer(404, "no such endpoint; GET /help lists them\n")};
  }
  if (endpoint->get != nullptr) {
    if (head.method == Method::get || head.method == Method::head) {
      return {Kind::answer, (this->*endpoint->get)(head)};
    }
    Answer answer = text_answer(405, "this endpoint is read with GET\n");
    answer.allow = "GET, HEAD";
    return {Kind::answer, std::move(answer)};
  }
  if (head.method != Method::post) {
    Answer answer = text_answer(405, "what changes something is asked for with POST\n");
    answer.allow = "POST";
    return {Kind::answer, std::move(answer)};
  }
  if (!origin_allowed(head.headers, head.authority)) {
    return {Kind::answer, text_answer(403, "refused: sent by a page of another site\n")};
  }
  return {Kind::reload, {}};
}

std::string_view Endpoints::host_wanted() const {
  return access_.verdicts_only
             ? "the Host is not a name of this address; use an IP, or name it by --api-host"
             : "the Host is not a name of this machine; use localhost or an IP";
}

Answer Endpoints::body_refused(const RequestHead& head) {
  return refusal(path_only(head.path), 413, "the admin API takes no such body");
}

Answer Endpoints::reload_answer(bool successful, std::string_view problems) const {
  std::string body = fmt::format(R"({{"successful":{},"generation":{},"problems":")", successful,
                                 source_.last_reload().generation);
  append_json_escaped(body, problems);
  body += "\"}\n";
  return json_answer(successful ? 200 : 422, std::move(body));
}

Answer Endpoints::help(const RequestHead& /*head*/) const {
  std::string text = fmt::format("gnomon {}\n\n", source_.version());
  for (const Endpoint& endpoint : kEndpoints) {
    if (endpoint.path == "/") continue;
    fmt::format_to(std::back_inserter(text), "{:<21} {}\n", endpoint.path, endpoint.help);
  }
  text += "/api/v1/openapi.json  the API for trials, described for machines\n";
  return text_answer(200, std::move(text));
}

Answer Endpoints::metrics(const RequestHead& head) const {
  const ExpositionFormat format = negotiate_format(head.headers.get("accept"));
  Answer answer;
  answer.content_type = content_type(format);
  answer.body = render_metrics(collect_metrics(source_, read_process_stats()), format);
  return answer;
}

Answer Endpoints::ready(const RequestHead& /*head*/) const {
  switch (source_.readiness()) {
    case Readiness::live:
      return text_answer(200, "LIVE\n");
    case Readiness::draining:
      return text_answer(503, "DRAINING\n");
    case Readiness::initializing:
      break;
  }
  return text_answer(503, "INITIALIZING\n");
}

Answer Endpoints::healthz(const RequestHead& /*head*/) const { return text_answer(200, "OK\n"); }

Answer Endpoints::config_dump(const RequestHead& /*head*/) const {
  return json_answer(200, source_.config_dump_json());
}

Answer Endpoints::clusters(const RequestHead& head) const {
  if (query_value(head.path, "format") == "json") return json_answer(200, source_.clusters_json());
  return text_answer(200, source_.clusters_text());
}

}  // namespace gnomon::admin
