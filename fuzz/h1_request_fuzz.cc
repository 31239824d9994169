// Requests: the same events however the bytes are cut; no message that both llhttp (strict) and
// Boost.Beast refuse; where all three accept, the same end, method, target, fields and body; and
// what the writer makes of a head reads back as that head.
#include <cstdint>
#include <string>
#include <string_view>

#include "h1_compare.h"
#include "http/h1_writer.h"

namespace gnomon::fuzz {
namespace {

struct Ours {
  RequestHead head;
  std::string body;
  Headers trailers;
  size_t consumed = 0;
  bool complete = false;
};

Ours first_message(std::string_view bytes) {
  Ours out;
  const http::H1Limits limits;
  http::H1RequestParser parser(limits);
  Chunk in = Chunk::copy_of(bytes);
  for (;;) {
    switch (parser.next(in)) {
      case http::H1Event::head:
        out.head = parser.take_head();
        break;
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

bool known_to_llhttp(Method method) { return method != Method::other; }

// Without the empty lines before it, and with the words that only we know replaced.
std::string prepared(std::string_view message, const RequestHead& head, bool for_llhttp) {
  while (message.starts_with("\r\n")) message.remove_prefix(2);
  std::string out(message);
  lower_minor(out, out.find("\r\n") - 1);
  if (for_llhttp && !known_to_llhttp(head.method)) out.replace(0, head.method_name.size(), "PUT");
  return out;
}

// What our head says about a target, given the target itself.
bool same_target(const RequestHead& head, std::string_view target) {
  if (target.starts_with('/') || target == "*") return head.path == target;
  const std::string_view rest = target.substr(target.find("//") + 2);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  std::string path(rest.substr(authority.size()));
  if (path.empty()) path = head.method == Method::options ? "*" : "/";
  if (path.starts_with('?')) path.insert(0, "/");
  const std::string_view expected =
      authority.ends_with(':') ? authority.substr(0, authority.size() - 1) : authority;
  return head.authority == expected && head.path == path;
}

void agree(const Ours& ours, const Opinion& opinion, size_t length, std::string_view method,
           const char* who) {
  const RequestHead& head = ours.head;
  if (opinion.verdict != Opinion::Verdict::complete || opinion.consumed != length) {
    report(fmt::format("{} ends elsewhere than {}", who, length), http::describe(head), opinion);
  }
  if (opinion.method != method || !same_target(head, opinion.target)) {
    report(fmt::format("{}: method or target differs", who), http::describe(head), opinion);
  }
  if (end_to_end(opinion.fields, true) != list_of(head.headers)) {
    report(fmt::format("{}: fields differ", who), http::describe(head), opinion);
  }
  if (opinion.body != ours.body) {
    report(fmt::format("{}: body differs", who), ours.body, opinion);
  }
  if (allowed_trailers(opinion.trailers, opinion.fields) != list_of(ours.trailers)) {
    report(fmt::format("{}: trailers differ", who), http::describe(ours.trailers), opinion);
  }
}

void compare(std::string_view message, const Ours& ours) {
  const std::string for_llhttp = prepared(message, ours.head, true);
  const std::string for_beast = prepared(message, ours.head, false);
  const Opinion llhttp = llhttp_request(for_llhttp);
  const Opinion beast = beast_request(for_beast);
  const bool llhttp_refuses = llhttp.verdict == Opinion::Verdict::refused;
  const bool beast_refuses = beast.verdict == Opinion::Verdict::refused;
  if (llhttp_refuses && beast_refuses) {
    report("both others refuse", http::describe(ours.head), beast);
  }
  const std::string_view method = ours.head.method_name;
  if (!llhttp_refuses) {
    agree(ours, llhttp, for_llhttp.size(), known_to_llhttp(ours.head.method) ? method : "PUT",
          "llhttp");
  }
  if (!beast_refuses) agree(ours, beast, for_beast.size(), method, "beast");
}

void round_trip(RequestHead head) {
  if (head.authority.empty()) return;  // only HTTP/1.0 may leave it out
  head.version = Version::http11;
  ByteQueue out;
  http::write_request_head(out, head);
  const std::string bytes = out.to_string();
  const http::H1Limits limits{.start_line_bytes = 1 << 20, .head_bytes = 1 << 20};
  http::H1RequestParser parser(limits);
  Chunk in = Chunk::copy_of(bytes);
  require(parser.next(in) == http::H1Event::head, "a written head is not read", bytes,
          parser.error().detail);
  RequestHead read = parser.take_head();
  // The writer may declare that there is no content, which is what its absence means.
  if (head.content_length == kNoLength && read.content_length == 0) read.content_length = kNoLength;
  const std::string again = http::describe(read);
  require(again == http::describe(head), "a written head differs", http::describe(head), again);
}

void run(std::string_view bytes) {
  const std::string whole = http::read_requests(bytes);
  for (const http::Cut& cut : {http::pieces_of(1), cuts_of(bytes)}) {
    const std::string cut_up = http::read_requests(bytes, cut);
    require(whole == cut_up, "cutting the bytes changes the events", whole, cut_up);
  }
  for (Ours ours = first_message(bytes); ours.complete; ours = first_message(bytes)) {
    compare(bytes.substr(0, ours.consumed), ours);
    round_trip(ours.head);
    bytes.remove_prefix(ours.consumed);
  }
}

}  // namespace
}  // namespace gnomon::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  gnomon::fuzz::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
