#include "admin/server.h"

#include <csignal>
#include <functional>
#include <mutex>
#include <utility>

#include "admin/access_rules.h"

namespace gnomon::admin {
namespace {

constexpr size_t kRequestBodyMax = 4096;

http::ServerSettings admin_settings() {
  http::ServerSettings settings;
  settings.h1.start_line_bytes = 8192;
  settings.h1.head_bytes = 16384;
  settings.header_timeout = Millis(5'000);
  settings.request_timeout = Millis(10'000);
  settings.stream_idle_timeout = Millis(60'000);
  return settings;
}

}  // namespace

// Lets the control thread reach the loop, until the server closes it.
class AdminServer::Door {
 public:
  explicit Door(net::EventLoop& loop) : loop_(&loop) {}
  void post(std::function<void()> work) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (loop_ != nullptr) loop_->post(std::move(work));
  }
  void close() {
    const std::lock_guard<std::mutex> lock(mutex_);
    loop_ = nullptr;
  }

 private:
  std::mutex mutex_;
  net::EventLoop* loop_;
};

// One request. Answers when the request has come whole, or when it is too large.
class AdminServer::Exchange final : public http::RequestHandler {
 public:
  Exchange(AdminServer& server, http::ServerStream& stream, RequestHead head, uint64_t id)
      : server_(server), stream_(stream), head_(std::move(head)), id_(id) {}
  ~Exchange() override { server_.reloading_.erase(id_); }

  // A client that waits for leave to send its body gets it, or is told at once that it is too
  // large.
  void start() {
    if (!head_.expect_continue) return;
    if (head_.content_length > static_cast<int64_t>(kRequestBodyMax)) {
      return send(Endpoints::body_refused(head_));
    }
    ResponseHead go_on;
    go_on.status = 100;
    stream_.send_interim(go_on);
  }

  void on_body(Chunk chunk) override {
    if (answered_) return;
    body_ += chunk.view();
    if (body_.size() > kRequestBodyMax) send(Endpoints::body_refused(head_));
  }

  void on_request_end(Headers /*trailers*/) override {
    if (answered_) return;
    const Decision decision = server_.endpoints_.decide(head_, body_);
    if (decision.kind == Decision::Kind::answer) return send(decision.answer);
    server_.reloading_[id_] = this;
    server_.begin_reload(id_);
  }

  void on_client_gone(Error /*error*/) override { server_.reloading_.erase(id_); }
  void on_client_writable() override {}

  void send(const Answer& answer) {
    answered_ = true;
    const bool body_wanted = head_.method != Method::head;
    ResponseHead head;
    head.status = answer.status;
    head.body = body_wanted && !answer.body.empty() ? BodyKind::sized : BodyKind::none;
    head.content_length = static_cast<int64_t>(answer.body.size());
    head.headers.add("content-type", answer.content_type);
    head.headers.add("cache-control", "no-store");
    head.headers.add("x-content-type-options", "nosniff");
    head.headers.add("content-security-policy", "default-src 'none'");
    if (!answer.allow.empty()) head.headers.add("allow", answer.allow);
    stream_.send_head(head);
    if (head.body == BodyKind::sized) stream_.send_body(Chunk::copy_of(answer.body));
    stream_.send_end({});
  }

 private:
  AdminServer& server_;
  http::ServerStream& stream_;
  const RequestHead head_;
  const uint64_t id_;
  std::string body_;
  bool answered_ = false;
};

std::expected<std::unique_ptr<AdminServer>, std::string> AdminServer::open(const net::Address& at,
                                                                           AdminSource& source,
                                                                           const Clock& clock,
                                                                           const Access& access) {
  if (const auto allowed = check_admin_address(at); !allowed && !access.verdicts_only) {
    return std::unexpected(allowed.error());
  }
  // Listening sockets may share a port here; a second gateway's admin API must not.
  const auto free_address = net::probe_bind(at);
  if (!free_address) return std::unexpected(free_address.error());
  auto server = std::unique_ptr<AdminServer>(new AdminServer(*free_address, source, clock, access));
  auto acceptor = server->network_.listen(
      *free_address, [raw = server.get()](std::unique_ptr<net::Stream> stream) {
        raw->on_accept(std::move(stream));
      });
  if (!acceptor) return std::unexpected(std::move(acceptor.error()));
  server->acceptor_ = std::move(*acceptor);
  return server;
}

AdminServer::AdminServer(const net::Address& at, AdminSource& source, const Clock& clock,
                         const Access& access)
    : source_(source),
      local_(at),
      endpoints_(source, local_, access),
      loop_(clock, poller_),
      network_(loop_),
      settings_(admin_settings()),
      context_{loop_, read_buffer_, settings_, *this, *this},
      closed_(loop_),
      door_(std::make_shared<Door>(loop_)) {}

AdminServer::~AdminServer() { stop(); }

void AdminServer::start() {
  thread_ = std::thread([this] {
    // Signals belong to the main thread.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
    loop_.run();
  });
}

void AdminServer::stop() {
  door_->close();
  if (!thread_.joinable()) return;
  loop_.stop();
  thread_.join();
  acceptor_.reset();
  connections_.clear();
}

void AdminServer::on_accept(std::unique_ptr<net::Stream> stream) {
  if (connections_.size() >= kConnectionsMax) return;
  std::unique_ptr<http::ServerConnection> connection =
      http::make_server_h1(context_, std::move(stream));
  http::ServerConnection* raw = connection.get();
  connections_.emplace(raw, std::move(connection));
}

std::unique_ptr<http::RequestHandler> AdminServer::on_request(http::ServerStream& stream,
                                                              RequestHead head) {
  auto exchange = std::make_unique<Exchange>(*this, stream, std::move(head), ++last_exchange_id_);
  exchange->start();
  return exchange;
}

void AdminServer::on_closed(http::ServerConnection& connection) {
  const auto at = connections_.find(&connection);
  if (at == connections_.end()) return;
  closed_.bury(std::move(at->second));
  connections_.erase(at);
}

void AdminServer::begin_reload(uint64_t exchange_id) {
  source_.reload([this, door = door_, exchange_id](bool successful, std::string problems) {
    // `this` is alive on the loop: the door is closed before the loop ends.
    door->post([this, exchange_id, successful, problems = std::move(problems)] {
      end_reload(exchange_id, successful, problems);
    });
  });
}

void AdminServer::end_reload(uint64_t exchange_id, bool successful, std::string_view problems) {
  const auto at = reloading_.find(exchange_id);
  if (at == reloading_.end()) return;  // the client has left
  Exchange* exchange = at->second;
  reloading_.erase(at);
  exchange->send(endpoints_.reload_answer(successful, problems));
}

}  // namespace gnomon::admin
