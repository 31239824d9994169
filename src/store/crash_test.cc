// The writer is killed in the middle of its work, again and again, and nothing that it had said to
// be written is missing. The process that is killed is this program, started with a variable set;
// it makes nothing that somebody would have to remove.
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <thread>

#include "base/rng.h"
#include "store/testing.h"

extern char** environ;

namespace gnomon::store {
namespace {

constexpr const char* kVariable = "GNOMON_STORE_TO_BE_KILLED_AT";
const EpochKey kKey{"petstore", 1};

// Counters, a difference, a sample and a ruling that all say n.
Batch batch_of(uint64_t n) {
  Batch batch = counted(n);
  batch.samples.push_back({kKey, field_named("$.price"), static_cast<int64_t>(n),
                           std::to_string(n) + std::string(n % 5000, 'x')});
  batch.rulings.push_back({kKey, static_cast<int64_t>(n), "UNDECIDED", "", 0, n, "{}"});
  return batch;
}

void tell(char what, uint64_t n) {
  const std::string line = what + std::to_string(n) + "\n";
  static_cast<void>(!::write(STDOUT_FILENO, line.data(), line.size()));
}

// Never returns: counts on from what is kept, and says what it submits (s) and what is written (w).
[[noreturn]] void write_until_killed(const std::string& path) {
  SystemClock clock;
  Log log(clock, LogFormat::text, LogLevel::error);
  WriterSettings settings{.path = path};
  settings.gather = Millis(2);
  settings.bounds.rulings = 50;
  Writer writer(settings, clock, log);
  if (!writer.flush(Millis(20'000))) _exit(3);
  const auto before = Reader(path).epoch(kKey);
  uint64_t n = before && *before ? (*before)->counters.seen : 0;
  for (;;) {
    for (int i = 0; i < 20; ++i) {
      if (writer.submit(batch_of(++n))) tell('s', n);
    }
    if (writer.flush(Millis(20'000))) tell('w', n);
  }
}

class Victim {
 public:
  explicit Victim(const std::string& path) {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    std::string variable = std::string(kVariable) + "=" + path;
    std::vector<char*> environment{variable.data()};
    for (char** each = environ; *each != nullptr; ++each) environment.push_back(*each);
    environment.push_back(nullptr);
    std::string program = "/proc/self/exe";
    std::string filter = "--gtest_filter=CrashVictim.is_what_gets_killed";
    char* arguments[] = {program.data(), filter.data(), nullptr};
    EXPECT_EQ(
        ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments, environment.data()), 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    out_ = ends[0];
  }
  ~Victim() { ::close(out_); }
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;

  // Kills it once it has said so many lines, and reads what it had still said.
  void kill_after(uint64_t lines) {
    while (said_ < lines && read_some()) {
    }
    ::kill(pid_, SIGKILL);
    while (read_some()) {
    }
    int status = 0;
    ::waitpid(pid_, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "it ended by itself: " << status;
  }
  pid_t pid() const { return pid_; }
  void wait_until_it_writes() {
    while (written_ == 0 && read_some()) {
    }
  }
  uint64_t submitted() const { return submitted_; }
  uint64_t written() const { return written_; }

 private:
  bool read_some() {
    char bytes[4096];
    const ssize_t n = ::read(out_, bytes, sizeof bytes);
    if (n <= 0) return false;
    text_.append(bytes, static_cast<size_t>(n));
    for (size_t end = text_.find('\n'); end != std::string::npos; end = text_.find('\n')) {
      take(std::string_view(text_).substr(0, end));
      text_.erase(0, end + 1);
    }
    return true;
  }
  void take(std::string_view line) {
    uint64_t n = 0;
    if (line.empty()) return;
    const auto [end, error] = std::from_chars(line.data() + 1, line.data() + line.size(), n);
    if (error != std::errc{} || end != line.data() + line.size()) return;  // gtest's own words
    if (line[0] == 's') submitted_ = n;
    if (line[0] == 'w') written_ = n;
    ++said_;
  }

  pid_t pid_ = -1;
  int out_ = -1;
  std::string text_;
  uint64_t said_ = 0;
  uint64_t submitted_ = 0;
  uint64_t written_ = 0;
};

using Crash = StoreTest;

TEST(CrashVictim, is_what_gets_killed) {
  if (const char* const path = ::getenv(kVariable)) write_until_killed(path);
}

// What is kept is whole: each part says the same n.
uint64_t expect_whole(const std::string& path) {
  auto database = Database::open(path, Database::Mode::write);
  EXPECT_TRUE(database.has_value());
  EXPECT_EQ(database->text("PRAGMA integrity_check").value(), "ok");
  Reader reader(path);
  const auto epoch = reader.epoch(kKey).value();
  if (!epoch) return 0;
  const uint64_t n = epoch->counters.seen;
  EXPECT_EQ(epoch->counters.fields.fields().at(0).count.candidate, n);
  EXPECT_EQ(reader.samples(kKey, {.most = 10}).value().samples.back().at_us,
            static_cast<int64_t>(n));
  EXPECT_EQ(reader.rulings(kKey, 1).value().at(0).compared, n);
  return n;
}

// The lock goes with the process, however that ends.
TEST_F(Crash, a_second_writer_says_who_has_the_store_and_goes_on_when_that_is_killed) {
  Victim first(path_.string());
  first.wait_until_it_writes();
  const auto second = writer();
  EXPECT_FALSE(second->flush(kSoon));
  EXPECT_FALSE(second->stats().owning);
  const std::string said = second->trouble();
  EXPECT_TRUE(said.starts_with(path_.string() + ".lock is locked by process " +
                               std::to_string(first.pid()) + " on "))
      << said;
  first.kill_after(0);
  const uint64_t left = expect_whole(path_.string());
  EXPECT_GE(left, first.written());
  const TimePoint late = clock_.now() + kSoon;
  while (!second->stats().owning && clock_.now() < late) std::this_thread::yield();
  ASSERT_TRUE(second->stats().owning);
  ASSERT_TRUE(second->submit(counted(left + 1)));
  ASSERT_TRUE(second->flush(kSoon));
  EXPECT_EQ(second->trouble(), "");
  EXPECT_EQ(second->stats().moved_aside, 0u);
}

TEST_F(Crash, loses_nothing_that_was_written_in_fifty_kills) {
  Rng rng(50);
  uint64_t kept = 0;
  for (int round = 0; round < 50; ++round) {
    Victim victim(path_.string());
    victim.kill_after(1 + rng.below(90));
    const uint64_t now = expect_whole(path_.string());
    ASSERT_GE(now, std::max(kept, victim.written())) << round;
    // One more may have been on its way than it had time to tell of.
    ASSERT_LE(now, victim.submitted() + 1) << round;
    kept = now;
  }
  EXPECT_GT(kept, 500u);
  const auto after = writer();
  ASSERT_TRUE(after->flush(kSoon));
  EXPECT_EQ(after->stats().moved_aside, 0u);
}

}  // namespace
}  // namespace gnomon::store
