#include "trial/sample.h"

#include <nlohmann/json.hpp>

#include "compare/comparer.h"
#include "compare/redacted_body.h"

namespace gnomon::trial {
namespace {

using Json = nlohmann::ordered_json;

// Of a body that is shown.
constexpr size_t kShownBytes = size_t{16} << 10;

// Text from the wire may hold anything.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

class Describer {
 public:
  Describer(const compare::Redactor& redactor, std::string_view endpoint,
            const compare::RequestFacts& request)
      : redactor_(redactor), endpoint_(endpoint), request_(request) {}

  Json request(const RequestHead& head) const {
    return {{"method", head.method_name},
            {"authority", redactor_.header("host", head.authority)},
            {"path", redactor_.target(head.path, endpoint_)},
            {"headers", fields(head.headers)},
            {"bodyLength", body_length(head)}};
  }

  Json answer(const compare::Answer& from) {
    Json out;
    if (from.outcome != compare::Outcome::answered) {
      out["outcome"] = from.outcome == compare::Outcome::timed_out
                           ? "timeout"
                           : std::string(to_string(from.error));
      return out;
    }
    out["status"] = from.status;
    out["firstByteMs"] = millis(from.first_byte);
    out["totalMs"] = millis(from.total);
    out["headers"] = fields(from.headers);
    out["body"] = body(from);
    if (!from.trailers.empty()) out["trailers"] = fields(from.trailers);
    return out;
  }

  Json differences(const compare::Result& result, const compare::Answer& live) const {
    const compare::ContentKind kind = compare::content_type_of(live.content_type(), " ").kind;
    Json list = Json::array();
    for (const compare::Difference& found : result.differences) {
      const compare::Difference difference = redactor_.difference(found, result.settled, kind);
      list.push_back({{"path", difference.path},
                      {"kind", to_string(difference.kind)},
                      {"risk", to_string(difference.risk)},
                      {"live", difference.left},
                      {"other", difference.right}});
    }
    Json out{{"list", std::move(list)}, {"comparedBy", to_string(result.settled)}};
    if (result.left_out > 0) out["leftOut"] = result.left_out;
    if (!result.limits.empty()) out["limits"] = result.limits.names();
    return out;
  }

 private:
  // What is kept of a request's body; null where its head does not tell.
  static Json body_length(const RequestHead& head) {
    if (head.body == BodyKind::none) return 0;
    return head.content_length < 0 ? Json(nullptr) : Json(head.content_length);
  }

  static double millis(std::chrono::nanoseconds time) {
    const int64_t whole_us = time.count() / 1000;
    return static_cast<double>(whole_us) / 1000;
  }

  Json fields(const Headers& from) const {
    Json list = Json::array();
    for (const Field& field : redactor_.headers(from)) list.push_back({field.name, field.value});
    return list;
  }

  Json body(const compare::Answer& from) {
    compare::GrpcContext grpc;
    grpc.encoding = from.headers.get("grpc-encoding");
    grpc.path = request_.path;
    grpc.schema = request_.schema;
    const compare::RedactedBody kept = compare::redacted_body(
        redactor_,
        {from.body, from.content_type(), from.headers.get("content-encoding"), grpc, {}, {}},
        reader_, scratch_);
    Json out{{"kind", to_string(kept.kind)}, {"length", kept.length}, {"digest", kept.digest}};
    if (!kept.readable) return out;
    out["text"] = kept.text.substr(0, kShownBytes);
    if (kept.text.size() > kShownBytes) out["cut"] = true;
    return out;
  }

  const compare::Redactor& redactor_;
  const std::string_view endpoint_;
  const compare::RequestFacts request_;
  compare::TreeReader reader_;
  compare::Document scratch_;
};

}  // namespace

std::string describe(const compare::Redactor& redactor, const shadow::Trio& trio,
                     const std::string& endpoint, const compare::ProtoSchema* schema,
                     const compare::Result& candidate, const compare::Result* control) {
  using shadow::Leg;
  Describer describer(redactor, endpoint, {trio.request.path, schema});
  Json out;
  out["endpoint"] = endpoint;
  out["request"] = describer.request(trio.request);
  out["live"] = describer.answer(trio.of(Leg::live));
  out["candidate"] = describer.answer(trio.of(Leg::candidate));
  out["differences"] = describer.differences(candidate, trio.of(Leg::live));
  if (control != nullptr) {
    out["control"] = describer.answer(trio.of(Leg::control));
    out["noise"] = describer.differences(*control, trio.of(Leg::live));
  }
  return dump(out);
}

}  // namespace gnomon::trial
