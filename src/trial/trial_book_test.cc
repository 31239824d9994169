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
  EXPECT_EQ(reader.samples({"ns.trial", 1}, {})->samples.size(), 1u);
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

class TwoBooks : public TrialBookTest {
 protected:
  TwoBooks() {
    first->install(std::vector<TrialRun::Plan>{plan});
    feed(*first, 3);
    first->tick({});
    first->tick({});
    // What the second one finds when it begins.
    const TimePoint late = clock.now() + std::chrono::seconds(20);
    while (!reader.newest_epoch("ns.trial")->has_value() && clock.now() < late) {
      std::this_thread::yield();
    }
  }

  void feed(TrialBook& book, int times) {
    for (int i = 0; i < times; ++i) {
      book.on_trio(*make_trio(book_plan(book), "/a", R"({"a":1})", R"({"a":2})"), comparer);
    }
  }
  std::shared_ptr<const routing::Trial> book_plan(const TrialBook& book) const {
    return &book == first.get() ? plan : other;
  }
  SavedRun of(const TrialBook& book) const { return book.find("ns.trial")->save(); }
  void end_first() {
    first->close({});
    first.reset();
    const TimePoint late = clock.now() + std::chrono::seconds(20);
    while (!second.store_stats()->owning && clock.now() < late) std::this_thread::yield();
    ASSERT_TRUE(second.store_stats()->owning);
    second.tick({});
  }

  std::shared_ptr<routing::Trial> plan = make_plan();
  std::shared_ptr<routing::Trial> other = plan;  // the second one's
  std::unique_ptr<TrialBook> first = std::make_unique<TrialBook>(settings(), clock, log);
  TrialBook second{settings(), clock, log};
  store::Reader reader{folder + "/gnomon.db"};
};

TEST_F(TwoBooks, evidence_of_both_adds_up_when_the_first_has_ended) {
  second.install(std::vector<TrialRun::Plan>{other});
  EXPECT_EQ(of(second).counters.differing.n, 3u);
  feed(*first, 40);
  feed(second, 500);
  second.tick({});
  const TrialRun::View view = second.find("ns.trial")->view();
  EXPECT_FALSE(view.keeping.works);
  EXPECT_TRUE(view.keeping.trouble.contains("is locked by process")) << view.keeping.trouble;
  EXPECT_EQ(reader.newest_epoch("ns.trial").value()->counters.differing.n, 3u);
  end_first();
  EXPECT_EQ(of(second).counters.differing.n, 543u);
  EXPECT_EQ(of(second).counters.fields.fields().at(0).unpaired, 543u);
  EXPECT_EQ(of(second).epoch.number, 1u);
  feed(second, 1);
  second.close({});
  EXPECT_EQ(reader.newest_epoch("ns.trial").value()->counters.differing.n, 544u);
  second.tick({});
  EXPECT_TRUE(second.find("ns.trial")->view().keeping.works);
}

TEST_F(TwoBooks, a_later_epoch_of_the_first_is_not_mixed_with_what_was_counted_before) {
  second.install(std::vector<TrialRun::Plan>{other});
  feed(second, 500);
  first->find("ns.trial")->begin_epoch("asked for");
  feed(*first, 7);
  end_first();
  EXPECT_EQ(of(second).counters.differing.n, 7u);
  EXPECT_EQ(of(second).epoch.number, 2u);
  EXPECT_EQ(of(second).epoch.cause, "asked for");
}

TEST_F(TwoBooks, an_epoch_of_other_rules_gets_a_number_above_those_of_the_first) {
  other = make_plan();
  other->digest = 8;
  second.install(std::vector<TrialRun::Plan>{other});
  feed(second, 5);
  first->find("ns.trial")->begin_epoch("asked for");
  first->find("ns.trial")->begin_epoch("and again");
  feed(*first, 7);
  end_first();
  EXPECT_EQ(of(second).counters.differing.n, 5u);
  EXPECT_EQ(of(second).epoch.number, 4u);
  second.close({});
  EXPECT_EQ(reader.epoch({"ns.trial", 3}).value()->counters.differing.n, 7u);
  EXPECT_EQ(reader.epoch({"ns.trial", 4}).value()->counters.differing.n, 5u);
  EXPECT_EQ(reader.samples({"ns.trial", 4}, {})->samples.size(), 1u);
}

TEST_F(TwoBooks, a_fail_of_the_second_stands) {
  plan->settings.max_mismatch_rate = 0.01;
  second.install(std::vector<TrialRun::Plan>{other});
  feed(second, 500);
  second.tick({});
  ASSERT_EQ(second.find("ns.trial")->view().verdict.ruling, verdict::Ruling::fail);
  end_first();
  EXPECT_TRUE(of(second).failed.has_value());
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
