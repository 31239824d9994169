#include "proxy/request_probe.h"

#include <gtest/gtest.h>

#include "http/h2_session.h"
#include "net/memory.h"

namespace gnomon::proxy {
namespace {

using namespace std::string_literals;

const net::Address kHost = *net::Address::parse("10.0.0.1", 80);

struct Answer {
  uint16_t status = 200;
  std::string type = "application/grpc";
  std::string body = "\0\0\0\0\x02\x08\x01"s;
  std::string grpc_status = "0";  // in the trailers; without a body in the head
  bool silent = false;
  bool reset = false;
  bool goaway = false;
};

// A backend that speaks HTTP/2, keeps what it is asked and answers as it is told.
class H2Host final : private net::StreamHandler, private http::H2Events {
 public:
  H2Host(std::unique_ptr<net::Stream> stream, std::vector<std::string>& questions,
         const Answer& answer)
      : stream_(std::move(stream)), questions_(questions), answer_(answer) {
    stream_->set_handler(this);
  }

  void close() {
    stream_->abort();
    stream_->set_handler(nullptr);
  }

 private:
  struct Question final : http::H2Stream {
    std::string text;
  };

  void on_stream_ready() override {
    char buffer[4096];
    while (stream_->readable()) {
      const net::IoResult io = stream_->read(buffer, sizeof(buffer));
      if (io.status != net::IoResult::Status::ok) break;
      session_.feed(Chunk::copy_of(std::string_view(buffer, io.bytes)), TimePoint());
    }
    session_.pull(out_, size_t{1} << 20);
    struct iovec parts[16];
    while (!out_.empty() && stream_->writable()) {
      out_.consume(stream_->write(parts, out_.fill_iovec(parts, 16)).bytes);
    }
  }

  std::unique_ptr<http::H2Stream> on_stream_begun() override {
    return std::make_unique<Question>();
  }
  void on_head(http::H2Stream& stream, bool end) override {
    http::ProtocolError error;
    const auto head = session_.fields(stream).take_request(end, {}, error);
    std::string& text = static_cast<Question&>(stream).text;
    text = std::string(head->method_name) + " " + std::string(head->scheme) + "://" +
           std::string(head->authority) + std::string(head->path);
    if (head->te_trailers) text += " te";
    for (const Field& field : head->headers) {
      text += " " + std::string(field.name) + "=" + std::string(field.value);
    }
  }
  void on_data(http::H2Stream& stream, Chunk chunk) override {
    static_cast<Question&>(stream).text += " [" + std::string(chunk.view()) + "]";
  }
  void on_end(http::H2Stream& stream, Headers /*trailers*/) override {
    questions_.push_back(static_cast<Question&>(stream).text);
    if (answer_.goaway) session_.send_goaway(0);
    if (answer_.silent) return;
    if (answer_.reset) return session_.reset(stream, 7);
    ResponseHead head;
    head.status = answer_.status;
    head.headers.add("content-type", answer_.type);
    const bool end = answer_.body.empty();
    head.body = end ? BodyKind::none : BodyKind::streamed;
    if (end) head.headers.add("grpc-status", answer_.grpc_status);
    session_.send_response(stream, head, end);
    if (end) return;
    session_.send_body(stream, Chunk::copy_of(answer_.body));
    Headers trailers;
    if (!answer_.grpc_status.empty()) trailers.add("grpc-status", answer_.grpc_status);
    session_.send_end(stream, trailers);
  }
  void on_writable(http::H2Stream& /*stream*/) override {}
  void on_sent_end(http::H2Stream& /*stream*/) override {}
  void on_stream_closed(http::H2Stream& /*stream*/, uint32_t /*code*/) override {}
  void on_goaway(int32_t /*last_id*/, uint32_t /*code*/) override {}

  const std::unique_ptr<net::Stream> stream_;
  std::vector<std::string>& questions_;
  const Answer& answer_;
  ByteQueue out_;
  http::H2Session session_{http::H2Session::Role::server, {}, *this};
};

class H2ProbeTest : public testing::Test {
 protected:
  H2ProbeTest() {
    cluster_.health_check.emplace().timeout = Millis(1'000);
    cluster_.health_check->grpc.emplace();
    acceptor_ = std::move(*network_.listen(kHost, [this](std::unique_ptr<net::Stream> stream) {
      hosts_.push_back(std::make_unique<H2Host>(std::move(stream), questions_, answer_));
    }));
  }

  // Nothing where the probe is still waiting.
  std::optional<ProbeResult> ask() {
    if (probe_ == nullptr) {
      probe_ = make_probe(context_, cluster_, {kHost, "shop.test", "", nullptr, ""},
                          [this](ProbeResult result) { result_ = result; });
    }
    result_.reset();
    probe_->start();
    run();
    return result_;
  }
  void run() {
    for (int i = 0; i < 20; ++i) loop_.run_once(Duration::zero());
  }
  std::optional<ProbeResult> ask(const Answer& answer) {
    answer_ = answer;
    return ask();
  }

  ManualClock clock_;
  net::VirtualPoller poller_{clock_};
  net::EventLoop loop_{clock_, poller_};
  net::MemoryNetwork network_{loop_};
  http::ReadBuffer read_buffer_;
  http::ClientSettings settings_;
  const ProbeContext context_{loop_, network_, read_buffer_, settings_, net::Lane::live};
  routing::Cluster cluster_;
  std::vector<std::string> questions_;
  Answer answer_;
  std::vector<std::unique_ptr<H2Host>> hosts_;
  std::unique_ptr<net::Acceptor> acceptor_;
  std::optional<ProbeResult> result_;
  std::unique_ptr<HealthProbe> probe_;
};

TEST_F(H2ProbeTest, grpc_asks_as_its_protocol_says) {
  EXPECT_EQ(ask(), ProbeResult::good);
  EXPECT_EQ(questions_,
            std::vector{"POST http://shop.test/grpc.health.v1.Health/Check te "
                        "content-type=application/grpc user-agent=Envoy/HC [\0\0\0\0\0]"s});
}

TEST_F(H2ProbeTest, grpc_asks_for_what_the_check_names) {
  cluster_.health_check->grpc = routing::GrpcCheck{
      "Cart", "cart.example", {{routing::HeaderEdit::Op::append, "x-probe", "1"}}};
  EXPECT_EQ(ask(), ProbeResult::good);
  EXPECT_EQ(
      questions_,
      std::vector{
          "POST http://cart.example/grpc.health.v1.Health/Check te content-type=application/grpc "
          "user-agent=Envoy/HC x-probe=1 [\0\0\0\0\x06\x0a\x04"
          "Cart]"s});
}

TEST_F(H2ProbeTest, grpc_takes_nothing_but_serving_for_well) {
  EXPECT_EQ(ask({.body = "\0\0\0\0\x02\x08\x02"s}), ProbeResult::bad);
  EXPECT_EQ(ask({.body = "\0\0\0\0\x02\x08\x03"s}), ProbeResult::bad);
  EXPECT_EQ(ask({.body = "\0\0\0\0\0"s}), ProbeResult::bad);
  EXPECT_EQ(ask({.grpc_status = "2"}), ProbeResult::bad);
  EXPECT_EQ(ask({.grpc_status = ""}), ProbeResult::bad);
  EXPECT_EQ(ask({.body = "", .grpc_status = "12"}), ProbeResult::bad);  // UNIMPLEMENTED
  EXPECT_EQ(ask({.body = "", .grpc_status = "0"}), ProbeResult::bad);
  EXPECT_EQ(ask({.status = 503}), ProbeResult::bad);
  EXPECT_EQ(ask({.type = "text/html"}), ProbeResult::bad);
  EXPECT_EQ(ask({.body = std::string(70'000, 'x')}), ProbeResult::bad);
  EXPECT_EQ(ask({}), ProbeResult::good);
  EXPECT_EQ(network_.connections_made(), 1u);
}

TEST_F(H2ProbeTest, a_reset_stream_is_no_answer_and_leaves_the_connection) {
  EXPECT_EQ(ask({.reset = true}), ProbeResult::network);
  EXPECT_EQ(ask({}), ProbeResult::good);
  EXPECT_EQ(network_.connections_made(), 1u);
}

TEST_F(H2ProbeTest, silence_costs_the_connection) {
  EXPECT_EQ(ask({.silent = true}), std::nullopt);
  probe_->stop();
  run();
  EXPECT_EQ(ask({}), ProbeResult::good);
  EXPECT_EQ(network_.connections_made(), 2u);
}

TEST_F(H2ProbeTest, a_backend_that_goes_away_is_asked_over_a_new_connection) {
  EXPECT_EQ(ask({.goaway = true}), ProbeResult::good);
  EXPECT_EQ(ask({}), ProbeResult::good);
  EXPECT_EQ(network_.connections_made(), 2u);
}

TEST_F(H2ProbeTest, a_connection_closed_while_idle_is_replaced) {
  EXPECT_EQ(ask(), ProbeResult::good);
  hosts_[0]->close();  // and nobody has noticed
  EXPECT_EQ(ask(), ProbeResult::good);
  EXPECT_EQ(network_.connections_made(), 2u);
}

TEST_F(H2ProbeTest, connections_are_left_where_they_are_not_to_be_used_again) {
  cluster_.health_check->reuse_connection = false;
  EXPECT_EQ(ask(), ProbeResult::good);
  EXPECT_EQ(ask(), ProbeResult::good);
  EXPECT_EQ(network_.connections_made(), 2u);
}

TEST_F(H2ProbeTest, http_asks_over_http2_where_it_is_told_to) {
  cluster_.health_check->grpc.reset();
  cluster_.health_check->http.emplace().path = "/health";
  cluster_.health_check->http->http2 = true;
  EXPECT_EQ(ask(), ProbeResult::good);
  EXPECT_EQ(questions_, std::vector{"GET http://shop.test/health user-agent=Envoy/HC"s});
  EXPECT_EQ(ask({.status = 500, .body = ""}), ProbeResult::bad);
}

}  // namespace
}  // namespace gnomon::proxy
