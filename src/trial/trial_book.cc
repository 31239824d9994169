#include "trial/trial_book.h"

#include <fmt/format.h>

#include <utility>

#include "store/reader.h"
#include "trial/report_json.h"

namespace gnomon::trial {
namespace {

// A store that is written at the end gets this long.
constexpr Millis kLastWrite{2'000};
constexpr Millis kGather{200};

int64_t to_us(WallTime at) noexcept {
  return std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
}
int64_t to_us(Duration time) noexcept {
  return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

}  // namespace

TrialBook::TrialBook(Settings settings, const Clock& clock, Log& log)
    : settings_(std::move(settings)), key_(settings_.secret), clock_(clock), log_(log) {}

TrialBook::~TrialBook() = default;

void TrialBook::install(std::span<const TrialRun::Plan> plans) {
  if (!plans.empty()) open_store();
  Runs next;
  for (const TrialRun::Plan& plan : plans) {
    std::shared_ptr<TrialRun> run = find(plan->name);
    if (run != nullptr) {
      run->install(plan);
    } else {
      run = begin(plan);
    }
    run->set_keeping(keeping());
    next.emplace(plan->name, std::move(run));
  }
  const std::lock_guard lock(mutex_);
  runs_ = std::move(next);
}

void TrialBook::open_store() {
  if (writer_ != nullptr || settings_.store_path.empty()) return;
  store::WriterSettings settings;
  settings.path = settings_.store_path;
  settings.gather = kGather;
  writer_ = std::make_unique<store::Writer>(std::move(settings), clock_, log_);
  // What is broken is moved aside before anybody reads.
  static_cast<void>(writer_->flush(kLastWrite));
  owning_ = writer_->stats().owning;
}

// Another process has written to the store until now: what both have counted comes together.
void TrialBook::take_over() {
  owning_ = true;
  log_.info("the store is ours now, and keeps the evidence of trials",
            {{"file", settings_.store_path}});
  for (const std::shared_ptr<TrialRun>& run : all()) {
    Loaded theirs = load(run->name());
    if (!theirs) {
      log_.warn("the evidence of a trial cannot be read, so its epochs get other numbers",
                {{"trial", run->name()}, {"reason", theirs.error().text}});
      run->take_over({.epoch = {.number = number_above_all()}});
    } else {
      run->take_over(std::move(*theirs).value_or(SavedRun{.epoch = {.number = 0}}));
    }
  }
}

Keeping TrialBook::keeping() const {
  if (writer_ == nullptr) return {};
  std::string trouble = writer_->trouble();
  return {owning_ && trouble.empty(), std::move(trouble)};
}

// What is there is not overwritten, and not taken up again.
uint64_t TrialBook::number_above_all() const {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(clock_.wall().time_since_epoch());
  return static_cast<uint64_t>(seconds.count());
}

std::shared_ptr<TrialRun> TrialBook::begin(const TrialRun::Plan& plan) {
  std::shared_ptr<TrialRun> run = begin_or_go_on(plan);
  if (writer_ != nullptr && !owning_) run->count_apart();
  return run;
}

std::shared_ptr<TrialRun> TrialBook::begin_or_go_on(const TrialRun::Plan& plan) {
  Loaded saved = load(plan->name);
  if (!saved) {
    log_.warn("the evidence of a trial cannot be read, so it begins anew",
              {{"trial", plan->name}, {"reason", saved.error().text}});
    return std::make_shared<TrialRun>(plan, key_, clock_, number_above_all(),
                                      "the earlier evidence could not be read");
  }
  if (*saved) {
    log_.info("a trial goes on",
              {{"trial", plan->name}, {"epoch", fmt::format("{}", (*saved)->epoch.number)}});
    return std::make_shared<TrialRun>(plan, key_, clock_, std::move(**saved));
  }
  log_.info("a trial begins", {{"trial", plan->name}});
  return std::make_shared<TrialRun>(plan, key_, clock_);
}

TrialBook::Loaded TrialBook::load(const std::string& name) {
  if (settings_.store_path.empty()) return std::nullopt;
  store::Reader reader(settings_.store_path);
  auto found = reader.newest_epoch(name);
  if (!found) return std::unexpected(std::move(found.error()));
  if (!*found) return std::nullopt;
  store::EpochRecord& record = **found;
  SavedRun saved;
  saved.epoch.number = record.key.number;
  saved.epoch.began = WallTime(std::chrono::microseconds(record.began_us));
  saved.epoch.cause = record.cause;
  saved.epoch.version = record.version;
  saved.epoch.rules = record.rules;
  saved.epoch.before = std::chrono::microseconds(record.elapsed_us);
  saved.counters = std::move(record.counters);
  saved.endpoints = std::move(record.endpoints);
  saved.kept = WallTime(std::chrono::microseconds(record.updated_us));
  if (!record.failed.empty()) saved.failed = std::move(record.failed);
  saved.candidate = std::move(record.candidate);
  saved.candidate_digest = record.candidate_digest;
  saved.versions = std::move(record.versions);
  return saved;
}

void TrialBook::tick(std::span<const shadow::ShadowRegistry* const> workers) {
  if (writer_ != nullptr && !owning_ && writer_->stats().owning) take_over();
  std::map<std::string, Traffic> news = meter_.read(workers);
  for (const std::shared_ptr<TrialRun>& run : all()) {
    if (const auto traffic = news.find(run->name()); traffic != news.end()) {
      run->add_traffic(traffic->second);
    }
    run->look();
    keep(*run);
    run->set_keeping(keeping());
  }
}

// Counters and rulings in a batch of their own, so that no number of samples leaves them without
// room.
void TrialBook::keep(TrialRun& run) {
  if (writer_ != nullptr && !owning_) return;  // samples wait, as far as there is room
  std::vector<Sample> samples = run.take_samples();
  if (writer_ == nullptr) return;
  store::Batch batch;
  const SavedRun saved = run.save();
  const TrialRun::View view = run.view();
  const store::EpochKey key{run.name(), saved.epoch.number};
  const int64_t now = to_us(clock_.wall());
  store::EpochRecord record;
  record.key = key;
  record.began_us = to_us(saved.epoch.began);
  record.updated_us = now;
  record.elapsed_us = to_us(saved.epoch.before);
  record.cause = saved.epoch.cause;
  record.version = saved.epoch.version;
  record.rules = saved.epoch.rules;
  record.endpoints = saved.endpoints;
  record.failed = saved.failed.value_or("");
  record.candidate = saved.candidate;
  record.candidate_digest = saved.candidate_digest;
  record.versions = saved.versions;
  record.counters = saved.counters;
  batch.epochs.push_back(std::move(record));
  const std::string ruling =
      fmt::format("{} {}", saved.epoch.number, verdict::to_string(view.verdict.ruling));
  std::string& kept = rulings_[run.name()];
  if (kept != ruling) {
    batch.rulings.push_back({key, now, std::string(verdict::to_string(view.verdict.ruling)),
                             view.verdict.reason, view.verdict.log_e_fail,
                             view.verdict.coverage.compared, verdict_json(run.name(), view)});
  }
  if (writer_->submit(std::move(batch))) kept = ruling;
  store::Batch shown;
  for (Sample& sample : samples) {
    shown.samples.push_back({{run.name(), sample.epoch},
                             std::move(sample.field),
                             to_us(sample.at),
                             std::move(sample.body)});
  }
  if (!shown.empty()) writer_->submit(std::move(shown));
}

void TrialBook::close(std::span<const shadow::ShadowRegistry* const> workers) {
  // Whoever had the store may have ended a moment ago.
  if (writer_ != nullptr && !owning_) static_cast<void>(writer_->flush(kLastWrite));
  tick(workers);
  if (writer_ != nullptr && (!writer_->flush(kLastWrite) || !owning_)) {
    log_.warn("the last evidence of the trials was not kept");
  }
}

void TrialBook::on_trio(const shadow::Trio& trio, compare::Comparer& comparer) {
  if (const std::shared_ptr<TrialRun> run = find(trio.trial->name)) run->on_trio(trio, comparer);
}

std::shared_ptr<TrialRun> TrialBook::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = runs_.find(name);
  return found == runs_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<TrialRun>> TrialBook::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<TrialRun>> runs;
  runs.reserve(runs_.size());
  for (const auto& [name, run] : runs_) runs.push_back(run);
  return runs;
}

}  // namespace gnomon::trial
