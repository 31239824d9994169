// All trials of the process: begins and ends them with the configuration, brings them what workers
// count, judges them, and keeps their evidence.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "compare/redaction_key.h"
#include "shadow/shadow_stats.h"
#include "store/writer.h"
#include "trial/compare_pool.h"
#include "trial/traffic_meter.h"
#include "trial/trial_run.h"

namespace gnomon::trial {

class TrialBook final : public TrioJudge {
 public:
  struct Settings {
    std::string store_path;                 // empty: evidence ends with the process
    compare::RedactionKey::Bytes secret{};  // for stand-ins of what is redacted
  };

  TrialBook(Settings settings, const Clock& clock, Log& log);
  ~TrialBook();
  TrialBook(const TrialBook&) = delete;
  TrialBook& operator=(const TrialBook&) = delete;

  // On the control thread. The trials of a configuration, before workers get it: those that stay go
  // on, new ones look for evidence of an earlier run.
  void install(std::span<const TrialRun::Plan> plans);
  // On the control thread, about once a second.
  void tick(std::span<const shadow::ShadowRegistry* const> workers);
  // On the control thread, at the end: judges and keeps once more.
  void close(std::span<const shadow::ShadowRegistry* const> workers);

  // On threads of the comparers.
  void on_trio(const shadow::Trio& trio, compare::Comparer& comparer) override;

  // Any thread. Null: there is no such trial.
  std::shared_ptr<TrialRun> find(std::string_view name) const;
  std::vector<std::shared_ptr<TrialRun>> all() const;
  const std::string& store_path() const noexcept { return settings_.store_path; }
  // Null: nothing is kept.
  const store::WriterStats* store_stats() const noexcept {
    return writer_ == nullptr ? nullptr : &writer_->stats();
  }

 private:
  using Loaded = std::expected<std::optional<SavedRun>, store::Failure>;
  using Runs = std::map<std::string, std::shared_ptr<TrialRun>, std::less<>>;

  std::shared_ptr<TrialRun> begin(const TrialRun::Plan& plan);
  std::shared_ptr<TrialRun> begin_or_go_on(const TrialRun::Plan& plan);
  uint64_t number_above_all() const;
  Loaded load(const std::string& name);
  void open_store();
  void take_over();
  Keeping keeping() const;
  void keep(TrialRun& run);

  const Settings settings_;
  const compare::RedactionKey key_;
  const Clock& clock_;
  Log& log_;
  std::unique_ptr<store::Writer> writer_;  // made with the first trial
  // Until the store is ours nothing is handed to the writer: what another process writes must not
  // be replaced by what was read before.
  bool owning_ = false;
  TrafficMeter meter_;
  std::map<std::string, std::string> rulings_;  // kept last, by trial and epoch
  mutable std::mutex mutex_;
  Runs runs_;
};

}  // namespace gnomon::trial
