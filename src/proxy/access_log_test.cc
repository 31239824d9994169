#include "proxy/access_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace gnomon::proxy {
namespace {

constexpr int kPatienceMs = 20'000;  // nothing here takes long unless it is broken

// A pipe whose ends close with it.
class Pipe {
 public:
  Pipe() { EXPECT_EQ(::pipe2(fds_.data(), O_CLOEXEC), 0); }
  ~Pipe() {
    close_read();
    ::close(fds_[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int write_end() const { return fds_[1]; }
  // A path that opens the write end anew.
  std::string path() const { return "/proc/self/fd/" + std::to_string(fds_[1]); }
  void close_read() {
    if (fds_[0] >= 0) ::close(fds_[0]);
    fds_[0] = -1;
  }
  // What is there now, up to a pipe's size, waiting at most `wait_ms` for the first of it.
  std::string read_some(int wait_ms) {
    pollfd ready{fds_[0], POLLIN, 0};
    if (::poll(&ready, 1, wait_ms) <= 0) return {};
    std::array<char, 65536> buffer;
    const ssize_t n = ::read(fds_[0], buffer.data(), buffer.size());
    return {buffer.data(), static_cast<size_t>(std::max<ssize_t>(n, 0))};
  }
  // Reads until `text` has come.
  std::string read_until(std::string_view text) {
    std::string got;
    while (got.find(text) == std::string::npos) {
      const std::string some = read_some(kPatienceMs);
      if (some.empty()) {
        ADD_FAILURE() << "no " << text << " in " << got;
        break;
      }
      got += some;
    }
    return got;
  }

 private:
  std::array<int, 2> fds_{-1, -1};
};

class AccessLogTest : public testing::Test {
 protected:
  AccessLogTest() {
    std::string name = testing::TempDir() + "gnomon_access_log_XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  ~AccessLogTest() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<AccessLog> open(AccessLog::Settings settings) {
    auto log = AccessLog::open(std::move(settings), program_log_);
    EXPECT_TRUE(log.has_value()) << log.error();
    return std::move(*log);
  }
  std::string file(const char* name) const { return directory_ / name; }
  static std::string content(const std::string& path) {
    std::ostringstream out;
    out << std::ifstream(path).rdbuf();
    return out.str();
  }

  std::filesystem::path directory_;
  Pipe told_;
  SystemClock clock_;
  Log program_log_{clock_, LogFormat::text, LogLevel::info, told_.write_end()};
  Counter dropped_;
};

AccessRecord record_of(std::string_view path) {
  AccessRecord record;
  record.method = "GET";
  record.path = path;
  return record;
}

size_t lines_in(std::string_view text) {
  return static_cast<size_t>(std::ranges::count(text, '\n'));
}

// Every line begins as one and ends as one: none was cut or mixed with another.
void expect_whole_lines(const std::string& text) {
  std::istringstream in(text);
  std::string line;
  while (std::getline(in, line)) {
    ASSERT_TRUE(line.starts_with("[20")) << line;
    ASSERT_EQ(line.find('[', 1), std::string::npos) << line;
    ASSERT_TRUE(line.ends_with("\"-\" \"-\"")) << line;
  }
}

AccessRecord now_record(std::string_view path) {
  AccessRecord record = record_of(path);
  record.start = SystemClock().wall();
  return record;
}

TEST_F(AccessLogTest, appends_to_the_file_and_loses_nothing_at_stop) {
  std::ofstream(file("log")) << "already there\n";
  const auto log = open({.path = file("log")});
  AccessSink& sink = log->add_sink(dropped_);
  log->start();
  for (int i = 0; i < 1000; ++i) sink.on_exchange(record_of("/" + std::to_string(i)));
  log->stop();
  const std::string text = content(file("log"));
  EXPECT_TRUE(text.starts_with("already there\n["));
  EXPECT_EQ(lines_in(text), 1001u);
  EXPECT_LT(text.find("\"GET /0 HTTP/1.1\""), text.find("\"GET /999 HTTP/1.1\""));
  EXPECT_EQ(dropped_.value(), 0u);
}

TEST_F(AccessLogTest, a_single_line_is_written_without_waiting_for_more) {
  Pipe out;
  const auto log = open({.path = out.path()});
  AccessSink& sink = log->add_sink(dropped_);
  log->start();
  sink.on_exchange(record_of("/alone"));
  EXPECT_NE(out.read_until("\n").find("GET /alone"), std::string::npos);
}

TEST_F(AccessLogTest, a_full_batch_is_written_before_the_interval_is_over) {
  Pipe out;
  const auto log =
      open({.path = out.path(), .flush_interval = Millis(3'600'000), .stop_grace = Millis(20)});
  AccessSink& sink = log->add_sink(dropped_);
  log->start();
  const std::string path = "/" + std::string(1000, 'x');
  for (int i = 0; i < 100; ++i) sink.on_exchange(record_of(path));
  EXPECT_FALSE(out.read_until("\n").empty());
}

TEST_F(AccessLogTest, writes_json_when_asked_to) {
  const auto log = open({.path = file("log"), .format = AccessFormat::json});
  AccessSink& sink = log->add_sink(dropped_);
  log->start();
  sink.on_exchange(record_of("/"));
  log->stop();
  EXPECT_TRUE(content(file("log")).starts_with("{\"start_time\":"));
}

TEST_F(AccessLogTest, keeps_lines_of_many_workers_whole) {
  Pipe out;
  const auto log = open({.path = out.path(), .queue_bytes = 8192});
  constexpr int kWorkers = 4;
  constexpr int kLines = 2000;
  std::array<Counter, kWorkers> dropped;
  std::vector<AccessSink*> sinks;
  sinks.reserve(kWorkers);
  for (Counter& counter : dropped) sinks.push_back(&log->add_sink(counter));
  log->start();
  std::vector<std::thread> workers;
  workers.reserve(kWorkers);
  for (AccessSink* sink : sinks) {
    workers.emplace_back([sink] {
      const std::string path = "/" + std::string(100, 'p');
      for (int i = 0; i < kLines; ++i) sink->on_exchange(now_record(path));
    });
  }
  std::atomic<bool> stopped{false};
  std::thread stopper([&] {
    for (std::thread& worker : workers) worker.join();
    for (AccessSink* sink : sinks) sink->on_exchange(now_record("/last"));
    log->stop();
    stopped = true;
  });
  std::string got;
  for (bool more = true; more;) {
    more = !stopped;  // asked first: what came before the stop is read after it
    got += out.read_some(10);
  }
  stopper.join();
  uint64_t lost = 0;
  for (const Counter& counter : dropped) lost += counter.value();
  expect_whole_lines(got);
  EXPECT_EQ(lines_in(got) + lost, static_cast<uint64_t>(kWorkers * (kLines + 1)));
}

TEST_F(AccessLogTest, a_reader_that_does_not_read_costs_lines_and_never_the_workers_time) {
  Pipe out;
  auto log = open({.path = out.path(), .queue_bytes = 16384, .stop_grace = Millis(50)});
  AccessSink& sink = log->add_sink(dropped_);
  log->start();
  constexpr size_t kLines = 20'000;  // much more than pipe and queue hold
  for (size_t i = 0; i < kLines; ++i) sink.on_exchange(now_record("/"));
  EXPECT_GT(dropped_.value(), 0u);
  const uint64_t queued = kLines - dropped_.value();
  std::string got;
  while (lines_in(got) < queued) {
    const std::string some = out.read_some(kPatienceMs);
    ASSERT_FALSE(some.empty());
    got += some;
  }
  EXPECT_EQ(lines_in(got), queued);
  expect_whole_lines(got);
}

TEST_F(AccessLogTest, stop_gives_up_on_a_reader_that_does_not_read_and_says_what_was_lost) {
  Pipe out;
  auto log = open({.path = out.path(), .stop_grace = Millis(20)});
  AccessSink& sink = log->add_sink(dropped_);
  log->start();
  for (int i = 0; i < 4000; ++i) sink.on_exchange(now_record("/"));
  log->stop();
  EXPECT_NE(told_.read_until("lines=").find("lost its last lines"), std::string::npos);
}

TEST_F(AccessLogTest, a_full_disk_is_reported_once_and_survived) {
  const auto log = open({.path = "/dev/full", .queue_bytes = 4096, .flush_interval = Millis(1)});
  AccessSink& sink = log->add_sink(dropped_);
  log->start();
  for (int i = 0; i < 1000; ++i) sink.on_exchange(record_of("/"));
  std::string said = told_.read_until("No space left on device");
  EXPECT_GT(dropped_.value(), 0u);
  log->stop();
  said += told_.read_until("lost its last lines");
  EXPECT_EQ(said.find("cannot be written"), said.rfind("cannot be written")) << said;
}

TEST_F(AccessLogTest, a_closed_pipe_does_not_end_the_process) {
  Pipe out;
  const auto log = open({.path = out.path(), .queue_bytes = 4096});
  out.close_read();
  AccessSink& sink = log->add_sink(dropped_);
  log->start();
  sink.on_exchange(record_of("/"));
  told_.read_until("Broken pipe");
  for (int i = 0; i < 1000; ++i) sink.on_exchange(record_of("/"));
  EXPECT_GT(dropped_.value(), 0u);
}

TEST_F(AccessLogTest, reopens_after_the_file_was_moved_away) {
  const auto log = open({.path = file("log")});
  AccessSink& sink = log->add_sink(dropped_);
  log->start();
  std::filesystem::rename(file("log"), file("log.1"));
  log->reopen();
  told_.read_until("access log reopened");
  sink.on_exchange(record_of("/after"));
  log->stop();
  EXPECT_EQ(content(file("log.1")), "");
  EXPECT_NE(content(file("log")).find("GET /after"), std::string::npos);
}

TEST_F(AccessLogTest, keeps_the_old_file_when_the_new_one_cannot_be_opened) {
  std::filesystem::create_directory(file("sub"));
  const auto log = open({.path = file("sub/log")});
  AccessSink& sink = log->add_sink(dropped_);
  log->start();
  std::filesystem::rename(file("sub"), file("moved"));
  log->reopen();
  told_.read_until("not reopened");
  sink.on_exchange(record_of("/kept"));
  log->stop();
  EXPECT_NE(content(file("moved/log")).find("GET /kept"), std::string::npos);
}

TEST_F(AccessLogTest, says_why_a_path_cannot_be_opened) {
  const auto log = AccessLog::open({.path = file("missing/log")}, program_log_);
  ASSERT_FALSE(log.has_value());
  EXPECT_NE(log.error().find("missing/log: No such file or directory"), std::string::npos);
}

}  // namespace
}  // namespace gnomon::proxy
