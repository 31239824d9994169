// A connection of a load generator, in clear or over TLS.
#pragma once

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string>
#include <string_view>
#include <utility>

#include "http_peer.h"

namespace bench {

class Wire {
 public:
  Wire() = default;
  ~Wire() { drop(); }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  int fd() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

  // Blocks until it is connected: that happens once for each connection. `protocol` is offered by
  // ALPN; without TLS it is not.
  bool open(uint16_t port, bool tls, std::string_view protocol, std::string_view server_name) {
    fd_ = socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in address = loopback(port);
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    const bool ready =
        connect(fd_, generic, sizeof address) == 0 && (!tls || shake_hands(protocol, server_name));
    if (!ready) return drop(), false;
    no_delay(fd_);
    fcntl(fd_, F_SETFL, O_NONBLOCK);
    return true;
  }

  void drop() {
    if (ssl_ != nullptr) SSL_free(std::exchange(ssl_, nullptr));
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

  // As recv(2) and send(2) do.
  ssize_t receive(char* to, size_t size) {
    if (ssl_ == nullptr) return recv(fd_, to, size, 0);
    ERR_clear_error();
    return outcome(SSL_read(ssl_, to, static_cast<int>(size)));
  }
  ssize_t transmit(const char* from, size_t size) {
    if (ssl_ == nullptr) return send(fd_, from, size, MSG_NOSIGNAL);
    ERR_clear_error();
    return outcome(SSL_write(ssl_, from, static_cast<int>(size)));
  }
  // Whether a read that was cut short has emptied the socket.
  bool short_read_is_last() const { return ssl_ == nullptr; }

 private:
  ssize_t outcome(int moved) {
    if (moved > 0) return moved;
    const int error = SSL_get_error(ssl_, moved);
    if (error == SSL_ERROR_ZERO_RETURN) return 0;
    const bool later = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
    errno = later ? EAGAIN : ECONNRESET;
    return -1;
  }

  bool shake_hands(std::string_view protocol, std::string_view server_name) {
    ssl_ = SSL_new(context());
    std::string wire(1, static_cast<char>(protocol.size()));
    wire += protocol;
    SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(wire.data()), wire.size());
    SSL_set_fd(ssl_, fd_);
    SSL_set_tlsext_host_name(ssl_, std::string(server_name).c_str());
    return SSL_connect(ssl_) == 1;
  }

  // One version and one cipher, so that every gateway does the same work.
  static SSL_CTX* context() {
    static SSL_CTX* const kContext = [] {
      SSL_CTX* made = SSL_CTX_new(TLS_client_method());
      if (made == nullptr) die("SSL_CTX_new");
      SSL_CTX_set_min_proto_version(made, TLS1_3_VERSION);
      SSL_CTX_set_ciphersuites(made, "TLS_AES_128_GCM_SHA256");
      SSL_CTX_set_mode(made, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
      return made;
    }();
    return kContext;
  }

  int fd_ = -1;
  SSL* ssl_ = nullptr;
};

}  // namespace bench
