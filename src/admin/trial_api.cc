#include "admin/trial_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "admin/openapi.h"
#include "admin/query.h"
#include "trial/report_json.h"

namespace gnomon::admin {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kPrefix = "/api/v1/";
constexpr size_t kListedUsual = 100;
constexpr size_t kListedMax = 1000;
constexpr size_t kCauseBytesMax = 200;
// Of an answer with samples, and of that what is not samples.
constexpr size_t kSampleBytesMax = size_t{8} << 20;
constexpr size_t kFrameBytesMax = size_t{64} << 10;

Answer json(uint16_t status, std::string body) {
  Answer answer;
  answer.status = status;
  answer.content_type = "application/json";
  answer.body = std::move(body);
  return answer;
}

std::string dump(const Json& value) {
  return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string text(std::string_view value) {
  return Json(value).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const unsigned char byte : bytes) fmt::format_to(std::back_inserter(out), "{:02x}", byte);
  return out;
}

std::optional<std::string> unhex(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (; !digits.empty(); digits.remove_prefix(2)) {
    unsigned value = 0;
    const std::string_view two = digits.substr(0, 2);
    if (std::from_chars(two.begin(), two.end(), value, 16).ptr != two.end()) return std::nullopt;
    out.push_back(static_cast<char>(value));
  }
  return out;
}

constexpr char kBetween = 'x';  // is no digit of either kind

// A place as clients hand it back: letters and digits only, and byte by byte, since names need not
// be UTF-8. The next page begins behind it, so what comes or goes in the meantime neither repeats
// nor skips any other sample.
std::string cursor_of(const store::Reader::SamplePlace& place) {
  const verdict::FieldKey& field = place.field;
  return fmt::format("{1}{0}{2}{0}{3}{0}{4}", kBetween, hex(field.endpoint), hex(field.path),
                     hex(field.kind), place.latest ? 1 : 0);
}

std::optional<store::Reader::SamplePlace> place_of(std::string_view cursor) {
  std::array<std::string, 3> names;
  for (std::string& name : names) {
    const size_t end = cursor.find(kBetween);
    std::optional<std::string> read = unhex(cursor.substr(0, end));
    if (end == cursor.npos || !read) return std::nullopt;
    name = *std::move(read);
    cursor.remove_prefix(end + 1);
  }
  if (cursor != "0" && cursor != "1") return std::nullopt;
  return store::Reader::SamplePlace{{names[0], names[1], names[2]}, cursor == "1"};
}

// Nothing when what was given is not a number from 1 to the most.
std::optional<size_t> limit_of(const RequestHead& head) {
  const std::string_view text = query_value(head.path, "limit");
  if (text.empty()) return kListedUsual;
  size_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (limit == 0 || limit > kListedMax) return std::nullopt;
  return limit;
}

// One page, its samples as they were kept, each on a line. Put together by hand: they are JSON, and
// long.
std::string samples_json(const std::string& test, const store::Reader::SamplePage& page) {
  std::string out = fmt::format("{{\n  \"test\": {},\n  \"samples\": [", text(test));
  bool first = true;
  for (const store::SampleRecord& sample : page.samples) {
    if (!Json::accept(sample.body)) continue;
    out += fmt::format(
        "{}\n    {{\"field\": {{\"endpoint\": {}, \"path\": {}, \"kind\": {}}}, \"atUs\": {}, "
        "\"sample\": ",
        first ? "" : ",", text(sample.field.endpoint), text(sample.field.path),
        text(sample.field.kind), sample.at_us);
    out.append(sample.body).push_back('}');
    first = false;
  }
  out += first ? "]" : "\n  ]";
  if (page.last) out += fmt::format(",\n  \"next\": {}", text(cursor_of(*page.last)));
  return out + "\n}\n";
}

// The candidate that is asked about. No candidate has a space in its name, so a + is one.
std::optional<std::string> candidate_of(const RequestHead& head) {
  const auto given = query_parameter(head.path, "candidate");
  if (!given) return std::nullopt;
  std::string text;
  for (const char c : *given) text += c == '+' ? std::string("%2B") : std::string(1, c);
  return percent_decoded(text);
}

Answer bad_limit() {
  return problem(400, fmt::format("limit is a number from 1 to {}", kListedMax));
}

std::string_view title_of(uint16_t status) noexcept { return reason_phrase(status); }

}  // namespace

Answer problem(uint16_t status, std::string_view detail) {
  const Json body{
      {"type", "about:blank"}, {"title", title_of(status)}, {"status", status}, {"detail", detail}};
  Answer answer = json(status, dump(body));
  answer.content_type = "application/problem+json";
  return answer;
}

struct TrialApi::Operation {
  std::string_view name;  // behind the trial's; empty = the trial itself
  Method method;
  Answer (TrialApi::*run)(const Call&);
  bool here_only = false;  // on this machine: it changes something, or shows what clients sent
};

constexpr TrialApi::Operation TrialApi::kOperations[] = {
    {"", Method::get, &TrialApi::summary},
    {"verdict", Method::get, &TrialApi::verdict},
    {"differences", Method::get, &TrialApi::differences},
    {"samples", Method::get, &TrialApi::samples, true},
    {"epochs", Method::post, &TrialApi::begin_epoch, true},
    {"flagger/confirm", Method::post, &TrialApi::flagger_confirm},
    {"flagger/rollout", Method::post, &TrialApi::flagger_rollout},
    {"flagger/rollback", Method::post, &TrialApi::flagger_rollback},
};

Answer TrialApi::answer(const RequestHead& head, std::string_view body) {
  std::string_view path = path_only(head.path).substr(kPrefix.size());
  const Method method = head.method == Method::head ? Method::get : head.method;
  const auto only = [&](Method allowed, auto&& run) {
    if (method == allowed) return run();
    Answer answer = problem(405, "this is not done with that method");
    answer.allow = allowed == Method::get ? "GET, HEAD" : "POST";
    return answer;
  };
  if (path == "openapi.json") {
    return only(Method::get, [] { return json(200, std::string(openapi_document())); });
  }
  if (path == "tests") return only(Method::get, [this] { return list(); });
  if (!path.starts_with("tests/"))
    return problem(404, "no such resource; see /api/v1/openapi.json");
  path.remove_prefix(6);
  const size_t slash = path.find('/');
  const std::string name = percent_decoded(path.substr(0, slash));
  const std::string_view rest =
      slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  const auto* operation = std::ranges::find(kOperations, rest, &Operation::name);
  if (operation == std::end(kOperations)) {
    return problem(404, "no such resource; see /api/v1/openapi.json");
  }
  if (operation->here_only && verdicts_only_) return problem(403, kVerdictsOnly);
  const std::shared_ptr<trial::TrialRun> run = trials_.find(name);
  if (run == nullptr) return problem(404, fmt::format("there is no test {}", name));
  std::optional<std::string> candidate = candidate_of(head);
  if (candidate == "") return problem(400, "candidate is empty; leave it out to ask about any");
  const Call call{head, body, *run, std::move(candidate)};
  return only(operation->method, [&] { return (this->*operation->run)(call); });
}

Answer TrialApi::list() const {
  Json tests = Json::array();
  for (const auto& run : trials_.all()) {
    tests.push_back(Json::parse(trial::summary_json(run->name(), run->view())));
  }
  return json(200, dump({{"tests", std::move(tests)}}));
}

Answer TrialApi::summary(const Call& call) {
  return json(200, trial::summary_json(call.run.name(), call.run.view()));
}

Answer TrialApi::verdict(const Call& call) {
  trial::TrialRun::View view = call.run.view();
  const auto asked = trial::ask_about(call.candidate.value_or(""), view);
  return json(200, trial::verdict_json(call.run.name(), view, asked));
}

Answer TrialApi::differences(const Call& call) {
  const std::optional<size_t> limit = limit_of(call.head);
  if (!limit) return bad_limit();
  return json(200, trial::differences_json(call.run.name(), call.run.view(), *limit));
}

Answer TrialApi::samples(const Call& call) {
  const std::optional<size_t> limit = limit_of(call.head);
  if (!limit) return bad_limit();
  const auto parameter = [&](std::string_view name) {
    return percent_decoded(query_value(call.head.path, name));
  };
  std::optional<verdict::FieldKey> field;
  verdict::FieldKey asked{parameter("endpoint"), parameter("path"), parameter("kind")};
  const bool all = asked.endpoint.empty() && asked.path.empty() && asked.kind.empty();
  if (!all && (asked.endpoint.empty() || asked.path.empty() || asked.kind.empty())) {
    return problem(400, "endpoint, path and kind name a field together");
  }
  if (!all) field = std::move(asked);
  store::Reader::SampleQuery wanted{.field = std::move(field), .most = *limit};
  wanted.bytes = kSampleBytesMax - kFrameBytesMax;
  if (const std::string after = parameter("after"); !after.empty()) {
    wanted.after = place_of(after);
    if (!wanted.after) return problem(400, "after is what an earlier page named as next");
  }
  store::Reader::SamplePage page;
  if (!trials_.store_path().empty()) {
    auto found = store_.samples({call.run.name(), call.run.view().epoch.number}, wanted);
    if (!found)
      return problem(503, fmt::format("the store cannot be read: {}", found.error().text));
    page = std::move(*found);
  }
  return json(200, samples_json(call.run.name(), page));
}

Answer TrialApi::begin_epoch(const Call& call) {
  std::string cause = "asked for";
  if (!call.body.empty()) {
    const Json given = Json::parse(call.body, nullptr, false);
    if (!given.is_object() || (given.contains("cause") && !given["cause"].is_string())) {
      return problem(400, "the body, if there is one, is {\"cause\": \"...\"}");
    }
    if (given.contains("cause")) cause = given["cause"].get<std::string>();
  }
  if (cause.size() > kCauseBytesMax) return problem(400, "the cause is too long");
  call.run.begin_epoch(std::move(cause));
  return json(201, trial::summary_json(call.run.name(), call.run.view()));
}

verdict::Verdict TrialApi::verdict_for(const Call& call) {
  trial::TrialRun::View view = call.run.view();
  trial::ask_about(call.candidate.value_or(""), view);
  return std::move(view.verdict);
}

Answer TrialApi::flagger_confirm(const Call& call) {
  const verdict::Verdict verdict = verdict_for(call);
  if (verdict.ruling == verdict::Ruling::pass) return json(200, dump({{"ruling", "PASS"}}));
  return problem(409, fmt::format("{}: {}", to_string(verdict.ruling), verdict.reason));
}

Answer TrialApi::flagger_rollout(const Call& call) {
  const verdict::Verdict verdict = verdict_for(call);
  if (verdict.ruling == verdict::Ruling::fail) return problem(409, verdict.reason);
  return json(200, dump({{"ruling", to_string(verdict.ruling)}}));
}

Answer TrialApi::flagger_rollback(const Call& call) {
  const verdict::Verdict verdict = verdict_for(call);
  if (verdict.ruling != verdict::Ruling::fail) {
    return problem(409, fmt::format("{}: nothing to roll back", to_string(verdict.ruling)));
  }
  return json(200, dump({{"ruling", "FAIL"}, {"reason", verdict.reason}}));
}

}  // namespace gnomon::admin
