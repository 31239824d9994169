#include "tls/client_context.h"

#include <arpa/inet.h>

#include <utility>

#include "tls/context.h"

namespace gnomon::tls {
namespace {

// RFC 6066 section 3: addresses are no server names.
bool is_address(const std::string& text) {
  in6_addr unused{};
  return inet_pton(AF_INET, text.c_str(), &unused) == 1 ||
         inet_pton(AF_INET6, text.c_str(), &unused) == 1;
}

}  // namespace

std::expected<std::shared_ptr<ClientContext>, Problem> ClientContext::make(Settings settings) {
  auto made = make_context(Role::client, settings);
  if (!made) return std::unexpected(std::move(made.error()));
  return std::make_shared<ClientContext>(std::move(settings), std::move(*made));
}

ClientContext::ClientContext(Settings settings, CtxPtr context)
    : settings_(std::move(settings)),
      identity_(identity_of(settings_)),
      context_(std::move(context)) {
  SSL_CTX& native = *context_;
  if (!settings_.root_ca_pem.empty()) want_names(native, settings_.names);
  const std::string alpn = alpn_wire(settings_.alpn);
  SSL_CTX_set_alpn_protos(&native, reinterpret_cast<const unsigned char*>(alpn.data()),
                          static_cast<unsigned>(alpn.size()));
  if (!settings_.resumption) return;
  SSL_CTX_set_session_cache_mode(&native, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(&native, on_new_session);
  SSL_CTX_set_app_data(&native, this);
}

SslPtr ClientContext::connect(const std::string& server_name, const std::string& peer) {
  SslPtr ssl(SSL_new(context_.get()));
  if (ssl == nullptr) return ssl;
  SSL_set_connect_state(ssl.get());
  SSL_set_app_data(ssl.get(), const_cast<std::string*>(&peer));
  if (!server_name.empty() && !is_address(server_name)) {
    SSL_set_tlsext_host_name(ssl.get(), server_name.c_str());
  }
  if (const SessionPtr session = take(peer)) SSL_set_session(ssl.get(), session.get());
  return ssl;
}

void ClientContext::on_connected(SSL& ssl) {
  if (SSL_session_reused(&ssl) != 1 || SSL_version(&ssl) >= TLS1_3_VERSION) return;
  keep(*static_cast<const std::string*>(SSL_get_app_data(&ssl)),
       SessionPtr(SSL_get1_session(&ssl)));
}

int ClientContext::on_new_session(SSL* ssl, SSL_SESSION* session) {
  auto* self = static_cast<ClientContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  self->keep(*static_cast<const std::string*>(SSL_get_app_data(ssl)), SessionPtr(session));
  return 1;  // the session is ours now
}

void ClientContext::keep(const std::string& peer, SessionPtr session) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (sessions_.size() >= kPeersMax && !sessions_.contains(peer)) sessions_.clear();
  sessions_.insert_or_assign(peer, std::move(session));
}

SessionPtr ClientContext::take(const std::string& peer) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = sessions_.find(peer);
  if (found == sessions_.end()) return nullptr;
  SessionPtr session = std::move(found->second);
  sessions_.erase(found);
  return session;
}

}  // namespace gnomon::tls
