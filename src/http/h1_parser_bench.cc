#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "http/h1_request_parser.h"
#include "http/h1_response_parser.h"
#include "http/h1_writer.h"

namespace gnomon::http {
namespace {

// About what a browser sends through an ingress: eleven fields, 600 bytes.
constexpr std::string_view kRequest =
    "GET /api/v1/pets/42/photos?size=large&format=webp HTTP/1.1\r\n"
    "Host: petstore.example.test\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8\r\n"
    "Accept-Language: en-GB,en;q=0.7,de;q=0.3\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Referer: https://petstore.example.test/pets/42\r\n"
    "Cookie: session=4f2a9c7be1d04c55a1b0; theme=dark; seen=1\r\n"
    "X-Request-Id: 0d9f3a86-5f58-4f0a-9f43-1c1f3f3f7e11\r\n"
    "X-Forwarded-For: 203.0.113.7\r\n"
    "X-Forwarded-Proto: https\r\n"
    "Connection: keep-alive\r\n"
    "\r\n";

constexpr std::string_view kResponse =
    "HTTP/1.1 200 OK\r\n"
    "Date: Sun, 22 Nov 2026 12:00:00 GMT\r\n"
    "Server: petstore\r\n"
    "Content-Type: application/json; charset=utf-8\r\n"
    "Cache-Control: private, max-age=0\r\n"
    "Vary: Accept-Encoding\r\n"
    "Content-Length: 0\r\n"
    "\r\n";

void request_head(benchmark::State& state) {
  const H1Limits limits;
  H1RequestParser parser(limits);
  const Chunk bytes = Chunk::copy_of(kRequest);
  for (auto _ : state) {
    Chunk in = bytes;
    if (parser.next(in) != H1Event::head) state.SkipWithError("no head");
    RequestHead head = parser.take_head();
    benchmark::DoNotOptimize(head);
    if (parser.next(in) != H1Event::end) state.SkipWithError("no end");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(kRequest.size()));
}
BENCHMARK(request_head);

void request_head_in_two_reads(benchmark::State& state) {
  const H1Limits limits;
  H1RequestParser parser(limits);
  const Chunk first = Chunk::copy_of(kRequest.substr(0, 300));
  const Chunk second = Chunk::copy_of(kRequest.substr(300));
  for (auto _ : state) {
    Chunk in = first;
    if (parser.next(in) != H1Event::need_data) state.SkipWithError("ended early");
    in = second;
    if (parser.next(in) != H1Event::head) state.SkipWithError("no head");
    RequestHead head = parser.take_head();
    benchmark::DoNotOptimize(head);
    parser.next(in);
  }
}
BENCHMARK(request_head_in_two_reads);

// The argument is the size of the head: the time per byte must stay flat.
void request_head_byte_by_byte(benchmark::State& state) {
  const H1Limits limits;
  const auto size = static_cast<size_t>(state.range(0));
  std::string text = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  text.append(size - text.size() - 4, 'x').append("\r\n\r\n");
  for (auto _ : state) {
    H1RequestParser parser(limits);
    H1Event event = H1Event::need_data;
    for (const char c : text) {
      Chunk in = Chunk::of_static({&c, 1});
      event = parser.next(in);
    }
    if (event != H1Event::head) state.SkipWithError("no head");
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(request_head_byte_by_byte)->Arg(1000)->Arg(10000)->Arg(60000);

void response_head(benchmark::State& state) {
  const H1Limits limits;
  H1ResponseParser parser(limits);
  const Chunk bytes = Chunk::copy_of(kResponse);
  for (auto _ : state) {
    Chunk in = bytes;
    parser.expect(Method::get, false);
    if (parser.next(in) != H1Event::head) state.SkipWithError("no head");
    ResponseHead head = parser.take_head();
    benchmark::DoNotOptimize(head);
    if (parser.next(in) != H1Event::end) state.SkipWithError("no end");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(kResponse.size()));
}
BENCHMARK(response_head);

void chunked_body(benchmark::State& state) {
  const H1Limits limits;
  std::string text = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 16; ++i) text.append("3e8\r\n").append(1000, 'x').append("\r\n");
  text += "0\r\n\r\n";
  const Chunk bytes = Chunk::copy_of(text);
  H1RequestParser parser(limits);
  for (auto _ : state) {
    Chunk in = bytes;
    H1Event event = parser.next(in);
    while (event != H1Event::end && event != H1Event::error) event = parser.next(in);
    if (event != H1Event::end) state.SkipWithError("no end");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}
BENCHMARK(chunked_body);

void write_request(benchmark::State& state) {
  const H1Limits limits;
  H1RequestParser parser(limits);
  Chunk in = Chunk::copy_of(kRequest);
  parser.next(in);
  const RequestHead head = parser.take_head();
  ByteQueue out;
  for (auto _ : state) {
    write_request_head(out, head);
    benchmark::DoNotOptimize(out.size());
    out.consume(out.size());
  }
}
BENCHMARK(write_request);

}  // namespace
}  // namespace gnomon::http
