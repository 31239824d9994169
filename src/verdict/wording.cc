#include "verdict/wording.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace gnomon::verdict {
namespace {

constexpr size_t kFieldsNamed = 3;
constexpr size_t kEndpointsNamed = 3;

std::string_view measure(Check check) noexcept {
  const bool first = check == Check::first_byte_tail || check == Check::first_byte_median;
  return first ? "time to the first byte" : "total time";
}

std::string_view subject(Check check) noexcept {
  switch (check) {
    case Check::errors:
      return "errors";
    case Check::mismatch:
      return "answers";
    case Check::first_byte_tail:
      return "slowest times to the first byte";
    case Check::total_tail:
      return "slowest total times";
    case Check::first_byte_median:
      return "usual time to the first byte";
    case Check::total_median:
      return "usual total time";
  }
  return "";
}

std::string_view other_side(const Settings& settings) noexcept {
  return settings.control ? "control" : "live service";
}

std::string of_field(const Field& field, uint64_t n) {
  const Discordance& count = field.count;
  std::string text = fmt::format("{} differs for the candidate alone in {} of {} comparisons",
                                 name_of(field.key), grouped(count.candidate), grouped(n));
  if (count.control > 0)
    text += fmt::format(", for the control alone in {}", grouped(count.control));
  return text;
}

// The fields that are proven, or else the strongest one; empty when no field stands out.
std::string of_fields(const Verdict& verdict, uint64_t n) {
  std::string text;
  size_t proven = 0;
  for (const FieldEvidence& each : verdict.fields) {
    if (!each.proven || ++proven > kFieldsNamed) continue;
    text += (text.empty() ? "" : "; ") + of_field(each.field, n);
  }
  if (proven > kFieldsNamed) text += fmt::format("; and {} fields more", proven - kFieldsNamed);
  if (proven > 0 || verdict.fields.empty()) return text;
  const FieldEvidence& strongest = verdict.fields.front();
  return strongest.log_e > 2 ? of_field(strongest.field, n) : "";
}

// Nothing where there is one endpoint only, or none stands out.
std::string of_endpoints(const Verdict& verdict) {
  std::string text;
  size_t named = 0;
  for (const EndpointEvidence& each : verdict.endpoints) {
    if (each.failed_alone == 0 || ++named > kEndpointsNamed) break;
    text += fmt::format("{}{} ({} of {})", named == 1 ? ", most often at " : ", ", each.name,
                        grouped(each.failed_alone), grouped(each.count.sampled));
  }
  return verdict.endpoints.size() < 2 ? "" : text;
}

std::string of_mismatch(const CheckEvidence& check, const Verdict& verdict,
                        const Settings& settings) {
  const Discordance& lost = check.pairs.lost;
  const std::string n = grouped(check.pairs.n);
  if (!settings.control) {
    std::string text =
        fmt::format("{} of {} answers differ from the live ones, where {} is tolerated",
                    grouped(lost.candidate), n, percent(settings.tolerated_mismatch_rate()));
    const auto most = std::ranges::find_if(verdict.fields, [](const FieldEvidence& each) {
      return each.field.key.path != kFailedPath;
    });
    if (most != verdict.fields.end()) {
      text += fmt::format(", most often by {}", name_of(most->field.key));
    }
    return text;
  }
  if (std::string fields = of_fields(verdict, check.pairs.n); !fields.empty()) return fields;
  return fmt::format(
      "answers differ for the candidate alone in {} of {} comparisons, for the control alone in {}",
      grouped(lost.candidate), n, grouped(lost.control));
}

std::string of_tail(const CheckEvidence& check, const Verdict& verdict, const Settings& settings) {
  const TimeEvidence& times =
      check.check == Check::first_byte_tail ? verdict.first_byte : verdict.total;
  const Discordance& lost = check.pairs.lost;
  const std::string limit =
      times.threshold_us == 0 ? "" : fmt::format(" ({})", in_ms(times.threshold_us));
  const std::string tolerance =
      settings.latency_tolerance == 0
          ? ""
          : fmt::format(" by more than {}", percent(settings.latency_tolerance));
  return fmt::format(
      "the candidate's {} exceeds the control's p99{}{} where the control stays within it in {} of "
      "{} "
      "requests, the other way round in {}",
      measure(check.check), limit, tolerance, grouped(lost.candidate), grouped(check.pairs.n),
      grouped(lost.control));
}

std::string of_unread(const Verdict& verdict) {
  return fmt::format(
      "in {} requests memory was short, and the candidate's bodies differ by their digests",
      grouped(verdict.coverage.unread));
}

std::string of_unattributed(const Verdict& verdict) {
  return fmt::format(
      "in {} requests the candidate said no version while a former one still answered",
      grouped(verdict.coverage.unattributed));
}

bool too_much_excluded(const Verdict& verdict, const Settings& settings) noexcept {
  return verdict.coverage.exclusion.share() > settings.max_excluded_share;
}

// What makes an exclusion rarer.
std::string_view remedy_for(std::string_view reason) noexcept {
  if (reason == "budget_bytes" || reason == kUnread) {
    return "a larger limits.bufferBytes or a smaller percentage";
  }
  if (reason == "queue_full") return "more --compare-threads or a smaller percentage";
  if (reason == "budget_inflight") {
    return "a larger limits.inFlight, a faster candidate or a smaller percentage";
  }
  if (reason == "breaker_open") return "a candidate that does not fail again and again";
  if (reason == "no_host" || reason == "no_upstream") return "a candidate that has an endpoint";
  if (reason == kBlind) return "answers of the control that are like the live ones";
  if (reason == "former_version" || reason == kUnattributed) {
    return "that the former version is gone";
  }
  return "less of that";
}

// In brackets, how much of an endpoint was excluded; nothing where none was.
std::string excluded_at(std::string_view endpoint, const Verdict& verdict) {
  for (const EndpointEvidence& each : verdict.endpoints) {
    if (each.name != endpoint || each.count.excluded == 0) continue;
    return fmt::format(" ({} of its {} requests were excluded)", grouped(each.count.excluded),
                       grouped(each.count.sampled));
  }
  return "";
}

bool enough_data(const Verdict& verdict, const Settings& settings) noexcept {
  return verdict.coverage.compared >= settings.min_requests;
}

// The enabled check that is furthest from what PASS needs.
const CheckEvidence* weakest_check(const Verdict& verdict) noexcept {
  const CheckEvidence* weakest = nullptr;
  for (const CheckEvidence& each : verdict.checks) {
    if (!each.enabled || each.log_e_pass >= verdict.needed_pass) continue;
    if (weakest == nullptr || each.log_e_pass < weakest->log_e_pass) weakest = &each;
  }
  return weakest;
}

}  // namespace

std::string grouped(uint64_t n) {
  std::string digits = std::to_string(n);
  for (size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string in_words(Duration d) {
  const double seconds = to_seconds(d);
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

std::string in_ms(uint64_t us) { return fmt::format("{:.3g} ms", static_cast<double>(us) / 1000); }

std::string percent(double share) { return fmt::format("{:.3g} %", share * 100); }

std::string name_of(const FieldKey& field) {
  return fmt::format("{} ({}) at {}", field.path, field.kind, field.endpoint);
}

std::string cause(const CheckEvidence& check, const Verdict& verdict, const Settings& settings) {
  const Discordance& lost = check.pairs.lost;
  switch (check.check) {
    case Check::errors:
      return fmt::format(
          "the candidate fails where the {} does not in {} of {} requests, the other way round in "
          "{}{}",
          other_side(settings), grouped(lost.candidate), grouped(check.pairs.n),
          grouped(lost.control), of_endpoints(verdict));
    case Check::mismatch:
      return of_mismatch(check, verdict, settings);
    case Check::first_byte_tail:
    case Check::total_tail:
      return of_tail(check, verdict, settings);
    case Check::first_byte_median:
    case Check::total_median:
      return fmt::format(
          "the candidate's {} is more than {} longer than the control's in {} of {} "
          "requests",
          measure(check.check), percent(settings.latency_tolerance), grouped(lost.candidate),
          grouped(check.pairs.n));
  }
  return "";
}

std::string fail_reason(const Verdict& verdict, const Settings& settings) {
  std::string text;
  const CheckEvidence* strongest = nullptr;
  for (const CheckEvidence& each : verdict.checks) {
    if (!each.enabled) continue;
    const double term = each.log_e_fail + std::log(each.weight);
    if (strongest == nullptr || term > strongest->log_e_fail + std::log(strongest->weight)) {
      strongest = &each;
    }
    if (each.proven) text += (text.empty() ? "" : "; ") + cause(each, verdict, settings);
  }
  if (text.empty() && strongest != nullptr) text = cause(*strongest, verdict, settings);
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] -= 'a' - 'A';
  return text + ".";
}

std::string pass_reason(const Verdict& verdict, const Settings& settings) {
  return fmt::format(
      "In {} comparisons over {}, {} are no worse than the {} by the margins that are set, each "
      "with "
      "at most {} chance of error.",
      grouped(verdict.coverage.compared), in_words(verdict.elapsed),
      settings.control && settings.latency ? "errors, answers and times" : "errors and answers",
      settings.control ? "control's" : "live service's", percent(settings.beta));
}

std::string nodata_reason(const Verdict& verdict, const Settings& settings) {
  return fmt::format("Only {} of the {} comparisons that are needed were made by the deadline.",
                     grouped(verdict.coverage.compared), grouped(settings.min_requests));
}

std::string undecided_reason(const Verdict& verdict, const Settings& settings) {
  const bool late = settings.deadline.has_value() && verdict.elapsed >= *settings.deadline;
  const std::string start = late ? "At its deadline, n" : "N";
  const uint64_t n = verdict.coverage.compared;
  if (n == 0 && verdict.coverage.blind > 0) {
    return start + fmt::format(
                       "othing could be compared: in {} requests candidate and control both "
                       "answered with another status than the live service, or with another body "
                       "that cannot be looked into.",
                       grouped(verdict.coverage.blind));
  }
  if (n == 0 && verdict.coverage.unread > 0) {
    return start + fmt::format("othing could be compared: {}.", of_unread(verdict));
  }
  if (n == 0 && verdict.coverage.unattributed > 0) {
    return start + fmt::format("othing could be compared: {}.", of_unattributed(verdict));
  }
  if (n == 0) return start + "othing has been compared.";
  const std::string fine =
      start +
      fmt::format("othing speaks against the candidate enough in {} comparisons, but ", grouped(n));
  if (!enough_data(verdict, settings)) {
    return fine + fmt::format("{} are needed.", grouped(settings.min_requests));
  }
  if (verdict.elapsed < settings.min_duration) {
    return fine + fmt::format("it runs for {} only, of at least {}.", in_words(verdict.elapsed),
                              in_words(settings.min_duration));
  }
  if (too_much_excluded(verdict, settings)) {
    const Exclusion& exclusion = verdict.coverage.exclusion;
    return fine + fmt::format(
                      "{} of the {} requests that were chosen are excluded, where {} may "
                      "be, most of them as {}.",
                      percent(exclusion.share()), grouped(exclusion.chosen),
                      percent(settings.max_excluded_share), exclusion.reason);
  }
  if (!verdict.coverage.missing_endpoints.empty()) {
    const auto& missing = verdict.coverage.missing_endpoints;
    const std::string more =
        missing.size() == 1 ? "" : fmt::format(" and {} more endpoints", missing.size() - 1);
    return fine + fmt::format("{}{} has not been compared {} times{}.", missing.front(), more,
                              grouped(settings.min_per_endpoint),
                              excluded_at(missing.front(), verdict));
  }
  const CheckEvidence* const weakest = weakest_check(verdict);
  if (weakest == nullptr) return fine + "the evidence is not complete.";
  const bool answers = weakest->check == Check::mismatch;
  std::string because;
  if (answers && verdict.coverage.unread > 0) because += ": " + of_unread(verdict);
  if ((answers || weakest->check == Check::errors) && verdict.coverage.unattributed > 0) {
    because += (because.empty() ? ": " : "; ") + of_unattributed(verdict);
  }
  return fine + fmt::format("its {} are not yet proven to be no worse{}.", subject(weakest->check),
                            because);
}

std::string what_would_change(const Verdict& verdict, const Settings& settings, uint64_t clean) {
  if (verdict.ruling == Ruling::fail) {
    return "A new candidate or a changed rule begins a new epoch; this one stays FAIL.";
  }
  if (verdict.ruling == Ruling::pass) {
    return "Evidence against the candidate that adds up still turns it to FAIL.";
  }
  std::string text;
  if (clean >= kNever) {
    text =
        "No number of clean comparisons in sight makes it PASS: the candidate is worse, or the "
        "noise "
        "too large for the margins";
  } else if (clean > 0) {
    text = fmt::format("{} more clean comparisons make it PASS", grouped(clean));
  } else {
    text = "Nothing but clean traffic is missing for PASS";
  }
  if (verdict.elapsed < settings.min_duration) {
    text +=
        fmt::format(", not before {} from now", in_words(settings.min_duration - verdict.elapsed));
  }
  if (verdict.coverage.unread > 0) {
    text += "; with a larger limits.bufferBytes its bodies can be looked into";
  }
  if (!enough_data(verdict, settings) && verdict.coverage.capped > verdict.coverage.compared) {
    text += fmt::format("; limits.clientShare left out {} requests, which takes more clients",
                        grouped(verdict.coverage.capped));
  }
  if (too_much_excluded(verdict, settings)) {
    text += fmt::format("; no more than {} may be excluded, so it takes {}",
                        percent(settings.max_excluded_share),
                        remedy_for(verdict.coverage.exclusion.reason));
  }
  if (!verdict.coverage.missing_endpoints.empty()) {
    text += fmt::format(", once {} is compared", verdict.coverage.missing_endpoints.front());
  }
  return text + ".";
}

}  // namespace gnomon::verdict
