#include "app/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

namespace gnomon::app {

Signals::Signals(net::EventLoop& loop, Actions actions)
    : loop_(loop), actions_(std::move(actions)), fd_(-1) {
  std::signal(SIGPIPE, SIG_IGN);
  // A file that may not grow any more (RLIMIT_FSIZE) is an error of its writer, EFBIG.
  std::signal(SIGXFSZ, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  fd_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "cannot watch signals");
  token_ = loop_.add(fd_, *this, net::Lane::live);
}

Signals::~Signals() {
  if (token_ != 0) loop_.remove(token_, fd_);
  ::close(fd_);
}

void Signals::on_io(uint32_t /*events*/) {
  signalfd_siginfo info{};
  while (::read(fd_, &info, sizeof(info)) == sizeof(info)) {
    switch (info.ssi_signo) {
      case SIGTERM:
      case SIGINT:
        actions_.stop();
        break;
      case SIGHUP:
        actions_.reload();
        break;
      case SIGUSR1:
        actions_.reopen();
        break;
      default:
        break;
    }
  }
}

}  // namespace gnomon::app
