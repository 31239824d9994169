#include "selfcheck/gateway_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

namespace gnomon::selfcheck {
namespace {

constexpr size_t kLastWords = 2000;  // bytes

std::string system_error(std::string_view what) {
  return fmt::format("cannot {}: {}", what, std::strerror(errno));
}

// Without what is meant for the user's own gateway.
std::vector<std::string> environment() {
  std::vector<std::string> kept;
  for (char** each = environ; *each != nullptr; ++each) {
    if (!std::string_view(*each).starts_with("GNOMON_")) kept.emplace_back(*each);
  }
  return kept;
}

std::vector<std::string> arguments(const std::string& folder, const std::string& manifest) {
  return {"gnomon",
          "run",
          "--config=" + manifest,
          "--admin=127.0.0.1:0",
          "--store=" + folder + "/gnomon.db",
          "--workers=2",
          "--log-level=warn",
          "--drain-timeout=2s",
          "--shadow-grace=0s"};
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& each : texts) out.push_back(each.data());
  out.push_back(nullptr);
  return out;
}

// In the child, after fork(): nothing but calls that are safe there.
[[noreturn]] void become_gateway(pid_t parent, int out, int log, char* const* arguments,
                                 char* const* variables) noexcept {
  // Whatever ends us ends the gateway too; unless we have ended already.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  // A Ctrl-C is for us, who tell the gateway.
  ::setpgid(0, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(in, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execve("/proc/self/exe", arguments, variables);
  constexpr std::string_view kComplaint = "/proc/self/exe cannot be run\n";
  [[maybe_unused]] const ssize_t n = ::write(STDERR_FILENO, kComplaint.data(), kComplaint.size());
  ::_exit(127);
}

std::string way_of_ending(int status) {
  if (WIFSIGNALED(status)) return fmt::format("was ended by signal {}", WTERMSIG(status));
  return fmt::format("ended with exit code {}", WEXITSTATUS(status));
}

// "... on 127.0.0.1:8080 (name)"
uint16_t port_in(std::string_view line) {
  const size_t colon = line.rfind(':');
  uint16_t port = 0;
  if (colon != std::string_view::npos) {
    std::from_chars(line.data() + colon + 1, line.data() + line.size(), port);
  }
  return port;
}

}  // namespace

GatewayProcess::GatewayProcess(net::EventLoop& loop, std::string folder, Events events)
    : loop_(loop), folder_(std::move(folder)), events_(std::move(events)) {}

GatewayProcess::~GatewayProcess() {
  unwatch();
  if (pid_ <= 0) return;
  kill();
  ::waitpid(pid_, nullptr, 0);
}

std::expected<void, std::string> GatewayProcess::start(const std::string& manifest_path) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::unexpected(system_error("make a pipe"));
  out_ = Descriptor(ends[0]);
  const Descriptor written(ends[1]);
  ::fcntl(out_.get(), F_SETFL, O_NONBLOCK);
  const Descriptor log(::open((folder_ + "/log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  if (log.get() < 0) return std::unexpected(system_error("write a log"));
  std::vector<std::string> words = arguments(folder_, manifest_path);
  std::vector<std::string> variables = environment();
  const std::vector<char*> word_pointers = pointers(words);
  const std::vector<char*> variable_pointers = pointers(variables);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    become_gateway(parent, written.get(), log.get(), word_pointers.data(),
                   variable_pointers.data());
  }
  if (pid_ < 0) return std::unexpected(system_error("start a process"));
  // The C library's own pidfd_open() is not declared for C++ everywhere.
  end_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  watch();
  if (out_token_ == 0 || end_token_ == 0) return std::unexpected(system_error("watch a process"));
  return {};
}

void GatewayProcess::stop() {
  if (pid_ > 0) ::kill(pid_, SIGTERM);
}

void GatewayProcess::kill() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

std::string GatewayProcess::last_words() const {
  std::ifstream file(folder_ + "/log");
  std::string all{std::istreambuf_iterator<char>(file), {}};
  return all.substr(all.size() - std::min(all.size(), kLastWords));
}

void GatewayProcess::watch() {
  out_token_ = loop_.add(out_.get(), *this, net::Lane::live);
  if (end_.get() >= 0) end_token_ = loop_.add(end_.get(), *this, net::Lane::live);
}

void GatewayProcess::unwatch() {
  if (out_token_ != 0) loop_.remove(std::exchange(out_token_, 0), out_.get());
  if (end_token_ != 0) loop_.remove(std::exchange(end_token_, 0), end_.get());
}

void GatewayProcess::on_io(uint32_t /*events*/) {
  read_lines();
  reap();
}

void GatewayProcess::read_lines() {
  char buffer[4096];
  ssize_t n = 0;
  while ((n = ::read(out_.get(), buffer, sizeof(buffer))) > 0) {
    line_.append(buffer, static_cast<size_t>(n));
  }
  for (size_t end = 0; (end = line_.find('\n')) != std::string::npos;) {
    const std::string line = line_.substr(0, end);
    line_.erase(0, end + 1);
    on_line(line);
  }
}

void GatewayProcess::on_line(const std::string& line) {
  if (line.starts_with("listening on ")) port_ = port_in(line);
  if (line.starts_with("admin on ")) admin_port_ = port_in(line);
  if (line == "ready") events_.ready();
}

void GatewayProcess::reap() {
  int status = 0;
  if (pid_ <= 0 || ::waitpid(pid_, &status, WNOHANG) != pid_) return;
  pid_ = -1;
  ended_well_ = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  unwatch();
  events_.ended(way_of_ending(status));
}

}  // namespace gnomon::selfcheck
