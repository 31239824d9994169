#include "net/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace gnomon::net {

Address::Address(const sockaddr* address, socklen_t size) noexcept
    : size_(std::min<socklen_t>(size, sizeof(storage_))) {
  std::memcpy(&storage_, address, size_);
}

std::optional<Address> Address::parse(const std::string& ip, uint16_t port) {
  Address out;
  if (inet_pton(AF_INET, ip.c_str(), &out.storage_.v4.sin_addr) == 1) {
    out.storage_.v4.sin_family = AF_INET;
    out.storage_.v4.sin_port = htons(port);
    out.size_ = sizeof(sockaddr_in);
    return out;
  }
  out = Address();
  if (inet_pton(AF_INET6, ip.c_str(), &out.storage_.v6.sin6_addr) == 1) {
    out.storage_.v6.sin6_family = AF_INET6;
    out.storage_.v6.sin6_port = htons(port);
    out.size_ = sizeof(sockaddr_in6);
    return out;
  }
  return std::nullopt;
}

std::optional<Address> Address::pipe(const std::string& path) {
  sockaddr_un socket{};
  if (path.empty() || path.size() >= sizeof(socket.sun_path)) return std::nullopt;
  socket.sun_family = AF_UNIX;
  path.copy(socket.sun_path, path.size());
  size_t size = offsetof(sockaddr_un, sun_path) + path.size();
  if (path.front() == '@') {
    socket.sun_path[0] = '\0';  // an abstract name has no terminator
  } else {
    ++size;
  }
  Address out;
  out.pipe_ = std::make_shared<const sockaddr_un>(socket);
  out.size_ = static_cast<socklen_t>(size);
  return out;
}

uint16_t Address::port() const noexcept {
  if (size_ == 0 || is_pipe()) return 0;
  return ntohs(family() == AF_INET ? storage_.v4.sin_port : storage_.v6.sin6_port);
}

void Address::set_port(uint16_t port) noexcept {
  if (is_pipe()) return;
  (family() == AF_INET ? storage_.v4.sin_port : storage_.v6.sin6_port) = htons(port);
}

std::string Address::ip() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (size_ == 0) return "";
  if (is_pipe()) {
    if (pipe_->sun_path[0] != '\0') return pipe_->sun_path;
    const size_t bytes = size_ - offsetof(sockaddr_un, sun_path) - 1;
    return "@" + std::string(pipe_->sun_path + 1, bytes);
  }
  if (family() == AF_INET) {
    inet_ntop(AF_INET, &storage_.v4.sin_addr, text, sizeof(text));
  } else if (IN6_IS_ADDR_V4MAPPED(&storage_.v6.sin6_addr)) {
    inet_ntop(AF_INET, &storage_.v6.sin6_addr.s6_addr[12], text, sizeof(text));
  } else {
    inet_ntop(AF_INET6, &storage_.v6.sin6_addr, text, sizeof(text));
  }
  return text;
}

std::string Address::to_string() const {
  const std::string host = ip();
  if (is_pipe()) return host;
  return host.find(':') != std::string::npos ? fmt::format("[{}]:{}", host, port())
                                             : fmt::format("{}:{}", host, port());
}

bool Address::operator==(const Address& other) const noexcept {
  return size_ == other.size_ && is_pipe() == other.is_pipe() &&
         std::memcmp(data(), other.data(), size_) == 0;
}

}  // namespace gnomon::net
