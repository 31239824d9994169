// A service that sells what a shop has, on a port of its own.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <string>

#include "http/server.h"
#include "http/server_connection.h"
#include "net/graveyard.h"
#include "selfcheck/ledger.h"
#include "selfcheck/shop.h"
#include "selfcheck/wiring.h"

namespace gnomon::selfcheck {

// Clients number their requests in this field.
inline constexpr std::string_view kNumberHeader = "x-number";

class Backend final : private http::Service, private http::ServerOwner {
 public:
  struct Role {
    uint64_t stock = 0;  // the seed of what it sells
    uint64_t noise = 0;
    Fault fault = Fault::none;
    Ledger* ledger = nullptr;  // of what it tells clients; may be null
  };

  Backend(const Wiring& wiring, const Role& role);
  ~Backend();
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  // The error's text is for people.
  std::expected<void, std::string> open(const net::Address& at);
  uint16_t port() const noexcept { return acceptor_->local().port(); }

  // Requests of clients, as against copies.
  uint64_t live_requests() const noexcept { return live_requests_; }
  uint64_t copies() const noexcept { return copies_; }

 private:
  class Exchange;

  std::unique_ptr<http::RequestHandler> on_request(http::ServerStream& stream,
                                                   RequestHead head) override;
  void on_refused(const net::Address& /*peer*/, const http::ProtocolError& /*error*/) override {}
  void on_closed(http::ServerConnection& connection) override;

  Wiring wiring_;
  const Role role_;
  Shop shop_;
  const http::ServerSettings settings_;
  http::ServerContext context_;
  net::Graveyard<http::ServerConnection> closed_;
  std::map<http::ServerConnection*, std::unique_ptr<http::ServerConnection>> connections_;
  std::unique_ptr<net::Acceptor> acceptor_;
  uint64_t live_requests_ = 0;
  uint64_t copies_ = 0;
};

}  // namespace gnomon::selfcheck
