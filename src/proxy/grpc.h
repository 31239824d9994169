// What the gateway has to know of gRPC: whether a request is a call, and how statuses correspond.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "msg/head.h"

namespace gnomon::proxy {

// content-type is application/grpc, alone or with a suffix.
bool is_grpc(const Headers& headers) noexcept;

// The number in grpc-status, if there is one.
std::optional<uint32_t> grpc_status(const Headers& headers) noexcept;

// The status of gRPC that stands for one of HTTP, as in Envoy.
uint32_t grpc_status_of(uint16_t http_status) noexcept;

// Makes an answer of the gateway one that a gRPC client understands: HTTP's status is always 200,
// the status is a field, and so is the text, escaped as its protocol asks.
void make_grpc_answer(ResponseHead& head, std::string_view text);

}  // namespace gnomon::proxy
