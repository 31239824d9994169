#include "cli/http_dump.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "cli/printable.h"
#include "compare/content_decoding.h"
#include "http/h1_bytes.h"
#include "http/h1_response_parser.h"

namespace gnomon::cli {
namespace {

constexpr size_t kShownBytes = 60;
// Trailers that were printed behind a body are looked for in this much of its end.
constexpr size_t kTrailerBytes = size_t{16} << 10;

bool is_token(std::string_view text) noexcept {
  const char* const end = text.data() + text.size();
  return !text.empty() && http::skip_token(text.data(), end) == end;
}

// "HTTP/1.1", and "HTTP/2" as programs that print it write it.
bool is_version(std::string_view text) noexcept {
  if (!text.starts_with("HTTP/")) return false;
  text.remove_prefix(5);
  const bool short_form = text.size() == 1 && http::is_digit(text[0]);
  return short_form ||
         (text.size() == 3 && http::is_digit(text[0]) && text[1] == '.' && http::is_digit(text[2]));
}

std::string_view first_line(std::string_view text) noexcept {
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

std::string_view take_line(std::string_view& text) noexcept {
  const std::string_view line = first_line(text);
  text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return line;
}

// The code, or nothing where this is no status line. The phrase may be missing.
std::optional<uint16_t> status_of(std::string_view line) noexcept {
  const size_t space = line.find(' ');
  if (space == std::string_view::npos || !is_version(line.substr(0, space))) return std::nullopt;
  const std::string_view code = line.substr(space + 1, 3);
  uint16_t status = 0;
  const auto [stop, error] = std::from_chars(code.data(), code.data() + code.size(), status);
  const std::string_view phrase = line.substr(std::min(space + 4, line.size()));
  if (error != std::errc() || stop != code.data() + 3 || status < 100) return std::nullopt;
  return phrase.empty() || phrase[0] == ' ' ? std::optional(status) : std::nullopt;
}

struct RequestLine {
  std::string_view method;
  std::string_view target;
};
std::optional<RequestLine> request_of(std::string_view line) noexcept {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last == first) return std::nullopt;
  const RequestLine out{line.substr(0, first), line.substr(first + 1, last - first - 1)};
  const bool sound =
      is_token(out.method) && !out.target.empty() && out.target.find(' ') == std::string_view::npos;
  return sound && is_version(line.substr(last + 1)) ? std::optional(out) : std::nullopt;
}

using FieldList = std::vector<std::pair<std::string, std::string>>;

// False where it is none. A line that begins with a space goes on with the one before it.
bool read_field(std::string_view line, FieldList& to) {
  if ((line.starts_with(' ') || line.starts_with('\t')) && !to.empty()) {
    to.back().second.append(" ").append(http::trim_ows(line));
    return true;
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return false;
  to.emplace_back(line.substr(0, colon), http::trim_ows(line.substr(colon + 1)));
  return true;
}

Headers headers_of(const FieldList& fields) {
  Headers out;
  for (const auto& [name, value] : fields) out.add(name, value);
  return out;
}

bool has_item(std::string_view list, std::string_view item) noexcept {
  while (!list.empty()) {
    if (equals_ignore_case(http::next_member(list), item)) return true;
  }
  return false;
}

class DumpReader {
 public:
  explicit DumpReader(std::string_view text) : rest_(text) {}

  std::expected<HttpDump, std::string> read() {
    do {
      if (auto problem = read_head(); !problem.empty()) return std::unexpected(std::move(problem));
    } while (skip_to_next());
    read_body();
    return std::move(out_);
  }

 private:
  compare::Answer& message() noexcept { return out_.message; }
  bool says_chunked() const noexcept {
    return has_item(out_.message.headers.get("transfer-encoding"), "chunked");
  }
  template <typename... Args>
  void note(fmt::format_string<Args...> format, Args&&... args) {
    out_.notes.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  // Returns what is wrong, or "".
  std::string read_head() {
    const std::string_view line = next_line();
    message() = {};
    if (const auto status = status_of(line)) {
      message().status = *status;
    } else if (const auto request = request_of(line)) {
      out_.is_request = true;
      out_.method = request->method;
      out_.target = request->target;
    } else {
      return "its first line is no status line: " + shown(line);
    }
    FieldList fields;
    while (!rest_.empty()) {
      const std::string_view field = next_line();
      if (field.empty()) {
        message().headers = headers_of(fields);
        return {};
      }
      if (!read_field(field, fields)) {
        return fmt::format("line {} is no header field: {}", line_, shown(field));
      }
    }
    note("its head has no empty line behind it");
    message().headers = headers_of(fields);
    return {};
  }

  // Whether another response follows, with or without a body of this one between them.
  bool skip_to_next() {
    const auto is_next = [](std::string_view text) {
      return status_of(first_line(text)).has_value();
    };
    if (out_.is_request) return false;
    const std::optional<size_t> length = content_length();
    if (length == rest_.size() && message().status / 100 == 2) return false;
    if (is_next(rest_)) return true;
    size_t skipped = 0;
    if (says_chunked()) {
      skipped = unchunked(rest_).consumed;
    } else if (length && *length < rest_.size()) {
      skipped = *length;
    }
    if (skipped == 0 || !is_next(rest_.substr(skipped))) return false;
    line_ += static_cast<size_t>(std::ranges::count(rest_.substr(0, skipped), '\n'));
    rest_.remove_prefix(skipped);
    return true;
  }

  void read_body() {
    if (says_chunked()) {
      read_chunks();
    } else {
      check_length();
    }
    take_printed_trailers();
    check_coding();
    if (!rest_.empty()) message().body.append(Chunk::copy_of(rest_));
  }

  struct Unchunked {
    enum class State : uint8_t { whole, cut_short, not_chunked };
    State state = State::not_chunked;
    size_t consumed = 0;  // of a whole one
    std::string body;
    Headers trailers;
  };
  static Unchunked unchunked(std::string_view text) {
    const http::H1Limits limits;
    http::H1ResponseParser parser(limits);
    parser.expect(Method::get, false);
    Unchunked out;
    Chunk in = Chunk::copy_of(
        std::string("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").append(text));
    for (;;) {
      switch (parser.next(in)) {
        case http::H1Event::head:
          parser.take_head();
          break;
        case http::H1Event::body:
          out.body += parser.take_body().view();
          break;
        case http::H1Event::end:
          out.trailers = parser.take_trailers();
          out.consumed = text.size() - in.size();
          out.state = Unchunked::State::whole;
          return out;
        case http::H1Event::need_data:
          out.state = Unchunked::State::cut_short;
          return out;
        case http::H1Event::error:
          return out;
      }
    }
  }

  void read_chunks() {
    Unchunked found = unchunked(rest_);
    if (found.state == Unchunked::State::whole && found.consumed == rest_.size()) {
      unchunked_ = std::move(found.body);
      rest_ = unchunked_;
      message().trailers = std::move(found.trailers);
    } else if (found.state == Unchunked::State::cut_short && !rest_.empty()) {
      note("its chunks end too soon, or are none; its body is taken as it is");
    }
  }

  std::optional<size_t> content_length() const noexcept {
    const std::string_view text = out_.message.headers.get("content-length");
    size_t value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool sound = !text.empty() && error == std::errc() && stop == text.data() + text.size();
    return sound ? std::optional(value) : std::nullopt;
  }

  // An answer to HEAD names the length of a body that it does not have, and a body that was decoded
  // has another one.
  void check_length() {
    const std::optional<size_t> length = content_length();
    if (!length || rest_.empty() || *length == rest_.size()) return;
    if (message().headers.find("content-encoding") != nullptr) return;
    const std::string_view more = rest_.substr(std::min(*length, rest_.size()));
    if (more == "\n" || more == "\r\n") {  // an editor's
      rest_.remove_suffix(more.size());
      return;
    }
    note("its body has {} bytes, and {} by its content-length; it is taken as it is", rest_.size(),
         *length);
  }

  // curl prints trailers right behind the last byte of a body, without a word where they begin. So
  // only those are found whose names the head announces.
  void take_printed_trailers() {
    const std::string announced(message().headers.get("trailer"));
    if (announced.empty() || !message().trailers.empty()) return;
    const size_t first = rest_.size() - std::min(rest_.size(), kTrailerBytes);
    for (size_t at = first; at < rest_.size(); ++at) {
      const size_t colon = rest_.find(':', at);
      if (colon == std::string_view::npos) return;
      if (!has_item(announced, rest_.substr(at, colon - at))) continue;
      FieldList fields;
      if (!all_fields(rest_.substr(at), fields)) continue;
      message().trailers = headers_of(fields);
      rest_ = rest_.substr(0, at);
      return;
    }
  }

  static bool all_fields(std::string_view text, FieldList& to) {
    while (!text.empty()) {
      const std::string_view line = take_line(text);
      if (line.empty() && text.empty()) break;
      if (!read_field(line, to)) return false;
    }
    return true;
  }

  void check_coding() {
    std::string value;
    for (const Field& field : message().headers) {
      if (!equals_ignore_case(field.name, "content-encoding")) continue;
      value.append(value.empty() ? "" : ",").append(field.value);
    }
    const compare::DecodingLimits limits;
    const compare::ContentEncoding coding = compare::parse_content_encoding(value, limits.codings);
    if (rest_.empty() || coding.identity()) return;
    using State = compare::DecodingState;
    const State state = compare::decode_content(coding, rest_, limits).state;
    if (state != State::corrupt && state != State::truncated && state != State::unknown_coding) {
      return;
    }
    message().decoded = true;
    note("its body is not in the content-encoding {} that its head names; it is taken as it is",
         printable(value));
  }

  std::string_view next_line() noexcept {
    ++line_;
    return take_line(rest_);
  }
  static std::string shown(std::string_view line) {
    return printable(line.substr(0, std::min(line.size(), kShownBytes)));
  }

  std::string_view rest_;
  std::string unchunked_;  // what `rest_` is a view of, where there were chunks
  size_t line_ = 0;
  HttpDump out_;
};

}  // namespace

bool is_http_dump(std::string_view text) noexcept {
  const std::string_view line = first_line(text);
  return (line.starts_with("HTTP/") && line.size() > 5 && http::is_digit(line[5])) ||
         request_of(line).has_value();
}

std::expected<HttpDump, std::string> read_http_dump(std::string_view text) {
  return DumpReader(text).read();
}

}  // namespace gnomon::cli
