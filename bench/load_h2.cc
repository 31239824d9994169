// A closed-loop load generator for HTTP/2 that is told what to do on standard input:
//
//   slice PORT CONNECTIONS KIND MILLISECONDS STREAMS TRANSPORT   as many requests as go into the
//                                                                time, STREAMS at once on each
//                                                                connection
//   close PORT                                                   closes the connections to a port
//
// TRANSPORT is clear (prior knowledge) or tls (ALPN). KIND and the line that it answers are those
// of load.cc.
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <csignal>
#include <cstring>
#include <iostream>
#include <map>
#include <memory>
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
constexpr int kStreamWindow = 1 << 20;
constexpr int kConnectionWindow = 1 << 28;

struct Order {
  std::string verb;
  uint16_t port = 0;
  size_t connections = 0;
  std::string kind;
  uint64_t amount = 0;
  size_t streams = 1;
  std::string transport;
};

// The head of every request, as nghttp2 takes it.
class Request {
 public:
  explicit Request(const Order& order) : post(order.kind == "post") {
    add(":method", post ? "POST" : "GET");
    add(":scheme", order.transport == "tls" ? "https" : "http");
    add(":authority", bench::kAuthority);
    add(":path", bench::path_of(order.kind));
    for (const auto& [name, value] : bench::kFields) add(name, value);
    if (post) {
      add("content-type", "application/json");
      add("content-length", std::to_string(bench::kPostBytes));
    }
    for (auto& [name, value] : fields_) {
      nvs.push_back({reinterpret_cast<uint8_t*>(name.data()),
                     reinterpret_cast<uint8_t*>(value.data()), name.size(), value.size(),
                     NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE});
    }
  }
  const bool post;
  std::vector<nghttp2_nv> nvs;

 private:
  void add(std::string_view name, std::string_view value) {
    std::string lower(name);
    for (char& c : lower) c = static_cast<char>(std::tolower(c));
    fields_.emplace_back(std::move(lower), value);
  }
  std::vector<std::pair<std::string, std::string>> fields_;
};

class Run;

struct Stream {
  Clock::time_point begun;
  size_t body_left = 0;
  bool well = false;
};

struct Connection {
  ~Connection() { drop(); }
  void drop() {
    if (session != nullptr) nghttp2_session_del(std::exchange(session, nullptr));
    wire.drop();
    out.clear();
    open.clear();
  }

  bench::Wire wire;
  nghttp2_session* session = nullptr;
  std::string out;  // what the socket did not take at once
  std::map<int32_t, Stream> open;
  Run* run = nullptr;
};

struct Target {
  int epoll = epoll_create1(0);
  std::vector<std::unique_ptr<Connection>> connections;
};

// One line of input, carried out on the connections of one port.
class Run {
 public:
  Run(Target& target, Order order) : target_(target), order_(std::move(order)), request_(order_) {}

  std::string carry_out() {
    begin_ = last_event_ = Clock::now();
    end_ = begin_ + std::chrono::milliseconds(order_.amount);
    while (target_.connections.size() < order_.connections) {
      target_.connections.push_back(std::make_unique<Connection>());
    }
    for (size_t i = 0; i < order_.connections; ++i) begin(*target_.connections[i]);
    while (busy_ > 0 && turn()) {
    }
    return tally_.line(begin_);
  }

  // From nghttp2.
  void on_closed(Connection& connection, int32_t id, uint32_t code) {
    const auto at = connection.open.find(id);
    if (at == connection.open.end()) return;
    tally_.answered(at->second.begun, at->second.well && code == NGHTTP2_NO_ERROR);
    connection.open.erase(at);
    --busy_;
    ++ended_;
  }

 private:
  bool turn() {
    std::array<epoll_event, 256> events;
    const int count = epoll_wait(target_.epoll, events.data(), events.size(), 100);
    if (count == 0) return !gave_up();
    for (int i = 0; i < count; ++i) {
      auto& connection = *static_cast<Connection*>(events[i].data.ptr);
      if (connection.wire.is_open()) serve(connection);
    }
    last_event_ = Clock::now();
    return true;
  }

  bool gave_up() {
    if (Clock::now() < std::max(end_, last_event_) + kPatience) return false;
    for (auto& connection : target_.connections) {
      if (connection->open.empty()) continue;
      tally_.stalled += connection->open.size();
      connection->drop();
    }
    return true;
  }

  void begin(Connection& connection) {
    connection.run = this;
    if (!connection.wire.is_open() && !open(connection)) {
      ++tally_.errors;
      return;
    }
    request_more(connection, order_.streams);
    flush(connection);
  }

  void request_more(Connection& connection, size_t count) {
    for (size_t i = 0; i < count && Clock::now() < end_; ++i) {
      nghttp2_data_provider body{{.ptr = nullptr}, read_body};
      const int32_t id =
          nghttp2_submit_request(connection.session, nullptr, request_.nvs.data(),
                                 request_.nvs.size(), request_.post ? &body : nullptr, nullptr);
      if (id < 0) return;
      connection.open[id] = {Clock::now(), bench::kPostBytes};
      ++tally_.started;
      ++busy_;
    }
  }

  bool open(Connection& connection) {
    const bool tls = order_.transport == "tls";
    if (!connection.wire.open(order_.port, tls, "h2", bench::kAuthority)) return false;
    bench::watch(target_.epoll, connection.wire.fd(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                 &connection);
    nghttp2_session_client_new(&connection.session, callbacks(), &connection);
    const std::array<nghttp2_settings_entry, 2> settings{
        {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow}, {NGHTTP2_SETTINGS_ENABLE_PUSH, 0}}};
    nghttp2_submit_settings(connection.session, 0, settings.data(), settings.size());
    nghttp2_session_set_local_window_size(connection.session, 0, 0, kConnectionWindow);
    return true;
  }

  void serve(Connection& connection) {
    for (;;) {
      const ssize_t got = connection.wire.receive(buffer_.data(), buffer_.size());
      if (got < 0 && errno == EAGAIN) break;
      if (got <= 0) return lose(connection);
      ended_ = 0;
      const auto* bytes = reinterpret_cast<const uint8_t*>(buffer_.data());
      if (nghttp2_session_mem_recv(connection.session, bytes, got) < 0) return lose(connection);
      request_more(connection, ended_);
      const bool all = static_cast<size_t>(got) < buffer_.size();
      if (all && connection.wire.short_read_is_last()) break;
    }
    flush(connection);
  }

  void flush(Connection& connection) {
    const uint8_t* data = nullptr;
    ssize_t size = 0;
    while ((size = nghttp2_session_mem_send(connection.session, &data)) > 0) {
      connection.out.append(reinterpret_cast<const char*>(data), size);
    }
    if (size < 0) return lose(connection);
    while (!connection.out.empty()) {
      const ssize_t sent = connection.wire.transmit(connection.out.data(), connection.out.size());
      if (sent <= 0) return;
      connection.out.erase(0, sent);
    }
  }

  void lose(Connection& connection) {
    tally_.errors += connection.open.size();
    busy_ -= connection.open.size();
    connection.drop();
    if (Clock::now() < end_) begin(connection);
  }

  static Connection& self(void* user) { return *static_cast<Connection*>(user); }

  static int on_header(nghttp2_session* /*session*/, const nghttp2_frame* frame,
                       const uint8_t* name, size_t name_size, const uint8_t* value,
                       size_t value_size, uint8_t /*flags*/, void* user) {
    if (name_size != 7 || std::memcmp(name, ":status", 7) != 0) return 0;
    const auto at = self(user).open.find(frame->hd.stream_id);
    if (at == self(user).open.end()) return 0;
    at->second.well = value_size == 3 && std::memcmp(value, "200", 3) == 0;
    return 0;
  }

  static int on_close(nghttp2_session* /*session*/, int32_t id, uint32_t code, void* user) {
    self(user).run->on_closed(self(user), id, code);
    return 0;
  }

  static ssize_t read_body(nghttp2_session* /*session*/, int32_t id, uint8_t* buffer, size_t size,
                           uint32_t* flags, nghttp2_data_source* /*source*/, void* user) {
    size_t& left = self(user).open[id].body_left;
    const size_t n = std::min(size, left);
    std::memset(buffer, 'p', n);
    left -= n;
    if (left == 0) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(n);
  }

  static nghttp2_session_callbacks* callbacks() {
    static nghttp2_session_callbacks* const kCallbacks = [] {
      nghttp2_session_callbacks* made = nullptr;
      if (nghttp2_session_callbacks_new(&made) != 0) bench::die("nghttp2");
      nghttp2_session_callbacks_set_on_header_callback(made, on_header);
      nghttp2_session_callbacks_set_on_stream_close_callback(made, on_close);
      return made;
    }();
    return kCallbacks;
  }

  Target& target_;
  const Order order_;
  Request request_;
  Clock::time_point begin_;
  Clock::time_point end_;
  Clock::time_point last_event_;
  bench::Tally tally_;
  size_t busy_ = 0;
  size_t ended_ = 0;  // streams, by what has just been received
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
        order.streams >> order.transport;
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
