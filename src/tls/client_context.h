// TLS towards a backend: whom to believe, what to show, and the sessions that may be resumed.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "tls/openssl.h"
#include "tls/settings.h"

namespace gnomon::tls {

// Shared by all workers; thread-safe.
class ClientContext {
 public:
  static std::expected<std::shared_ptr<ClientContext>, Problem> make(Settings settings);
  // For make(): `context` has been made from the settings.
  ClientContext(Settings settings, CtxPtr context);
  ClientContext(const ClientContext&) = delete;
  ClientContext& operator=(const ClientContext&) = delete;

  const std::string& identity() const noexcept { return identity_; }
  const Settings& settings() const noexcept { return settings_; }

  // A client side that asks for `server_name` ("": no SNI). `peer` names whom sessions may be
  // resumed with; it must outlive the SSL.
  SslPtr connect(const std::string& server_name, const std::string& peer);
  // After each handshake: before TLS 1.3 a session may be resumed again and again.
  void on_connected(SSL& ssl);

 private:
  static constexpr size_t kPeersMax = 1024;

  static int on_new_session(SSL* ssl, SSL_SESSION* session);
  void keep(const std::string& peer, SessionPtr session);
  SessionPtr take(const std::string& peer);

  const Settings settings_;
  const std::string identity_;
  const CtxPtr context_;
  std::mutex mutex_;  // guards the one below
  // The latest of each peer. A session is taken out when it is used: tickets of TLS 1.3 are meant
  // for one connection.
  std::map<std::string, SessionPtr> sessions_;
};
using ClientContextPtr = std::shared_ptr<ClientContext>;

}  // namespace gnomon::tls
