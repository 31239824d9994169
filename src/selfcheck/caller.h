// A client that asks one thing after another over one connection.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "http/client_connection.h"
#include "net/graveyard.h"
#include "selfcheck/wiring.h"

namespace gnomon::selfcheck {

class Caller final : private http::ClientOwner, private http::ResponseHandler {
 public:
  struct Answer {
    uint16_t status = 0;  // 0: none came, or not the whole of it
    std::string body;
    std::string error;  // why
  };
  // May ask again at once.
  using Done = std::function<void(const Answer&)>;

  Caller(const Wiring& wiring, net::Address to);
  ~Caller();
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  // One at a time. `number` is sent along, unless it is empty.
  void get(std::string_view path, std::string_view number, Done done);

 private:
  void ask();
  void finish();

  void on_connected(http::ClientConnection& connection) override;
  void on_idle(http::ClientConnection& /*connection*/) override {}
  void on_closed(http::ClientConnection& connection, const Error* connect_error) override;

  void on_interim(ResponseHead /*head*/) override {}
  void on_response_head(ResponseHead head) override { status_ = head.status; }
  void on_response_body(Chunk chunk) override;
  void on_response_end(Headers trailers) override;
  void on_response_error(Error error) override;
  void on_backend_writable() override {}

  Wiring wiring_;
  const net::Address to_;
  const std::string host_;
  const http::ClientSettings settings_;
  RequestHead head_;
  Done done_;
  Answer answer_;
  uint16_t status_ = 0;
  net::Graveyard<http::ClientConnection> closed_;
  std::unique_ptr<http::ClientConnection> connection_;
  net::Task finished_;  // once the connection has done with the answer
};

}  // namespace gnomon::selfcheck
