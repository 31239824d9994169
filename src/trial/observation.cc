#include "trial/observation.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "compare/hash.h"
#include "compare/utf8.h"

namespace gnomon::trial {
namespace {

// Of a path or the name of a header in a field's name: a thousand of them are held and kept.
constexpr size_t kPathBytesMax = 500;

std::string bounded(std::string_view path) {
  if (path.size() <= kPathBytesMax) return std::string(path);
  return std::string(path.substr(0, compare::utf8_cut(path, kPathBytesMax))).append("\xE2\x80\xA6");
}

bool is_grpc(const compare::Answer& answer) noexcept {
  return answer.content_type().starts_with("application/grpc");
}

bool is_grpc_failure(int64_t status) noexcept {
  static constexpr std::array<int64_t, 5> kFailures = {2, 4, 13, 14, 15};
  return std::ranges::find(kFailures, status) != kFailures.end();
}

// -1: none that can be read.
int64_t grpc_status(const compare::Answer& answer) noexcept {
  std::string_view text = answer.trailers.get("grpc-status");
  if (text.empty()) text = answer.headers.get("grpc-status");
  int64_t status = -1;
  std::from_chars(text.data(), text.data() + text.size(), status);
  return status;
}

// A whole message of gRPC and nothing behind it, or none at all: a call that is no stream.
bool is_unary(const compare::CapturedBody& body) noexcept {
  constexpr size_t kPrefix = 5;
  if (body.length == 0) return true;
  std::array<unsigned char, kPrefix> prefix{};
  size_t filled = 0;
  for (const Chunk& chunk : body.chunks) {
    for (const char byte : chunk.view().substr(0, kPrefix - filled)) {
      prefix[filled++] = static_cast<unsigned char>(byte);
    }
  }
  uint64_t size = 0;
  for (size_t i = 1; i < kPrefix; ++i) size = size << 8U | prefix[i];
  return filled == kPrefix && body.length == kPrefix + size;
}

verdict::LegResult result_of(compare::Outcome outcome, Errc error, uint16_t status,
                             bool call_failed) noexcept {
  switch (outcome) {
    case compare::Outcome::answered:
      if (status >= 500) return {"5xx", false};
      return call_failed ? verdict::LegResult{"grpc_failure", false}
                         : verdict::LegResult{"answered", true};
    case compare::Outcome::error:
      return {to_string(error), false};
    case compare::Outcome::timed_out:
      return {"timeout", false};
    case compare::Outcome::cut:
      break;
  }
  return {"cut", false};
}

uint64_t to_us(std::chrono::nanoseconds time) noexcept {
  return static_cast<uint64_t>(std::max<int64_t>(0, time.count() / 1000));
}

}  // namespace

verdict::LegResult leg_result(const compare::Answer& answer) {
  const bool call_failed = is_grpc(answer) && is_grpc_failure(grpc_status(answer));
  verdict::LegResult result = result_of(answer.outcome, answer.error, answer.status, call_failed);
  result.first_byte_us = to_us(answer.first_byte);
  result.total_us = to_us(answer.total);
  return result;
}

verdict::LegResult leg_result(const shadow::FirstAttempt& attempt) {
  const bool call_failed = attempt.grpc_status && is_grpc_failure(*attempt.grpc_status);
  return result_of(attempt.outcome, attempt.error, attempt.status, call_failed);
}

uint64_t request_hash(const RequestHead& request) noexcept {
  uint64_t hash = 0;
  for (const std::string_view part : {request.method_name, request.authority, request.path}) {
    hash = compare::hash_text(part, hash);
  }
  return hash;
}

verdict::AnswerClass answer_class(const RequestHead& request, const compare::Answer& answer) {
  if (request.method == Method::head || answer.status == 204 || answer.status == 304) {
    return verdict::AnswerClass::bare;
  }
  const bool streams = answer.content_type().starts_with("text/event-stream") ||
                       (is_grpc(answer) && !is_unary(answer.body));
  return streams ? verdict::AnswerClass::stream : verdict::AnswerClass::full;
}

bool comparable(const shadow::Trio& trio) noexcept {
  const auto answered = [&](shadow::Leg leg) {
    return trio.of(leg).outcome == compare::Outcome::answered;
  };
  return answered(shadow::Leg::live) && answered(shadow::Leg::candidate) &&
         (!trio.has_control || answered(shadow::Leg::control));
}

bool answers_as_first_attempt(const shadow::Trio& trio) {
  if (!trio.first_attempt || trio.first_attempt->outcome != compare::Outcome::answered) {
    return false;
  }
  const shadow::FirstAttempt& first = *trio.first_attempt;
  const compare::Answer& live = trio.of(shadow::Leg::live);
  const compare::Answer& candidate = trio.of(shadow::Leg::candidate);
  if (!first.grpc_status) {
    return candidate.status == first.status && live.status != first.status;
  }
  const int64_t status = *first.grpc_status;
  return grpc_status(candidate) == status && grpc_status(live) != status;
}

bool is_cut_short(const compare::Result& result) noexcept {
  const auto hides_the_rest = [&](const compare::Difference& difference) {
    if (difference.kind == compare::Kind::status) {
      return result.settled == compare::Settled::nothing;
    }
    if (difference.path == "body") {
      return result.settled != compare::Settled::text || difference.kind == compare::Kind::type;
    }
    return difference.path == "$" && difference.kind == compare::Kind::type;
  };
  return result.left_out > 0 || std::ranges::any_of(result.differences, hides_the_rest);
}

void name_as_failure(verdict::Observation& observation) {
  std::vector<verdict::Sighting>& found = observation.differences;
  if (found.empty()) return;
  found.erase(found.begin() + 1, found.end());
  found.front().key.path = verdict::kFailedPath;
  found.front().key.kind = to_string(compare::Kind::error);
  found.front().unread = false;
}

void add_sightings(std::string_view endpoint, const compare::Result& result, shadow::Leg leg,
                   const compare::Redactor& redactor, std::vector<verdict::Sighting>& out) {
  const bool plain = redactor.policy().expressions().empty();
  const bool unread = result.limits.has(compare::Limit::memory);
  const auto add = [&](std::string path, std::string_view kind) -> verdict::Sighting& {
    verdict::Sighting sighting;
    sighting.key = {std::string(endpoint), std::move(path), std::string(kind)};
    sighting.candidate = leg == shadow::Leg::candidate;
    sighting.control = leg == shadow::Leg::control;
    return out.emplace_back(std::move(sighting));
  };
  for (const compare::Difference& difference : result.differences) {
    const std::string_view path = difference.path;
    std::string name = plain ? bounded(path) : bounded(redactor.label(path));
    add(std::move(name), to_string(difference.kind)).unread = unread && path == "body";
  }
  if (result.left_out > 0) add(std::string(kUnlisted), to_string(compare::Kind::value));
}

}  // namespace gnomon::trial
