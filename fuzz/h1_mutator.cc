// Mutations that know what HTTP/1.1 is made of, beside libFuzzer's own.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string_view>

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace {

constexpr std::string_view kPieces[] = {
    "\r\n",
    "\r\n\r\n",
    "\n",
    "\r",
    " ",
    "\t",
    ":",
    ";",
    ",",
    "\"",
    "=",
    "\x0b",
    "0",
    "1",
    "HTTP/1.1",
    "HTTP/1.0",
    "HTTP/1.2",
    "GET ",
    "POST ",
    "OPTIONS * ",
    "FROB ",
    " /a?b HTTP/1.1\r\n",
    "http://a.test/",
    "https://a:443?x",
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 204 No Content\r\n",
    "HTTP/1.1 304 x\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 101 x\r\n",
    "Host: a.test\r\n",
    "Host: [::1]:80\r\n",
    "Content-Length: 3\r\n",
    "Content-Length: 0\r\n",
    "Content-Length: 00000000000000000003\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "transfer-encoding:CHUNKED\r\n",
    "Connection: close\r\n",
    "Connection: keep-alive, upgrade, te, x\r\n",
    "Upgrade: websocket\r\n",
    "Expect: 100-continue\r\n",
    "TE: trailers\r\n",
    "Trailer: x\r\n",
    "Keep-Alive: 1\r\n",
    "X: y\r\n",
    "x:\r\n",
    "X: \t a b \t\r\n",
    " folded\r\n",
    "3\r\nabc\r\n",
    "003;a=b\r\nabc\r\n",
    "3 ; a = \"b\\\"\"\r\nabc\r\n",
    "0\r\n\r\n",
    "0\r\nx: y\r\n\r\n",
    "ffffffffffffffff\r\n",
    "abc",
};

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned seed) {
  std::minstd_rand random(seed);
  if (random() % 2 == 0) return LLVMFuzzerMutate(data, size, max_size);
  const std::string_view piece = kPieces[random() % std::size(kPieces)];
  const size_t at = random() % (size + 1);
  // Either in between or over what is there.
  const size_t gone = random() % 3 == 0 ? std::min(piece.size(), size - at) : 0;
  if (size - gone + piece.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memmove(data + at + piece.size(), data + at + gone, size - at - gone);
  std::memcpy(data + at, piece.data(), piece.size());
  return size - gone + piece.size();
}
