#include "net/resolver.h"

#include <ares.h>
#include <sys/epoll.h>
#include <sys/time.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace gnomon::net {

// One socket of c-ares in the loop.
class Resolver::Watch final : public IoHandler {
 public:
  Watch(Resolver& resolver, int fd) : resolver_(resolver), fd_(fd) {
    token_ = resolver_.loop_.add(fd_, *this, Lane::live);
  }
  void stop() {
    if (token_ != 0) resolver_.loop_.remove(std::exchange(token_, 0), fd_);
  }
  void on_io(uint32_t events) override {
    const bool in = (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    const bool out = (events & EPOLLOUT) != 0;
    resolver_.process(in ? fd_ : ARES_SOCKET_BAD, out ? fd_ : ARES_SOCKET_BAD);
  }

 private:
  Resolver& resolver_;
  const int fd_;
  uint64_t token_ = 0;
};

namespace {

struct LibraryInit {
  LibraryInit() { ares_library_init(ARES_LIB_INIT_ALL); }
};

Resolution to_resolution(int status, const ares_addrinfo* info) {
  Resolution out;
  if (status != ARES_SUCCESS || info == nullptr) {
    out.error = ares_strerror(status);
    return out;
  }
  int ttl = INT32_MAX;
  for (const ares_addrinfo_node* node = info->nodes; node != nullptr; node = node->ai_next) {
    out.addresses.emplace_back(node->ai_addr, node->ai_addrlen);
    ttl = std::min(ttl, node->ai_ttl);
  }
  // Order changes from answer to answer; a stable one keeps pools where they are.
  std::sort(out.addresses.begin(), out.addresses.end(),
            [](const Address& a, const Address& b) { return a.ip() < b.ip(); });
  out.addresses.erase(std::unique(out.addresses.begin(), out.addresses.end()), out.addresses.end());
  out.ttl = std::chrono::seconds(out.addresses.empty() ? 0 : std::max(ttl, 0));
  if (out.addresses.empty()) out.error = "no address";
  return out;
}

}  // namespace

Resolver::Resolver(EventLoop& loop)
    : loop_(loop),
      timer_(loop.timers(), [this] { process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); }),
      sweep_([this] { retired_.clear(); }) {
  static const LibraryInit library;
  ares_options options{};
  options.sock_state_cb = [](void* data, ares_socket_t fd, int readable, int writable) {
    static_cast<Resolver*>(data)->on_socket_state(fd, readable != 0 || writable != 0);
  };
  options.sock_state_cb_data = this;
  options.timeout = 2000;
  options.tries = 2;
  const int mask = ARES_OPT_SOCK_STATE_CB | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES;
  if (ares_init_options(&channel_, &options, mask) != ARES_SUCCESS) {
    throw std::runtime_error("cannot initialise the DNS resolver");
  }
}

Resolver::~Resolver() {
  ares_destroy(channel_);
  for (const auto& [fd, watch] : watches_) watch->stop();
}

void Resolver::resolve(const std::string& name, Callback done) {
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  auto callback = std::make_unique<Callback>(std::move(done));
  // c-ares calls back exactly once, also when it is destroyed, so the callback owns itself.
  ares_getaddrinfo(
      channel_, name.c_str(), nullptr, &hints,
      [](void* data, int status, int /*timeouts*/, ares_addrinfo* info) {
        const std::unique_ptr<Callback> owned(static_cast<Callback*>(data));
        Resolution resolution = to_resolution(status, info);
        if (info != nullptr) ares_freeaddrinfo(info);
        (*owned)(std::move(resolution));
      },
      callback.release());
  arm_timer();
}

void Resolver::on_socket_state(int fd, bool wanted) {
  const auto it = watches_.find(fd);
  if (wanted && it == watches_.end()) {
    watches_.emplace(fd, std::make_unique<Watch>(*this, fd));
  } else if (!wanted && it != watches_.end()) {
    it->second->stop();
    retired_.push_back(std::move(it->second));  // it may be the one that is calling
    watches_.erase(it);
    loop_.schedule(sweep_, Lane::live);
  }
}

void Resolver::process(int readable_fd, int writable_fd) {
  ares_process_fd(channel_, readable_fd, writable_fd);
  arm_timer();
}

void Resolver::arm_timer() {
  timeval storage{};
  const timeval* wait = ares_timeout(channel_, nullptr, &storage);
  if (wait == nullptr) return timer_.cancel();
  timer_.arm(std::chrono::seconds(wait->tv_sec) + std::chrono::microseconds(wait->tv_usec));
}

}  // namespace gnomon::net
