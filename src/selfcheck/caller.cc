#include "selfcheck/caller.h"

#include <utility>

#include "selfcheck/backend.h"

namespace gnomon::selfcheck {
namespace {

constexpr Millis kConnectLimit{10'000};

}  // namespace

Caller::Caller(const Wiring& wiring, net::Address to)
    : wiring_(wiring),
      to_(std::move(to)),
      host_(to_.to_string()),
      closed_(wiring.loop),
      finished_([this] { finish(); }) {}

Caller::~Caller() = default;

void Caller::get(std::string_view path, std::string_view number, Done done) {
  done_ = std::move(done);
  answer_ = {};
  status_ = 0;
  head_ = {};
  head_.authority = host_;
  head_.path = head_.headers.intern(path);
  head_.headers.add("user-agent", "gnomon-selfcheck");
  if (!number.empty()) head_.headers.add(kNumberHeader, number);
  if (connection_ != nullptr) return ask();
  auto stream = wiring_.network.connect(to_, net::Lane::live, {});
  if (!stream) return on_response_error(stream.error());
  connection_ =
      http::make_client_h1({wiring_.loop, wiring_.read_buffer, settings_, net::Lane::live}, *this,
                           std::move(*stream), kConnectLimit);
}

void Caller::ask() {
  http::ClientStream& stream = connection_->start(*this);
  stream.send_head(head_);
  stream.send_end({});
}

void Caller::finish() {
  const Done done = std::exchange(done_, nullptr);
  if (done) done(answer_);
}

void Caller::on_connected(http::ClientConnection& /*connection*/) { ask(); }

void Caller::on_closed(http::ClientConnection& /*connection*/, const Error* connect_error) {
  closed_.bury(std::move(connection_));
  if (connect_error != nullptr) on_response_error(*connect_error);
}

void Caller::on_response_body(Chunk chunk) { answer_.body += chunk.view(); }

void Caller::on_response_end(Headers /*trailers*/) {
  answer_.status = status_;
  wiring_.loop.schedule(finished_, net::Lane::live);
}

void Caller::on_response_error(Error error) {
  answer_.error = to_string(error.code);
  wiring_.loop.schedule(finished_, net::Lane::live);
}

}  // namespace gnomon::selfcheck
