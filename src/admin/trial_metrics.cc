#include "admin/trial_metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace gnomon::admin {
namespace {

struct Line {
  std::string name;
  trial::TrialRun::View view;
};

// The bounds of the two kinds of buckets differ; an observation goes where its own bucket ends.
HistogramSum to_sum(const verdict::Histogram& from) {
  HistogramSum sum;
  const auto& bounds = DurationHistogram::kBounds;
  for (size_t i = 0; i < from.buckets().size(); ++i) {
    const uint64_t times = from.buckets()[i];
    if (times == 0) continue;
    const auto seconds = static_cast<double>(verdict::Histogram::high_of(i)) / 1e6;
    const auto* const bound =
        std::ranges::find_if(bounds, [&](double each) { return seconds <= each; });
    sum.buckets[static_cast<size_t>(bound - bounds.begin())] += times;
    sum.sum_seconds += seconds * static_cast<double>(times);
  }
  return sum;
}

void write_results(Exposition& out, const std::vector<Line>& lines) {
  out.family("gnomon_trial_requests", MetricType::counter,
             "Requests whose answers were looked at, by what came of it.");
  for (const Line& line : lines) {
    const uint64_t compared = line.view.differing.n;
    const uint64_t different = line.view.differing.lost.candidate;
    const auto sample = [&](const char* result, uint64_t value) {
      out.sample({{"trial", line.name}, {"result", result}}, value);
    };
    sample("equal", compared - different);
    sample("different", different);
    sample("unread", line.view.unread);
    sample("failed", line.view.judged - compared - line.view.unread);
  }
  out.family("gnomon_trial_excluded", MetricType::counter,
             "Requests that were chosen and are no evidence, by reason.");
  for (const Line& line : lines) {
    for (const auto& [reason, times] : line.view.excluded.counts()) {
      out.sample({{"trial", line.name}, {"reason", reason}}, times);
    }
  }
}

void write_limits(Exposition& out, const std::vector<Line>& lines) {
  static constexpr std::array<std::string_view, verdict::kLegs> kLegNames = {"live", "candidate",
                                                                             "control"};
  out.family("gnomon_trial_limits", MetricType::counter,
             "Comparisons with the live answer that reached a limit, by the leg compared.");
  for (const Line& line : lines) {
    for (size_t leg = 0; leg < verdict::kLegs; ++leg) {
      for (const auto& [limit, times] : line.view.limits[leg].counts()) {
        out.sample({{"trial", line.name}, {"leg", kLegNames[leg]}, {"limit", limit}}, times);
      }
    }
  }
}

void write_rulings(Exposition& out, const std::vector<Line>& lines) {
  using verdict::Ruling;
  out.family("gnomon_trial_ruling", MetricType::gauge, "1 for the ruling that holds.");
  for (const Line& line : lines) {
    for (const Ruling ruling : {Ruling::pass, Ruling::fail, Ruling::undecided, Ruling::nodata}) {
      out.sample({{"trial", line.name}, {"ruling", to_string(ruling)}},
                 line.view.verdict.ruling == ruling ? 1 : 0);
    }
  }
  out.family("gnomon_trial_epoch", MetricType::gauge, "Number of the epoch that goes on.");
  for (const Line& line : lines) out.sample({{"trial", line.name}}, line.view.epoch.number);
  out.family("gnomon_trial_log_evidence", MetricType::gauge,
             "Natural logarithm of the evidence that the candidate is worse, by check.");
  for (const Line& line : lines) {
    for (const verdict::CheckEvidence& each : line.view.verdict.checks) {
      if (!each.enabled) continue;
      out.sample({{"trial", line.name}, {"check", to_string(each.check)}}, each.log_e_fail);
    }
    out.sample({{"trial", line.name}, {"check", "all"}}, line.view.verdict.log_e_fail);
  }
}

void write_times(Exposition& out, const std::vector<Line>& lines) {
  out.family(
      "gnomon_trial_latency_seconds", MetricType::histogram,
      "Times of candidate and control in pairs that both answered, for answers with a body.");
  for (const Line& line : lines) {
    const auto write = [&](const char* measure, const verdict::Latency& times) {
      const auto& arms = times.arms(verdict::AnswerClass::full);
      out.histogram({{"trial", line.name}, {"leg", "candidate"}, {"measure", measure}},
                    to_sum(arms.candidate));
      out.histogram({{"trial", line.name}, {"leg", "control"}, {"measure", measure}},
                    to_sum(arms.control));
    };
    write("first_byte", line.view.first_byte);
    write("total", line.view.total);
  }
}

void write_store(Exposition& out, const store::WriterStats& stats) {
  const auto counter = [&](std::string_view name, std::string_view help, const auto& value) {
    out.family(name, MetricType::counter, help);
    out.sample({}, value.load(std::memory_order_relaxed));
  };
  counter("gnomon_store_commits", "Transactions written.", stats.commits);
  counter("gnomon_store_failed_commits", "Transactions that failed; counters are tried again.",
          stats.failed_commits);
  counter("gnomon_store_refused_batches", "Batches refused because the writer was behind.",
          stats.refused_batches);
  counter("gnomon_store_lost_samples", "Samples that were not kept.", stats.lost_samples);
  counter("gnomon_store_moved_aside", "Broken databases that were moved aside.", stats.moved_aside);
  out.family("gnomon_store_owned", MetricType::gauge,
             "1 once this process writes to the store; 0 while another one does, or none can.");
  out.sample({}, stats.owning.load(std::memory_order_relaxed) ? 1 : 0);
  out.family("gnomon_store_failing", MetricType::gauge, "1 if the last transaction failed.");
  out.sample({}, stats.failing.load(std::memory_order_relaxed) ? 1 : 0);
}

}  // namespace

void write_trials(Exposition& out, const trial::TrialBook& trials) {
  std::vector<Line> lines;
  for (const auto& run : trials.all()) lines.push_back({run->name(), run->view()});
  write_results(out, lines);
  write_limits(out, lines);
  write_rulings(out, lines);
  write_times(out, lines);
  if (const store::WriterStats* stats = trials.store_stats()) write_store(out, *stats);
}

}  // namespace gnomon::admin
