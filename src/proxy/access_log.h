// The access log: a file, the one thread that writes to it, and a queue from each worker. A worker
// never waits for the disk; while the writer is behind, lines are dropped and counted.
#pragma once

#include <atomic>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/counter.h"
#include "base/log.h"
#include "proxy/access_format.h"
#include "proxy/access_record.h"

namespace gnomon::proxy {

// Outlives the workers that hold its sinks.
class AccessLog {
 public:
  struct Settings {
    std::string path = "-";  // "-" is standard output, "/dev/stderr" standard error
    AccessFormat format = AccessFormat::text;
    size_t queue_bytes = size_t{1024} * 1024;  // per worker
    Millis flush_interval{100};                // a line is at most this late
    Millis stop_grace{1000};  // for the last lines, should the reader of a pipe be slow
  };

  // Opens the file. An error's text says what the operating system refused.
  static std::expected<std::unique_ptr<AccessLog>, std::string> open(Settings settings, Log& log);
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  // Where one worker leaves its lines: whole exchanges, or lines that it has formatted itself, each
  // with its line break.
  class Outlet : public AccessSink {
   public:
    virtual void write_line(std::string_view line) noexcept = 0;

   protected:
    ~Outlet() = default;
  };

  // An outlet for one worker's thread, which also owns `dropped`. All are made before start().
  Outlet& add_sink(Counter& dropped);
  void start();
  // Opens the path again, as is done after the file was moved away (logrotate). From any thread.
  void reopen() noexcept;
  // Writes what is queued and ends the thread. The workers have stopped by then.
  void stop();

 private:
  class Sink;
  class File;
  struct Round {
    size_t bytes = 0;      // written
    bool more = false;     // a queue held more than was written of it
    bool blocked = false;  // a pipe is full
    bool failed = false;
  };

  AccessLog(Settings settings, Log& log, std::unique_ptr<File> file);
  void wake() noexcept;
  void run();
  void wait(Millis at_most, bool for_file) noexcept;
  void reopen_file();
  Round write_pending();
  void flush_at_stop();
  void report_failure(int error);

  const Settings settings_;
  Log& log_;
  const int wake_fd_;
  std::vector<std::unique_ptr<Sink>> sinks_;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> reopen_wanted_{false};

  // The writer thread's own.
  std::unique_ptr<File> file_;
  size_t current_ = 0;    // sink to go on with
  bool in_line_ = false;  // the file ends in the middle of a line of the current sink
  bool failing_ = false;
};

}  // namespace gnomon::proxy
