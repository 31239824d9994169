// What a parser says about some bytes, as text that does not depend on how the bytes were cut.
// For tests and fuzzers.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "http/h1_request_parser.h"
#include "http/h1_response_parser.h"

namespace gnomon::http {

// Decides the size of the next piece, given the bytes that are left.
using Cut = std::function<size_t(size_t left)>;

inline Cut whole() {
  return [](size_t left) { return left; };
}
inline Cut pieces_of(size_t n) {
  return [n](size_t left) { return std::min(n, left); };
}
inline Cut once_at(size_t offset) {
  return [offset, first = true](size_t left) mutable {
    if (!first) return left;
    first = false;
    return std::min(offset, left);
  };
}

inline std::string describe(const Headers& headers) {
  std::string out;
  for (const Field& field : headers) out += fmt::format("[{}={}]", field.name, field.value);
  return out;
}

inline std::string_view describe(BodyKind kind) {
  switch (kind) {
    case BodyKind::none:
      return "none";
    case BodyKind::sized:
      return "sized";
    case BodyKind::streamed:
      return "streamed";
    case BodyKind::until_close:
      return "until_close";
  }
  return "?";
}

inline std::string_view describe(Version version) {
  return version == Version::http10 ? "1.0" : version == Version::http11 ? "1.1" : "2";
}

inline std::string describe(const RequestHead& head) {
  return fmt::format(
      "{} {} {} host={} {} length={}{}{}{} {}", head.method_name, head.path, describe(head.version),
      head.authority, describe(head.body), head.content_length,
      head.expect_continue ? " expect" : "", head.te_trailers ? " te" : "",
      head.upgrade.empty() ? "" : fmt::format(" upgrade={}", head.upgrade), describe(head.headers));
}

inline std::string describe(const ResponseHead& head) {
  return fmt::format("{} {} \"{}\" {} length={}{} {}", head.status, describe(head.version),
                     head.reason, describe(head.body), head.content_length,
                     head.upgrade.empty() ? "" : fmt::format(" upgrade={}", head.upgrade),
                     describe(head.headers));
}

// Feeds `bytes` in pieces, each in a block of its own, and writes down the events.
template <typename Parser>
class Transcript {
 public:
  explicit Transcript(Parser& parser) : parser_(parser) {}

  void feed(std::string_view bytes, const Cut& cut) {
    while (!bytes.empty()) {
      const size_t n = std::clamp<size_t>(cut(bytes.size()), 1, bytes.size());
      Chunk in = Chunk::copy_of(bytes.substr(0, n));
      bytes.remove_prefix(n);
      while (step(in)) {
      }
    }
  }
  void finish_response() {
    const H1Event event = parser_.finish();
    if (event == H1Event::end) end();
    if (event == H1Event::error) fail();
  }

  const std::string& text() const { return text_; }
  const std::string& body() const { return body_; }

 private:
  bool step(Chunk& in) {
    switch (parser_.next(in)) {
      case H1Event::need_data:
        if (!in.empty()) text_ += "BYTES LEFT OVER\n";
        return false;
      case H1Event::head:
        text_ += "head " + describe(parser_.take_head()) + "\n";
        return true;
      case H1Event::body:
        body_ += parser_.take_body().view();
        return true;
      case H1Event::end:
        end();
        return true;
      case H1Event::error:
        if (!failed_) fail();
        return false;
    }
    return false;
  }
  void end() {
    if (!body_.empty()) text_ += "body " + body_ + "\n";
    body_.clear();
    text_ += fmt::format("end{}{}\n", parser_.keep_alive() ? "" : " close",
                         describe(parser_.take_trailers()));
  }
  void fail() {
    failed_ = true;
    if (!body_.empty()) text_ += "body " + body_ + "\n";
    text_ += fmt::format("error {} {}\n", parser_.error().status, parser_.error().detail);
  }

  Parser& parser_;
  bool failed_ = false;
  std::string text_;
  std::string body_;
};

inline std::string read_requests(std::string_view bytes, const Cut& cut = whole(),
                                 const H1Limits& limits = {}) {
  H1RequestParser parser(limits);
  Transcript transcript(parser);
  transcript.feed(bytes, cut);
  return transcript.text();
}

}  // namespace gnomon::http
