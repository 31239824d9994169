// Responses, to GET and to HEAD, from a backend that closes behind the last byte: the same events
// however the bytes are cut; no response that both llhttp (strict) and Boost.Beast refuse; where
// all three accept, the same end, status, fields and body; and what the writer makes of a head
// reads back as that head.
#include <cstdint>
#include <string>
#include <string_view>

#include "h1_compare.h"
#include "http/h1_writer.h"

namespace gnomon::fuzz {
namespace {

struct Exchange {
  Method method;
  bool upgrade_offered;
};

std::string transcript(std::string_view bytes, const Exchange& exchange, const http::Cut& cut) {
  const http::H1Limits limits;
  http::H1ResponseParser parser(limits);
  parser.expect(exchange.method, exchange.upgrade_offered);
  parser.expect(Method::get, false);
  http::Transcript out(parser);
  out.feed(bytes, cut);
  out.finish_response();
  std::string text = out.text();
  // Whether a connection may be used again depends on what has arrived when the message ends.
  if (text.find("no request explains") != std::string::npos) {
    for (size_t at; (at = text.find("\nend close")) != std::string::npos;) text.erase(at + 4, 6);
  }
  return text;
}

struct Ours {
  ResponseHead head;
  std::string body;
  Headers trailers;
  size_t consumed = 0;
  bool complete = false;
};

// The first head, which may be an interim one, with what belongs to it.
Ours first_message(std::string_view bytes, const Exchange& exchange) {
  Ours out;
  const http::H1Limits limits;
  http::H1ResponseParser parser(limits);
  parser.expect(exchange.method, exchange.upgrade_offered);
  Chunk in = Chunk::copy_of(bytes);
  for (;;) {
    http::H1Event event = parser.next(in);
    if (event == http::H1Event::need_data) event = parser.finish();
    switch (event) {
      case http::H1Event::head:
        out.head = parser.take_head();
        if (out.head.status >= 200) break;
        out.consumed = bytes.size() - in.size();
        out.complete = true;
        return out;
      case http::H1Event::body:
        out.body += parser.take_body().view();
        break;
      case http::H1Event::end:
        out.trailers = parser.take_trailers();
        out.consumed = bytes.size() - in.size();
        out.complete = true;
        return out;
      default:
        return out;
    }
  }
}

void agree(const Ours& ours, const Opinion& opinion, size_t length, const char* who) {
  const std::string head = http::describe(ours.head);
  if (opinion.verdict != Opinion::Verdict::complete || opinion.consumed != length) {
    report(fmt::format("{} ends elsewhere than {}", who, length), head, opinion);
  }
  if (opinion.status != ours.head.status) {
    report(fmt::format("{}: status differs", who), head, opinion);
  }
  if (end_to_end(opinion.fields, false) != list_of(ours.head.headers)) {
    report(fmt::format("{}: fields differ", who), head, opinion);
  }
  if (opinion.body != ours.body) {
    report(fmt::format("{}: body differs", who), ours.body, opinion);
  }
  if (allowed_trailers(opinion.trailers, opinion.fields) != list_of(ours.trailers)) {
    report(fmt::format("{}: trailers differ", who), http::describe(ours.trailers), opinion);
  }
}

void compare(std::string_view message, const Ours& ours, const Exchange& exchange) {
  std::string bytes(message);
  lower_minor(bytes, 7);
  const bool to_head = exchange.method == Method::head;
  const bool closed = ours.head.body == BodyKind::until_close;
  const Opinion llhttp = llhttp_response(bytes, to_head, closed);
  const Opinion beast = beast_response(bytes, to_head, closed);
  const bool llhttp_refuses = llhttp.verdict == Opinion::Verdict::refused;
  const bool beast_refuses = beast.verdict == Opinion::Verdict::refused;
  if (llhttp_refuses && beast_refuses) {
    report("both others refuse", http::describe(ours.head), beast);
  }
  if (!llhttp_refuses) agree(ours, llhttp, bytes.size(), "llhttp");
  if (!beast_refuses) agree(ours, beast, bytes.size(), "beast");
}

void round_trip(ResponseHead head, const Exchange& exchange) {
  head.version = Version::http11;
  ByteQueue out;
  head.body = http::write_response_head(out, head, Version::http11, http::ConnectionOption::none,
                                        exchange.method);
  if (head.reason.empty()) head.reason = reason_phrase(head.status);
  const std::string bytes = out.to_string();
  const http::H1Limits limits{.start_line_bytes = 1 << 20, .head_bytes = 1 << 20};
  http::H1ResponseParser parser(limits);
  parser.expect(exchange.method, exchange.upgrade_offered);
  Chunk in = Chunk::copy_of(bytes);
  require(parser.next(in) == http::H1Event::head, "a written head is not read", bytes,
          parser.error().detail);
  const std::string again = http::describe(parser.take_head());
  require(again == http::describe(head), "a written head differs", http::describe(head), again);
}

void run(std::string_view bytes, const Exchange& exchange) {
  const std::string whole = transcript(bytes, exchange, http::whole());
  for (const http::Cut& cut : {http::pieces_of(1), cuts_of(bytes)}) {
    const std::string cut_up = transcript(bytes, exchange, cut);
    require(whole == cut_up, "cutting the bytes changes the events", whole, cut_up);
  }
  for (Ours ours = first_message(bytes, exchange); ours.complete;
       ours = first_message(bytes, exchange)) {
    if (ours.head.status == 101) return;
    compare(bytes.substr(0, ours.consumed), ours, exchange);
    round_trip(ours.head, exchange);
    bytes.remove_prefix(ours.consumed);
  }
}

}  // namespace
}  // namespace gnomon::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  gnomon::fuzz::run(bytes, {gnomon::Method::get, false});
  gnomon::fuzz::run(bytes, {gnomon::Method::head, false});
  gnomon::fuzz::run(bytes, {gnomon::Method::get, true});
  return 0;
}
