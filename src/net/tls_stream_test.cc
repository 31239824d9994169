#include "net/tls_stream.h"

#include <gtest/gtest.h>

#include <deque>

#include "net/memory.h"
#include "net/tls_accept.h"
#include "tls/testing.h"
#include "tls/ticket_keys.h"

namespace gnomon::net {
namespace {

using tls::testing::Identity;
using tls::testing::make_identity;

// One end of a connection: sends what it is told to, remembers what comes.
class Talker final : public StreamHandler {
 public:
  explicit Talker(std::unique_ptr<Stream> from) : stream(std::move(from)) {
    stream->set_handler(this);
  }
  ~Talker() {
    if (stream != nullptr) stream->set_handler(nullptr);
  }
  Talker(const Talker&) = delete;
  Talker& operator=(const Talker&) = delete;

  void say(std::string_view text) {
    unsent.append(text);
    on_stream_ready();
  }

  void on_stream_ready() override {
    if (stream->state() != Stream::State::open) return;
    send();
    char buffer[5000];
    while (listens && stream->readable()) {
      const IoResult io = stream->read(buffer, sizeof(buffer));
      if (io.status == IoResult::Status::would_block) break;
      if (io.status != IoResult::Status::ok) {
        end = io.status;
        break;
      }
      heard.append(buffer, io.bytes);
    }
  }

  void send() {
    while (!unsent.empty() && stream->writable()) {
      // In parts of odd sizes, as heads and bodies are.
      const size_t first = std::min<size_t>(unsent.size(), 7);
      const size_t second = std::min<size_t>(unsent.size() - first, 40000);
      const struct iovec parts[] = {{unsent.data(), first}, {unsent.data() + first, second}};
      const IoResult io = stream->write(parts, 2);
      if (io.status == IoResult::Status::error) failed = true;
      if (io.status != IoResult::Status::ok) break;
      unsent.erase(0, io.bytes);
    }
  }

  std::unique_ptr<Stream> stream;
  std::string unsent;
  std::string heard;
  std::optional<IoResult::Status> end;
  bool listens = true;
  bool failed = false;
};

class TlsStreamTest : public testing::Test {
 protected:
  void SetUp() override { serve(settings_of(shop_)); }

  static tls::Settings settings_of(const Identity& identity) {
    tls::Settings out;
    out.certificate_pem = identity.certificate_pem;
    out.key_pem = identity.key_pem;
    return out;
  }
  tls::Settings trusting() const {
    tls::Settings out;
    out.root_ca_pem = authority_.certificate_pem;
    return out;
  }
  void serve(tls::Settings settings, std::string_view name = "") {
    auto made = tls::ServerContext::make(std::move(settings));
    ASSERT_TRUE(made.has_value()) << made.error().text;
    if (name.empty()) contexts_ = std::make_shared<tls::ServerContexts>();
    contexts_->add(name, *made);
  }
  static tls::ClientContextPtr client_of(tls::Settings settings) {
    auto made = tls::ClientContext::make(std::move(settings));
    EXPECT_TRUE(made.has_value());
    return *made;
  }

  // Starts a handshake of both ends.
  void connect(const tls::ClientContextPtr& context, const std::string& name = "shop.test") {
    accept(network_.make_pair(), context, name);
  }
  void accept(std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> ends,
              const tls::ClientContextPtr& context, const std::string& name) {
    client_.reset();
    server_.reset();
    outcome_.reset();
    accept_ = std::make_unique<TlsAccept>(
        loop_, turns_, std::move(ends.second), contexts_, std::chrono::seconds(10),
        [this](TlsAccept& from, TlsAccept::Outcome outcome) {
          outcome_ = outcome;
          if (outcome == TlsAccept::Outcome::ready) {
            server_ = std::make_unique<Talker>(from.take_stream());
          } else {
            failure_ = from.failure();
          }
        });
    if (context == nullptr) {
      if (ends.first != nullptr) client_ = std::make_unique<Talker>(std::move(ends.first));
    } else {
      client_ = std::make_unique<Talker>(
          make_tls_client(loop_, Lane::live, std::move(ends.first), {context, name}, ""));
    }
    turn();
  }
  void turn(int times = 400) {
    for (int i = 0; i < times; ++i) loop_.run_once(Duration::zero());
  }

  ManualClock clock_;
  VirtualPoller poller_{clock_};
  EventLoop loop_{clock_, poller_};
  MemoryNetwork network_{loop_};
  HandshakeTurns turns_{loop_};
  Identity authority_ = make_identity("authority", {});
  Identity shop_ = make_identity("shop", {"DNS:shop.test", "URI:spiffe://shop"}, &authority_);
  std::shared_ptr<tls::ServerContexts> contexts_;
  std::unique_ptr<TlsAccept> accept_;
  std::unique_ptr<Talker> client_;
  std::unique_ptr<Talker> server_;
  std::optional<TlsAccept::Outcome> outcome_;
  std::string failure_;
};

TEST_F(TlsStreamTest, both_ends_talk_and_know_whom_to) {
  tls::Settings settings = settings_of(shop_);
  settings.alpn = {"h2", "http/1.1"};
  serve(settings);
  tls::Settings own = trusting();
  own.names = {"shop.test"};
  own.alpn = {"http/1.1"};
  connect(client_of(own));
  ASSERT_NE(server_, nullptr) << failure_;
  EXPECT_EQ(server_->stream->alpn(), "http/1.1");
  EXPECT_EQ(client_->stream->alpn(), "http/1.1");
  ASSERT_NE(server_->stream->tls(), nullptr);
  EXPECT_EQ(server_->stream->tls()->version, "TLSv1.3");
  EXPECT_EQ(server_->stream->tls()->server_name, "shop.test");
  EXPECT_EQ(client_->stream->tls()->peer.subject, "CN=shop");
  EXPECT_EQ(client_->stream->tls()->peer.uri_names, std::vector<std::string>{"spiffe://shop"});
  client_->say("ping");
  turn();
  server_->say("pong");
  turn();
  EXPECT_EQ(server_->heard, "ping");
  EXPECT_EQ(client_->heard, "pong");
}

// Wherever the inner stream may cut, from one byte upwards, and whatever its writer is held up by.
TEST_F(TlsStreamTest, bytes_survive_every_split) {
  std::string text;
  for (int i = 0; i < 9000; ++i) text += static_cast<char>('a' + i % 23);
  for (const size_t size : {1, 2, 3, 5, 7, 11, 64, 517, 4096, 16384, 20000}) {
    network_.set_buffer_bytes(size);
    connect(client_of(trusting()));
    turn(20000 / static_cast<int>(size) + 10);
    ASSERT_NE(server_, nullptr) << size << " " << failure_;
    client_->say(text);
    server_->say(text);
    turn(80000 / static_cast<int>(size) + 400);
    EXPECT_EQ(server_->heard, text) << size;
    EXPECT_EQ(client_->heard, text) << size;
    client_->stream->shutdown_write();
    turn();
    EXPECT_EQ(server_->end, IoResult::Status::eof) << size;
  }
}

TEST_F(TlsStreamTest, large_transfers_pass_while_the_reader_pauses) {
  connect(client_of(trusting()));
  ASSERT_NE(server_, nullptr);
  server_->listens = false;
  std::string text(1 << 20, 'x');
  text.back() = 'y';
  client_->say(text);
  turn();
  EXPECT_LT(text.size() - client_->unsent.size(), size_t{300} * 1024);
  server_->listens = true;
  server_->on_stream_ready();
  turn();
  EXPECT_TRUE(server_->heard == text);
}

TEST_F(TlsStreamTest, what_is_buffered_stays_readable) {
  connect(client_of(trusting()));
  ASSERT_NE(server_, nullptr);
  server_->listens = false;
  client_->say(std::string(3000, 'x'));
  turn();
  char buffer[1000];
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(server_->stream->readable());
    EXPECT_EQ(server_->stream->read(buffer, sizeof(buffer)).bytes, sizeof(buffer));
  }
  EXPECT_FALSE(server_->stream->readable());
}

TEST_F(TlsStreamTest, what_comes_with_the_end_of_the_handshake_is_told) {
  connect(nullptr);
  tls::Settings own = trusting();
  const tls::ClientContextPtr context = client_of(own);
  auto [near, far] = network_.make_pair();
  server_.reset();
  accept_ = std::make_unique<TlsAccept>(loop_, turns_, std::move(far), contexts_,
                                        std::chrono::seconds(10),
                                        [this](TlsAccept& from, TlsAccept::Outcome) {
                                          server_ = std::make_unique<Talker>(from.take_stream());
                                        });
  client_ = std::make_unique<Talker>(
      make_tls_client(loop_, Lane::live, std::move(near), {context, "shop.test"}, ""));
  client_->unsent = "at once";
  turn();
  EXPECT_EQ(server_->heard, "at once");
}

TEST_F(TlsStreamTest, clean_end_and_truncation_differ) {
  connect(client_of(trusting()));
  server_->stream.reset();  // closes with close_notify
  turn();
  EXPECT_EQ(client_->end, IoResult::Status::eof);
  EXPECT_TRUE(client_->stream->peer_closed());

  // A FIN without close_notify: the inner stream ends below TLS.
  auto [near, far] = network_.make_pair();
  Stream* below = far.get();
  accept({std::move(near), std::move(far)}, client_of(trusting()), "shop.test");
  ASSERT_NE(server_, nullptr);
  below->shutdown_write();
  turn();
  EXPECT_EQ(client_->end, IoResult::Status::error);
}

TEST_F(TlsStreamTest, abort_is_seen_as_a_reset) {
  connect(client_of(trusting()));
  ASSERT_NE(server_, nullptr);
  client_->say("half of something");
  client_->stream->abort();
  turn();
  EXPECT_EQ(server_->end, IoResult::Status::error);
  EXPECT_TRUE(server_->stream->broken());
}

TEST_F(TlsStreamTest, half_closed_streams_go_on_in_the_other_direction) {
  connect(client_of(trusting()));
  client_->stream->shutdown_write();
  turn();
  EXPECT_EQ(server_->end, IoResult::Status::eof);
  server_->say("still here");
  turn();
  EXPECT_EQ(client_->heard, "still here");
}

TEST_F(TlsStreamTest, broken_records_end_the_stream) {
  auto [near, far] = network_.make_pair();
  Stream* below = near.get();
  accept({std::move(near), std::move(far)}, client_of(trusting()), "shop.test");
  ASSERT_NE(server_, nullptr);
  const std::string record("\x17\x03\x03\x00\x20", 5);
  const std::string junk = record + std::string(0x20, 'z');
  const struct iovec part{const_cast<char*>(junk.data()), junk.size()};
  below->write(&part, 1);
  turn();
  EXPECT_EQ(server_->end, IoResult::Status::error);
  EXPECT_FALSE(server_->stream->readable());
}

TEST_F(TlsStreamTest, certificates_are_chosen_by_name) {
  const Identity wild = make_identity("wild", {"DNS:*.pets.test"}, &authority_);
  const Identity deep = make_identity("deep", {"DNS:*.eu.pets.test"}, &authority_);
  serve(settings_of(wild), "*.pets.test");
  serve(settings_of(deep), "*.eu.pets.test");
  const std::pair<const char*, const char*> cases[] = {
      {"shop.test", "CN=shop"},      {"a.pets.test", "CN=wild"}, {"A.Pets.Test", "CN=wild"},
      {"b.eu.pets.test", "CN=deep"}, {"pets.test", "CN=shop"},   {"", "CN=shop"}};
  for (const auto& [name, subject] : cases) {
    connect(client_of(trusting()), name);
    ASSERT_NE(server_, nullptr) << name;
    EXPECT_EQ(client_->stream->tls()->peer.subject, subject) << name;
  }
}

TEST_F(TlsStreamTest, name_without_a_certificate_is_refused) {
  contexts_ = std::make_shared<tls::ServerContexts>();
  serve(settings_of(shop_), "shop.test");
  connect(client_of(trusting()), "other.test");
  EXPECT_EQ(outcome_, TlsAccept::Outcome::refused);
  EXPECT_EQ(client_->stream->state(), Stream::State::failed);
}

TEST_F(TlsStreamTest, servers_are_verified_where_that_is_asked_for) {
  const Identity stranger = make_identity("stranger", {"DNS:shop.test"});
  serve(settings_of(stranger));
  connect(client_of(trusting()));
  EXPECT_EQ(client_->stream->state(), Stream::State::failed);
  connect(client_of({}));
  EXPECT_EQ(client_->stream->state(), Stream::State::open);

  serve(settings_of(shop_));
  for (const auto& [name, good] : {std::pair("shop.test", true), std::pair("spiffe://shop", true),
                                   std::pair("other.test", false)}) {
    tls::Settings own = trusting();
    own.names = {name};
    connect(client_of(own));
    EXPECT_EQ(client_->stream->state() == Stream::State::open, good) << name;
  }
}

TEST_F(TlsStreamTest, clients_are_verified_where_that_is_asked_for) {
  tls::Settings mutual = settings_of(shop_);
  mutual.root_ca_pem = authority_.certificate_pem;
  mutual.names = {"client.test"};
  serve(mutual);
  connect(client_of(trusting()));
  turn();
  EXPECT_EQ(outcome_, TlsAccept::Outcome::refused);

  const Identity right = make_identity("right", {"DNS:client.test"}, &authority_);
  const Identity wrong = make_identity("wrong", {"DNS:other.test"}, &authority_);
  for (const auto& [identity, good] : {std::pair(&right, true), std::pair(&wrong, false)}) {
    tls::Settings own = settings_of(*identity);
    own.root_ca_pem = authority_.certificate_pem;
    connect(client_of(own));
    EXPECT_EQ(outcome_ == TlsAccept::Outcome::ready, good) << failure_;
  }
  EXPECT_NE(failure_.find("ostname mismatch"), std::string::npos) << failure_;
}

TEST_F(TlsStreamTest, versions_are_those_asked_for) {
  tls::Settings settings = settings_of(shop_);
  settings.parameters.max = tls::Protocol::tls12;
  serve(settings);
  connect(client_of(trusting()));
  ASSERT_NE(server_, nullptr);
  EXPECT_EQ(server_->stream->tls()->version, "TLSv1.2");

  settings.parameters.min = settings.parameters.max = tls::Protocol::tls13;
  serve(settings);
  tls::Settings own = trusting();
  own.parameters.max = tls::Protocol::tls12;
  connect(client_of(own));
  EXPECT_EQ(outcome_, TlsAccept::Outcome::refused);
}

TEST_F(TlsStreamTest, sessions_are_resumed_at_contexts_made_anew) {
  for (const tls::Protocol version : {tls::Protocol::tls12, tls::Protocol::tls13}) {
    tls::Settings own = trusting();
    own.parameters.min = own.parameters.max = version;
    const tls::ClientContextPtr context = client_of(own);
    for (const bool resumed : {false, true, true}) {
      serve(settings_of(shop_));
      connect(context);
      ASSERT_NE(server_, nullptr) << failure_;
      EXPECT_EQ(server_->stream->tls()->resumed, resumed) << server_->stream->tls()->version;
    }
    tls::TicketKeys::instance().rotate();
    connect(context);
    EXPECT_TRUE(server_->stream->tls()->resumed);
  }
}

// Else a client without a certificate could come in with the ticket of another listener.
TEST_F(TlsStreamTest, sessions_are_not_resumed_where_clients_are_verified) {
  const tls::ClientContextPtr context = client_of(trusting());
  connect(context);
  ASSERT_NE(server_, nullptr);
  tls::Settings mutual = settings_of(shop_);
  mutual.root_ca_pem = authority_.certificate_pem;
  serve(mutual);
  connect(context);
  EXPECT_EQ(outcome_, TlsAccept::Outcome::refused);
}

TEST_F(TlsStreamTest, resumption_can_be_switched_off) {
  tls::Settings settings = settings_of(shop_);
  settings.resumption = false;
  serve(settings);
  for (const tls::Protocol version : {tls::Protocol::tls12, tls::Protocol::tls13}) {
    tls::Settings own = trusting();
    own.parameters.max = version;
    const tls::ClientContextPtr context = client_of(own);
    connect(context);
    connect(context);
    ASSERT_NE(server_, nullptr);
    EXPECT_FALSE(server_->stream->tls()->resumed);
  }
}

TEST_F(TlsStreamTest, silent_client_is_given_up) {
  connect(nullptr);
  EXPECT_FALSE(outcome_.has_value());
  clock_.advance(std::chrono::seconds(11));
  turn();
  EXPECT_EQ(outcome_, TlsAccept::Outcome::refused);
  EXPECT_EQ(failure_, "it took too long");
}

TEST_F(TlsStreamTest, clear_text_gets_an_answer_that_says_so) {
  connect(nullptr);
  client_->say("GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n");
  turn();
  EXPECT_EQ(outcome_, TlsAccept::Outcome::refused);
  EXPECT_TRUE(client_->heard.starts_with("HTTP/1.1 400 ")) << client_->heard;
  EXPECT_TRUE(client_->heard.ends_with("plain HTTP.\r\n"));
  EXPECT_EQ(client_->end, IoResult::Status::eof);
}

TEST_F(TlsStreamTest, garbage_and_early_ends_are_refused) {
  const std::string hello("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03", 10);
  for (const std::string& junk : {std::string("\x80\x01\x02 what is this"), hello,
                                  std::string("\x16\x03\x01\xff\xff"), std::string(400, '\0')}) {
    connect(nullptr);
    client_->say(junk);
    client_->stream->shutdown_write();
    turn();
    EXPECT_EQ(outcome_, TlsAccept::Outcome::refused);
  }
}

// A client of which every record is a KeyUpdate that wants an answer, and that reads none.
TEST_F(TlsStreamTest, peer_that_calls_for_replies_and_reads_none_is_cut) {
  network_.set_buffer_bytes(1000);
  auto [near, far] = network_.make_pair();
  accept({nullptr, std::move(far)}, nullptr, "");
  SSL* ssl = SSL_new(SSL_CTX_new(TLS_client_method()));
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl, in, out);
  SSL_set_connect_state(ssl);
  const auto exchange = [&, below = near.get()](bool listen) {
    char* data = nullptr;
    while (BIO_get_mem_data(out, &data) > 0 && below->writable()) {
      const struct iovec part{data, static_cast<size_t>(BIO_get_mem_data(out, &data))};
      const IoResult io = below->write(&part, 1);
      if (io.status == IoResult::Status::error) return false;
      if (io.status != IoResult::Status::ok) break;
      std::string skipped(io.bytes, '\0');
      BIO_read(out, skipped.data(), static_cast<int>(io.bytes));
    }
    char buffer[1000];
    while (listen && below->readable()) {
      const IoResult io = below->read(buffer, sizeof(buffer));
      if (io.status != IoResult::Status::ok) break;
      BIO_write(in, buffer, static_cast<int>(io.bytes));
    }
    turn(1);
    return true;
  };
  for (int i = 0; i < 200 && SSL_do_handshake(ssl) != 1; ++i) exchange(true);
  for (int i = 0; i < 20; ++i) exchange(true);
  ASSERT_NE(server_, nullptr);
  int sent = 0;
  for (; sent < 40'000 && !server_->end; ++sent) {
    SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
    SSL_do_handshake(ssl);
    if (!exchange(false)) break;
  }
  EXPECT_EQ(server_->end, IoResult::Status::error);
  EXPECT_GT(sent, 1000);
  SSL_CTX_free(SSL_get_SSL_CTX(ssl));
  SSL_free(ssl);
}

TEST_F(TlsStreamTest, many_handshakes_share_turns) {
  int done = 0;
  std::vector<std::unique_ptr<TlsAccept>> accepts;
  std::vector<std::unique_ptr<Stream>> taken;
  std::vector<std::unique_ptr<Stream>> clients;
  const tls::ClientContextPtr context = client_of({});
  for (int i = 0; i < 20; ++i) {
    auto [near, far] = network_.make_pair();
    accepts.push_back(std::make_unique<TlsAccept>(loop_, turns_, std::move(far), contexts_,
                                                  std::chrono::seconds(10),
                                                  [&](TlsAccept& from, TlsAccept::Outcome) {
                                                    ++done;
                                                    taken.push_back(from.take_stream());
                                                  }));
    clients.push_back(make_tls_client(loop_, Lane::live, std::move(near), {context, ""}, ""));
  }
  // Those that leave while they wait are passed over.
  accepts.pop_back();
  turn();
  EXPECT_EQ(done, 19);
}

TEST(TlsSettings, problems_name_their_part) {
  const Identity one = make_identity("one", {});
  const Identity other = make_identity("other", {});
  const auto problem = [](tls::Settings settings) {
    auto made = tls::ServerContext::make(std::move(settings));
    return made ? tls::Problem{} : made.error();
  };
  using tls::Part;
  tls::Settings good;
  good.certificate_pem = one.certificate_pem;
  good.key_pem = one.key_pem;
  EXPECT_EQ(problem(good).text, "");
  tls::Settings bad = good;
  bad.certificate_pem = "nothing";
  EXPECT_EQ(problem(bad).part, Part::certificate);
  bad = good;
  bad.key_pem = other.key_pem;
  EXPECT_EQ(problem(bad).part, Part::key);
  EXPECT_EQ(problem(bad).text, "is not the key of the certificate");
  bad = good;
  bad.key_pem = "";
  EXPECT_EQ(problem(bad).part, Part::key);
  bad = good;
  bad.root_ca_pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  EXPECT_EQ(problem(bad).part, Part::root_ca);
  bad = good;
  bad.parameters.ciphers = {"ECDHE-RSA-AES128-GCM-SHA256", "NOPE"};
  EXPECT_EQ(problem(bad).text, "unknown cipher \"NOPE\"");
  bad = good;
  bad.parameters.curves = {"X25519", "P-257"};
  EXPECT_EQ(problem(bad).part, Part::curves);
  good.parameters.ciphers = {"[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305]",
                             "TLS_AES_128_GCM_SHA256"};
  good.parameters.curves = {"P-384"};
  EXPECT_EQ(problem(good).text, "");
}

}  // namespace
}  // namespace gnomon::net
