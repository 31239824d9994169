#include "store/writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>

#include "store/schema.h"
#include "store/testing.h"

namespace gnomon::store {
namespace {

using WriterTest = StoreTest;

const EpochKey kKey{"petstore", 1};

uint64_t kept(const std::filesystem::path& path) {
  Reader reader(path.string());
  const auto epoch = reader.epoch(kKey);
  return epoch && *epoch ? (*epoch)->counters.seen : 0;
}

mode_t mode_of(const std::filesystem::path& path) {
  struct stat info{};
  EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 0777;
}

TEST_F(WriterTest, keeps_what_it_is_given_over_a_restart) {
  EpochRecord record = epoch_of("petstore", 1, 12);
  record.counters.exclude("budget_bytes");
  record.counters.fields.restore_other({1, 2, 3}, 4);
  record.candidate = "sha256:abc";
  record.candidate_digest = 0xF00000000000000FU;
  record.versions = "former one\n";
  {
    const auto first = writer();
    Batch batch;
    batch.epochs.push_back(record);
    ASSERT_TRUE(first->submit(std::move(batch)));
    ASSERT_TRUE(first->submit(sampled("$.price", R"({"live":1,"candidate":2})")));
    ASSERT_TRUE(first->submit(ruled("UNDECIDED")));
  }
  const auto second = writer();
  ASSERT_TRUE(second->submit(ruled("FAIL")));
  ASSERT_TRUE(second->flush(kSoon));
  Reader reader(path_.string());
  EXPECT_EQ(reader.tests().value(), std::vector<std::string>{"petstore"});
  const auto epoch = reader.newest_epoch("petstore").value();
  ASSERT_TRUE(epoch.has_value());
  EXPECT_EQ(epoch->counters, record.counters);
  EXPECT_EQ(epoch->cause, "first");
  EXPECT_EQ(epoch->began_us, record.began_us);
  EXPECT_EQ(epoch->elapsed_us, 12);
  EXPECT_EQ(epoch->candidate, record.candidate);
  EXPECT_EQ(epoch->candidate_digest, record.candidate_digest);
  EXPECT_EQ(epoch->versions, record.versions);
  const auto rulings = reader.rulings(kKey, 10).value();
  ASSERT_EQ(rulings.size(), 2u);
  EXPECT_EQ(rulings[0].ruling, "FAIL");
  EXPECT_EQ(rulings[1].ruling, "UNDECIDED");
  EXPECT_EQ(rulings[1].log_e_fail, 1.5);
  const auto samples = reader.samples(kKey, {.most = 10}).value().samples;
  ASSERT_EQ(samples.size(), 1u);
  EXPECT_EQ(samples[0].body, R"({"live":1,"candidate":2})");
  EXPECT_EQ(samples[0].field, field_named("$.price"));
}

TEST_F(WriterTest, keeps_the_first_and_the_latest_sample_of_each_field) {
  const auto one = writer();
  for (int i = 1; i <= 5; ++i) {
    ASSERT_TRUE(one->submit(sampled("$.price", "p" + std::to_string(i), i)));
  }
  ASSERT_TRUE(one->submit(sampled("$.tag", "t", 3)));
  ASSERT_TRUE(one->flush(kSoon));
  Reader reader(path_.string());
  const auto samples = reader.samples(kKey, {.field = field_named("$.price")}).value().samples;
  ASSERT_EQ(samples.size(), 2u);
  EXPECT_EQ(samples[0].body, "p1");
  EXPECT_EQ(samples[1].body, "p5");
  EXPECT_EQ(samples[1].at_us, 5);
  EXPECT_EQ(reader.samples(kKey, {.most = 10}).value().samples.size(), 3u);
  EXPECT_EQ(one->stats().lost_samples, 0u);
}

TEST_F(WriterTest, counts_samples_that_are_too_large_or_too_many) {
  WriterSettings small = settings();
  small.bounds.sample_bytes = 100;
  small.bounds.sampled_fields = 3;
  const auto one = writer(small);
  ASSERT_TRUE(one->submit(sampled("$.large", std::string(101, 'x'))));
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(one->submit(sampled("$." + std::to_string(i), "x")));
  ASSERT_TRUE(one->submit(sampled("$.0", "latest")));
  ASSERT_TRUE(one->flush(kSoon));
  EXPECT_EQ(one->stats().lost_samples, 3u);
  EXPECT_EQ(Reader(path_.string()).samples(kKey, {.most = 10}).value().samples.size(), 4u);
}

TEST_F(WriterTest, keeps_files_from_the_eyes_of_others) {
  const mode_t before = ::umask(0);
  {
    const auto one = writer();
    ASSERT_TRUE(one->submit(counted(1)));
    ASSERT_TRUE(one->flush(kSoon));
    for (const char* const suffix : {"", "-wal", "-shm", ".lock"}) {
      EXPECT_EQ(mode_of(path_.string() + suffix), 0600u) << suffix;
    }
    EXPECT_EQ(mode_of(path_.parent_path()), 0700u);
  }
  // One that was made carelessly is set right, and what somebody left who looked into it.
  for (const char* const suffix : {"", "-wal"}) {
    const std::string left = path_.string() + suffix;
    std::ofstream(left, std::ios::app).close();
    std::filesystem::permissions(left, std::filesystem::perms(0644));
  }
  const auto again = writer();
  ASSERT_TRUE(again->submit(counted(2)));
  ASSERT_TRUE(again->flush(kSoon));
  EXPECT_EQ(mode_of(path_), 0600u);
  EXPECT_EQ(mode_of(path_.string() + "-wal"), 0600u);
  ::umask(0777);
  path_ = folder_ / "strict" / "gnomon.db";
  ASSERT_TRUE(writer()->flush(kSoon));
  EXPECT_EQ(mode_of(path_), 0600u);
  EXPECT_EQ(mode_of(path_.parent_path()), 0700u);
  ::umask(before);
}

TEST_F(WriterTest, refuses_a_link_in_place_of_its_file) {
  std::filesystem::create_directories(path_.parent_path());
  std::filesystem::create_symlink(folder_ / "elsewhere", path_);
  const auto one = writer();
  ASSERT_TRUE(one->submit(counted(1)));
  EXPECT_FALSE(one->flush(kSoon));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "elsewhere"));
}

TEST_F(WriterTest, a_lock_that_somebody_has_removed_is_taken_again) {
  const auto one = writer();
  ASSERT_TRUE(one->flush(kSoon));
  std::filesystem::remove(path_.string() + ".lock");
  ASSERT_TRUE(one->submit(counted(1)));
  ASSERT_TRUE(one->flush(kSoon));
  const auto second = writer();
  EXPECT_FALSE(second->flush(kSoon));
  EXPECT_NE(second->trouble(), "");
}

TEST_F(WriterTest, says_no_when_its_queue_is_full_and_never_waits_for_a_locked_database) {
  WriterSettings narrow = settings();
  narrow.queue_batches = 4;
  narrow.queue_bytes = size_t{1} << 30;
  const auto one = writer(narrow);
  ASSERT_TRUE(one->submit(counted(1)));
  ASSERT_TRUE(one->flush(kSoon));
  auto other = Database::open(path_.string(), Database::Mode::write);
  ASSERT_TRUE(other.has_value());
  ASSERT_TRUE(other->run("BEGIN EXCLUSIVE").has_value());

  ASSERT_TRUE(one->submit(sampled("$.price", "lost")));
  EXPECT_FALSE(one->flush(kSoon));  // the disk said no
  EXPECT_EQ(one->stats().lost_samples, 1u);
  EXPECT_TRUE(one->stats().failing);
  // Each try takes the writer a while; in the meantime more comes than the queue holds.
  uint64_t refused = 0;
  for (uint64_t n = 2; n <= 5000; ++n) refused += one->submit(counted(n)) ? 0 : 1;
  EXPECT_GT(refused, 0u);
  EXPECT_EQ(one->stats().refused_batches, refused);
  EXPECT_FALSE(one->flush(kSoon));
  EXPECT_EQ(kept(path_), 1u);

  ASSERT_TRUE(other->run("ROLLBACK").has_value());
  ASSERT_TRUE(one->flush(kSoon));
  EXPECT_FALSE(one->stats().failing);
  EXPECT_GT(kept(path_), 1u);  // what was accepted was kept for later
  ASSERT_TRUE(one->submit(counted(6000)));
  ASSERT_TRUE(one->flush(kSoon));
  EXPECT_EQ(kept(path_), 6000u);
}

TEST_F(WriterTest, says_no_to_what_is_too_large_for_its_queue) {
  WriterSettings narrow = settings();
  narrow.queue_bytes = 1000;
  const auto one = writer(narrow);
  EXPECT_FALSE(one->submit(sampled("$.price", std::string(2000, 'x'))));
  EXPECT_EQ(one->stats().refused_batches, 1u);
  EXPECT_EQ(one->stats().refused_samples, 1u);
  EXPECT_TRUE(one->submit(sampled("$.price", "x")));
}

// Files of this process cannot grow while it lives, as on a disk without room.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

TEST_F(WriterTest, survives_a_full_disk_and_catches_up) {
  const auto one = writer();
  ASSERT_TRUE(one->submit(counted(1)));
  ASSERT_TRUE(one->flush(kSoon));
  {
    const FullDisk full(1);
    ASSERT_TRUE(one->submit(counted(2)));
    ASSERT_TRUE(one->submit(sampled("$.price", "lost")));
    EXPECT_FALSE(one->flush(kSoon));
    EXPECT_EQ(one->stats().lost_samples, 1u);
    EXPECT_GT(one->stats().failed_commits, 0u);
  }
  ASSERT_TRUE(one->flush(kSoon));
  EXPECT_EQ(kept(path_), 2u);
  EXPECT_EQ(one->stats().moved_aside, 0u);
  const std::string said = log_text();
  EXPECT_NE(said.find("samples are lost until it can"), std::string::npos);
  EXPECT_NE(said.find("is written again"), std::string::npos);
}

TEST_F(WriterTest, keeps_a_bounded_number_of_epochs_and_rulings_for_a_disk_that_refuses) {
  WriterSettings few = settings();
  few.waiting_epochs = 3;
  few.waiting_rulings = 2;
  const auto one = writer(few);
  ASSERT_TRUE(one->flush(kSoon));
  {
    const FullDisk full(1);
    for (uint64_t number = 1; number <= 10; ++number) {
      Batch batch = ruled(std::to_string(number));
      batch.epochs.push_back(epoch_of("petstore", number, number));
      ASSERT_TRUE(one->submit(std::move(batch)));
    }
    EXPECT_FALSE(one->flush(kSoon));
    EXPECT_EQ(one->stats().lost_epochs, 7u);
    EXPECT_EQ(one->stats().lost_rulings, 8u);
  }
  ASSERT_TRUE(one->flush(kSoon));
  EXPECT_EQ(Reader(path_.string()).newest_epoch("petstore").value()->key.number, 10u);
}

TEST_F(WriterTest, moves_a_broken_file_aside_and_begins_anew) {
  std::filesystem::create_directories(path_.parent_path());
  std::ofstream(path_) << std::string(10'000, '#');
  const auto one = writer();
  ASSERT_TRUE(one->submit(counted(3)));
  ASSERT_TRUE(one->flush(kSoon));
  EXPECT_EQ(kept(path_), 3u);
  EXPECT_EQ(one->stats().moved_aside, 1u);
  EXPECT_EQ(std::filesystem::file_size(path_.string() + ".broken"), 10'000u);
  EXPECT_NE(log_text().find("moved aside; a new one begins"), std::string::npos);
}

TEST_F(WriterTest, finds_pages_that_are_broken_inside) {
  {
    const auto one = writer();
    for (int i = 0; i < 200; ++i) {
      ASSERT_TRUE(one->submit(sampled("$." + std::to_string(i), std::string(3000, 'x'))));
    }
    ASSERT_TRUE(one->flush(kSoon));
  }
  {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    for (int page = 1; page < 20; ++page) {
      file.seekp(std::streamoff{page} * 4096);
      file << std::string(64, '\xee');
    }
  }
  const auto again = writer();
  ASSERT_TRUE(again->submit(counted(4)));
  ASSERT_TRUE(again->flush(kSoon));
  EXPECT_EQ(kept(path_), 4u);
  EXPECT_EQ(again->stats().moved_aside, 1u);
}

TEST_F(WriterTest, begins_anew_when_its_file_is_removed_or_broken_under_its_hands) {
  const auto one = writer();
  Reader reader(path_.string());
  ASSERT_TRUE(one->submit(counted(1)));
  ASSERT_TRUE(one->flush(kSoon));
  EXPECT_EQ(reader.epoch(kKey).value()->counters.seen, 1u);
  for (const char* const suffix : {"", "-wal", "-shm"}) {
    std::filesystem::remove(path_.string() + suffix);
  }
  EXPECT_FALSE(reader.epoch(kKey).value().has_value());
  ASSERT_TRUE(one->submit(counted(2)));
  ASSERT_TRUE(one->flush(kSoon));
  EXPECT_EQ(reader.epoch(kKey).value()->counters.seen, 2u);
}

TEST_F(WriterTest, leaves_a_database_of_something_else_alone) {
  std::filesystem::create_directories(path_.parent_path());
  ASSERT_TRUE(make_private_file(path_.string()).has_value());
  {
    auto theirs = Database::open(path_.string(), Database::Mode::write);
    ASSERT_TRUE(theirs->run("CREATE TABLE precious (x); INSERT INTO precious VALUES (7)"));
  }
  const auto one = writer();
  ASSERT_TRUE(one->submit(counted(1)));
  EXPECT_FALSE(one->flush(kSoon));
  auto theirs = Database::open(path_.string(), Database::Mode::read);
  EXPECT_EQ(theirs->integer("SELECT x FROM precious").value(), 7);
  EXPECT_NE(log_text().find("is a database of something else"), std::string::npos);
}

TEST_F(WriterTest, moves_aside_what_a_later_version_has_written) {
  {
    ASSERT_TRUE(writer()->flush(kSoon));
  }
  {
    auto later = Database::open(path_.string(), Database::Mode::write);
    EXPECT_EQ(later->integer("PRAGMA user_version").value(), schema_version());
    EXPECT_EQ(later->integer("PRAGMA auto_vacuum").value(), 2);
    ASSERT_TRUE(later->run("PRAGMA user_version = 1000").has_value());
  }
  const auto one = writer();
  ASSERT_TRUE(one->submit(counted(1)));
  ASSERT_TRUE(one->flush(kSoon));
  EXPECT_EQ(one->stats().moved_aside, 1u);
  auto aside = Database::open(path_.string() + ".broken", Database::Mode::read);
  EXPECT_EQ(aside->integer("PRAGMA user_version").value(), 1000);
}

TEST_F(WriterTest, takes_up_what_an_earlier_version_has_written_and_may_still_write) {
  EpochRecord record = epoch_of("petstore", 1, 12);
  {
    const auto first = writer();
    Batch batch;
    batch.epochs.push_back(record);
    ASSERT_TRUE(first->submit(std::move(batch)));
  }
  {
    auto earlier = Database::open(path_.string(), Database::Mode::write);
    for (const char* const column : {"candidate", "candidate_digest", "versions"}) {
      ASSERT_TRUE(earlier->run(fmt::format("ALTER TABLE epoch DROP COLUMN {}", column)));
    }
    ASSERT_TRUE(earlier->run("PRAGMA user_version = 1").has_value());
  }
  const auto read = [&] { return Reader(path_.string()).newest_epoch("petstore").value(); };
  EXPECT_EQ(read()->counters, record.counters);
  EXPECT_EQ(read()->versions, "");
  const auto second = writer();
  record.versions = "former one\n";
  Batch batch;
  batch.epochs.push_back(record);
  ASSERT_TRUE(second->submit(std::move(batch)));
  ASSERT_TRUE(second->flush(kSoon));
  EXPECT_EQ(second->stats().moved_aside, 0u);
  EXPECT_EQ(read()->counters, record.counters);
  EXPECT_EQ(read()->versions, record.versions);
}

TEST_F(WriterTest, does_not_share_its_file_with_another_writer) {
  const auto one = writer();
  ASSERT_TRUE(one->flush(kSoon));
  const auto two = writer();
  ASSERT_TRUE(two->submit(counted(1)));
  EXPECT_FALSE(two->flush(kSoon));
  EXPECT_NE(log_text().find("which writes to this store"), std::string::npos);
}

TEST_F(WriterTest, forgets_what_is_too_old) {
  WriterSettings brief = settings();
  brief.bounds.age = std::chrono::hours(1);
  brief.prune_every = Duration(0);
  const auto one = writer(brief);
  EpochRecord old = epoch_of("petstore", 1, 1);
  old.updated_us -= int64_t{2} * 3600 * 1'000'000;
  Batch batch = sampled("$.price", "x");
  batch.epochs.push_back(old);
  batch.epochs.push_back(epoch_of("petstore", 2, 2));
  ASSERT_TRUE(one->submit(std::move(batch)));
  ASSERT_TRUE(one->flush(kSoon));
  Reader reader(path_.string());
  EXPECT_FALSE(reader.epoch(kKey).value().has_value());
  EXPECT_TRUE(reader.epoch({"petstore", 2}).value().has_value());
  EXPECT_TRUE(reader.samples(kKey, {.most = 10}).value().samples.empty());
  EXPECT_EQ(one->stats().pruned_rows, 1u);
}

TEST_F(WriterTest, stays_within_its_size_and_gives_up_samples_before_counters) {
  WriterSettings small = settings();
  small.bounds.bytes = uint64_t{2} << 20;
  small.prune_every = Duration(0);
  const auto one = writer(small);
  for (int round = 0; round < 40; ++round) {
    Batch batch = counted(static_cast<uint64_t>(round) + 1);
    for (int i = 0; i < 20; ++i) {
      const std::string path = "$." + std::to_string(round) + "." + std::to_string(i);
      batch.samples.push_back({kKey, field_named(path), round, std::string(10'000, 'x')});
    }
    ASSERT_TRUE(one->submit(std::move(batch)));
    static_cast<void>(one->flush(kSoon));  // may find no room once, and then has made some
  }
  ASSERT_TRUE(one->submit(counted(1000)));
  static_cast<void>(one->flush(kSoon));
  ASSERT_TRUE(one->flush(kSoon));
  EXPECT_EQ(kept(path_), 1000u);
  EXPECT_GT(one->stats().pruned_rows, 0u);
  EXPECT_LE(std::filesystem::file_size(path_), uint64_t{3} << 20);
  EXPECT_LE(std::filesystem::file_size(path_.string() + "-wal"), uint64_t{8} << 20);
  // The latest samples are those that stayed.
  const auto samples = Reader(path_.string()).samples(kKey, {.most = 1000}).value().samples;
  ASSERT_FALSE(samples.empty());
  for (const SampleRecord& each : samples) EXPECT_GT(each.at_us, 10);
}

TEST_F(WriterTest, keeps_a_bounded_number_of_rulings) {
  WriterSettings few = settings();
  few.bounds.rulings = 3;
  const auto one = writer(few);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(one->submit(ruled(std::to_string(i))));
  ASSERT_TRUE(one->flush(kSoon));
  const auto rulings = Reader(path_.string()).rulings(kKey, 100).value();
  ASSERT_EQ(rulings.size(), 3u);
  EXPECT_EQ(rulings[0].ruling, "9");
}

TEST_F(WriterTest, commits_by_itself_within_its_interval) {
  const auto one = writer();
  ASSERT_TRUE(one->submit(counted(1)));
  const auto deadline = clock_.now() + kSoon;
  while (kept(path_) != 1 && clock_.now() < deadline) std::this_thread::yield();
  EXPECT_EQ(kept(path_), 1u);
  EXPECT_LE(WriterSettings{}.gather, Millis(1000));
}

TEST(Reader, finds_nothing_where_there_is_no_file) {
  Reader reader("/nonexistent/gnomon.db");
  EXPECT_TRUE(reader.tests().value().empty());
  EXPECT_FALSE(reader.newest_epoch("petstore").value().has_value());
  EXPECT_TRUE(reader.rulings(kKey, 1).value().empty());
}

}  // namespace
}  // namespace gnomon::store
