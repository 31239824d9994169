#include "admin/server.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>

#include "admin/fake_source.h"

namespace gnomon::admin {
namespace {

constexpr int kPatienceMs = 20'000;  // nothing here takes long unless it is broken

// A blocking client.
class Client {
 public:
  explicit Client(const net::Address& to)
      : fd_(::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    EXPECT_EQ(::connect(fd_, to.data(), to.size()), 0);
  }
  ~Client() { close(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void send(std::string_view bytes) {
    EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // Everything until the server closes.
  std::string read_all() {
    while (read_more()) {
    }
    return std::move(got_);
  }
  // Until `text` has come.
  std::string read_until(std::string_view text) {
    while (got_.find(text) == std::string::npos && read_more()) {
    }
    return std::move(got_);
  }

 private:
  bool read_more() {
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, kPatienceMs) <= 0) {
      ADD_FAILURE() << "nothing comes after: " << got_;
      return false;
    }
    std::array<char, 65536> buffer;
    const ssize_t n = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (n <= 0) return false;
    got_.append(buffer.data(), static_cast<size_t>(n));
    return true;
  }

  int fd_;
  std::string got_;
};

class AdminServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = AdminServer::open(*net::Address::parse("127.0.0.1", 0), source_, clock_);
    ASSERT_TRUE(opened.has_value()) << opened.error();
    server_ = std::move(*opened);
    server_->start();
  }
  std::string ask(const std::string& line, const std::string& fields = "") {
    Client client(server_->local());
    client.send(line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + fields + "\r\n");
    return client.read_all();
  }

  SystemClock clock_;
  testing::FakeSource source_;
  std::unique_ptr<AdminServer> server_;
};

std::string status_line(const std::string& answer) { return answer.substr(0, answer.find('\r')); }
std::string body_of(const std::string& answer) {
  const size_t end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "" : answer.substr(end + 4);
}

TEST_F(AdminServerTest, answers_over_a_socket) {
  const std::string answer = ask("GET /ready");
  EXPECT_EQ(status_line(answer), "HTTP/1.1 200 OK");
  EXPECT_EQ(body_of(answer), "LIVE\n");
}

TEST_F(AdminServerTest, tells_browsers_to_keep_and_run_nothing) {
  const std::string answer = ask("GET /");
  for (const char* field : {"cache-control: no-store\r\n", "x-content-type-options: nosniff\r\n",
                            "content-security-policy: default-src 'none'\r\n"}) {
    EXPECT_NE(answer.find(field), std::string::npos) << field;
  }
}

TEST_F(AdminServerTest, head_says_the_length_and_sends_no_body) {
  const std::string answer = ask("HEAD /healthz");
  EXPECT_EQ(status_line(answer), "HTTP/1.1 200 OK");
  EXPECT_NE(answer.find("content-length: 3\r\n"), std::string::npos) << answer;
  EXPECT_EQ(body_of(answer), "");
}

TEST_F(AdminServerTest, says_which_method_is_allowed) {
  const std::string answer = ask("GET /reload");
  EXPECT_EQ(status_line(answer), "HTTP/1.1 405 Method Not Allowed");
  EXPECT_NE(answer.find("allow: POST\r\n"), std::string::npos);
}

TEST_F(AdminServerTest, serves_one_request_after_the_other_on_a_connection) {
  Client client(server_->local());
  for (int i = 0; i < 3; ++i) {
    client.send("GET /ready HTTP/1.1\r\nHost: [::1]:9\r\n\r\n");
    EXPECT_EQ(status_line(client.read_until("LIVE\n")), "HTTP/1.1 200 OK");
  }
}

TEST_F(AdminServerTest, sends_an_answer_much_larger_than_a_socket_takes) {
  source_.dump = "\"" + std::string(8'000'000, 'x') + "\"";
  EXPECT_EQ(body_of(ask("GET /config_dump")), source_.dump);
}

TEST_F(AdminServerTest, refuses_a_body_beyond_its_limit) {
  const std::string answer =
      ask("POST /reload", "Content-Length: 5000\r\n\r\n" + std::string(5000, 'x'));
  EXPECT_EQ(status_line(answer), "HTTP/1.1 413 Content Too Large");
}

TEST_F(AdminServerTest, says_to_who_speaks_json_that_a_body_is_too_large) {
  const std::string path = "POST /api/v1/tests/ns.trial/epochs";
  for (const char* const announced : {"", "Expect: 100-continue\r\n"}) {
    const std::string answer =
        ask(path, std::string(announced) + "Content-Length: 5000\r\n\r\n" + std::string(5000, 'x'));
    EXPECT_EQ(status_line(answer), "HTTP/1.1 413 Content Too Large");
    EXPECT_NE(answer.find("content-type: application/problem+json\r\n"), std::string::npos)
        << answer;
  }
}

TEST_F(AdminServerTest, takes_a_small_body_with_a_reload) {
  const std::string answer = ask("POST /reload", "Content-Length: 2\r\n\r\n{}");
  EXPECT_EQ(status_line(answer), "HTTP/1.1 200 OK");
}

// Holds what a reload has to call when it is done.
class HeldReload {
 public:
  explicit HeldReload(testing::FakeSource& source) {
    source.on_reload = [this](ReloadDone done) {
      const std::lock_guard<std::mutex> lock(mutex_);
      done_.push_back(std::move(done));
      changed_.notify_all();
    };
  }
  ReloadDone take() {
    std::unique_lock<std::mutex> lock(mutex_);
    const bool came =
        changed_.wait_for(lock, Millis(kPatienceMs), [this] { return !done_.empty(); });
    EXPECT_TRUE(came);
    if (!came) return [](bool, const std::string&) {};
    ReloadDone done = std::move(done_.front());
    done_.erase(done_.begin());
    return done;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ReloadDone> done_;
};

TEST_F(AdminServerTest, goes_on_answering_while_a_reload_takes_its_time) {
  HeldReload held(source_);
  Client client(server_->local());
  client.send("POST /reload HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const ReloadDone done = held.take();
  EXPECT_EQ(body_of(ask("GET /ready")), "LIVE\n");
  done(false, "a.yaml:3:1: error: no");
  const std::string answer = client.read_until("}\n");
  EXPECT_EQ(status_line(answer), "HTTP/1.1 422 Unprocessable Content");
  EXPECT_NE(answer.find("a.yaml:3:1: error: no"), std::string::npos);
}

TEST_F(AdminServerTest, each_of_several_reloads_gets_its_own_answer) {
  HeldReload held(source_);
  Client first(server_->local());
  first.send("POST /reload HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const ReloadDone first_done = held.take();
  Client second(server_->local());
  second.send("POST /reload HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const ReloadDone second_done = held.take();
  second_done(true, "two");
  first_done(true, "one");
  EXPECT_NE(first.read_until("}\n").find("\"one\""), std::string::npos);
  EXPECT_NE(second.read_until("}\n").find("\"two\""), std::string::npos);
}

TEST_F(AdminServerTest, survives_a_client_that_leaves_before_its_reload_is_done) {
  HeldReload held(source_);
  Client client(server_->local());
  client.send("POST /reload HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const ReloadDone done = held.take();
  client.close();
  EXPECT_EQ(body_of(ask("GET /ready")), "LIVE\n");
  done(true, "");
  EXPECT_EQ(body_of(ask("GET /ready")), "LIVE\n");
}

TEST_F(AdminServerTest, a_reload_that_ends_after_the_server_is_harmless) {
  HeldReload held(source_);
  Client client(server_->local());
  client.send("POST /reload HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const ReloadDone done = held.take();
  server_.reset();
  done(true, "");
  EXPECT_EQ(client.read_all(), "");
}

TEST_F(AdminServerTest, holds_a_bounded_number_of_connections_and_serves_again_when_some_close) {
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 64; ++i) {
    clients.push_back(std::make_unique<Client>(server_->local()));
    clients.back()->send("GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n");
    ASSERT_EQ(body_of(clients.back()->read_until("LIVE\n")), "LIVE\n") << i;
  }
  EXPECT_EQ(Client(server_->local()).read_all(), "");
  clients[0]->send("GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(body_of(clients[0]->read_all()), "LIVE\n");
  clients[0]->close();
  EXPECT_EQ(body_of(ask("GET /ready")), "LIVE\n");
}

TEST_F(AdminServerTest, does_not_share_its_port) {
  const auto second = AdminServer::open(server_->local(), source_, clock_);
  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().find("Address already in use"), std::string::npos) << second.error();
}

TEST(AdminServer, does_not_listen_where_others_could_reach_it) {
  const SystemClock clock;
  testing::FakeSource source;
  const auto opened = AdminServer::open(*net::Address::parse("0.0.0.0", 0), source, clock);
  ASSERT_FALSE(opened.has_value());
  EXPECT_NE(opened.error().find("not a loopback address"), std::string::npos);
}

TEST(AdminServer, listens_for_others_where_it_gives_verdicts_only) {
  const SystemClock clock;
  testing::FakeSource source;
  const auto opened =
      AdminServer::open(*net::Address::parse("0.0.0.0", 0), source, clock, {.verdicts_only = true});
  ASSERT_TRUE(opened.has_value()) << opened.error();
  (*opened)->start();
  Client client(*net::Address::parse("127.0.0.1", (*opened)->local().port()));
  client.send("GET /metrics HTTP/1.1\r\nHost: 10.1.2.3\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(status_line(client.read_all()), "HTTP/1.1 403 Forbidden");
}

TEST(AdminServer, may_be_destroyed_without_having_been_started) {
  const SystemClock clock;
  testing::FakeSource source;
  auto opened = AdminServer::open(*net::Address::parse("127.0.0.1", 0), source, clock);
  ASSERT_TRUE(opened.has_value());
  const Client client((*opened)->local());
  opened->reset();
}

}  // namespace
}  // namespace gnomon::admin
