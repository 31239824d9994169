#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/h2_frames.h"
#include "http/server_connection.h"

namespace gnomon::http {
namespace {

// What a client that takes everything is sent, and in how many pieces.
struct Sent {
  size_t writes = 0;
  size_t bytes = 0;
};

class QuietStream final : public net::Stream {
 public:
  explicit QuietStream(Sent& sent) : sent_(sent) {}
  void set_handler(net::StreamHandler* /*handler*/) noexcept override {}
  State state() const noexcept override { return State::open; }
  Errc connect_error() const noexcept override { return Errc::reset; }
  bool readable() const noexcept override { return false; }
  bool writable() const noexcept override { return true; }
  bool peer_closed() const noexcept override { return false; }
  bool broken() const noexcept override { return false; }
  net::IoResult read(char* /*to*/, size_t /*size*/) override {
    return {net::IoResult::Status::would_block};
  }
  net::IoResult write(const struct iovec* parts, int count) override {
    size_t bytes = 0;
    for (int i = 0; i < count; ++i) bytes += parts[i].iov_len;
    ++sent_.writes;
    sent_.bytes += bytes;
    return {net::IoResult::Status::ok, bytes};
  }
  void shutdown_write() override {}
  void abort() override {}
  const net::Address& peer() const noexcept override { return peer_; }
  net::Address local() const noexcept override { return {}; }

 private:
  Sent& sent_;
  net::Address peer_;
};

class ServerH2Writes : public testing::Test, public Service, public ServerOwner {
 protected:
  struct Handler final : RequestHandler {
    void on_body(Chunk /*chunk*/) override {}
    void on_request_end(Headers /*trailers*/) override {}
    void on_client_gone(Error /*error*/) override {}
    void on_client_writable() override {}
  };

  std::unique_ptr<RequestHandler> on_request(ServerStream& stream, RequestHead /*head*/) override {
    streams_.push_back(&stream);
    return std::make_unique<Handler>();
  }
  void on_refused(const net::Address& /*peer*/, const ProtocolError& /*error*/) override {}
  void on_closed(ServerConnection& /*connection*/) override {}

  void turn() { loop_.run_once(Duration::zero()); }

  void begin_two_requests() {
    const std::string said =
        h2_hello() + h2_head(1, h2_request(), true) + h2_head(3, h2_request(), true);
    connection_ =
        make_server_h2(context_, std::make_unique<QuietStream>(sent_), Chunk::copy_of(said));
    turn();
    ASSERT_EQ(streams_.size(), 2U);
  }

  static void answer(ServerStream& stream, size_t body_bytes) {
    ResponseHead head;
    head.status = 200;
    head.body = BodyKind::sized;
    head.content_length = static_cast<int64_t>(body_bytes);
    stream.send_head(head);
    stream.send_body(Chunk::copy_of(std::string(body_bytes, 'b')));
    stream.send_end({});
  }

  ManualClock clock_;
  net::VirtualPoller poller_{clock_};
  net::EventLoop loop_{clock_, poller_};
  ReadBuffer read_buffer_;
  ServerSettings settings_;
  ServerContext context_{loop_, read_buffer_, settings_, *this, *this};
  Sent sent_;
  std::vector<ServerStream*> streams_;
  std::unique_ptr<ServerConnection> connection_;
};

TEST_F(ServerH2Writes, answers_of_one_turn_leave_in_one_write) {
  begin_two_requests();
  const size_t before = sent_.writes;
  // The second comes after whatever the first has left to do behind itself.
  net::Task two([&] { answer(*streams_[1], 10); });
  net::Task later([&] { loop_.schedule(two, net::Lane::live); });
  net::Task one([&] {
    answer(*streams_[0], 10);
    loop_.schedule(later, net::Lane::live);
  });
  loop_.schedule(one, net::Lane::live);
  turn();
  EXPECT_EQ(sent_.writes, before + 1);
}

TEST_F(ServerH2Writes, a_large_answer_does_not_wait_for_the_end_of_the_turn) {
  begin_two_requests();
  size_t by_then = 0;
  net::Task end_of_turn([&] { by_then = sent_.bytes; });
  net::Task large([&] { answer(*streams_[0], 65'536); });
  loop_.schedule_gathering(end_of_turn, net::Lane::live);
  loop_.schedule(large, net::Lane::live);
  turn();
  EXPECT_GE(by_then, 60'000U);
}

TEST_F(ServerH2Writes, a_small_answer_waits_for_the_end_of_the_turn) {
  begin_two_requests();
  const size_t before = sent_.writes;
  size_t by_then = 0;
  net::Task end_of_turn([&] { by_then = sent_.writes; });
  net::Task small([&] { answer(*streams_[0], 10); });
  loop_.schedule_gathering(end_of_turn, net::Lane::live);
  loop_.schedule(small, net::Lane::live);
  turn();
  EXPECT_EQ(by_then, before);
  EXPECT_EQ(sent_.writes, before + 1);
}

}  // namespace
}  // namespace gnomon::http
