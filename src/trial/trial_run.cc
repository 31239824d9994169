#include "trial/trial_run.h"

#include <algorithm>
#include <utility>

#include "trial/observation.h"

namespace gnomon::trial {
namespace {

// Of each field the latest sample is of interest, but not each of those that follow one another.
constexpr Duration kSamplePause = std::chrono::seconds(1);
constexpr size_t kSamplesWaitingMax = 256;
// Of samples that wait. What shows a field for the first time goes before what shows it again.
constexpr size_t kSampleBytesMax = size_t{8} << 20;
constexpr size_t kSampleBytesAgain = size_t{2} << 20;
constexpr size_t kSampledFieldsMax = 4000;
// Of what the candidate says its version is.
constexpr size_t kVersionBytesMax = 256;

std::unique_ptr<compare::EndpointLearner> make_learner(const routing::Trial& plan) {
  compare::EndpointOptions options;
  options.templates = plan.endpoints;
  return std::make_unique<compare::EndpointLearner>(std::move(options));
}

// In words, why evidence under `before` says nothing about `now`.
std::string_view cause_of(const routing::Trial& before, const routing::Trial& now) noexcept {
  if (before.candidate_digest == now.candidate_digest) {
    return "what is compared, or how it is sent or judged, was changed";
  }
  return before.candidate == now.candidate ? "the candidate's Upstream was changed"
                                           : "another candidate is on trial";
}

int64_t to_us(WallTime at) noexcept {
  return std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
}

}  // namespace

TrialRun::TrialRun(Plan plan, const compare::RedactionKey& key, const Clock& clock, uint64_t before,
                   std::string cause)
    : name_(plan->name), key_(key), clock_(clock), plan_(std::move(plan)) {
  epoch_.number = before;
  start_epoch(std::move(cause), {});
}

TrialRun::TrialRun(Plan plan, const compare::RedactionKey& key, const Clock& clock, SavedRun saved)
    : name_(plan->name),
      key_(key),
      clock_(clock),
      plan_(std::move(plan)),
      epoch_(std::move(saved.epoch)) {
  versions_.restore(saved.versions, clock_.now());
  const bool goes_on = epoch_.rules == plan_->digest;
  if (!goes_on) {
    if (saved.candidate_digest != 0 && saved.candidate_digest != plan_->candidate_digest) {
      versions_.expect(saved.candidate, epoch_.version, plan_->candidate, clock_.now());
    }
    start_epoch("what is compared, how it is sent or judged, or the candidate was changed", {});
    return;
  }
  running_since_ = clock_.now();
  go_on_with(std::move(saved));
}

void TrialRun::go_on_with(SavedRun saved) {
  counters_ = std::move(saved.counters);
  learner_ = make_learner(*plan_);
  learner_->restore(saved.endpoints);
  judge_ = std::make_unique<verdict::Judge>(plan_->settings, std::move(saved.failed));
  look_now();
}

void TrialRun::count_apart() {
  const std::lock_guard lock(mutex_);
  apart_ = counters_without_evidence();
}

verdict::Counters TrialRun::counters_without_evidence() const {
  verdict::Counters none = verdict::counters_for(plan_->settings);
  // The pairs that come next are held against the same ones as in the counters that they are added
  // to, and later ones against one that is frozen before them as well.
  for (size_t i = 0; i < verdict::kAnswerClasses; ++i) {
    const auto kind = static_cast<verdict::AnswerClass>(i);
    none.first_byte.arms(kind).threshold_us = counters_.first_byte.arms(kind).threshold_us;
    none.total.arms(kind).threshold_us = counters_.total.arms(kind).threshold_us;
  }
  return none;
}

bool TrialRun::continues(const SavedRun& theirs) const noexcept {
  const std::string& version = theirs.epoch.version;
  return theirs.epoch.number == epoch_.number &&
         (version.empty() || epoch_.version.empty() || version == epoch_.version);
}

void TrialRun::take_over(SavedRun theirs) {
  const std::lock_guard lock(mutex_);
  if (!apart_) return;
  const verdict::Counters ours = *std::exchange(apart_, std::nullopt);
  const bool later = theirs.epoch.number > epoch_.number;
  if (theirs.epoch.rules != epoch_.rules || (!later && !continues(theirs))) {
    renumber(std::max(epoch_.number, theirs.epoch.number + 1));
    return look_now();
  }
  if (later) {
    // Those that wait are of an epoch that is no more.
    samples_.clear();
    sample_bytes_ = 0;
    sampled_.clear();
    benches_.clear();
    free_benches_.clear();
  } else {
    theirs.counters += ours;
    if (theirs.epoch.version.empty()) theirs.epoch.version = std::move(epoch_.version);
    if (looked_.verdict.ruling == verdict::Ruling::fail) theirs.failed = looked_.verdict.reason;
  }
  epoch_ = std::move(theirs.epoch);
  epoch_since_ = later ? clock_.now() : epoch_since_;
  // On trial in both at the same time is on trial once.
  const Duration since = std::clamp<Duration>(clock_.wall() - theirs.kept, Duration::zero(),
                                              clock_.now() - running_since_);
  running_since_ = clock_.now() - since;
  versions_.restore(theirs.versions, clock_.now());
  go_on_with(std::move(theirs));
}

// What waits to be kept goes along.
void TrialRun::renumber(uint64_t number) {
  for (Sample& sample : samples_) {
    if (sample.epoch == epoch_.number) sample.epoch = number;
  }
  epoch_.number = number;
}

void TrialRun::install(Plan plan) {
  const std::lock_guard lock(mutex_);
  const bool same = plan->digest == plan_->digest;
  const std::string cause(cause_of(*plan_, *plan));
  if (plan->candidate_digest != plan_->candidate_digest) {
    versions_.expect(plan_->candidate, epoch_.version, plan->candidate, clock_.now());
  }
  plan_ = std::move(plan);
  if (!same) return start_epoch(cause, {});
  judge_->wait_for(plan_->settings);
  look_now();
}

void TrialRun::begin_epoch(std::string cause) {
  const std::lock_guard lock(mutex_);
  versions_.expect_none();
  start_epoch(std::move(cause), {});
}

void TrialRun::start_epoch(std::string cause, std::string version) {
  ++epoch_.number;
  epoch_.began = clock_.wall();
  epoch_.cause = std::move(cause);
  epoch_.version = std::move(version);
  epoch_.rules = plan_->digest;
  epoch_.before = Duration::zero();
  running_since_ = epoch_since_ = clock_.now();
  change_counters([&](verdict::Counters& each) { each = verdict::counters_for(plan_->settings); });
  sampled_.clear();
  set_out();
  judge_ = std::make_unique<verdict::Judge>(plan_->settings);
  look_now();
}

void TrialRun::set_out() {
  benches_.clear();
  free_benches_.clear();
  learner_ = make_learner(*plan_);
}

Duration TrialRun::elapsed() const { return epoch_.before + (clock_.now() - running_since_); }

std::string_view TrialRun::version_of(const shadow::Trio& trio) const noexcept {
  if (plan_->version_header.empty()) return {};
  const compare::Answer& candidate = trio.of(shadow::Leg::candidate);
  return candidate.headers.get(std::string_view(plan_->version_header)).substr(0, kVersionBytesMax);
}

// A version that was on trial before an epoch ended says nothing about the one that is now: while
// the candidate is being replaced both answer.
bool TrialRun::admit_version(const shadow::Trio& trio) {
  const std::string_view version = version_of(trio);
  switch (versions_.meaning_of(version, epoch_.version, clock_.now())) {
    case CandidateVersions::Meaning::current:
      return true;
    case CandidateVersions::Meaning::former:
      return false;
    case CandidateVersions::Meaning::first:
      epoch_.version = version;
      return true;
    case CandidateVersions::Meaning::next:
      start_epoch("the candidate's version changed", std::string(version));
      return true;
  }
  return false;
}

// Names that were learnt before may give way to it.
std::string TrialRun::endpoint_of(const shadow::Trio& trio) {
  const compare::Answer& live = trio.of(shadow::Leg::live);
  std::string_view path = trio.request.path;
  std::string label;
  if (!plan_->redaction->expressions().empty()) {
    label = compare::Redactor(plan_->redaction, key_).path_label(path);
    path = label;
  }
  const compare::EndpointRequest request{
      trio.request.method_name, path,
      trio.request.headers.get("content-type").starts_with("application/grpc")};
  const bool known = live.outcome == compare::Outcome::answered && live.status != 404 &&
                     (live.status != 0 || !trio.passed_over);
  std::string name(known ? learner_->learn(request) : learner_->find(request));
  for (const compare::EndpointLearner::Rename& rename : learner_->take_renames()) {
    change_counters([&](verdict::Counters& each) { each.rename_endpoint(rename.from, rename.to); });
  }
  return name;
}

std::shared_ptr<TrialRun::Bench> TrialRun::take_bench() {
  if (free_benches_.empty()) {
    benches_.push_back(std::make_shared<Bench>(plan_->rules.size()));
    return benches_.back();
  }
  std::shared_ptr<Bench> bench = std::move(free_benches_.back());
  free_benches_.pop_back();
  return bench;
}

std::optional<TrialRun::Place> TrialRun::place(const shadow::Trio& trio) {
  const std::lock_guard lock(mutex_);
  // Copied under other rules or to another candidate; their epoch has ended.
  if (trio.trial->digest != plan_->digest) {
    change_counters([](verdict::Counters& each) { each.exclude("former_epoch"); });
    return std::nullopt;
  }
  // Whom a copy met with that was begun before the epoch, only its answer can tell.
  const bool doubtful =
      trio.taken < epoch_since_ && (epoch_.version.empty() || version_of(trio) != epoch_.version);
  if (doubtful || !admit_version(trio)) {
    change_counters([](verdict::Counters& each) { each.exclude("former_version"); });
    return std::nullopt;
  }
  // Of the answers of former versions none counts, so neither do failures that may be theirs.
  const bool unattributed = !plan_->version_header.empty() && version_of(trio).empty() &&
                            versions_.may_be_former(clock_.now());
  std::string endpoint = endpoint_of(trio);
  return Place{plan_, epoch_.number, std::move(endpoint), take_bench(), unattributed};
}

// Its reason comes with the traffic that workers count.
void TrialRun::pass_over(const shadow::Trio& trio) {
  const std::lock_guard lock(mutex_);
  const bool former = trio.trial->digest != plan_->digest || trio.taken < epoch_since_;
  if (former) return;
  const std::string endpoint = endpoint_of(trio);
  change_counters([&](verdict::Counters& each) { each.exclude_at(endpoint); });
}

void TrialRun::on_trio(const shadow::Trio& trio, compare::Comparer& comparer) {
  if (trio.passed_over) return pass_over(trio);
  const std::optional<Place> place = this->place(trio);
  if (!place) return;
  using shadow::Leg;
  const compare::Answer& live = trio.of(Leg::live);
  verdict::Observation seen;
  seen.endpoint = place->endpoint;
  seen.at_us = to_us(trio.began);
  seen.request = request_hash(trio.request);
  seen.client = trio.client;
  seen.unattributed = place->unattributed;
  seen.kind = answer_class(trio.request, live);
  const verdict::LegResult answer = leg_result(live);
  seen.live = trio.first_attempt ? leg_result(*trio.first_attempt) : answer;
  seen.candidate = leg_result(trio.of(Leg::candidate));
  if (trio.has_control) seen.control = leg_result(trio.of(Leg::control));
  seen.compared = comparable(trio);
  if (seen.compared) {
    Bench& bench = *place->bench;
    const compare::Rules& rules = place->plan->rules.for_endpoint(place->endpoint);
    const compare::Redactor redactor(place->plan->redaction, key_);
    const compare::RequestFacts request{trio.request.path, place->plan->schema.get()};
    comparer.compare(live, trio.of(Leg::candidate), rules, bench.hits, bench.candidate, request);
    add_sightings(place->endpoint, bench.candidate, Leg::candidate, redactor, seen.differences);
    seen.limits[static_cast<size_t>(Leg::candidate)] = bench.candidate.limits.names();
    if (!trio.has_control && seen.candidate.ok != answer.ok) {
      seen.uneven = true;
      name_as_failure(seen);
    } else if (!trio.has_control && answers_as_first_attempt(trio)) {
      seen.uneven = true;
      seen.differences.clear();
    }
    if (trio.has_control) {
      comparer.compare(live, trio.of(Leg::control), rules, bench.hits, bench.control, request);
      add_sightings(place->endpoint, bench.control, Leg::control, redactor, seen.differences);
      seen.limits[static_cast<size_t>(Leg::control)] = bench.control.limits.names();
      seen.blind = is_cut_short(bench.candidate) && is_cut_short(bench.control);
    }
  }
  count(trio, std::move(seen), *place);
}

void TrialRun::count(const shadow::Trio& trio, verdict::Observation observation,
                     const Place& place) {
  std::vector<verdict::FieldKey> due;
  {
    const std::lock_guard lock(mutex_);
    if (place.epoch != epoch_.number) {
      return change_counters([](verdict::Counters& each) { each.exclude("former_epoch"); });
    }
    if (observation.compared && plan_->samples) due = due_samples(observation.differences);
    if (apart_) apart_->add(observation);
    counters_.add(std::move(observation));
    place.bench->published = place.bench->hits;
    if (due.empty()) return free_benches_.push_back(place.bench);
  }
  // Redacting takes long, and nobody waits for it.
  const Bench& bench = *place.bench;
  const compare::Redactor redactor(place.plan->redaction, key_);
  const std::string body = describe(redactor, trio, place.endpoint, place.plan->schema.get(),
                                    bench.candidate, trio.has_control ? &bench.control : nullptr);
  const std::lock_guard lock(mutex_);
  if (place.epoch != epoch_.number) return;
  for (verdict::FieldKey& field : due) {
    if (sample_bytes_ + body.size() > kSampleBytesMax) {
      ++samples_refused_;
      sampled_.erase(field);
      continue;
    }
    sample_bytes_ += body.size();
    samples_.push_back({place.epoch, std::move(field), trio.began, body});
  }
  free_benches_.push_back(place.bench);
}

std::vector<verdict::FieldKey> TrialRun::due_samples(
    const std::vector<verdict::Sighting>& sightings) {
  std::vector<verdict::FieldKey> due;
  const TimePoint now = clock_.now();
  for (const verdict::Sighting& sighting : sightings) {
    if (!sighting.candidate) continue;
    const auto known = sampled_.find(sighting.key);
    const bool again = known != sampled_.end();
    if (again && now < known->second + kSamplePause) continue;
    if (again && sample_bytes_ > kSampleBytesAgain) continue;
    if (samples_.size() + due.size() >= kSamplesWaitingMax ||
        (!again && sampled_.size() >= kSampledFieldsMax)) {
      ++samples_refused_;
      continue;
    }
    sampled_[sighting.key] = now;
    due.push_back(sighting.key);
  }
  return due;
}

void TrialRun::add_traffic(const Traffic& more) {
  const std::lock_guard lock(mutex_);
  change_counters([&](verdict::Counters& each) {
    each.seen += more.seen;
    each.sampled += more.sampled;
    each.excluded += more.excluded;
  });
}

void TrialRun::look() {
  const std::lock_guard lock(mutex_);
  look_now();
}

void TrialRun::look_now() {
  looked_.epoch = epoch_;
  looked_.candidate = versions_.rolled_back() ? std::string() : plan_->candidate;
  looked_.elapsed = elapsed();
  looked_.verdict = judge_->look(counters_, looked_.elapsed);
  looked_.judged = counters_.errors_to_live.n;
  looked_.differing = counters_.differing;
  looked_.unread = counters_.unread;
  looked_.first_byte = counters_.first_byte;
  looked_.total = counters_.total;
  looked_.excluded = counters_.excluded;
  looked_.outcomes = counters_.outcomes;
  looked_.limits = counters_.limits;
  looked_.samples_refused = samples_refused_;
  compare::RuleHits hits(plan_->rules.size());
  for (const auto& bench : benches_) hits.add(bench->published);
  looked_.rules.clear();
  for (size_t i = 0; i < hits.counts().size(); ++i) {
    looked_.rules.push_back({plan_->rule_texts[i], hits.counts()[i]});
  }
}

void TrialRun::set_keeping(Keeping keeping) {
  const std::lock_guard lock(mutex_);
  looked_.keeping = std::move(keeping);
}

TrialRun::View TrialRun::view() const {
  const std::lock_guard lock(mutex_);
  return looked_;
}

SavedRun TrialRun::save() const {
  const std::lock_guard lock(mutex_);
  SavedRun saved;
  saved.epoch = epoch_;
  saved.counters = counters_;
  saved.endpoints = learner_->snapshot();
  saved.candidate = plan_->candidate;
  saved.candidate_digest = plan_->candidate_digest;
  saved.versions = versions_.snapshot(clock_.now());
  saved.kept = clock_.wall();
  saved.epoch.before = elapsed();
  const verdict::Verdict& verdict = looked_.verdict;
  if (verdict.ruling == verdict::Ruling::fail) saved.failed = verdict.reason;
  return saved;
}

std::vector<Sample> TrialRun::take_samples() {
  const std::lock_guard lock(mutex_);
  sample_bytes_ = 0;
  return std::exchange(samples_, {});
}

}  // namespace gnomon::trial
