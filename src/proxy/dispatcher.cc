#include "proxy/dispatcher.h"

#include <utility>

#include "proxy/exchange.h"

namespace gnomon::proxy {

std::unique_ptr<http::RequestHandler> Dispatcher::on_request(http::ServerStream& stream,
                                                             RequestHead head) {
  auto exchange = std::make_unique<Exchange>(context_, stream, std::move(head), listener_);
  exchange->start();
  return exchange;
}

void Dispatcher::on_refused(const net::Address& peer, const http::ProtocolError& error) {
  context_.stats.refused.add();
  context_.stats.codes.add(error.status);
  if (context_.access == nullptr && !listener_.logs()) return;
  AccessRecord record;
  record.start = context_.loop.wall();
  record.status = error.status;
  record.flags = kFlagClientProtocolError;
  record.client = &peer;
  record.details = error.detail;
  if (context_.access != nullptr) context_.access->on_exchange(record);
  listener_.log(record);
}

void Dispatcher::on_flood(const net::Address& /*peer*/, http::H2Flood kind) {
  context_.stats.floods.add(static_cast<size_t>(kind) - 1);  // there is none for H2Flood::none
}

}  // namespace gnomon::proxy
