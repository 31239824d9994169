// The gateway that is looked at: this very program as a child of its own. It does not outlive us,
// however we end.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <functional>
#include <string>

#include "net/event_loop.h"
#include "selfcheck/descriptor.h"

namespace gnomon::selfcheck {

class GatewayProcess final : private net::IoHandler {
 public:
  struct Events {
    std::function<void()> ready;
    // In words. After this there is no process any more; `ready` may never have been called.
    std::function<void(const std::string&)> ended;
  };

  // `folder` gets its log.
  GatewayProcess(net::EventLoop& loop, std::string folder, Events events);
  // Kills it if it still runs.
  ~GatewayProcess();
  GatewayProcess(const GatewayProcess&) = delete;
  GatewayProcess& operator=(const GatewayProcess&) = delete;

  // The error says why there is no process at all.
  std::expected<void, std::string> start(const std::string& manifest_path);
  void stop();
  void kill();

  bool running() const noexcept { return pid_ > 0; }
  // Whether it ended by itself, with exit code 0.
  bool ended_well() const noexcept { return ended_well_; }
  // Once it is ready.
  uint16_t port() const noexcept { return port_; }
  uint16_t admin_port() const noexcept { return admin_port_; }
  // The end of what it has logged.
  std::string last_words() const;

 private:
  void on_io(uint32_t events) override;
  void watch();
  void unwatch();
  void read_lines();
  void on_line(const std::string& line);
  void reap();

  net::EventLoop& loop_;
  const std::string folder_;
  const Events events_;
  pid_t pid_ = -1;
  Descriptor out_;  // its standard output
  Descriptor end_;  // readable once it has ended
  uint64_t out_token_ = 0;
  uint64_t end_token_ = 0;
  std::string line_;
  uint16_t port_ = 0;
  uint16_t admin_port_ = 0;
  bool ended_well_ = false;
};

}  // namespace gnomon::selfcheck
