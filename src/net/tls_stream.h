// TLS over another stream. It is `connecting` until the handshake is over, and then a stream like
// any other.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "net/event_loop.h"
#include "net/stream.h"
#include "tls/client_context.h"
#include "tls/facts.h"
#include "tls/handshake_failure.h"
#include "tls/openssl.h"

namespace gnomon::net {

class TlsStream;

// Handshakes of clients take turns: after some time the rest waits for the loop's next turn, so
// that a crowd of new clients does not keep a worker from those that it has.
class HandshakeTurns {
 public:
  explicit HandshakeTurns(EventLoop& loop) : loop_(loop), run_([this] { run(); }) {}

  void add(TlsStream& stream);
  void remove(TlsStream& stream) noexcept;

 private:
  static constexpr Duration kSlice = std::chrono::milliseconds(2);

  void run();

  EventLoop& loop_;
  std::deque<TlsStream*> waiting_;
  Task run_;
};

class TlsStream final : public Stream, private StreamHandler {
 public:
  // Everything that a side has of its own. With `turns`, the handshake goes on when it is told to.
  struct Side {
    Lane lane = Lane::live;
    tls::SslPtr ssl;
    HandshakeTurns* turns = nullptr;
    tls::ClientContextPtr client{};  // where we are the client
    std::string session_peer{};      // whom sessions are kept for
    std::string preface{};           // sent in clear before the handshake
  };

  TlsStream(EventLoop& loop, std::unique_ptr<Stream> inner, Side side);
  ~TlsStream() override;
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  void set_handler(StreamHandler* handler) noexcept override;
  State state() const noexcept override;
  Errc connect_error() const noexcept override;
  bool readable() const noexcept override;
  bool writable() const noexcept override;
  bool peer_closed() const noexcept override;
  bool broken() const noexcept override;
  IoResult read(char* to, size_t size) override;
  IoResult write(const struct iovec* parts, int count) override;
  void shutdown_write() override;
  void abort() override;
  const Address& peer() const noexcept override { return inner_->peer(); }
  Address local() const noexcept override { return inner_->local(); }
  std::string_view alpn() const noexcept override;
  const tls::TlsFacts* tls() const noexcept override;

  const tls::HandshakeFailure* handshake_failure() const noexcept override;

 private:
  friend class HandshakeTurns;
  friend struct TlsBio;  // what OpenSSL reads from and writes to

  enum class Phase : uint8_t { connecting, handshake, open, failed, aborted };
  // How the peer's half has ended.
  enum class End : uint8_t { no, clean, broken };

  void on_stream_ready() override;
  void begin_handshake();
  void shake_hands();
  tls::HandshakeFailure read_failure() const;
  void fail_handshake();
  void refuse_clear_text();
  IoResult end_of_reading();
  bool seal(const char* data, size_t size);
  size_t seal_parts(const struct iovec* parts, int count, size_t skip);
  void send_close_notify();
  void flush();
  void notify();

  EventLoop& loop_;
  const Lane lane_;
  const std::unique_ptr<Stream> inner_;
  HandshakeTurns* const turns_;
  const tls::ClientContextPtr client_;
  const std::string session_peer_;
  const tls::SslPtr ssl_;
  StreamHandler* handler_ = nullptr;
  Task told_;
  // Records on their way out. What write() was given counts as written when they have left: so
  // nobody closes the stream on top of them.
  std::string out_;
  size_t sent_ = 0;   // of out_
  size_t taken_ = 0;  // from the inner stream in this call
  size_t owed_ = 0;   // bytes that are sealed in out_ and will be offered to write() again
  std::unique_ptr<tls::HandshakeFailure> failure_;
  mutable std::unique_ptr<tls::TlsFacts> facts_;
  Phase phase_ = Phase::connecting;
  End end_ = End::no;
  bool end_told_ = false;
  bool awaits_turn_ = false;  // is among those of turns_
  bool starved_ = false;      // what is buffered is no whole record
  bool inner_ended_ = false;
  bool aborted_in_handshake_ = false;
  bool write_failed_ = false;
  bool close_sent_ = false;
  bool fin_wanted_ = false;
};

// Whom and how a connection to a backend speaks TLS with.
struct TlsPeer {
  tls::ClientContextPtr context;
  std::string server_name;           // for SNI; empty: none
  std::string_view only_protocol{};  // offered by ALPN instead of those of the context
};

// A client's side over a stream that may still be connecting. `preface` is sent in clear first.
std::unique_ptr<Stream> make_tls_client(EventLoop& loop, Lane lane, std::unique_ptr<Stream> inner,
                                        const TlsPeer& peer, std::string preface);

}  // namespace gnomon::net
