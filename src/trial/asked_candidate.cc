#include "trial/asked_candidate.h"

#include <fmt/format.h>

#include <utility>

namespace gnomon::trial {
namespace {

// Who is on trial, as far as anybody has said.
std::string who(const TrialRun::View& view) {
  const std::string& version = view.epoch.version;
  if (view.candidate.empty()) return version;
  if (version.empty() || version == view.candidate) return view.candidate;
  return fmt::format("{}, version {},", view.candidate, version);
}

}  // namespace

AskedCandidate ask_about(std::string name, TrialRun::View& view) {
  AskedCandidate asked{std::move(name)};
  if (asked.name.empty()) return asked;
  asked.on_trial = asked.name == view.candidate || asked.name == view.epoch.version;
  if (asked.on_trial) return asked;
  view.verdict.ruling = verdict::Ruling::undecided;
  const std::string other = who(view);
  view.verdict.reason = other.empty()
                            ? fmt::format(
                                  "{} is not known to be on trial: neither the ShadowTest nor an "
                                  "answer says what is.",
                                  asked.name)
                            : fmt::format("{} is not on trial: {} is.", asked.name, other);
  view.verdict.change =
      fmt::format("Its trial begins when verdict.candidate, or an answer's versionHeader, says {}.",
                  asked.name);
  return asked;
}

}  // namespace gnomon::trial
