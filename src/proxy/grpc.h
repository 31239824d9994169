// What the gateway has to know of gRPC: whether a request is a call, and how statuses correspond.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "msg/head.h"

namespace gnomon::proxy {

inline constexpr uint32_t kGrpcDeadlineExceeded = 4;

// content-type is application/grpc, alone or with a suffix.
bool is_grpc(const Headers& headers) noexcept;

// The number in grpc-status, if there is one.
std::optional<uint32_t> grpc_status(const Headers& headers) noexcept;

// The status of a whole answer to a call: in its trailers, else in its head, else what HTTP's says.
uint32_t grpc_answer(const Headers& trailers, std::optional<uint32_t> in_head,
                     uint16_t http_status) noexcept;

// "DeadlineExceeded" and "DEADLINE_EXCEEDED"; the number where gRPC knows no name for it.
std::string grpc_camel_name(uint32_t status);
std::string grpc_snake_name(uint32_t status);

// The time that a call gives itself in grpc-timeout, rounded up; absent where there is none that
// makes sense.
std::optional<Millis> grpc_timeout(const Headers& headers) noexcept;
// A value of grpc-timeout: eight digits and a unit, rounded down.
std::string grpc_timeout_value(Millis time);

// The status of gRPC that stands for one of HTTP, as in Envoy.
uint32_t grpc_status_of(uint16_t http_status) noexcept;

// Makes an answer of the gateway one that a gRPC client understands: HTTP's status is always 200,
// the status is a field, and so is the text, escaped as its protocol asks.
void make_grpc_answer(ResponseHead& head, std::string_view text, uint32_t status);

}  // namespace gnomon::proxy
