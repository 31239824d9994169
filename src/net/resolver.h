// Names to addresses by c-ares, without blocking: asks the resolvers of the system (and its hosts
// file) from an event loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "net/address.h"
#include "net/event_loop.h"

struct ares_channeldata;

namespace gnomon::net {

struct Resolution {
  std::vector<Address> addresses;  // ports are 0; empty when the name could not be resolved
  std::chrono::seconds ttl{0};     // the smallest of the answer
  std::string error;               // in words, when empty
};

// All calls and callbacks on the loop's thread.
class Resolver {
 public:
  using Callback = std::function<void(Resolution)>;

  explicit Resolver(EventLoop& loop);
  // Callbacks of questions still open are called with an error.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  void resolve(const std::string& name, Callback done);

 private:
  class Watch;

  void on_socket_state(int fd, bool wanted);
  void process(int readable_fd, int writable_fd);
  void arm_timer();

  EventLoop& loop_;
  ares_channeldata* channel_ = nullptr;
  std::map<int, std::unique_ptr<Watch>> watches_;
  std::vector<std::unique_ptr<Watch>> retired_;
  Timer timer_;
  Task sweep_;
};

}  // namespace gnomon::net
