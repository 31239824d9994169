// Fields of a section that is to be sent, as nghttp2 takes them. It copies them, so they live in
// memory of the thread's own until the next are made.
#pragma once

#include <nghttp2/nghttp2.h>

#include <span>

#include "msg/head.h"

namespace gnomon::http {

using H2OutFields = std::span<const nghttp2_nv>;

H2OutFields h2_request_fields(const RequestHead& head);
H2OutFields h2_response_fields(const ResponseHead& head);
H2OutFields h2_trailer_fields(const Headers& trailers);

}  // namespace gnomon::http
