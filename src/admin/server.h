// The admin API on a thread and an event loop of its own, so that a scrape never runs on a worker.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "admin/endpoints.h"
#include "admin/source.h"
#include "base/clock.h"
#include "http/server.h"
#include "http/server_connection.h"
#include "net/event_loop.h"
#include "net/graveyard.h"
#include "net/stream.h"
#include "net/tcp.h"

namespace gnomon::admin {

class AdminServer final : private http::Service, private http::ServerOwner {
 public:
  // Listens at once and answers after start(). An error's text is for people. One that is for other
  // machines has a thread and connections of its own, so that these cannot keep anybody from the
  // other one.
  static std::expected<std::unique_ptr<AdminServer>, std::string> open(const net::Address& at,
                                                                       AdminSource& source,
                                                                       const Clock& clock,
                                                                       const Access& access = {});
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  const net::Address& local() const noexcept { return local_; }
  void start();
  // Ends the thread; connections are closed. Called by the thread that called start().
  void stop();

 private:
  class Exchange;
  class Door;
  static constexpr size_t kConnectionsMax = 64;

  AdminServer(const net::Address& at, AdminSource& source, const Clock& clock,
              const Access& access);

  void on_accept(std::unique_ptr<net::Stream> stream);
  std::unique_ptr<http::RequestHandler> on_request(http::ServerStream& stream,
                                                   RequestHead head) override;
  void on_refused(const net::Address& /*peer*/, const http::ProtocolError& /*error*/) override {}
  void on_closed(http::ServerConnection& connection) override;
  void begin_reload(uint64_t exchange_id);
  void end_reload(uint64_t exchange_id, bool successful, std::string_view problems);

  AdminSource& source_;
  const net::Address local_;
  Endpoints endpoints_;
  net::EpollPoller poller_;
  net::EventLoop loop_;
  net::TcpNetwork network_;
  http::ReadBuffer read_buffer_;
  http::ServerSettings settings_;
  http::ServerContext context_;
  net::Graveyard<http::ServerConnection> closed_;
  uint64_t last_exchange_id_ = 0;
  std::map<uint64_t, Exchange*> reloading_;  // exchanges that wait for the outcome of a reload
  std::map<http::ServerConnection*, std::unique_ptr<http::ServerConnection>> connections_;
  std::unique_ptr<net::Acceptor> acceptor_;
  std::shared_ptr<Door> door_;
  std::thread thread_;
};

}  // namespace gnomon::admin
