#include "trial/candidate_versions.h"

#include <gtest/gtest.h>

namespace gnomon::trial {
namespace {

using Meaning = CandidateVersions::Meaning;

const TimePoint kStart{};

TEST(CandidateVersions, tell_what_is_on_trial_from_what_was) {
  CandidateVersions versions;
  EXPECT_EQ(versions.meaning_of("", "", kStart), Meaning::current);
  EXPECT_EQ(versions.meaning_of("one", "", kStart), Meaning::first);
  EXPECT_EQ(versions.meaning_of("one", "one", kStart), Meaning::current);
  EXPECT_EQ(versions.meaning_of("two", "one", kStart), Meaning::next);
  EXPECT_EQ(versions.meaning_of("one", "two", kStart), Meaning::former);
  EXPECT_EQ(versions.meaning_of("", "two", kStart), Meaning::current);
}

TEST(CandidateVersions, wait_a_while_for_the_one_that_is_announced) {
  CandidateVersions versions;
  versions.expect("image:1", "one", "image:2", kStart);
  EXPECT_EQ(versions.meaning_of("one", "", kStart + std::chrono::minutes(9)), Meaning::former);
  // So it is the new one that says the same.
  EXPECT_EQ(versions.meaning_of("one", "", kStart + std::chrono::minutes(10)), Meaning::first);
}

TEST(CandidateVersions, know_the_one_before_once_its_successor_was_heard) {
  CandidateVersions versions;
  versions.expect("image:1", "one", "image:2", kStart);
  EXPECT_EQ(versions.meaning_of("two", "", kStart), Meaning::first);
  EXPECT_EQ(versions.meaning_of("one", "two", kStart + std::chrono::hours(1)), Meaning::former);
}

TEST(CandidateVersions, expect_nothing_where_an_operator_says_so) {
  CandidateVersions versions;
  versions.expect("image:1", "one", "image:2", kStart);
  versions.expect_none();
  EXPECT_EQ(versions.meaning_of("one", "", kStart), Meaning::first);
}

TEST(CandidateVersions, remember_the_latest_ones) {
  CandidateVersions versions;
  std::string current = "0";
  for (int i = 1; i <= 40; ++i) {
    const std::string next = std::to_string(i);
    EXPECT_EQ(versions.meaning_of(next, current, kStart), Meaning::next);
    current = next;
  }
  EXPECT_EQ(versions.meaning_of("39", current, kStart), Meaning::former);
  EXPECT_EQ(versions.meaning_of("8", current, kStart), Meaning::former);
  EXPECT_EQ(versions.meaning_of("7", current, kStart), Meaning::next);
}

}  // namespace
}  // namespace gnomon::trial
