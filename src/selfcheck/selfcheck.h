// The whole of it: starts the gateway, lets every scenario have its turn, and leaves nothing
// behind.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/signals.h"
#include "base/clock.h"
#include "base/temporary_folder.h"
#include "net/event_loop.h"
#include "net/tcp.h"
#include "selfcheck/gateway_process.h"
#include "selfcheck/scenario_run.h"
#include "selfcheck/verdict_watch.h"

namespace gnomon::selfcheck {

struct Settings {
  uint64_t seed = 1;
  std::vector<const Scenario*> scenarios;
  // Told of each as soon as it is known; may be null.
  std::function<void(const Result&)> on_result;
};

struct Report {
  std::vector<Result> results;  // of each scenario that came to an end, in their order
  std::string not_started;      // why the gateway could not be started
  std::string gateway_problem;  // it ended when it should not have, or not as it should have
  bool interrupted = false;
  Duration took{};

  bool green() const noexcept;
};

class Selfcheck {
 public:
  Selfcheck(const Clock& clock, Settings settings);
  ~Selfcheck();
  Selfcheck(const Selfcheck&) = delete;
  Selfcheck& operator=(const Selfcheck&) = delete;

  // Once.
  Report run();

 private:
  std::expected<void, std::string> begin();
  void on_ready();
  void on_start_limit();
  void on_ended(const std::string& how);
  void give_up(const std::string& why);
  void begin_next();
  void begin_run(ScenarioRun& run);
  void on_result(const ScenarioRun& run);
  void stop_gateway();
  void interrupt();

  const Clock& clock_;
  const Settings settings_;
  net::EpollPoller poller_;
  net::EventLoop loop_;
  app::Signals signals_;  // before the child: what it may do to us is known by then
  net::TcpNetwork network_;
  http::ReadBuffer read_buffer_;
  Wiring wiring_;
  const TemporaryFolder folder_;
  VerdictWatch::Runs runs_;
  GatewayProcess gateway_;
  std::unique_ptr<VerdictWatch> watch_;
  net::Timer start_limit_;
  net::Timer stop_limit_;
  bool ready_ = false;
  bool stopping_ = false;
  Report report_;
};

}  // namespace gnomon::selfcheck
