#include "verdict/judge.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "verdict/combine.h"
#include "verdict/exclusion.h"
#include "verdict/wording.h"

namespace gnomon::verdict {
namespace {

constexpr double kEndpointShare = 0.01;  // of the requests, to have to be compared

// A name without a method means every method.
bool is_meant(std::string_view required, std::string_view endpoint) noexcept {
  if (required == endpoint) return true;
  return required.starts_with('/') && endpoint.ends_with(required) &&
         endpoint[endpoint.size() - required.size() - 1] == ' ';
}

std::vector<std::string> missing_endpoints(const Counters& counters, const Settings& settings) {
  std::vector<std::string> missing;
  const auto& seen = counters.endpoints.counts();
  for (const std::string& required : settings.required_endpoints) {
    uint64_t compared = 0;
    for (const auto& [name, count] : seen) {
      if (is_meant(required, name)) compared += count.compared;
    }
    if (compared < settings.min_per_endpoint) missing.push_back(required);
  }
  uint64_t all = 0;
  for (const auto& [name, count] : seen) all += count.sampled;
  for (const auto& [name, count] : seen) {
    const double share = static_cast<double>(count.sampled) / static_cast<double>(all);
    if (share >= kEndpointShare && count.compared < settings.min_per_endpoint &&
        std::none_of(
            missing.begin(), missing.end(),
            [&](const std::string& known) { return is_meant(known, name); })) {
      missing.push_back(name);
    }
  }
  return missing;
}

std::vector<EndpointEvidence> endpoints_of(const Counters& counters, const Settings& settings) {
  std::vector<EndpointEvidence> found;
  for (const auto& [name, count] : counters.endpoints.counts()) {
    found.push_back({name, count, settings.control ? count.failed_to_control : count.failed});
  }
  std::ranges::sort(found, [](const EndpointEvidence& x, const EndpointEvidence& y) {
    if (x.failed_alone != y.failed_alone) return x.failed_alone > y.failed_alone;
    if (x.count.differed != y.count.differed) return x.count.differed > y.count.differed;
    if (x.count.sampled != y.count.sampled) return x.count.sampled > y.count.sampled;
    return x.name < y.name;
  });
  return found;
}

Quantiles quantiles(const Histogram& times, double p, double alpha) {
  Quantiles found{.p = p, .within_us = {0, std::numeric_limits<double>::infinity()}};
  const uint64_t n = times.count();
  if (n == 0) return found;
  const auto rank = static_cast<uint64_t>(std::ceil(p * static_cast<double>(n)));
  found.value_us = times.high_at(std::max<uint64_t>(rank, 1));
  const Ranks ranks = quantile_ranks(p, n, alpha);
  // Buckets have a width: rounded outwards.
  if (ranks.low > 0) found.within_us.low = static_cast<double>(times.low_at(ranks.low));
  if (ranks.high) found.within_us.high = static_cast<double>(times.high_at(*ranks.high));
  return found;
}

TimeEvidence times_of(const Latency& latency, double alpha) {
  const auto arm = [alpha](const Histogram& times) {
    return ArmTimes{quantiles(times, 0.5, alpha), quantiles(times, 0.99, alpha)};
  };
  const Latency::Arms& arms = latency.arms(AnswerClass::full);
  return {arm(arms.candidate), arm(arms.control), arms.threshold_us};
}

}  // namespace

std::string_view to_string(Ruling ruling) noexcept {
  switch (ruling) {
    case Ruling::pass:
      return "PASS";
    case Ruling::fail:
      return "FAIL";
    case Ruling::undecided:
      return "UNDECIDED";
    case Ruling::nodata:
      return "NODATA";
  }
  return "";
}

Counters counters_for(const Settings& settings) {
  Counters counters;
  counters.latency_tolerance_permille =
      static_cast<uint32_t>(std::lround(settings.latency_tolerance * 1000));
  return counters;
}

Judge::Judge(Settings settings, std::optional<std::string> failed)
    : settings_(std::move(settings)),
      failed_(failed.has_value()),
      failed_reason_(std::move(failed).value_or("")) {
  for (const Check check : kChecks) {
    weights_[static_cast<size_t>(check)] = weight(check, settings_);
  }
}

void Judge::wait_for(const Settings& settings) {
  settings_.min_requests = settings.min_requests;
  settings_.min_duration = settings.min_duration;
  settings_.deadline = settings.deadline;
  settings_.required_endpoints = settings.required_endpoints;
  settings_.min_per_endpoint = settings.min_per_endpoint;
  settings_.max_excluded_share = settings.max_excluded_share;
}

double Judge::together(LogE log_e, const Counters& counters) const noexcept {
  double sum = 0;
  for (const Check check : kChecks) {
    const double its_weight = weights_[static_cast<size_t>(check)];
    if (its_weight > 0) sum += std::exp(log_e(check, counters, settings_)) * its_weight;
  }
  return std::log(sum);
}

uint64_t Judge::compared(const Counters& counters) const noexcept {
  return pairs_of(Check::mismatch, counters, settings_).n;
}

// Most looks end at the bound, which is never below the evidence.
bool Judge::fails(const Counters& counters) const noexcept {
  const double needed = -std::log(settings_.alpha);
  return together(log_e_fail_bound, counters) >= needed && together(log_e_fail, counters) >= needed;
}

// Each claim on its own, and all of them: that needs no correction for their number.
bool Judge::passes(const Counters& counters, Duration elapsed) const {
  if (compared(counters) < settings_.min_requests || elapsed < settings_.min_duration) return false;
  if (exclusion_of(counters).share() > settings_.max_excluded_share) return false;
  if (!missing_endpoints(counters, settings_).empty()) return false;
  return std::all_of(kChecks.begin(), kChecks.end(), [&](Check check) {
    return !enabled(check, settings_) ||
           log_e_pass(check, counters, settings_) >= -std::log(settings_.beta);
  });
}

Ruling Judge::rule(const Counters& counters, Duration elapsed) {
  failed_ = failed_ || fails(counters);
  if (failed_) return Ruling::fail;
  if (passes(counters, elapsed)) return Ruling::pass;
  const bool late = settings_.deadline.has_value() && elapsed >= *settings_.deadline;
  return late && compared(counters) < settings_.min_requests ? Ruling::nodata : Ruling::undecided;
}

CheckEvidence Judge::weigh(Check check, const Counters& counters) {
  CheckEvidence found{.check = check, .enabled = enabled(check, settings_)};
  if (!found.enabled) return found;
  found.weight = weight(check, settings_);
  found.pairs = pairs_of(check, counters, settings_);
  found.log_e_fail = log_e_fail(check, counters, settings_);
  found.log_e_pass = log_e_pass(check, counters, settings_);
  bool& proven = proven_[static_cast<size_t>(check)];
  proven = proven || found.log_e_fail + std::log(found.weight) >= -std::log(settings_.alpha);
  found.proven = proven;
  const Discordance& lost = found.pairs.lost;
  const uint64_t n = found.pairs.n;
  // Half of alpha on each side of the difference.
  const Interval candidate = rate_interval(lost.candidate, n, settings_.alpha / 2);
  const Interval control = rate_interval(lost.control, n, settings_.alpha / 2);
  if (n > 0) {
    found.excess = (static_cast<double>(lost.candidate) - static_cast<double>(lost.control)) /
                   static_cast<double>(n);
  }
  found.excess_within = {candidate.low - control.high, candidate.high - control.low};
  if (check == Check::mismatch && !settings_.control) {
    found.excess_within = rate_interval(lost.candidate, n, settings_.alpha);
  }
  return found;
}

void Judge::weigh_fields(const Counters& counters, Verdict& verdict) {
  std::vector<double> log_e;
  for (const Field& field : counters.fields.fields()) {
    FieldEvidence found{.field = field};
    if (settings_.control) {
      found.log_e = log_e_field(field);
      log_e.push_back(found.log_e);
      const double stake = std::log(field_weight(log_e.size(), settings_));
      if (found.log_e + stake >= verdict.needed_fail) proven_fields_.insert(field.key);
      found.proven = proven_fields_.contains(field.key);
    }
    verdict.fields.push_back(std::move(found));
  }
  for (const size_t at : e_bh(log_e, settings_.alpha)) verdict.fields[at].selected = true;
  std::sort(verdict.fields.begin(), verdict.fields.end(),
            [](const FieldEvidence& x, const FieldEvidence& y) {
              if (x.proven != y.proven) return x.proven;
              if (x.log_e != y.log_e) return x.log_e > y.log_e;
              if (x.field.all() != y.field.all()) return x.field.all() > y.field.all();
              return x.field.key < y.field.key;
            });
}

Verdict Judge::look(const Counters& counters, Duration elapsed) {
  Verdict verdict;
  verdict.ruling = rule(counters, elapsed);
  verdict.elapsed = elapsed;
  verdict.needed_fail = -std::log(settings_.alpha);
  verdict.needed_pass = -std::log(settings_.beta);
  verdict.log_e_fail = together(log_e_fail, counters);
  uint64_t clean = 0;
  for (const Check check : kChecks) {
    verdict.checks.push_back(weigh(check, counters));
    if (enabled(check, settings_)) {
      clean = std::max(clean, clean_needed(check, counters, settings_));
    }
  }
  weigh_fields(counters, verdict);
  verdict.endpoints = endpoints_of(counters, settings_);
  verdict.first_byte = times_of(counters.first_byte, settings_.alpha / 2);
  verdict.total = times_of(counters.total, settings_.alpha / 2);
  verdict.coverage = {.seen = counters.seen,
                      .sampled = counters.sampled,
                      .compared = compared(counters),
                      .blind = counters.excluded.of(kBlind),
                      .unread = settings_.control ? counters.unread_to_control : counters.unread,
                      .unattributed = counters.excluded.of(kUnattributed),
                      .capped = counters.excluded.of(kClientShare),
                      .requests = counters.requests.estimate(),
                      .client_share = counters.clients.largest(),
                      .exclusion = exclusion_of(counters),
                      .missing_endpoints = missing_endpoints(counters, settings_)};
  if (counters.seen > 0) {
    verdict.coverage.share =
        static_cast<double>(verdict.coverage.compared) / static_cast<double>(counters.seen);
  }
  const uint64_t n = verdict.coverage.compared;
  if (n < settings_.min_requests) clean = std::max(clean, settings_.min_requests - n);
  verdict.reason = reason_of(verdict);
  verdict.change = what_would_change(verdict, settings_, clean);
  return verdict;
}

std::string Judge::reason_of(const Verdict& verdict) {
  switch (verdict.ruling) {
    case Ruling::fail: {
      const bool stands = std::any_of(verdict.checks.begin(), verdict.checks.end(),
                                      [](const CheckEvidence& each) { return each.proven; });
      // Of what has since been lost among other traffic, the first words stay.
      if (stands || failed_reason_.empty()) failed_reason_ = fail_reason(verdict, settings_);
      return failed_reason_;
    }
    case Ruling::pass:
      return pass_reason(verdict, settings_);
    case Ruling::nodata:
      return nodata_reason(verdict, settings_);
    case Ruling::undecided:
      return undecided_reason(verdict, settings_);
  }
  return "";
}

}  // namespace gnomon::verdict
