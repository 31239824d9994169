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
  const TimePoint later = kStart + std::chrono::hours(1);
  EXPECT_EQ(versions.meaning_of("two", "two", later), Meaning::current);
  EXPECT_EQ(versions.meaning_of("one", "two", later), Meaning::former);
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

TEST(CandidateVersions, a_former_one_that_answers_alone_for_long_is_back) {
  CandidateVersions versions;
  EXPECT_EQ(versions.meaning_of("two", "one", kStart), Meaning::next);
  EXPECT_EQ(versions.meaning_of("two", "two", kStart + std::chrono::minutes(5)), Meaning::current);
  // However long nothing was heard.
  EXPECT_EQ(versions.meaning_of("one", "two", kStart + std::chrono::hours(2)), Meaning::former);
  const TimePoint later = kStart + std::chrono::hours(2);
  EXPECT_EQ(versions.meaning_of("one", "two", later + std::chrono::minutes(9)), Meaning::former);
  EXPECT_FALSE(versions.rolled_back());
  EXPECT_EQ(versions.meaning_of("one", "two", later + std::chrono::minutes(10)), Meaning::next);
  EXPECT_TRUE(versions.rolled_back());
  CandidateVersions again;
  again.restore(versions.snapshot(later), later);
  EXPECT_TRUE(again.rolled_back());
  EXPECT_EQ(versions.meaning_of("two", "one", later + std::chrono::minutes(10)), Meaning::former);
  EXPECT_EQ(versions.meaning_of("three", "one", later + std::chrono::minutes(10)), Meaning::next);
  EXPECT_FALSE(versions.rolled_back());
}

TEST(CandidateVersions, tell_how_long_one_that_says_no_version_may_be_a_former_one) {
  CandidateVersions versions;
  EXPECT_EQ(versions.meaning_of("one", "", kStart), Meaning::first);
  EXPECT_FALSE(versions.may_be_former(kStart));
  EXPECT_EQ(versions.meaning_of("two", "one", kStart), Meaning::next);
  EXPECT_TRUE(versions.may_be_former(kStart + std::chrono::seconds(59)));
  EXPECT_FALSE(versions.may_be_former(kStart + std::chrono::seconds(60)));
  const TimePoint later = kStart + std::chrono::minutes(5);
  EXPECT_EQ(versions.meaning_of("one", "two", later), Meaning::former);
  EXPECT_TRUE(versions.may_be_former(later + std::chrono::seconds(59)));
  versions.expect("image:2", "two", "image:3", later + std::chrono::hours(1));
  EXPECT_TRUE(versions.may_be_former(later + std::chrono::hours(1)));
}

TEST(CandidateVersions, are_known_to_the_next_run_of_the_process) {
  CandidateVersions before;
  EXPECT_EQ(before.meaning_of("two", "one", kStart), Meaning::next);
  before.expect("image:2", "two", "image:3", kStart);
  EXPECT_EQ(before.meaning_of("four", "three", kStart), Meaning::next);
  const std::string kept = before.snapshot(kStart + std::chrono::minutes(4));
  CandidateVersions after;
  const TimePoint begun = kStart + std::chrono::hours(100);
  after.restore(kept, begun);
  EXPECT_EQ(after.meaning_of("three", "four", begun), Meaning::former);
  EXPECT_TRUE(after.may_be_former(begun));
  EXPECT_EQ(after.meaning_of("two", "", begun + std::chrono::seconds(359)), Meaning::former);
  EXPECT_EQ(after.meaning_of("two", "", begun + std::chrono::seconds(360)), Meaning::first);
  // One that is taken back is known by its name.
  CandidateVersions third;
  third.restore(kept, begun);
  third.expect("image:3", "", "image:2", begun);
  EXPECT_EQ(third.meaning_of("two", "", begun), Meaning::first);
}

TEST(CandidateVersions, take_nothing_from_what_they_cannot_read) {
  for (const char* const text :
       {"what", "former", "outgoing", "outgoing x two", "outgoing -1 two", "outgoing 5",
        "outgoing 5 ", "outgoing 99999999999999999999 two", "\n\n"}) {
    CandidateVersions versions;
    versions.restore(text, kStart);
    EXPECT_EQ(versions.snapshot(kStart), "") << text;
  }
  CandidateVersions versions;
  versions.restore("outgoing 9223372036854775807 two", kStart);
  EXPECT_EQ(versions.snapshot(kStart), "outgoing 600000 two\ncandidate \n");
}

}  // namespace
}  // namespace gnomon::trial
