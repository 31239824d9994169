// Tells outlier detection how one host's attempts end, on one worker.
#pragma once

#include <memory>
#include <optional>

#include "base/result.h"
#include "net/event_loop.h"
#include "proxy/upstream_health.h"

namespace gnomon::proxy {

class HostMonitor {
 public:
  // `rules` change in place with a reload; all outlive the monitor.
  HostMonitor(UpstreamHealth& upstream, std::shared_ptr<HostHealth> host,
              const std::optional<routing::OutlierDetection>& rules, net::EventLoop& loop, Rng& rng)
      : upstream_(upstream), host_(std::move(host)), rules_(rules), loop_(loop), rng_(rng) {}

  const HostHealth& health() const noexcept { return *host_; }
  void mark_used() noexcept { upstream_.mark_used(); }

  void on_connected() {
    if (rules_ && rules_->split_local_errors) {
      upstream_.on_connect(*host_, true, *rules_, loop_.now(), rng_);
    }
  }
  void on_status(uint16_t status) {
    if (rules_) upstream_.on_status(*host_, status, *rules_, loop_.now(), rng_);
  }
  // An attempt that got no answer. What our own limits refused says nothing about the host.
  void on_failure(const Error& error) {
    if (!rules_ || error.code == Errc::overflow || error.code == Errc::canceled) return;
    if (rules_->split_local_errors) {
      return upstream_.on_connect(*host_, false, *rules_, loop_.now(), rng_);
    }
    constexpr uint16_t kUnavailable = 503;
    constexpr uint16_t kTimeout = 504;
    on_status(error.code == Errc::timeout ? kTimeout : kUnavailable);
  }

 private:
  UpstreamHealth& upstream_;
  const std::shared_ptr<HostHealth> host_;
  const std::optional<routing::OutlierDetection>& rules_;
  net::EventLoop& loop_;
  Rng& rng_;
};

}  // namespace gnomon::proxy
