#include "verdict/check.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "verdict/combine.h"
#include "verdict/difference.h"
#include "verdict/evidence.h"
#include "verdict/paired.h"
#include "verdict/proportion.h"

namespace gnomon::verdict {
namespace {

bool is_tail(Check check) noexcept {
  return check == Check::first_byte_tail || check == Check::total_tail;
}

const Latency& latency_of(Check check, const Counters& counters) noexcept {
  const bool first = check == Check::first_byte_tail || check == Check::first_byte_median;
  return first ? counters.first_byte : counters.total;
}

// Before it is divided among those that are enabled. A time has two measures that share its weight.
double stake(Check check) noexcept {
  switch (check) {
    case Check::errors:
    case Check::mismatch:
      return 0.35;
    case Check::first_byte_tail:
    case Check::total_tail:
      return 0.1;
    case Check::first_byte_median:
    case Check::total_median:
      return 0.05;
  }
  return 0;
}

using Paired = double (*)(uint64_t, uint64_t) noexcept;

// Half of the stake is on requests, whatever differs in them, which finds what is spread over many
// fields; half is on the fields, which finds one among noise.
double log_e_differing(const Counters& counters, Paired log_e) noexcept {
  // Capped, so that a thousand of them do not overflow.
  const auto of = [log_e](const Discordance& d) { return std::exp(log_e(d.candidate, d.control)); };
  double sum = of(counters.differing_to_control.lost);
  size_t place = 0;
  for (const Field& field : counters.fields.fields()) {
    sum += of(field.count) * slot_weight(++place);
  }
  // It only holds something once the fields' places are all taken.
  const Discordance& other = counters.fields.other();
  if (other != Discordance{}) sum += of(other) * slot_weight(++place);
  return capped(std::log(sum / 2));
}

uint64_t of(const Doubts& doubts, const Settings& settings) noexcept {
  return settings.control ? doubts.to_control : doubts.to_live;
}

// What PASS has to prove is proven in spite of those that could not be looked into, or told apart.
Pairs with_doubts(Check check, const Counters& counters, const Settings& settings) noexcept {
  Pairs pairs = pairs_of(check, counters, settings);
  uint64_t doubts = 0;
  if (check == Check::errors) doubts = of(counters.failed_unattributed, settings);
  if (check == Check::mismatch) {
    doubts = of(counters.differing_unattributed, settings) +
             (settings.control ? counters.unread_to_control : counters.unread);
  }
  pairs.n += doubts;
  pairs.lost.candidate += doubts;
  return pairs;
}

// What could not be looked into, at each endpoint, beside what the control's bodies did there.
// What an earlier version has counted is of none; that stands beside all bodies.
std::map<std::string_view, Discordance> unread_bodies(const Counters& counters) {
  std::map<std::string_view, Discordance> unread;
  Discordance& of_none = unread[{}];
  of_none.candidate = counters.unread_to_control;
  for (const auto& [name, count] : counters.endpoints.counts()) {
    if (count.unread_to_control == 0) continue;
    unread[name].candidate = count.unread_to_control;
    of_none.candidate -= std::min(of_none.candidate, count.unread_to_control);
  }
  for (const Field& field : counters.fields.fields()) {
    if (field.key.path != "body") continue;
    of_none.control += field.count.control;
    const auto at = unread.find(field.key.endpoint);
    if (at != unread.end()) at->second.control += field.count.control;
  }
  return unread;
}

// The weakest of the claims that PASS makes about answers: of requests, and of each field.
Signs weakest(const Pairs& requests, const Counters& counters, double margin) {
  const uint64_t n = requests.n;
  Signs least = requests.lost.signs(n);
  double log_e = log_e_contained(least, margin);
  const auto consider = [&](const Discordance& count) {
    const Signs signs = count.signs(n);
    const double its = log_e_contained(signs, margin);
    if (its >= log_e) return;
    log_e = its;
    least = signs;
  };
  consider({});  // a field that never differed
  for (const Field& field : counters.fields.fields()) {
    if (field.count.candidate > 0) consider(field.count);
  }
  // Claims of their own: not to be outweighed by what the control does elsewhere.
  for (const auto& [endpoint, count] : unread_bodies(counters)) {
    if (count.candidate > 0) consider(count);
  }
  consider({.candidate = counters.differing_unattributed.to_control});
  consider(counters.fields.other());
  return least;
}

// Streams have no time in all. Where hardly anything else is answered there is nothing to prove
// about it, and nothing to prove it by.
bool is_without_object(Check check, const Counters& counters) noexcept {
  if (check != Check::total_tail && check != Check::total_median) return false;
  const auto pairs = [](const Latency& times) { return times.slower + times.rest; };
  return pairs(counters.total) * 100 < pairs(counters.first_byte);
}

// What `log_e_pass` would be after `more` clean requests.
class PassEvidence {
 public:
  PassEvidence(Check check, const Counters& counters, const Settings& settings)
      : check_(check),
        control_(settings.control),
        idle_(is_without_object(check, counters)),
        pairs_(with_doubts(check, counters, settings)) {
    signs_ = pairs_.lost.signs(pairs_.n);
    if (check == Check::errors) margin_ = settings.max_error_rise;
    if (is_tail(check)) margin_ = settings.max_tail_rise;
    if (check == Check::mismatch) {
      margin_ = settings.max_mismatch_rate;
      if (control_) signs_ = weakest(pairs_, counters, margin_);
    }
  }

  double after(uint64_t more) const noexcept {
    if (idle_) return kMostLogE;
    if (check_ == Check::first_byte_median || check_ == Check::total_median) {
      return log_e_paired(pairs_.lost.control + more, pairs_.lost.candidate);
    }
    if (check_ == Check::mismatch && !control_) {
      return log_e_rate_below(pairs_.lost.candidate, pairs_.n + more, margin_);
    }
    return log_e_contained({signs_.plus, signs_.zero + more, signs_.minus}, margin_);
  }

 private:
  Check check_;
  bool control_;
  bool idle_;
  Pairs pairs_;
  Signs signs_;
  double margin_ = 0;
};

}  // namespace

std::string_view to_string(Check check) noexcept {
  switch (check) {
    case Check::errors:
      return "errors";
    case Check::mismatch:
      return "mismatch";
    case Check::first_byte_tail:
      return "first_byte_tail";
    case Check::total_tail:
      return "total_tail";
    case Check::first_byte_median:
      return "first_byte_median";
    case Check::total_median:
      return "total_median";
  }
  return "";
}

bool enabled(Check check, const Settings& settings) noexcept {
  if (check == Check::errors || check == Check::mismatch) return true;
  return settings.control && settings.latency;
}

double weight(Check check, const Settings& settings) noexcept {
  if (!enabled(check, settings)) return 0;
  double all = 0;
  for (const Check each : kChecks) all += enabled(each, settings) ? stake(each) : 0;
  return stake(check) / all;
}

Pairs pairs_of(Check check, const Counters& counters, const Settings& settings) noexcept {
  if (check == Check::errors) {
    return settings.control ? counters.errors_to_control : counters.errors_to_live;
  }
  if (check == Check::mismatch) {
    return settings.control ? counters.differing_to_control : counters.differing;
  }
  const Latency& latency = latency_of(check, counters);
  if (is_tail(check)) return {latency.exceeded_n, latency.exceeded};
  return {latency.slower + latency.rest, {latency.slower, latency.rest, 0}};
}

double log_e_fail(Check check, const Counters& counters, const Settings& settings) noexcept {
  const Pairs pairs = pairs_of(check, counters, settings);
  if (check != Check::mismatch) return log_e_paired(pairs.lost.candidate, pairs.lost.control);
  if (settings.control) return log_e_differing(counters, log_e_paired_mixed);
  return log_e_rate_above(pairs.lost.candidate, pairs.n, settings.tolerated_mismatch_rate());
}

double log_e_fail_bound(Check check, const Counters& counters, const Settings& settings) noexcept {
  const Pairs pairs = pairs_of(check, counters, settings);
  if (check != Check::mismatch) return log_e_paired_bound(pairs.lost.candidate, pairs.lost.control);
  if (settings.control) return log_e_differing(counters, log_e_paired_bound);
  return log_e_rate_above_bound(pairs.lost.candidate, pairs.n, settings.tolerated_mismatch_rate());
}

double log_e_pass(Check check, const Counters& counters, const Settings& settings) {
  return PassEvidence(check, counters, settings).after(0);
}

uint64_t clean_needed(Check check, const Counters& counters, const Settings& settings) {
  const PassEvidence evidence(check, counters, settings);
  const double needed = -std::log(settings.beta);
  if (evidence.after(0) >= needed) return 0;
  uint64_t enough = 1;
  while (enough < kNever && evidence.after(enough) < needed) enough *= 2;
  if (enough >= kNever) return kNever;
  uint64_t short_of = enough / 2;
  while (enough - short_of > 1) {
    const uint64_t middle = short_of + (enough - short_of) / 2;
    (evidence.after(middle) < needed ? short_of : enough) = middle;
  }
  return enough;
}

double log_e_field(const Field& field) noexcept {
  return log_e_paired_mixed(field.count.candidate, field.count.control);
}

double field_weight(size_t place, const Settings& settings) noexcept {
  return weight(Check::mismatch, settings) * slot_weight(place) / 2;
}

}  // namespace gnomon::verdict
