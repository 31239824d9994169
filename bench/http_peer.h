// What backend and load generator share: sockets, and as much HTTP/1.1 as two programs need that
// only ever talk through a correct proxy.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace bench {

[[noreturn]] inline void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

inline sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

inline void no_delay(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

inline void watch(int epoll, int fd, uint32_t events, void* who) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = who;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
}

template <typename Number>
Number number_or(std::string_view text, Number otherwise) {
  Number value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// Reads messages far enough to know where each ends. Heads may be split anywhere.
class MessageReader {
 public:
  // Consumes bytes up to the end of one message at most; true when it is complete.
  bool feed(std::string_view& bytes) {
    if (!in_body_ && !read_head(bytes)) return false;
    const size_t taken = left_ < bytes.size() ? left_ : bytes.size();
    bytes.remove_prefix(taken);
    left_ -= taken;
    if (left_ > 0) return false;
    in_body_ = false;
    head_.clear();
    return true;
  }

  // Of the message that is being read: valid from the end of its head on.
  bool post() const { return post_; }
  bool large() const { return large_; }
  int status() const { return status_; }
  bool idle() const { return !in_body_ && head_.empty(); }
  void reset() { *this = MessageReader(); }

 private:
  bool read_head(std::string_view& bytes) {
    const size_t before = head_.size();
    head_.append(bytes);
    const size_t end = head_.find("\r\n\r\n", before < 3 ? 0 : before - 3);
    if (end == std::string::npos) {
      bytes = {};
      return false;
    }
    bytes.remove_prefix(end + 4 - before);
    head_.resize(end + 2);
    understand();
    return true;
  }

  void understand() {
    const std::string_view head = head_;
    in_body_ = true;
    left_ = 0;
    post_ = head.starts_with("POST");
    large_ = head.substr(0, head.find('\r')).find("/large") != std::string_view::npos;
    status_ = head.starts_with("HTTP/1.1 ") ? number_or(head.substr(9, 3), 0) : 0;
    for (size_t line = head.find("\r\n"); line + 2 < head.size();
         line = head.find("\r\n", line + 2)) {
      const std::string_view field = head.substr(line + 2);
      if (is_length(field))
        left_ = number_or<size_t>(field.substr(field.find_first_not_of(' ', 15)), 0);
    }
  }

  static bool is_length(std::string_view field) {
    constexpr std::string_view kName = "content-length:";
    if (field.size() < kName.size()) return false;
    for (size_t i = 0; i < kName.size(); ++i) {
      if ((field[i] | 0x20) != kName[i] && field[i] != kName[i]) return false;
    }
    return true;
  }

  std::string head_;
  size_t left_ = 0;
  int status_ = 0;
  bool in_body_ = false;
  bool post_ = false;
  bool large_ = false;
};

}  // namespace bench
