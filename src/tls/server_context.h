// The certificates of one listener, and which of them a client gets.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tls/ocsp_staple.h"
#include "tls/openssl.h"
#include "tls/settings.h"

namespace gnomon::tls {

// One certificate with everything that goes with it. Immutable; shared by all workers.
class ServerContext {
 public:
  static std::expected<std::shared_ptr<const ServerContext>, Problem> make(Settings settings);
  // For make(): `context` has been made from the settings.
  ServerContext(Settings settings, CtxPtr context, std::optional<OcspStaple> staple);
  ServerContext(const ServerContext&) = delete;
  ServerContext& operator=(const ServerContext&) = delete;

  const std::string& identity() const noexcept { return identity_; }
  const Settings& settings() const noexcept { return settings_; }
  SSL_CTX& native() const noexcept { return *context_; }
  bool wants_client_certificate() const noexcept { return !settings_.root_ca_pem.empty(); }

 private:
  static int staple(SSL* ssl, void* self);

  const Settings settings_;
  const std::string identity_;
  const std::optional<OcspStaple> staple_;
  const std::string alpn_;  // as it is sent
  const CtxPtr context_;
};
using ServerContextPtr = std::shared_ptr<const ServerContext>;

// What a listener presents: one ServerContext by the name that the client asks for. Filled by one
// thread, then shared and not changed any more. Must outlive the SSLs made from it.
class ServerContexts {
 public:
  ServerContexts();
  ServerContexts(const ServerContexts&) = delete;
  ServerContexts& operator=(const ServerContexts&) = delete;

  // `name` as in "shop.test" or "*.shop.test"; "" is for every name that no other takes, and for
  // clients that name none. A null context: nobody serves that name. False when the name is taken.
  bool add(std::string_view name, ServerContextPtr context, uint32_t tag = 0);
  bool empty() const noexcept { return by_name_.empty(); }

  // Null when no certificate is for that name. Of wildcards the longest counts.
  const ServerContext* find(std::string_view name) const;
  // What was given together with that certificate; nothing when there is none.
  std::optional<uint32_t> tag_of(std::string_view name) const;

  // A server side that waits for a ClientHello.
  SslPtr accept() const;

 private:
  struct Entry {
    ServerContextPtr context;
    uint32_t tag = 0;
  };

  const Entry* find_entry(std::string_view name) const;
  static int on_client_hello(SSL* ssl, int* alert, void* self);
  static void apply(SSL& ssl, const ServerContext& context);

  std::map<std::string, Entry, std::less<>> by_name_;
  CtxPtr front_;  // of connections whose ClientHello has not been read
};
using ServerContextsPtr = std::shared_ptr<const ServerContexts>;

}  // namespace gnomon::tls
