#include "http/h1_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "http/h1_bytes.h"
#include "http/h1_hop_fields.h"

namespace gnomon::http {
namespace {

constexpr uint32_t bit(Known known) { return 1U << static_cast<unsigned>(known); }

// Fields that the writer makes from members, or that end here.
constexpr uint32_t kHop = bit(Known::connection) | bit(Known::content_length) |
                          bit(Known::transfer_encoding) | bit(Known::upgrade) |
                          bit(Known::keep_alive) | bit(Known::proxy_connection);
constexpr uint32_t kNotInRequests =
    kHop | bit(Known::host) | bit(Known::te) | bit(Known::expect) | bit(Known::proxy);

// Room for everything in a head besides its variable parts and fields.
constexpr size_t kFixedBytes = 320;
// Pieces up to this size are copied, which costs less than an I/O vector of their own.
constexpr size_t kCopyMax = 1536;

// Text in a buffer of known size: on the stack if it fits, else a block of its own.
class Text {
 public:
  explicit Text(size_t bytes_max) {
    if (bytes_max + kSlack <= sizeof(stack_)) return;
    block_ = Block::allocate(bytes_max + kSlack);
    begin_ = at_ = block_->data();
  }
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;

  void put(std::string_view s) noexcept {
    if (!s.empty()) std::memcpy(at_, s.data(), s.size());
    at_ += s.size();
  }
  void put_number(uint64_t value, int base = 10) noexcept {
    at_ = std::to_chars(at_, at_ + 20, value, base).ptr;
  }
  // A part of the start line or an authority: no byte of it can end the part or the line.
  void put_visible(std::string_view s) noexcept {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    const char* const rest = skip_target(s.data(), s.data() + s.size());
    const auto clean = static_cast<size_t>(rest - s.data());
    put(s.substr(0, clean));
    for (const char c : s.substr(clean)) {
      if (c > 0x20 && c < 0x7f) {
        *at_++ = c;
        continue;
      }
      const auto byte = static_cast<unsigned char>(c);
      put({{'%', kHex[byte >> 4], kHex[byte & 15]}});
    }
  }
  void put_field(std::string_view name, std::string_view value) noexcept {
    char* const line = at_;
    put(name);
    put(": ");
    put(value);
    // The bytes just written are in the cache, and checking them here needs no loop for the rest.
    if (name.empty() || !all_token_padded(line, name.size()) ||
        !all_value_padded(at_ - value.size(), value.size())) {
      at_ = line;
      return;
    }
    put("\r\n");
  }
  // Capitals at the beginning of names and behind what is no letter, in all lines but the first.
  void proper_case() noexcept {
    bool in_name = false;
    bool first = true;
    for (char* c = begin_; c != at_; ++c) {
      if (*c == '\n') {
        in_name = first = true;
      } else if (*c == ':') {
        in_name = false;
      } else if (in_name) {
        const bool lower = *c >= 'a' && *c <= 'z';
        const bool letter = lower || (*c >= 'A' && *c <= 'Z');
        if (first && lower) *c = static_cast<char>(*c - 'a' + 'A');
        first = !letter && !(*c >= '0' && *c <= '9');
      }
    }
  }
  void finish(ByteQueue& out) {
    const auto bytes = static_cast<size_t>(at_ - begin_);
    if (block_) {
      out.append(Chunk(std::move(block_), begin_, bytes));
    } else {
      out.append_copy({begin_, bytes});
    }
  }

 private:
  void put(const std::array<char, 3>& escape) noexcept { put({escape.data(), escape.size()}); }

  static constexpr size_t kSlack = 16;  // readable behind the text, for the checks of put_field()

  char stack_[4096];
  BlockRef block_;
  char* begin_ = stack_;
  char* at_ = stack_;
};

size_t field_bytes(const Headers& headers) noexcept {
  size_t bytes = 0;
  for (const Field& field : headers) bytes += field.name.size() + field.value.size() + 4;
  return bytes;
}

// Where the line of a field ends in the block that it was received in.
const char* line_end(const Field& field) noexcept {
  return field.value.data() + field.value.size() + 2;
}

// Fields that nobody touched still stand next to each other as they were received, and were checked
// then: they are written as one piece.
void put_fields(Text& text, const Headers& headers, uint32_t left_out) noexcept {
  const auto wanted = [left_out](const Field& field) { return (bit(field.known) & left_out) == 0; };
  for (auto field = headers.begin(); field != headers.end();) {
    if (!wanted(*field)) {
      ++field;
      continue;
    }
    if (!field->whole_line) {
      text.put_field(field->name, field->value);
      ++field;
      continue;
    }
    const char* const begin = field->name.data();
    const char* end = line_end(*field);
    while (++field != headers.end() && field->whole_line && field->name.data() == end &&
           wanted(*field)) {
      end = line_end(*field);
    }
    text.put({begin, static_cast<size_t>(end - begin)});
  }
}

void put_length(Text& text, int64_t length) noexcept {
  text.put("content-length: ");
  text.put_number(static_cast<uint64_t>(length));
  text.put("\r\n");
}

void put_connection(Text& text, std::string_view upgrade, bool close, bool te) noexcept {
  std::string_view separator = "connection: ";
  const auto option = [&](std::string_view name) {
    text.put(separator);
    text.put(name);
    separator = ", ";
  };
  if (!upgrade.empty() && all_value(upgrade)) {
    text.put_field("upgrade", upgrade);
    option("upgrade");
  }
  if (close) option("close");
  if (te) option("te");
  if (separator == ", ") text.put("\r\n");
}

// Whether a request without a body is told from one whose body got lost (RFC 9110 section 8.6: a
// method that anticipates content should say that there is none).
bool declares_empty_body(Method method) noexcept {
  switch (method) {
    case Method::get:
    case Method::head:
    case Method::del:
    case Method::connect:
    case Method::trace:
      return false;
    default:
      return true;
  }
}

// Whether a response with this status has a length to declare when it has no body.
bool may_declare_length(uint16_t status) noexcept { return status >= 200 && status != 204; }

// RFC 9112 section 6.3: its end is the end of the head, whatever the head says.
bool ends_with_head(uint16_t status) noexcept {
  return status < 200 || status == 204 || status == 304;
}

}  // namespace

void write_request_head(ByteQueue& out, const RequestHead& head, const H1RequestOptions& options) {
  const size_t visible = head.method_name.size() + head.path.size() + head.authority.size();
  Text text(kFixedBytes + 3 * visible + head.upgrade.size() + field_bytes(head.headers));
  text.put_visible(head.method_name);
  text.put(" ");
  text.put_visible(head.path.empty() ? "/" : head.path);
  text.put(" HTTP/1.1\r\nhost: ");
  text.put_visible(head.authority);
  text.put("\r\n");
  put_fields(text, head.headers, kNotInRequests);
  if (head.body == BodyKind::streamed) {
    text.put("transfer-encoding: chunked\r\n");
  } else if (head.content_length == 0 ||
             (head.content_length > 0 && head.body == BodyKind::sized)) {
    // A length without a body to follow would swallow the next request on the connection.
    put_length(text, head.content_length);
  } else if (head.body == BodyKind::none && head.content_length == kNoLength &&
             declares_empty_body(head.method)) {
    put_length(text, 0);
  }
  if (head.expect_continue) text.put("expect: 100-continue\r\n");
  if (head.te_trailers) text.put("te: trailers\r\n");
  put_connection(text, head.upgrade, options.connection_close, head.te_trailers);
  text.put("\r\n");
  if (options.proper_case) text.proper_case();
  text.finish(out);
}

BodyKind write_response_head(ByteQueue& out, const ResponseHead& head, Version peer,
                             ConnectionOption option, Method answers, FieldCase field_case) {
  const bool unknown_length = head.body == BodyKind::streamed || head.body == BodyKind::until_close;
  const bool old_peer = peer == Version::http10;
  BodyKind kind = head.body;
  if (unknown_length) kind = old_peer ? BodyKind::until_close : BodyKind::streamed;
  if (ends_with_head(head.status)) kind = BodyKind::none;
  const bool closes = option == ConnectionOption::close || kind == BodyKind::until_close;
  const bool reason_ok = !head.reason.empty() && all_value(head.reason);
  const std::string_view reason = reason_ok ? head.reason : reason_phrase(head.status);

  Text text(kFixedBytes + reason.size() + head.upgrade.size() + field_bytes(head.headers));
  text.put("HTTP/1.1 ");
  text.put_number(head.status);
  text.put(" ");
  text.put(reason);
  text.put("\r\n");
  put_fields(text, head.headers, kHop);
  if (kind == BodyKind::streamed) {
    text.put("transfer-encoding: chunked\r\n");
  } else if (kind != BodyKind::until_close && may_declare_length(head.status)) {
    const bool empty = head.body == BodyKind::none && head.status != 304 && answers != Method::head;
    if (head.content_length != kNoLength) {
      put_length(text, head.content_length);
    } else if (empty) {
      put_length(text, 0);
    }
  }
  const bool final = head.status >= 200;
  put_connection(text, head.upgrade, closes && final, false);
  if (option == ConnectionOption::keep_alive && !closes && final) {
    text.put("connection: keep-alive\r\n");
  }
  text.put("\r\n");
  if (field_case == FieldCase::proper) text.proper_case();
  text.finish(out);
  return kind;
}

void write_body(ByteQueue& out, Chunk chunk, BodyKind kind) {
  if (chunk.empty()) return;  // an empty chunk would end the body
  const bool chunked = kind == BodyKind::streamed;
  if (chunked) {
    char line[18];
    char* end = std::to_chars(line, line + 16, chunk.size(), 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    out.append_copy({line, static_cast<size_t>(end - line)});
  }
  if (chunk.size() <= kCopyMax) {
    out.append_copy(chunk.view());
  } else {
    out.append(std::move(chunk));
  }
  if (chunked) out.append_copy("\r\n");
}

void write_end(ByteQueue& out, BodyKind kind, const Headers& trailers) {
  if (kind != BodyKind::streamed) return;
  if (trailers.empty()) {
    out.append_copy("0\r\n\r\n");
    return;
  }
  Text text(kFixedBytes + field_bytes(trailers));
  text.put("0\r\n");
  for (const Field& field : trailers) {
    if (!forbidden_in_trailers(field.known, field.name)) text.put_field(field.name, field.value);
  }
  text.put("\r\n");
  text.finish(out);
}

}  // namespace gnomon::http
