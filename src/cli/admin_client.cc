#include "cli/admin_client.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "app/listener_plan.h"
#include "http/h1_response_parser.h"

namespace gnomon::cli {
namespace {

constexpr Millis kPatience{10'000};
constexpr size_t kAnswerMax = size_t{64} << 20;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const noexcept { return fd_; }

 private:
  int fd_;
};

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

// What there is to read, waiting for it; empty at the end, or when nothing comes.
Chunk receive(int fd) {
  struct pollfd waited{fd, POLLIN, 0};
  if (::poll(&waited, 1, static_cast<int>(kPatience.count())) != 1) return {};
  BlockRef block = Block::allocate(Block::kStandard / 2);
  const ssize_t got = ::recv(fd, block->data(), block->capacity(), 0);
  if (got <= 0) return {};
  const char* const data = block->data();
  return {std::move(block), data, static_cast<size_t>(got)};
}

std::expected<AdminAnswer, std::string> read_answer(int fd) {
  http::H1Limits limits;
  http::H1ResponseParser parser(limits);
  parser.expect(Method::get, false);
  AdminAnswer answer;
  Chunk in;
  bool ended = false;
  for (;;) {
    switch (parser.next(in)) {
      case http::H1Event::head:
        answer.status = parser.take_head().status;
        break;
      case http::H1Event::body:
        answer.body += parser.take_body().view();
        if (answer.body.size() > kAnswerMax) return std::unexpected("it answers without an end");
        break;
      case http::H1Event::end:
        return answer;
      case http::H1Event::error:
        return std::unexpected("what answers there is no admin API");
      case http::H1Event::need_data:
        if (ended) return std::unexpected("it does not answer");
        in = receive(fd);
        if (in.empty()) {
          ended = true;
          if (parser.finish() == http::H1Event::end) return answer;
        }
        break;
    }
  }
}

}  // namespace

std::expected<AdminAnswer, std::string> AdminClient::get(std::string_view target) const {
  const size_t colon = address_.rfind(':');
  const auto at = app::parse_listen_address(address_);
  if (!at || colon == std::string::npos) {
    return std::unexpected(fmt::format("{} is not an address such as 127.0.0.1:19000", address_));
  }
  const Socket socket(::socket(at->family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.fd() < 0 || ::connect(socket.fd(), at->data(), at->size()) != 0) {
    return std::unexpected(fmt::format("{}: {}", address_, std::strerror(errno)));
  }
  const std::string request =
      fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: gnomon\r\nConnection: close\r\n\r\n",
                  target, address_);
  if (!send_all(socket.fd(), request)) {
    return std::unexpected(fmt::format("{}: {}", address_, std::strerror(errno)));
  }
  auto answer = read_answer(socket.fd());
  if (!answer) return std::unexpected(fmt::format("{}: {}", address_, answer.error()));
  return answer;
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out.push_back(c);
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace gnomon::cli
