#include "net/first_byte.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "net/memory.h"

namespace gnomon::net {
namespace {

using std::chrono::seconds;

class FirstByteTest : public testing::Test {
 protected:
  FirstByteTest() {
    auto [client, server] = network_.make_pair();
    client_ = std::move(client);
    reader_ = std::make_unique<FirstByte>(loop_, std::move(server), seconds(15),
                                          [this](FirstByte& reader, FirstByte::Outcome outcome) {
                                            EXPECT_EQ(outcome_, std::nullopt);
                                            outcome_ = outcome;
                                            if (outcome != FirstByte::Outcome::refused) {
                                              stream_ = reader.take_stream();
                                            }
                                          });
    run(seconds(0));
  }
  void say(std::string text) {
    const struct iovec part{text.data(), text.size()};
    client_->write(&part, 1);
    run(seconds(0));
  }
  void run(Duration by) {
    const TimePoint end = clock_.now() + by;
    for (int i = 0; i < 10; ++i) loop_.run_once(Duration::zero());
    while (clock_.now() < end) loop_.run_once(end - clock_.now());
  }
  std::string read() {
    std::string all;
    char buffer[16];
    while (stream_->readable()) {
      const IoResult io = stream_->read(buffer, sizeof(buffer));
      if (io.status != IoResult::Status::ok) break;
      all.append(buffer, io.bytes);
    }
    return all;
  }

  ManualClock clock_;
  VirtualPoller poller_{clock_};
  EventLoop loop_{clock_, poller_};
  MemoryNetwork network_{loop_};
  std::optional<FirstByte::Outcome> outcome_;
  std::unique_ptr<Stream> client_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<FirstByte> reader_;
};

TEST_F(FirstByteTest, tells_tls_and_gives_the_byte_back) {
  say("\x16");
  EXPECT_EQ(outcome_, FirstByte::Outcome::tls);
  say("\x03\x01");
  EXPECT_EQ(read(), "\x16\x03\x01");
}

TEST_F(FirstByteTest, anything_else_is_clear_text) {
  say("GET / HTTP/1.1");
  EXPECT_EQ(outcome_, FirstByte::Outcome::other);
  EXPECT_EQ(read(), "GET / HTTP/1.1");
}

TEST_F(FirstByteTest, waits_no_longer_than_its_limit) {
  run(seconds(14));
  EXPECT_EQ(outcome_, std::nullopt);
  run(seconds(2));
  EXPECT_EQ(outcome_, FirstByte::Outcome::refused);
  say("x");  // nothing more is told
}

TEST_F(FirstByteTest, a_client_that_leaves_is_refused) {
  client_->shutdown_write();
  run(seconds(0));
  EXPECT_EQ(outcome_, FirstByte::Outcome::refused);
}

}  // namespace
}  // namespace gnomon::net
