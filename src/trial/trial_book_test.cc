#include "trial/trial_book.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "base/temporary_folder.h"
#include "store/reader.h"
#include "trial/testing.h"

namespace gnomon::trial {
namespace {

using testing::kSecret;
using testing::make_plan;
using testing::make_trio;

class TrialBookTest : public ::testing::Test {
 protected:
  TrialBook::Settings settings() const { return {folder + "/gnomon.db", kSecret}; }

  const TemporaryFolder temporary;
  const std::string folder = temporary.path();
  SystemClock clock;
  Log log{clock, LogFormat::text, LogLevel::error};
  compare::Comparer comparer;
};

TEST_F(TrialBookTest, keeps_evidence_samples_and_rulings_and_finds_them_again) {
  const std::vector<TrialRun::Plan> plans{make_plan()};
  {
    TrialBook book(settings(), clock, log);
    book.install(plans);
    for (int i = 0; i < 3; ++i) {
      book.on_trio(*make_trio(plans[0], "/a", R"({"a":1})", R"({"a":2})"), comparer);
    }
    book.close({});
  }
  store::Reader reader(folder + "/gnomon.db");
  EXPECT_EQ(reader.samples({"ns.trial", 1}, std::nullopt, 10)->size(), 1u);
  EXPECT_EQ(reader.rulings({"ns.trial", 1}, 10)->size(), 1u);
  TrialBook book(settings(), clock, log);
  book.install(plans);
  const verdict::Counters counters = book.find("ns.trial")->save().counters;
  EXPECT_EQ(counters.differing.n, 3u);
  EXPECT_EQ(counters.fields.fields().size(), 1u);
}

TEST_F(TrialBookTest, a_fail_and_the_time_on_trial_stand_after_a_restart) {
  ManualClock hand;
  const auto plan = make_plan();
  plan->settings.max_mismatch_rate = 0.01;
  const std::vector<TrialRun::Plan> plans{plan};
  std::string reason;
  {
    TrialBook book(settings(), hand, log);
    book.install(plans);
    for (int i = 0; i < 50; ++i) {
      book.on_trio(*make_trio(plan, "/a", R"({"a":1})", R"({"a":2})"), comparer);
    }
    hand.advance(std::chrono::seconds(7));
    book.close({});
    ASSERT_EQ(book.find("ns.trial")->view().verdict.ruling, verdict::Ruling::fail);
    reason = book.find("ns.trial")->view().verdict.reason;
  }
  // The counters alone would not say so any more.
  plan->settings.alpha = 1e-300;
  TrialBook book(settings(), hand, log);
  book.install(plans);
  const TrialRun::View view = book.find("ns.trial")->view();
  EXPECT_EQ(view.verdict.ruling, verdict::Ruling::fail);
  EXPECT_EQ(view.verdict.reason, reason);
  EXPECT_EQ(view.elapsed, std::chrono::seconds(7));
}

TEST_F(TrialBookTest, keeps_a_ruling_once_in_an_epoch) {
  const std::vector<TrialRun::Plan> plans{make_plan()};
  {
    TrialBook book(settings(), clock, log);
    book.install(plans);
    for (int i = 0; i < 3; ++i) book.tick({});
    book.find("ns.trial")->begin_epoch("asked for");
    for (int i = 0; i < 3; ++i) book.tick({});
    book.close({});
  }
  store::Reader reader(folder + "/gnomon.db");
  EXPECT_EQ(reader.rulings({"ns.trial", 1}, 10)->size(), 1u);
  EXPECT_EQ(reader.rulings({"ns.trial", 2}, 10)->size(), 1u);
}

TEST_F(TrialBookTest, evidence_that_cannot_be_read_is_neither_overwritten_nor_taken_up_again) {
  const std::vector<TrialRun::Plan> plans{make_plan()};
  const auto feed_and_close = [&] {
    TrialBook book(settings(), clock, log);
    book.install(plans);
    book.on_trio(*make_trio(plans[0], "/a", "{}", "{}"), comparer);
    book.close({});
    return book.find("ns.trial")->save();
  };
  feed_and_close();
  {
    auto broken = store::Database::open(folder + "/gnomon.db", store::Database::Mode::write);
    ASSERT_TRUE(broken);
    ASSERT_TRUE(broken->run("UPDATE epoch SET counters = 'gnomon-counters 9', number = 5"));
  }
  const SavedRun anew = feed_and_close();
  EXPECT_GT(anew.epoch.number, 5u);
  EXPECT_EQ(anew.counters.differing.n, 1u);
  const SavedRun again = feed_and_close();
  EXPECT_EQ(again.epoch.number, anew.epoch.number);
  EXPECT_EQ(again.counters.differing.n, 2u);
  EXPECT_EQ(store::Reader(folder + "/gnomon.db").epochs("ns.trial", 10)->back().key.number, 5u);
}

TEST_F(TrialBookTest, trials_that_a_configuration_drops_end) {
  TrialBook book({}, clock, log);
  const std::vector<TrialRun::Plan> both{make_plan("ns.a"), make_plan("ns.b")};
  book.install(both);
  const auto kept = book.find("ns.a");
  book.install(std::vector<TrialRun::Plan>{both[0]});
  EXPECT_EQ(book.find("ns.a"), kept);
  EXPECT_EQ(book.find("ns.b"), nullptr);
  book.on_trio(*make_trio(both[1], "/", "{}", "{}"), comparer);  // one that was on its way
}

TEST_F(TrialBookTest, without_a_trial_no_file_is_made) {
  TrialBook book(settings(), clock, log);
  book.install({});
  book.close({});
  EXPECT_FALSE(std::filesystem::exists(folder + "/gnomon.db"));
}

TEST_F(TrialBookTest, a_store_that_cannot_be_made_costs_evidence_and_nothing_else) {
  TrialBook book({folder + "/gnomon.db/below/a/file", kSecret}, clock, log);
  {
    std::filesystem::create_directory(folder + "/gnomon.db");
  }
  std::filesystem::remove(folder + "/gnomon.db");
  const int fd = ::open((folder + "/gnomon.db").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  ASSERT_GE(fd, 0);
  ::close(fd);
  const std::vector<TrialRun::Plan> plans{make_plan()};
  book.install(plans);
  book.on_trio(*make_trio(plans[0], "/", "{}", "{}"), comparer);
  book.close({});
  EXPECT_EQ(book.find("ns.trial")->save().counters.differing.n, 1u);
}

}  // namespace
}  // namespace gnomon::trial
