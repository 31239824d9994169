#include "proxy/access_log.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include "proxy/byte_ring.h"

namespace gnomon::proxy {
namespace {

constexpr size_t kBatchBytes =
    size_t{64} * 1024;  // queued by one worker, and the writer is woken early
// POLLOUT promises that a pipe takes this much (PIPE_BUF), and no more.
constexpr size_t kPieceBytes = 4096;

char byte_at(const struct iovec (&parts)[2], size_t at) noexcept {
  const bool second = at >= parts[0].iov_len;
  return static_cast<const char*>(parts[second].iov_base)[second ? at - parts[0].iov_len : at];
}

std::string os_error(int error) { return std::generic_category().message(error); }

}  // namespace

// What a worker holds. All but the ring is the worker's own.
class AccessLog::Sink final : public AccessLog::Outlet {
 public:
  Sink(AccessLog& log, Counter& dropped)
      : ring(log.settings_.queue_bytes),
        log_(log),
        formatter_(log.settings_.format),
        dropped_(dropped) {}

  void on_exchange(const AccessRecord& record) noexcept override {
    line_.clear();
    formatter_.append(line_, record);
    write_line(line_);
  }

  void write_line(std::string_view line) noexcept override {
    const size_t before = ring.size();
    if (!ring.push(line)) {
      dropped_.add();
    } else if (before < kBatchBytes && before + line.size() >= kBatchBytes) {
      log_.wake();
    }
  }

  ByteRing ring;  // holds whole lines

 private:
  AccessLog& log_;
  AccessFormatter formatter_;
  Counter& dropped_;
  std::string line_;
};

// Where the lines go. Writes never wait: a pipe that is full says so.
class AccessLog::File {
 public:
  static std::expected<std::unique_ptr<File>, std::string> open(const std::string& path) {
    // Not opened anew: what they lead to may be a socket, which has no path to open.
    const bool inherited = path == "-" || path == "/dev/stderr";
    int fd = path == "-" ? STDOUT_FILENO : STDERR_FILENO;
    if (!inherited) {
      // O_NONBLOCK: a FIFO without a reader is an error, not a wait.
      constexpr int kFlags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
      fd = ::open(path.c_str(), kFlags, 0640);
    }
    struct stat info{};
    if (fd < 0 || ::fstat(fd, &info) != 0) {
      const int error = errno;
      if (fd >= 0 && !inherited) ::close(fd);
      return std::unexpected("cannot open the access log " + path + ": " + os_error(error));
    }
    return std::make_unique<File>(fd, !inherited, S_ISREG(info.st_mode));
  }

  File(int fd, bool owned, bool regular) noexcept : fd_(fd), owned_(owned), regular_(regular) {}
  ~File() {
    if (owned_) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int fd() const noexcept { return fd_; }
  bool owned() const noexcept { return owned_; }

  // Bytes written, or -1 with errno; EAGAIN when the reader of a pipe has to catch up.
  ssize_t write(struct iovec (&parts)[2], int count) const noexcept {
    if (regular_) return ::writev(fd_, parts, count);
    // Standard output may be a pipe that others share and that blocks: ask before each piece.
    pollfd ready{fd_, POLLOUT, 0};
    if (::poll(&ready, 1, 0) == 0) {
      errno = EAGAIN;
      return -1;
    }
    // Whole lines where possible, so that they do not mix with what others write.
    size_t size = std::min(parts[0].iov_len, kPieceBytes);
    const void* last = ::memrchr(parts[0].iov_base, '\n', size);
    if (last != nullptr) {
      size = static_cast<const char*>(last) - static_cast<const char*>(parts[0].iov_base) + 1;
    }
    return ::write(fd_, parts[0].iov_base, size);
  }

 private:
  const int fd_;
  const bool owned_;
  const bool regular_;
};

std::expected<std::unique_ptr<AccessLog>, std::string> AccessLog::open(Settings settings,
                                                                       Log& log) {
  auto file = File::open(settings.path);
  if (!file) return std::unexpected(std::move(file.error()));
  return std::unique_ptr<AccessLog>(new AccessLog(std::move(settings), log, std::move(*file)));
}

AccessLog::AccessLog(Settings settings, Log& log, std::unique_ptr<File> file)
    : settings_(std::move(settings)),
      log_(log),
      wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      file_(std::move(file)) {
  if (wake_fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

AccessLog::~AccessLog() {
  stop();
  ::close(wake_fd_);
}

AccessLog::Outlet& AccessLog::add_sink(Counter& dropped) {
  sinks_.push_back(std::make_unique<Sink>(*this, dropped));
  return *sinks_.back();
}

void AccessLog::start() {
  thread_ = std::thread([this] { run(); });
}

void AccessLog::reopen() noexcept {
  reopen_wanted_.store(true, std::memory_order_release);
  wake();
}

void AccessLog::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true, std::memory_order_release);
  wake();
  thread_.join();
}

void AccessLog::wake() noexcept {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t put = ::write(wake_fd_, &one, sizeof(one));
}

void AccessLog::run() {
  // Signals belong to the main thread; SIGPIPE, once blocked, leaves just EPIPE.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
  while (!stopping_.load(std::memory_order_acquire)) {
    if (reopen_wanted_.exchange(false, std::memory_order_acq_rel)) reopen_file();
    Round round;
    do {
      round = write_pending();
    } while ((round.more || round.bytes >= kBatchBytes) && !round.blocked && !round.failed);
    wait(settings_.flush_interval, round.blocked);
  }
  flush_at_stop();
}

void AccessLog::wait(Millis at_most, bool for_file) noexcept {
  pollfd fds[2] = {{wake_fd_, POLLIN, 0}, {file_->fd(), POLLOUT, 0}};
  ::poll(fds, for_file ? 2 : 1, static_cast<int>(at_most.count()));
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(wake_fd_, &count, sizeof(count));
}

void AccessLog::reopen_file() {
  if (!file_->owned()) return;
  auto file = File::open(settings_.path);
  if (!file) {
    log_.error("access log not reopened, the old file stays in use", {{"error", file.error()}});
    return;
  }
  file_ = std::move(*file);
  log_.info("access log reopened", {{"path", settings_.path}});
  if (!std::exchange(in_line_, false)) return;
  // The end of a cut line would make no sense at the start of the new file.
  struct iovec parts[2];
  const int count = sinks_[current_]->ring.peek(parts);
  size_t skip = 0;
  for (int i = 0; i < count; ++i) {
    const void* end = std::memchr(parts[i].iov_base, '\n', parts[i].iov_len);
    if (end != nullptr) {
      skip += static_cast<const char*>(end) - static_cast<const char*>(parts[i].iov_base) + 1;
      break;
    }
    skip += parts[i].iov_len;
  }
  sinks_[current_]->ring.consume(skip);
}

// Goes once round the sinks. What cannot be written stays in its ring: a short trouble loses
// nothing, a long one fills the rings, and then the workers drop and count.
AccessLog::Round AccessLog::write_pending() {
  Round round;
  for (size_t visited = 0; visited < sinks_.size();) {
    ByteRing& ring = sinks_[current_]->ring;
    struct iovec parts[2];
    const int count = ring.peek(parts);
    if (count > 0) {
      const ssize_t put = file_->write(parts, count);
      if (put < 0) {
        if (errno == EINTR) continue;
        round.blocked = errno == EAGAIN;
        round.failed = !round.blocked;
        if (round.failed) report_failure(errno);
        return round;
      }
      const auto written = static_cast<size_t>(put);
      round.bytes += written;
      round.more |= written < parts[0].iov_len + parts[1].iov_len;
      in_line_ = written > 0 && byte_at(parts, written - 1) != '\n';
      ring.consume(written);
      if (in_line_) continue;
    }
    current_ = (current_ + 1) % sinks_.size();
    ++visited;
  }
  if (std::exchange(failing_, false)) log_.info("access log can be written again");
  return round;
}

void AccessLog::report_failure(int error) {
  if (std::exchange(failing_, true)) return;
  log_.error("access log cannot be written; lines are dropped and counted until it can",
             {{"path", settings_.path}, {"error", os_error(error)}});
}

void AccessLog::flush_at_stop() {
  const auto deadline = std::chrono::steady_clock::now() + settings_.stop_grace;
  for (;;) {
    const Round round = write_pending();
    if (round.failed || !(round.blocked || round.more)) break;
    const auto left = std::chrono::ceil<Millis>(deadline - std::chrono::steady_clock::now());
    if (left <= Millis::zero()) break;
    if (round.blocked) wait(left, true);
  }
  ptrdiff_t lost = 0;
  for (const std::unique_ptr<Sink>& sink : sinks_) {
    struct iovec parts[2];
    const int count = sink->ring.peek(parts);
    for (int i = 0; i < count; ++i) {
      const char* text = static_cast<const char*>(parts[i].iov_base);
      lost += std::count(text, text + parts[i].iov_len, '\n');
    }
  }
  if (lost > 0) log_.warn("access log lost its last lines", {{"lines", std::to_string(lost)}});
}

}  // namespace gnomon::proxy
