#include "net/tcp.h"

#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace gnomon::net {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) noexcept : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() { reset(); }
  int get() const noexcept { return fd_; }
  void reset() noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

void set_option(int fd, int level, int name, int value) noexcept {
  setsockopt(fd, level, name, &value, sizeof(value));
}

void set_keepalive(int fd, const Keepalive& keepalive) noexcept {
  if (!keepalive.on) return;
  const auto set = [fd](int name, uint32_t value) {
    if (value != 0) set_option(fd, IPPROTO_TCP, name, static_cast<int>(value));
  };
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(TCP_KEEPCNT, keepalive.probes);
  set(TCP_KEEPIDLE, keepalive.time_s);
  set(TCP_KEEPINTVL, keepalive.interval_s);
}

Address local_address(int fd) noexcept {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
  return {reinterpret_cast<sockaddr*>(&storage), size};
}

Errc connect_errc(int error) noexcept {
  if (error == ECONNREFUSED) return Errc::connect_refused;
  if (error == ETIMEDOUT) return Errc::connect_timeout;
  return Errc::connect_failed;
}

class TcpStream final : public Stream, private IoHandler {
 public:
  TcpStream(EventLoop& loop, FileDescriptor fd, const Address& peer, State state)
      : loop_(loop), fd_(std::move(fd)), peer_(peer), state_(state) {}
  ~TcpStream() override { close(); }
  TcpStream(const TcpStream&) = delete;
  TcpStream& operator=(const TcpStream&) = delete;

  bool attach(Lane lane) {
    token_ = loop_.add(fd_.get(), *this, lane);
    return token_ != 0;
  }

  void set_handler(StreamHandler* handler) noexcept override { handler_ = handler; }
  State state() const noexcept override { return state_; }
  Errc connect_error() const noexcept override { return connect_error_; }
  bool readable() const noexcept override { return readable_; }
  bool writable() const noexcept override { return writable_; }
  bool peer_closed() const noexcept override { return peer_closed_; }
  bool broken() const noexcept override { return broken_; }
  const Address& peer() const noexcept override { return peer_; }
  Address local() const noexcept override {
    return peer_.is_pipe() ? Address() : local_address(fd_.get());
  }

  IoResult read(char* to, size_t size) override {
    const ssize_t n = ::recv(fd_.get(), to, size, 0);
    if (n > 0) {
      // A short read has drained the socket; only a pending FIN is worth another call.
      if (static_cast<size_t>(n) < size && !peer_closed_) readable_ = false;
      return {IoResult::Status::ok, static_cast<size_t>(n)};
    }
    if (n == 0) {
      readable_ = false;
      peer_closed_ = true;
      return {IoResult::Status::eof};
    }
    readable_ = false;
    if (errno == EAGAIN || errno == EINTR) return {IoResult::Status::would_block};
    return {IoResult::Status::error};
  }

  IoResult write(const struct iovec* parts, int count) override {
    const ssize_t n = send_parts(parts, count);
    if (n >= 0) {
      size_t wanted = 0;
      for (int i = 0; i < count; ++i) wanted += parts[i].iov_len;
      if (static_cast<size_t>(n) < wanted) writable_ = false;
      return {IoResult::Status::ok, static_cast<size_t>(n)};
    }
    writable_ = false;
    if (errno == EAGAIN || errno == EINTR) return {IoResult::Status::would_block};
    return {IoResult::Status::error};
  }

  void shutdown_write() override { ::shutdown(fd_.get(), SHUT_WR); }

  void abort() override {
    if (fd_.get() < 0) return;
    const linger hard{1, 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close();
    broken_ = true;
  }

 private:
  ssize_t send_parts(const struct iovec* parts, int count) const noexcept {
    // One part is the common case, and sendmsg costs noticeably more than send.
    if (count == 1) return ::send(fd_.get(), parts->iov_base, parts->iov_len, MSG_NOSIGNAL);
    msghdr message{};
    message.msg_iov = const_cast<struct iovec*>(parts);
    message.msg_iovlen = static_cast<size_t>(count);
    return ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
  }

  void close() noexcept {
    if (token_ != 0) loop_.remove(std::exchange(token_, 0), fd_.get());
    fd_.reset();
    readable_ = writable_ = false;
  }

  void on_io(uint32_t events) override {
    if (state_ == State::connecting && !finish_connect(events)) return;
    if ((events & EPOLLIN) != 0) readable_ = true;
    if ((events & EPOLLOUT) != 0) writable_ = true;
    if ((events & EPOLLRDHUP) != 0) readable_ = peer_closed_ = true;
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
      readable_ = writable_ = peer_closed_ = broken_ = true;
    }
    if (handler_ != nullptr) handler_->on_stream_ready();
  }

  bool finish_connect(uint32_t events) {
    if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) == 0) return false;
    int error = 0;
    socklen_t size = sizeof(error);
    getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    state_ = error == 0 ? State::open : State::failed;
    if (error != 0) connect_error_ = connect_errc(error);
    return true;
  }

  EventLoop& loop_;
  FileDescriptor fd_;
  Address peer_;
  StreamHandler* handler_ = nullptr;
  uint64_t token_ = 0;
  State state_;
  Errc connect_error_ = Errc::connect_failed;
  bool readable_ = false;
  bool writable_ = false;
  bool peer_closed_ = false;
  bool broken_ = false;
};

class TcpAcceptor final : public Acceptor, private IoHandler {
 public:
  TcpAcceptor(EventLoop& loop, FileDescriptor fd, const Address& local, AcceptCallback accept)
      : loop_(loop),
        fd_(std::move(fd)),
        local_(local),
        accept_(std::move(accept)),
        more_([this] { accept_some(); }),
        retry_(loop.timers(), [this] { accept_some(); }) {}

  ~TcpAcceptor() override {
    // What the kernel has queued is taken over first: those clients have a connection already.
    while (accept_one() == Outcome::accepted) {
    }
    if (token_ != 0) loop_.remove(token_, fd_.get());
  }
  TcpAcceptor(const TcpAcceptor&) = delete;
  TcpAcceptor& operator=(const TcpAcceptor&) = delete;

  bool attach() {
    token_ = loop_.add(fd_.get(), *this, Lane::live);
    return token_ != 0;
  }
  const Address& local() const noexcept override { return local_; }

 private:
  enum class Outcome : uint8_t { accepted, drained, exhausted };
  static constexpr int kBatch = 64;  // connections per turn, so that a flood cannot hold the loop

  void on_io(uint32_t /*events*/) override { accept_some(); }

  void accept_some() {
    for (int i = 0; i < kBatch; ++i) {
      switch (accept_one()) {
        case Outcome::accepted:
          break;
        case Outcome::drained:
          return;
        case Outcome::exhausted:
          // Out of descriptors: connections wait in the kernel's queue until some are closed.
          retry_.arm(std::chrono::milliseconds(50));
          return;
      }
    }
    loop_.schedule_continuation(more_, Lane::live);
  }

  Outcome accept_one() {
    sockaddr_storage storage{};
    socklen_t size = sizeof(storage);
    FileDescriptor fd(::accept4(fd_.get(), reinterpret_cast<sockaddr*>(&storage), &size,
                                SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd.get() < 0) {
      if (errno == ECONNABORTED || errno == EINTR || errno == EPROTO) return Outcome::accepted;
      if (errno == EAGAIN) return Outcome::drained;
      return Outcome::exhausted;
    }
    set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
    const Address peer(reinterpret_cast<sockaddr*>(&storage), size);
    auto stream = std::make_unique<TcpStream>(loop_, std::move(fd), peer, Stream::State::open);
    if (stream->attach(Lane::live)) accept_(std::move(stream));
    return Outcome::accepted;
  }

  EventLoop& loop_;
  FileDescriptor fd_;
  Address local_;
  AcceptCallback accept_;
  Task more_;
  Timer retry_;
  uint64_t token_ = 0;
};

std::string system_error(std::string_view what, const Address& at) {
  return fmt::format("cannot {} {}: {}", what, at.to_string(), std::strerror(errno));
}

}  // namespace

Result<std::unique_ptr<Stream>> TcpNetwork::connect(const Address& to, Lane lane,
                                                    const Keepalive& keepalive) {
  const auto failed = [](const char* detail) {
    return std::unexpected(Error{Errc::connect_failed, Side::backend, Retry::yes, detail});
  };
  FileDescriptor fd(::socket(to.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return failed("no descriptor for a connection");
  if (!to.is_pipe()) {
    set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
    set_keepalive(fd.get(), keepalive);
  }
  if (::connect(fd.get(), to.data(), to.size()) != 0 && errno != EINPROGRESS) {
    return std::unexpected(Error{connect_errc(errno), Side::backend, Retry::yes, "connect failed"});
  }
  auto stream = std::make_unique<TcpStream>(loop_, std::move(fd), to, Stream::State::connecting);
  if (!stream->attach(lane)) return failed("cannot watch a connection");
  return stream;
}

std::expected<std::unique_ptr<Acceptor>, std::string> TcpNetwork::listen(const Address& at,
                                                                         AcceptCallback accept) {
  FileDescriptor fd(::socket(at.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return std::unexpected(system_error("open a socket for", at));
  set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (at.family() == AF_INET6) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (::bind(fd.get(), at.data(), at.size()) != 0) return std::unexpected(system_error("bind", at));
  if (::listen(fd.get(), 4096) != 0) return std::unexpected(system_error("listen on", at));
  const Address local = local_address(fd.get());
  auto acceptor = std::make_unique<TcpAcceptor>(loop_, std::move(fd), local, std::move(accept));
  if (!acceptor->attach()) return std::unexpected(system_error("watch", at));
  return acceptor;
}

std::expected<Address, std::string> probe_bind(const Address& at) {
  FileDescriptor fd(::socket(at.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd.get() >= 0) {
    set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    if (at.family() == AF_INET6) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
    if (::bind(fd.get(), at.data(), at.size()) == 0 && ::listen(fd.get(), 1) == 0) {
      return local_address(fd.get());
    }
  }
  const bool no_ipv6 = errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL;
  if (no_ipv6 && at.family() == AF_INET6 && at.ip() == "::") {
    return probe_bind(*Address::parse("0.0.0.0", at.port()));
  }
  return std::unexpected(system_error("listen on", at));
}

std::string host_ip() {
  std::string found = "127.0.0.1";
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return found;
  for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET) continue;
    if ((one->ifa_flags & IFF_LOOPBACK) != 0 || (one->ifa_flags & IFF_UP) == 0) continue;
    found = Address(one->ifa_addr, sizeof(sockaddr_in)).ip();
    break;
  }
  freeifaddrs(all);
  return found;
}

}  // namespace gnomon::net
