// A backend that answers at once: 1 KiB, or 100 KiB for a path with /large in it. It speaks HTTP/1
// or, with those who begin with its preface, HTTP/2.
//   gnomon_bench_backend [hung | numbers FIRST]
// hung: reads everything and never answers; numbers: over HTTP/1 its answers are lists of numbers,
// which differ in all of them from those of a backend with another FIRST.
// Prints the port it listens on.
#include <array>
#include <csignal>
#include <memory>
#include <utility>
#include <vector>

#include "h2_responder.h"
#include "http_peer.h"

namespace {

constexpr size_t kSmallBytes = 1024;
constexpr size_t kLargeBytes = 102400;
constexpr size_t kOutBytes = size_t{256} * 1024;  // of HTTP/2 frames that wait for the socket

struct Connection {
  int fd = -1;
  bool known = false;  // which version it speaks
  bench::MessageReader reader;
  std::unique_ptr<bench::H2Responder> h2;
  std::string out;  // what the socket did not take at once
};

std::string plain_body(size_t bytes) { return std::string(bytes, 'b'); }

std::string numbers_body(size_t bytes, uint64_t first) {
  std::string body = "[" + std::to_string(first);
  for (uint64_t n = 1; body.size() + 21 < bytes; ++n) body += "," + std::to_string(first + n);
  return body + std::string(bytes - body.size() - 1, ' ') + "]";
}

std::string response(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

class Backend {
 public:
  // `bodies` makes one of that many bytes.
  template <typename Bodies>
  Backend(bool hung, Bodies bodies)
      : hung_(hung), small_(response(bodies(kSmallBytes))), large_(response(bodies(kLargeBytes))) {
    if (epoll_ < 0 || listener_ < 0) die("socket");
    sockaddr_in address = bench::loopback(0);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t length = sizeof address;
    if (bind(listener_, generic, length) != 0 || listen(listener_, 4096) != 0) die("listen");
    getsockname(listener_, generic, &length);
    std::printf("%u\n", ntohs(address.sin_port));
    std::fflush(stdout);
    bench::watch(epoll_, listener_, EPOLLIN, nullptr);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), events.size(), -1);
      for (int i = 0; i < count; ++i) {
        auto* connection = static_cast<Connection*>(events[i].data.ptr);
        if (connection == nullptr) {
          accept_all();
        } else if (connection->fd >= 0) {
          serve(*connection, events[i].events);
        }
      }
      dead_.clear();
    }
  }

 private:
  [[noreturn]] static void die(const char* what) { bench::die(what); }

  void accept_all() {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
    if (fd < 0) return;
    bench::no_delay(fd);
    auto connection = std::make_unique<Connection>();
    connection->fd = fd;
    bench::watch(epoll_, fd, EPOLLIN | EPOLLOUT | EPOLLET, connection.get());
    if (live_.size() <= static_cast<size_t>(fd)) live_.resize(fd + 1);
    live_[fd] = std::move(connection);
  }

  void serve(Connection& connection, uint32_t events) {
    if ((events & EPOLLOUT) != 0 && !flush(connection)) return;
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) return;
    for (;;) {
      const ssize_t got = recv(connection.fd, buffer_.data(), buffer_.size(), 0);
      if (got < 0 && errno == EAGAIN) return;
      if (got <= 0) return drop(connection);
      if (!answer(connection, {buffer_.data(), static_cast<size_t>(got)})) return;
      if (static_cast<size_t>(got) < buffer_.size()) return;
    }
  }

  bool answer(Connection& connection, std::string_view bytes) {
    if (!std::exchange(connection.known, true) && bytes.starts_with("PRI ")) {
      connection.h2 = std::make_unique<bench::H2Responder>(hung_, kSmallBytes, kLargeBytes);
    }
    if (connection.h2 != nullptr) {
      if (connection.h2->feed(bytes)) return flush(connection);
      drop(connection);
      return false;
    }
    while (!bytes.empty()) {
      if (!connection.reader.feed(bytes) || hung_) continue;
      connection.out += connection.reader.large() ? large_ : small_;
    }
    return flush(connection);
  }

  bool flush(Connection& connection) {
    for (;;) {
      if (connection.h2 != nullptr) connection.h2->pull(connection.out, kOutBytes);
      if (connection.out.empty()) return true;
      const ssize_t sent =
          send(connection.fd, connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EAGAIN) return true;
      if (sent < 0) {
        drop(connection);
        return false;
      }
      connection.out.erase(0, sent);
    }
  }

  // Events of this turn may still name the connection, so it is freed at the end of the turn.
  void drop(Connection& connection) {
    const int fd = std::exchange(connection.fd, -1);
    close(fd);
    dead_.push_back(std::move(live_[fd]));
  }

  bool hung_;
  std::string small_;
  std::string large_;
  int epoll_ = epoll_create1(0);
  int listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  std::vector<std::unique_ptr<Connection>> live_;  // by descriptor
  std::vector<std::unique_ptr<Connection>> dead_;
  std::array<char, 262144> buffer_;
};

}  // namespace

int main(int argc, char** argv) {
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  const std::string_view mode = argc > 1 ? argv[1] : "";
  const uint64_t first = argc > 2 ? bench::number_or<uint64_t>(argv[2], 0) : 0;
  const auto numbers = [first](size_t bytes) { return numbers_body(bytes, first); };
  const auto backend = mode == "numbers" ? std::make_unique<Backend>(false, numbers)
                                         : std::make_unique<Backend>(mode == "hung", plain_body);
  backend->run();
}
