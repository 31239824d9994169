// Heads and bodies as HTTP/1.1 bytes (RFC 9112). What the writer puts out is well-formed whatever
// is in the head: a field that could break a line is left out, framing comes from members alone.
#pragma once

#include <cstdint>

#include "base/chunk.h"
#include "msg/head.h"

namespace gnomon::http {

struct H1RequestOptions {
  bool connection_close = false;
  bool proper_case = false;  // Field-Names-Like-This
};

// "METHOD path HTTP/1.1", Host first, then the fields, then framing and connection fields. The body
// follows by write_body() and write_end() with head.body as its kind.
void write_request_head(ByteQueue& out, const RequestHead& head,
                        const H1RequestOptions& options = {});

// What a response says about its connection.
enum class ConnectionOption : uint8_t {
  none,        // the default of the peer's version holds
  close,       // it will not serve another request
  keep_alive,  // for an HTTP/1.0 client that asked for it
};

// How names of fields are written: as they came, or as Content-Length, for clients that mistake
// names for case-sensitive.
enum class FieldCase : uint8_t { as_is, proper };

// The status line is always HTTP/1.1; `peer` is the version of the client's request. `answers`
// matters for HEAD, whose answer must not claim a length of zero. Returns how the body is framed,
// to be passed to write_body() and write_end(): a body of unknown length is chunked, but to an
// HTTP/1.0 client it ends with the connection, which the caller must then close whatever `option`
// was.
BodyKind write_response_head(ByteQueue& out, const ResponseHead& head, Version peer,
                             ConnectionOption option, Method answers = Method::get,
                             FieldCase field_case = FieldCase::as_is);

// Appends body bytes, with chunk framing when `kind` is streamed. Large pieces go by reference.
void write_body(ByteQueue& out, Chunk chunk, BodyKind kind);

// Ends a body: the last chunk and the trailers when `kind` is streamed.
void write_end(ByteQueue& out, BodyKind kind, const Headers& trailers = {});

}  // namespace gnomon::http
