// A closed-loop load generator that is told what to do on standard input, one line at a time:
//
//   slice PORT CONNECTIONS KIND MILLISECONDS   as many requests as go into the time
//   count PORT CONNECTIONS KIND REQUESTS       that many requests
//   leave PORT CONNECTIONS KIND REQUESTS       that many, each broken off by the client at a random
//                                              point
//   close PORT                                 closes the connections to a port
//
// KIND is get, post or large. Connections stay open between lines. The answer is one line:
// requests seconds p50_us p99_us max_us errors stalled; stalled requests had no answer a second
// after the end.
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <sstream>
#include <utility>
#include <vector>

#include "http_peer.h"
#include "request.h"
#include "tally.h"

namespace {

using bench::Clock;
constexpr std::chrono::seconds kPatience{1};

std::string request(std::string_view kind) {
  std::string text(kind == "post" ? "POST " : "GET ");
  text.append(bench::path_of(kind)).append(" HTTP/1.1\r\n");
  text.append("Host: ").append(bench::kAuthority).append("\r\n");
  for (const auto& [name, value] : bench::kFields) {
    text.append(name).append(": ").append(value).append("\r\n");
  }
  if (kind != "post") return text + "\r\n";
  text += "Content-Type: application/json\r\nContent-Length: ";
  return text + std::to_string(bench::kPostBytes) + "\r\n\r\n" +
         std::string(bench::kPostBytes, 'p');
}

struct Connection {
  int fd = -1;
  bench::MessageReader reader;
  Clock::time_point begun;
  size_t sent = 0;  // of the request under way
  bool busy = false;
};

struct Target {
  int epoll = epoll_create1(0);
  std::vector<std::unique_ptr<Connection>> connections;
};

struct Order {
  std::string verb;
  uint16_t port = 0;
  size_t connections = 0;
  std::string kind;
  uint64_t amount = 0;
};

// One line of input, carried out on the connections of one port.
class Run {
 public:
  Run(Target& target, Order order)
      : target_(target), order_(std::move(order)), request_(request(order_.kind)) {}

  std::string carry_out() {
    begin_ = Clock::now();
    end_ = timed() ? begin_ + std::chrono::milliseconds(order_.amount) : Clock::time_point::max();
    while (target_.connections.size() < order_.connections) {
      target_.connections.push_back(std::make_unique<Connection>());
    }
    if (leaving()) {
      come_and_go();
    } else {
      for (size_t i = 0; i < order_.connections; ++i) next(*target_.connections[i]);
      while (busy_ > 0 && turn()) {
      }
    }
    return tally_.line(begin_);
  }

 private:
  bool timed() const { return order_.verb == "slice"; }
  bool leaving() const { return order_.verb == "leave"; }
  bool more() const { return timed() ? Clock::now() < end_ : tally_.started < order_.amount; }

  bool turn() {
    std::array<epoll_event, 256> events;
    const int count = epoll_wait(target_.epoll, events.data(), events.size(), 100);
    if (count == 0 && gave_up()) return false;
    for (int i = 0; i < count; ++i) {
      auto& connection = *static_cast<Connection*>(events[i].data.ptr);
      if (connection.fd < 0) continue;
      if ((events[i].events & EPOLLOUT) != 0 && connection.busy) push(connection);
      if (connection.fd >= 0 && (events[i].events & ~EPOLLOUT) != 0) pull(connection);
    }
    if (count > 0) last_event_ = Clock::now();
    return true;
  }

  // Requests that nobody answers are abandoned with their connections.
  bool gave_up() {
    const auto since = std::max(timed() ? end_ : begin_, last_event_);
    if (Clock::now() < since + (timed() ? kPatience : 10 * kPatience)) return false;
    for (auto& connection : target_.connections) {
      if (!connection->busy) continue;
      ++tally_.stalled;
      drop(*connection);
    }
    return true;
  }

  void next(Connection& connection) {
    if (!more()) return;
    ++tally_.started;
    if (connection.fd < 0 && !open(connection)) {
      ++tally_.errors;
      return;
    }
    connection.begun = Clock::now();
    connection.busy = true;
    connection.sent = 0;
    ++busy_;
    if (!leaving()) push(connection);
  }

  bool open(Connection& connection) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in address = bench::loopback(order_.port);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      close(fd);
      return false;
    }
    bench::no_delay(fd);
    connection.fd = fd;
    connection.reader.reset();
    bench::watch(target_.epoll, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, &connection);
    return true;
  }

  void push(Connection& connection) {
    if (connection.sent == request_.size()) return;
    const ssize_t sent = send(connection.fd, request_.data() + connection.sent,
                              request_.size() - connection.sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) connection.sent += sent;
  }

  // All connections are open at once, each at another point of its request, and go in turn.
  void come_and_go() {
    for (size_t i = 0; more(); i = (i + 1) % order_.connections) {
      Connection& connection = *target_.connections[i];
      if (connection.busy) leave(connection);
      next(connection);
    }
    for (auto& connection : target_.connections) {
      if (connection->busy) leave(*connection);
    }
  }

  // Goes away before, in or after the head, in the body, while the answer is due, or in the middle
  // of the answer; with FIN or with RST.
  void leave(Connection& connection) {
    std::uniform_int_distribution<size_t> point(0, request_.size() * 2);
    const size_t upto = std::min(point(random_), request_.size());
    static_cast<void>(send(connection.fd, request_.data(), upto, MSG_NOSIGNAL | MSG_DONTWAIT));
    if (upto == request_.size() && point(random_) % 2 == 0) {
      static_cast<void>(recv(connection.fd, buffer_.data(), 1 + point(random_) % 512, 0));
    }
    if (point(random_) % 2 == 0) {
      const linger at_once{1, 0};
      setsockopt(connection.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    drop(connection);
    ++tally_.done;
  }

  void pull(Connection& connection) {
    for (;;) {
      const ssize_t got = recv(connection.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
      if (got < 0 && errno == EAGAIN) return;
      if (got <= 0) return broken(connection);
      std::string_view bytes(buffer_.data(), got);
      while (!bytes.empty()) {
        if (!connection.reader.feed(bytes)) continue;
        answered(connection);
        if (connection.fd < 0) return;
      }
      if (static_cast<size_t>(got) < buffer_.size()) return;
    }
  }

  void answered(Connection& connection) {
    if (!connection.busy) return;
    tally_.answered(connection.begun, connection.reader.status() == 200);
    connection.busy = false;
    --busy_;
    next(connection);
  }

  void broken(Connection& connection) {
    const bool was_busy = connection.busy;
    drop(connection);
    if (!was_busy) return;
    ++tally_.errors;
    next(connection);
  }

  void drop(Connection& connection) {
    close(std::exchange(connection.fd, -1));
    if (std::exchange(connection.busy, false)) --busy_;
  }

  Target& target_;
  const Order order_;
  const std::string request_;
  Clock::time_point begin_;
  Clock::time_point end_;
  Clock::time_point last_event_ = Clock::now();
  bench::Tally tally_;
  size_t busy_ = 0;
  std::mt19937_64 random_{order_.port ^ (order_.amount << 16)};
  std::array<char, 262144> buffer_;
};

void close_all(Target& target) {
  for (auto& connection : target.connections) {
    if (connection->fd >= 0) close(connection->fd);
  }
  target.connections.clear();
}

}  // namespace

int main() {
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  std::map<uint16_t, Target> targets;
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    Order order;
    words >> order.verb >> order.port >> order.connections >> order.kind >> order.amount;
    Target& target = targets[order.port];
    if (order.verb == "close") {
      close_all(target);
      std::cout << "closed" << "\n" << std::flush;
      continue;
    }
    const auto run = std::make_unique<Run>(target, std::move(order));
    std::cout << run->carry_out() << "\n" << std::flush;
  }
}
