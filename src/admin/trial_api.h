// The API for trials, under /api/v1: verdicts, differences, samples, epochs, and what Flagger asks.
// docs/api.md describes it; /api/v1/openapi.json says it to machines.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/answer.h"
#include "msg/head.h"
#include "store/reader.h"
#include "trial/trial_book.h"

namespace gnomon::admin {

// On the admin thread.
class TrialApi {
 public:
  explicit TrialApi(trial::TrialBook& trials, bool verdicts_only = false)
      : trials_(trials), verdicts_only_(verdicts_only), store_(trials.store_path()) {}

  static bool serves(std::string_view path) noexcept { return path.starts_with("/api/v1/"); }
  // `body` is that of a POST, which has been found to come from no other site.
  Answer answer(const RequestHead& head, std::string_view body);

 private:
  struct Operation;
  static const Operation kOperations[];

  struct Call {
    const RequestHead& head;
    std::string_view body;
    trial::TrialRun& run;
    std::optional<std::string> candidate;  // that the caller asks about
  };
  Answer list() const;
  Answer summary(const Call& call);
  Answer verdict(const Call& call);
  Answer differences(const Call& call);
  Answer samples(const Call& call);
  Answer begin_epoch(const Call& call);
  // What it is for who asks about the call's candidate.
  static verdict::Verdict verdict_for(const Call& call);
  // Webhooks of Flagger: 200 lets it do what it asks about, anything else holds it.
  Answer flagger_confirm(const Call& call);
  Answer flagger_rollout(const Call& call);
  Answer flagger_rollback(const Call& call);

  trial::TrialBook& trials_;
  const bool verdicts_only_;
  store::Reader store_;
};

inline constexpr std::string_view kVerdictsOnly =
    "only verdicts and hooks are to be had here; the admin API on the machine itself has the rest";

// RFC 9457.
Answer problem(uint16_t status, std::string_view detail);

}  // namespace gnomon::admin
