#include "trial/asked_candidate.h"

#include <gtest/gtest.h>

namespace gnomon::trial {
namespace {

TrialRun::View view_of(std::string candidate, std::string version) {
  TrialRun::View view;
  view.candidate = std::move(candidate);
  view.epoch.version = std::move(version);
  view.verdict.ruling = verdict::Ruling::pass;
  view.verdict.reason = "It passes.";
  return view;
}

TEST(AskedCandidate, a_verdict_over_whatever_is_on_trial_stands) {
  TrialRun::View view = view_of("sha256:1", "one");
  EXPECT_TRUE(ask_about("", view).on_trial);
  EXPECT_EQ(view.verdict.ruling, verdict::Ruling::pass);
  EXPECT_EQ(view.verdict.reason, "It passes.");
}

TEST(AskedCandidate, a_candidate_has_the_name_of_its_operator_or_its_version) {
  for (const char* const name : {"sha256:1", "one"}) {
    TrialRun::View view = view_of("sha256:1", "one");
    const AskedCandidate asked = ask_about(name, view);
    EXPECT_EQ(asked.name, name);
    EXPECT_TRUE(asked.on_trial);
    EXPECT_EQ(view.verdict.ruling, verdict::Ruling::pass);
  }
}

TEST(AskedCandidate, a_verdict_over_another_one_is_none_and_says_who_it_is) {
  struct Case {
    const char* candidate;
    const char* version;
    const char* reason;
  };
  for (const Case& each :
       {Case{"sha256:1", "", "sha256:2 is not on trial: sha256:1 is."},
        Case{"", "one", "sha256:2 is not on trial: one is."},
        Case{"one", "one", "sha256:2 is not on trial: one is."},
        Case{"sha256:1", "one", "sha256:2 is not on trial: sha256:1, version one, is."},
        Case{"", "",
             "sha256:2 is not known to be on trial: neither the ShadowTest nor an answer says "
             "what is."}}) {
    for (const auto ruling : {verdict::Ruling::pass, verdict::Ruling::fail}) {
      TrialRun::View view = view_of(each.candidate, each.version);
      view.verdict.ruling = ruling;
      EXPECT_FALSE(ask_about("sha256:2", view).on_trial);
      EXPECT_EQ(view.verdict.ruling, verdict::Ruling::undecided);
      EXPECT_EQ(view.verdict.reason, each.reason);
      EXPECT_NE(view.verdict.change.find("sha256:2"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace gnomon::trial
