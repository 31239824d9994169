// One trial at work: compares what its legs answered, counts, and judges. Everything that it knows
// can be kept and put back.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "compare/comparer.h"
#include "compare/endpoint_learner.h"
#include "routing/trial.h"
#include "shadow/trio.h"
#include "trial/candidate_versions.h"
#include "trial/epoch.h"
#include "trial/sample.h"
#include "trial/traffic.h"
#include "verdict/counters.h"
#include "verdict/judge.h"

namespace gnomon::trial {

// How often a rule was of use; one that never was is most likely misspelt.
struct RuleLine {
  std::string path;
  compare::RuleHits::Counts counts;
};

// As it is kept between two runs of the process.
struct SavedRun {
  Epoch epoch;
  verdict::Counters counters;
  std::string endpoints;              // what the learner knows
  std::optional<std::string> failed;  // the reason of a FAIL
  std::string candidate;              // what was on trial, as its operator said
  uint64_t candidate_digest = 0;      // of it and its Upstream; 0: not known
  std::string versions;               // of it, as CandidateVersions keeps them
  WallTime kept{};                    // when
};

// Whether evidence outlives the process.
struct Keeping {
  bool works = false;
  std::string trouble;  // why not, if it should
};

class TrialRun {
 public:
  using Plan = std::shared_ptr<const routing::Trial>;

  // `key`: for what is redacted.
  TrialRun(Plan plan, const compare::RedactionKey& key, const Clock& clock)
      : TrialRun(std::move(plan), key, clock, 0, "the trial began") {}
  // Its epochs have numbers above `before`.
  TrialRun(Plan plan, const compare::RedactionKey& key, const Clock& clock, uint64_t before,
           std::string cause);
  // Goes on where another run of the process ended, if that was about the same rules.
  TrialRun(Plan plan, const compare::RedactionKey& key, const Clock& clock, SavedRun saved);
  TrialRun(const TrialRun&) = delete;
  TrialRun& operator=(const TrialRun&) = delete;

  const std::string& name() const noexcept { return name_; }

  // A reload. Other rules begin a new epoch; other settings of the verdict do as well, since what
  // was promised about the old ones does not hold for them. What PASS waits for is no promise.
  void install(Plan plan);
  // While another process keeps evidence about the same trial in the same store, what is counted
  // here is also counted apart, until it has ended.
  void count_apart();
  // It has. `theirs` is what it kept last. Of the same epoch its evidence and what was counted
  // apart add up; a later one of the same rules is newer than all that was counted here, and goes
  // on; of any other epoch nothing is overwritten.
  void take_over(SavedRun theirs);

  // By an operator: what is on trial has changed in a way that no header tells.
  void begin_epoch(std::string cause);

  // On a thread of the comparers.
  void on_trio(const shadow::Trio& trio, compare::Comparer& comparer);

  // On the control thread, from time to time.
  void add_traffic(const Traffic& more);
  void look();
  void set_keeping(Keeping keeping);

  // Any thread.
  // What the last look saw: all of one moment, so that sums add up.
  struct View {
    Epoch epoch;
    std::string candidate;  // as its operator says; empty where it has been rolled back
    Duration elapsed{};
    verdict::Verdict verdict;
    uint64_t judged = 0;  // requests whose legs have all ended
    verdict::Pairs differing;
    uint64_t unread = 0;
    verdict::Latency first_byte;
    verdict::Latency total;
    verdict::Tally excluded;
    std::array<verdict::Tally, verdict::kLegs> outcomes;
    std::array<verdict::Tally, verdict::kLegs> limits;
    std::vector<RuleLine> rules;
    uint64_t samples_refused = 0;
    Keeping keeping;
  };
  View view() const;
  SavedRun save() const;
  // Those made since the last call.
  std::vector<Sample> take_samples();

 private:
  // What one comparison needs and nobody shares; one for each that goes on at the same time.
  struct Bench {
    explicit Bench(size_t rules) : hits(rules), published(rules) {}
    compare::RuleHits hits;
    compare::RuleHits published;  // guarded by mutex_, as the others are not
    compare::Result candidate;
    compare::Result control;
  };

  // Where a trio belongs: taken at the beginning of a comparison and looked at again at its end.
  struct Place {
    Plan plan;
    uint64_t epoch = 0;
    std::string endpoint;
    std::shared_ptr<Bench> bench;
    bool unattributed = false;  // a former version may have answered
  };

  // The caller holds no lock. Nothing when the trio says nothing about what is on trial.
  std::optional<Place> place(const shadow::Trio& trio);
  void count(const shadow::Trio& trio, verdict::Observation observation, const Place& place);
  void pass_over(const shadow::Trio& trio);

  // The caller holds the lock.
  std::string_view version_of(const shadow::Trio& trio) const noexcept;
  bool admit_version(const shadow::Trio& trio);
  std::string endpoint_of(const shadow::Trio& trio);
  std::shared_ptr<Bench> take_bench();
  std::vector<verdict::FieldKey> due_samples(const std::vector<verdict::Sighting>& sightings);
  void look_now();
  void start_epoch(std::string cause, std::string version);
  bool continues(const SavedRun& theirs) const noexcept;
  void go_on_with(SavedRun saved);
  void renumber(uint64_t number);
  verdict::Counters counters_without_evidence() const;
  // To all counters that there are.
  template <typename Change>
  void change_counters(const Change& change) {
    change(counters_);
    if (apart_) change(*apart_);
  }
  void set_out();
  Duration elapsed() const;

  const std::string name_;
  const compare::RedactionKey key_;
  const Clock& clock_;

  mutable std::mutex mutex_;
  Plan plan_;
  Epoch epoch_;
  TimePoint running_since_;
  TimePoint epoch_since_ = TimePoint::min();  // since an earlier run of the process, if that is min
  CandidateVersions versions_;
  std::unique_ptr<compare::EndpointLearner> learner_;
  verdict::Counters counters_;
  std::optional<verdict::Counters> apart_;  // of them, what is not in the store, nor comes from it
  std::unique_ptr<verdict::Judge> judge_;
  View looked_;
  std::vector<std::shared_ptr<Bench>> benches_;
  std::vector<std::shared_ptr<Bench>> free_benches_;
  std::map<verdict::FieldKey, TimePoint> sampled_;
  std::vector<Sample> samples_;
  size_t sample_bytes_ = 0;  // of them
  uint64_t samples_refused_ = 0;
};

}  // namespace gnomon::trial
