// For tests of connections: a handler that remembers what came back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/client.h"

namespace gnomon::http {

struct HeardAnswer : ResponseHandler {
  virtual ~HeardAnswer() = default;
  void on_interim(ResponseHead head) override { interims.push_back(head.status); }
  void on_response_head(ResponseHead head) override {
    status = head.status;
    kind = head.body;
  }
  void on_response_body(Chunk chunk) override { body += chunk.view(); }
  void on_response_end(Headers trailers_in) override {
    ended = true;
    trailers = std::move(trailers_in);
  }
  void on_response_error(Error error) override { failure = error; }
  void on_backend_writable() override { ++writable; }

  std::vector<uint16_t> interims;
  uint16_t status = 0;
  BodyKind kind = BodyKind::none;
  std::string body;
  Headers trailers;
  bool ended = false;
  int writable = 0;
  std::optional<Error> failure;
};

}  // namespace gnomon::http
