#include "selfcheck/backend.h"

#include <charconv>
#include <utility>

namespace gnomon::selfcheck {
namespace {

constexpr Millis kSlow{50};
// Beyond anything that a busy machine does to one answer in a hundred.
constexpr Millis kTail{300};

uint64_t number_of(const RequestHead& head) {
  const std::string_view text = head.headers.get(kNumberHeader);
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

bool is_copy(const RequestHead& head) { return head.headers.has(Known::x_gnomon_shadow); }

}  // namespace

class Backend::Exchange final : public http::RequestHandler {
 public:
  Exchange(Backend& backend, http::ServerStream& stream, const RequestHead& head)
      : backend_(backend),
        stream_(stream),
        number_(number_of(head)),
        struck_(strikes(backend.role_.fault, backend.role_.stock, number_)),
        reply_(backend.shop_.answer(head.path, number_, backend.wiring_.loop.wall())),
        delay_(backend.wiring_.loop.timers(), [this] { send(); }) {}

  const std::string& body() const noexcept { return reply_.body; }
  uint64_t number() const noexcept { return number_; }

  void on_body(Chunk /*chunk*/) override {}
  void on_client_gone(Error /*error*/) override { delay_.cancel(); }
  void on_client_writable() override {}

  void on_request_end(Headers /*trailers*/) override {
    switch (backend_.role_.fault) {
      case Fault::hung:
        return;
      case Fault::slow:
        return delay_.arm(kSlow);
      case Fault::slow_tail:
        return struck_ ? delay_.arm(kTail) : send();
      default:
        return send();
    }
  }

 private:
  void send() {
    ResponseHead head;
    head.status = reply_.status;
    head.body = reply_.body.empty() ? BodyKind::none : BodyKind::sized;
    head.content_length = static_cast<int64_t>(reply_.body.size());
    for (const auto& [name, value] : reply_.headers) head.headers.add(name, value);
    stream_.send_head(head);
    if (backend_.role_.fault == Fault::cut_short && struck_) {
      stream_.send_body(Chunk::copy_of(reply_.body.substr(0, reply_.body.size() / 2)));
      return stream_.reset();
    }
    if (!reply_.body.empty()) stream_.send_body(Chunk::copy_of(reply_.body));
    stream_.send_end({});
  }

  Backend& backend_;
  http::ServerStream& stream_;
  const uint64_t number_;
  const bool struck_;
  const Reply reply_;
  net::Timer delay_;
};

Backend::Backend(const Wiring& wiring, const Role& role)
    : wiring_(wiring),
      role_(role),
      shop_(role.stock, role.noise, role.fault),
      context_{wiring_.loop, wiring_.read_buffer, settings_, *this, *this},
      closed_(wiring_.loop) {}

Backend::~Backend() = default;

std::expected<void, std::string> Backend::open(const net::Address& at) {
  auto acceptor = wiring_.network.listen(at, [this](std::unique_ptr<net::Stream> stream) {
    auto connection = http::make_server_connection(context_, std::move(stream));
    http::ServerConnection* const key = connection.get();
    connections_.emplace(key, std::move(connection));
  });
  if (!acceptor) return std::unexpected(std::move(acceptor.error()));
  acceptor_ = std::move(*acceptor);
  return {};
}

std::unique_ptr<http::RequestHandler> Backend::on_request(http::ServerStream& stream,
                                                          RequestHead head) {
  auto exchange = std::make_unique<Exchange>(*this, stream, head);
  const bool copy = is_copy(head);
  ++(copy ? copies_ : live_requests_);
  if (!copy && role_.ledger != nullptr) role_.ledger->note(exchange->number(), exchange->body());
  return exchange;
}

void Backend::on_closed(http::ServerConnection& connection) {
  const auto at = connections_.find(&connection);
  if (at == connections_.end()) return;
  closed_.bury(std::move(at->second));
  connections_.erase(at);
}

}  // namespace gnomon::selfcheck
