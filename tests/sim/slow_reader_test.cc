// A client that takes its answer slowly gets all of it, also when nothing but the answer's end is
// left of its connection.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "backend.h"
#include "world.h"

namespace gnomon::sim {
namespace {

using std::chrono::seconds;

// Reads what is there now.
std::string read_some(net::Stream& stream) {
  std::string out;
  char buffer[1024];
  for (;;) {
    const net::IoResult io = stream.read(buffer, sizeof(buffer));
    if (io.status != net::IoResult::Status::ok) return out;
    out.append(buffer, io.bytes);
  }
}

void write_all(World& world, net::Stream& stream, std::string bytes) {
  while (!bytes.empty()) {
    const struct iovec part{bytes.data(), bytes.size()};
    const net::IoResult io = stream.write(&part, 1);
    if (io.status == net::IoResult::Status::ok) bytes.erase(0, io.bytes);
    world.settle();
  }
}

struct Line {
  uint32_t flags;
  uint64_t bytes_sent;
  std::chrono::nanoseconds duration;
};

class Lines final : public proxy::AccessSink {
 public:
  void on_exchange(const proxy::AccessRecord& record) noexcept override {
    all.push_back({record.flags, record.bytes_sent, record.duration});
  }
  std::vector<Line> all;
};

// A client that reads a kilobyte at a time at most, and asks for an answer of seven.
class SlowReader : public testing::Test {
 protected:
  SlowReader() {
    world.proxy_context.access = &lines;
    world.network.set_buffer_bytes(1024);
    world.add_backend(primary_address(), Behaviour::echo);
    world.serve(std::make_shared<OneRouteSnapshot>());
    client = world.connect();
  }
  void ask(const std::string& more = "") {
    write_all(world, *client,
              fmt::format("GET /{} HTTP/1.1\r\nHost: sim.test\r\n{}\r\n", path, more));
  }

  World world{1};
  Lines lines;
  std::unique_ptr<net::Stream> client;
  const std::string path = std::string(7'000, 'p');
};

TEST_F(SlowReader, has_its_line_in_the_access_log_when_it_has_taken_the_answer) {
  ask();
  EXPECT_EQ(world.stats.codes.total(), 1u);
  EXPECT_TRUE(lines.all.empty());
  std::string answer;
  for (int i = 0; i < 12; ++i) {
    world.advance(seconds(1));
    answer += read_some(*client);
  }
  ASSERT_EQ(lines.all.size(), 1u);
  EXPECT_EQ(lines.all[0].flags, 0u);
  EXPECT_GE(lines.all[0].bytes_sent, path.size());
  EXPECT_GE(lines.all[0].duration, seconds(6));
  EXPECT_EQ(world.stats.client_gone.value(), 0u);
  EXPECT_EQ(world.stats.bytes_sent.value(), lines.all[0].bytes_sent);
}

TEST_F(SlowReader, that_leaves_in_the_middle_is_logged_as_gone_with_what_it_was_sent) {
  ask();
  world.advance(seconds(1));
  size_t taken = read_some(*client).size();
  world.settle();
  taken += 1024;  // on its way
  client->abort();
  world.settle();
  ASSERT_EQ(lines.all.size(), 1u);
  EXPECT_EQ(lines.all[0].flags, proxy::kFlagClientGone);
  EXPECT_LE(lines.all[0].bytes_sent, taken);
  EXPECT_GE(lines.all[0].bytes_sent + 512, taken);  // of which some was the head
  EXPECT_EQ(world.stats.client_gone.value(), 1u);
  EXPECT_EQ(world.stats.requests_active.value(), 0);
  EXPECT_EQ(world.stats.codes.total(), 1u);
}

TEST_F(SlowReader, is_given_up_when_it_takes_nothing_for_too_long) {
  ask();
  world.advance(world.server_settings.idle_timeout + world.server_settings.stream_idle_timeout +
                seconds(1));
  ASSERT_EQ(lines.all.size(), 1u);
  EXPECT_EQ(lines.all[0].flags, proxy::kFlagClientGone | proxy::kFlagStreamIdleTimeout);
}

// Else requests without end could be served whose answers nobody takes.
TEST_F(SlowReader, is_served_its_next_request_when_it_has_taken_the_answer) {
  ask();
  write_all(world, *client, "GET / HTTP/1.1\r\nHost: sim.test\r\n\r\n");
  EXPECT_EQ(world.stats.requests.value(), 1u);
  std::string answers;
  for (int i = 0; i < 12; ++i) {
    answers += read_some(*client);
    world.settle();
  }
  EXPECT_EQ(world.stats.requests.value(), 2u);
  for (int i = 0; i < 12; ++i) {
    answers += read_some(*client);
    world.settle();
  }
  ASSERT_EQ(lines.all.size(), 2u);
  EXPECT_EQ(lines.all[1].flags, 0u);
}

TEST_F(SlowReader, gets_the_end_of_an_answer_that_ends_the_connection) {
  ask("Connection: close\r\n");
  // Each of the pauses is longer than a head may take, and none as long as a stream may stand
  // still.
  std::string answer;
  for (int i = 0; i < 10; ++i) {
    world.advance(world.server_settings.header_timeout + seconds(5));
    answer += read_some(*client);
  }
  EXPECT_NE(answer.find(path), std::string::npos) << answer;
}

}  // namespace
}  // namespace gnomon::sim
