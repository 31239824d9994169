// A closed-loop load generator that is told what to do on standard input, one line at a time:
//
//   slice PORT CONNECTIONS KIND MILLISECONDS [tls]   as many requests as go into the time
//   count PORT CONNECTIONS KIND REQUESTS             that many requests
//   leave PORT CONNECTIONS KIND REQUESTS             that many, each broken off by the client at a
//                                                    random point
//   close PORT                                       closes the connections to a port
//
// KIND is get, post or large. Connections stay open between lines. The answer is one line:
// requests seconds p50_us p99_us max_us errors stalled; stalled requests had no answer a second
// after the end.
#include <poll.h>

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
#include "wire.h"

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
  bench::Wire wire;
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
  std::string transport;
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
      if (!connection.wire.is_open()) continue;
      if ((events[i].events & EPOLLOUT) != 0 && connection.busy) push(connection);
      if (connection.wire.is_open() && (events[i].events & ~EPOLLOUT) != 0) pull(connection);
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
    if (!connection.wire.is_open() && !open(connection)) {
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
    const bool tls = order_.transport == "tls";
    if (!connection.wire.open(order_.port, tls, "http/1.1", bench::kAuthority)) return false;
    connection.reader.reset();
    bench::watch(target_.epoll, connection.wire.fd(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                 &connection);
    return true;
  }

  void push(Connection& connection) {
    if (connection.sent == request_.size()) return;
    const ssize_t sent = connection.wire.transmit(request_.data() + connection.sent,
                                                  request_.size() - connection.sent);
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
    static_cast<void>(connection.wire.transmit(request_.data(), upto));
    if (upto == request_.size() && point(random_) % 2 == 0) {
      pollfd answer{connection.wire.fd(), POLLIN, 0};
      poll(&answer, 1, -1);
      static_cast<void>(connection.wire.receive(buffer_.data(), 1 + point(random_) % 512));
    }
    if (point(random_) % 2 == 0) {
      const linger at_once{1, 0};
      setsockopt(connection.wire.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    drop(connection);
    ++tally_.done;
  }

  void pull(Connection& connection) {
    for (;;) {
      const ssize_t got = connection.wire.receive(buffer_.data(), buffer_.size());
      if (got < 0 && errno == EAGAIN) return;
      if (got <= 0) return broken(connection);
      std::string_view bytes(buffer_.data(), got);
      while (!bytes.empty()) {
        if (!connection.reader.feed(bytes)) continue;
        answered(connection);
        if (!connection.wire.is_open()) return;
      }
      const bool all = static_cast<size_t>(got) < buffer_.size();
      if (all && connection.wire.short_read_is_last()) return;
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
    connection.wire.drop();
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

}  // namespace

int main() {
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  std::map<uint16_t, Target> targets;
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    Order order;
    words >> order.verb >> order.port >> order.connections >> order.kind >> order.amount >>
        order.transport;
    Target& target = targets[order.port];
    if (order.verb == "close") {
      target.connections.clear();
      std::cout << "closed" << "\n" << std::flush;
      continue;
    }
    const auto run = std::make_unique<Run>(target, std::move(order));
    std::cout << run->carry_out() << "\n" << std::flush;
  }
}
