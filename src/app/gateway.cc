#include "app/gateway.h"

#include <unistd.h>

#include <iterator>
#include <utility>

#include "app/descriptors.h"
#include "config/diagnostic.h"
#include "tls/ticket_keys.h"

namespace gnomon::app {
namespace {

constexpr Millis kStopPoll{20};
constexpr Millis kTicketKeyLife = std::chrono::hours(1);
// How often trials are judged and their evidence is kept. With what the store takes to gather and
// write, a crash costs less than a second of it.
constexpr Millis kTrialPeriod{500};
// Answers that wait to be compared at the end get this long.
constexpr Millis kLastComparing{2'000};

std::string render_all(const std::vector<config::Diagnostic>& diagnostics) {
  std::string text;
  for (const config::Diagnostic& diagnostic : diagnostics) text += config::render(diagnostic);
  return text;
}

void print_line(const std::string& line) {
  const std::string text = line + "\n";
  [[maybe_unused]] const ssize_t n = ::write(STDOUT_FILENO, text.data(), text.size());
}

}  // namespace

Gateway::Gateway(const Clock& clock, Log& log, const Options& options)
    : clock_(clock),
      log_(log),
      options_(options),
      loop_(clock, poller_),
      signals_(loop_, {[this] { stop(); }, [this] { reload(Cause::asked_for, "SIGHUP", nullptr); },
                       [this] {
                         if (access_log_ != nullptr) access_log_->reopen();
                         access_files_.reopen();
                       }}),
      shared_{clock, log},
      trials_({options.store, system_secret()}, clock, log),
      comparers_({.threads = options.compare_threads}, trials_),
      admin_view_(clock, reload_state_, {&shared_.live_health, &shared_.shadow_health}, trials_,
                  [this](ReloadDone done) {
                    loop_.post([this, done = std::move(done)] {
                      reload(Cause::asked_for, "POST /reload", done);
                    });
                  }),
      listener_plan_(options.listen),
      access_files_(log),
      health_(loop_, log, shared_.client_settings, shared_.live_health, shared_.shadow_health),
      ticket_timer_(loop_.timers(),
                    [this] {
                      tls::TicketKeys::instance().rotate();
                      ticket_timer_.arm(kTicketKeyLife);
                    }),
      trial_timer_(loop_.timers(), [this] { judge_trials(); }),
      stop_timer_(loop_.timers(), [this] { check_stopped(); }) {
  shared_.trios = &comparers_;
  ticket_timer_.arm(kTicketKeyLife);
  shared_.server_settings = options.server;
  shared_.gateway_ip = net::host_ip();
  const DescriptorShares shares = share_descriptors(raise_descriptor_limit());
  shared_.shadow_limits.in_flight_max = shares.copies;
  shared_.clients_max = shares.clients;
}

Gateway::~Gateway() {
  if (admin_ != nullptr) admin_->stop();
  if (api_ != nullptr) api_->stop();
}

int Gateway::run() {
  if (!options_.access_log.empty()) {
    proxy::AccessLog::Settings settings;
    settings.path = options_.access_log;
    settings.format =
        options_.access_log_json ? proxy::AccessFormat::json : proxy::AccessFormat::text;
    auto opened = proxy::AccessLog::open(std::move(settings), log_);
    if (!opened) {
      log_.error("cannot open the access log", {{"reason", opened.error()}});
      return 1;
    }
    access_log_ = std::move(*opened);
  }
  dns_ = std::make_unique<DnsBook>(loop_, log_, [this](const proxy::AddressBookPtr& book) {
    admin_view_.set_book(book);
    health_.resolve(book);
    for (const auto& worker : workers_) {
      worker->post([raw = worker.get(), book] { raw->resolve(book); });
    }
  });
  begin();
  loop_.run();
  if (access_log_ != nullptr) access_log_->stop();
  access_files_.stop();
  return exit_code_;
}

// The first load: without a good configuration there is nothing to serve.
void Gateway::begin() {
  routing::Loaded loaded = load();
  const std::string problems = render_all(loaded.diagnostics);
  if (!problems.empty()) {
    [[maybe_unused]] const ssize_t n = ::write(STDERR_FILENO, problems.data(), problems.size());
  }
  if (loaded.snapshot == nullptr) return quit(2);
  if (const auto fits = listener_plan_.check(*loaded.snapshot); !fits) {
    log_.error(fits.error());
    return quit(2);
  }
  auto listeners = listener_plan_.prepare(*loaded.snapshot);
  if (!listeners) {
    log_.error(listeners.error());
    return quit(1);
  }
  listener_plan_.commit();
  prepare(loaded.snapshot,
          [this, snapshot = loaded.snapshot, bound = std::move(*listeners), problems] {
            // Known before "ready" is said: whoever waits for that may ask for it at once.
            ReloadStatus status{true, 1, clock_.wall(), problems, snapshot};
            reload_state_.set(std::move(status));
            start_workers(snapshot, bound);
          });
}

routing::Loaded Gateway::load() {
  routing::Loaded loaded = routing::load_snapshot(options_.config_path, &load_cache_);
  other_files_ = loaded.files;
  if (watcher_ != nullptr) watch_other_files();
  return loaded;
}

void Gateway::watch_other_files() {
  std::vector<std::string> paths;
  paths.reserve(other_files_.size());
  for (const auto& [path, hash] : other_files_) paths.push_back(path);
  watcher_->set_others(std::move(paths));
}

void Gateway::prepare(const routing::SnapshotPtr& snapshot, std::function<void()> ready) {
  dns_->want(*snapshot, [this, snapshot, ready = std::move(ready)] {
    health_.want(snapshot, dns_->book(), ready);
  });
}

// Limits and access logs for each of the listeners, in the snapshot's order.
std::expected<void, std::string> Gateway::equip(const routing::Snapshot& snapshot,
                                                std::vector<BoundListener>& listeners) {
  auto outlets = access_files_.prepare(snapshot);
  if (!outlets) return std::unexpected(std::move(outlets.error()));
  for (size_t i = 0; i < listeners.size(); ++i) {
    listeners[i].outlets = std::move((*outlets)[i]);
    const routing::Listener& listener = snapshot.listeners()[i];
    listeners[i].limits = limit_book_.of(
        fmt::format("{} {}", listeners[i].address.to_string(), listener.chain), listener.settings);
  }
  return {};
}

void Gateway::start_workers(const routing::SnapshotPtr& snapshot,
                            std::vector<BoundListener> listeners) {
  for (unsigned i = 0; i < options_.workers; ++i) {
    workers_.push_back(std::make_unique<Worker>(shared_, system_seed(), i));
    access_files_.add_worker(workers_.back()->stats().access_log_dropped);
  }
  if (const auto equipped = equip(*snapshot, listeners); !equipped) {
    log_.error(equipped.error());
    return quit(1);
  }
  for (const auto& worker : workers_) {
    if (access_log_ != nullptr) {
      worker->set_access(&access_log_->add_sink(worker->stats().access_log_dropped));
    }
    if (const auto installed = worker->install(snapshot, dns_->book(), listeners); !installed) {
      log_.error(installed.error());
      return quit(1);
    }
    admin_view_.add_worker(*worker);
  }
  if (access_log_ != nullptr) access_log_->start();
  trials_.install(snapshot->trials());
  trial_timer_.arm(kTrialPeriod);
  for (size_t i = 0; i < listeners.size(); ++i) {
    if (shares_address(snapshot->listeners(), i)) continue;
    print_line(
        fmt::format("listening on {} ({})", listeners[i].address.to_string(), listeners[i].name));
  }
  if (!open_admin() || !open_api()) return quit(1);
  for (const auto& worker : workers_) worker->start();
  watcher_ = std::make_unique<FileWatcher>(
      loop_, options_.config_path, [this] { reload(Cause::file_change, "file change", nullptr); });
  watch_other_files();
  watcher_->refresh();
  if (!watcher_->working()) log_.warn("cannot watch files; reload by SIGHUP or POST /reload");
  admin_view_.set_readiness(admin::Readiness::live);
  admin_->start();
  if (api_ != nullptr) api_->start();
  print_line("ready");
}

bool Gateway::open_admin() {
  const std::optional<net::Address> address = parse_listen_address(options_.admin);
  if (!address) {
    log_.error("not an address for the admin API", {{"admin", options_.admin}});
    return false;
  }
  auto opened = admin::AdminServer::open(*address, admin_view_, clock_);
  if (!opened) {
    log_.error("cannot open the admin API", {{"reason", opened.error()}});
    return false;
  }
  admin_ = std::move(*opened);
  print_line(fmt::format("admin on {}", admin_->local().to_string()));
  return true;
}

bool Gateway::open_api() {
  if (options_.api.empty()) return true;
  const std::optional<net::Address> address = parse_listen_address(options_.api);
  if (!address) {
    log_.error("not an address for the API", {{"api", options_.api}});
    return false;
  }
  auto opened = admin::AdminServer::open(*address, admin_view_, clock_,
                                         {.verdicts_only = true, .hosts = options_.api_hosts});
  if (!opened) {
    log_.error("cannot open the API", {{"reason", opened.error()}});
    return false;
  }
  api_ = std::move(*opened);
  const std::string local = api_->local().to_string();
  print_line(fmt::format("api on {}", local));
  if (!admin::is_loopback(api_->local())) {
    log_.warn("whoever reaches the API can read verdicts; there is no authentication",
              {{"address", local}});
  }
  return true;
}

// One reload at a time; those asked for meanwhile are served together by one more.
void Gateway::reload(Cause cause, std::string_view by, ReloadDone done) {
  if (workers_.empty() || draining_) {
    if (done) done(false, "the gateway is not serving");
    return;
  }
  if (reloading_) {
    waiting_reloads_.push_back(std::move(done));
    if (cause == Cause::asked_for) waiting_cause_ = cause;
    return;
  }
  const std::map<std::string, size_t> before = other_files_;
  routing::Loaded loaded = load();
  // What was read before is what is in effect, unless the last attempt failed.
  if (cause == Cause::file_change && load_cache_.unchanged() && other_files_ == before &&
      reload_state_.get().successful) {
    log_.debug("files were touched, and say what they said before");
    return watcher_->refresh();
  }
  reloading_ = true;
  log_.info("reloading", {{"cause", std::string(by)}});
  std::string problems = render_all(loaded.diagnostics);
  if (loaded.snapshot == nullptr) return finish_reload(false, nullptr, std::move(problems), done);
  auto listeners = listener_plan_.prepare(*loaded.snapshot);
  if (!listeners) return finish_reload(false, nullptr, listeners.error() + "\n", done);
  if (const auto equipped = equip(*loaded.snapshot, *listeners); !equipped) {
    return finish_reload(false, nullptr, equipped.error() + "\n", done);
  }
  prepare(loaded.snapshot, [this, snapshot = loaded.snapshot, bound = std::move(*listeners),
                            text = std::move(problems),
                            done = std::move(done)] { publish(snapshot, bound, text, done); });
}

// Every worker swaps on its own thread; the reload has ended when the last one has.
void Gateway::publish(const routing::SnapshotPtr& snapshot,
                      const std::vector<BoundListener>& listeners, std::string problems,
                      const ReloadDone& done) {
  struct Progress {
    size_t left;
    std::string problems;
  };
  auto progress = std::make_shared<Progress>(Progress{workers_.size(), std::move(problems)});
  listener_plan_.commit();
  trials_.install(snapshot->trials());
  const proxy::AddressBookPtr book = dns_->book();
  for (const auto& worker : workers_) {
    worker->post([this, raw = worker.get(), snapshot, book, listeners, progress, done] {
      auto installed = raw->install(snapshot, book, listeners);
      loop_.post([this, snapshot, progress, done, installed = std::move(installed)] {
        if (!installed) progress->problems += installed.error() + "\n";
        if (--progress->left == 0) finish_reload(true, snapshot, progress->problems, done);
      });
    });
  }
}

void Gateway::finish_reload(bool successful, const routing::SnapshotPtr& snapshot,
                            std::string problems, const ReloadDone& done) {
  ReloadStatus status = reload_state_.get();
  status.successful = successful;
  status.at = clock_.wall();
  status.problems = problems;
  if (successful) {
    ++status.generation;
    status.snapshot = snapshot;
    log_.info("configuration is live", {{"generation", fmt::format("{}", status.generation)}});
  } else {
    log_.error("configuration is bad; the last good one stays", {{"problems", problems}});
  }
  reload_state_.set(std::move(status));
  access_files_.close_unused();
  if (done) done(successful, std::move(problems));
  reloading_ = false;
  watcher_->refresh();
  next_reload();
}

void Gateway::next_reload() {
  if (waiting_reloads_.empty()) return;
  reload(std::exchange(waiting_cause_, Cause::file_change), "asked for meanwhile",
         [all = std::exchange(waiting_reloads_, {})](bool successful, const std::string& problems) {
           for (const ReloadDone& one : all) {
             if (one) one(successful, problems);
           }
         });
}

std::vector<const shadow::ShadowRegistry*> Gateway::shadow_counters() const {
  std::vector<const shadow::ShadowRegistry*> counters;
  counters.reserve(workers_.size());
  for (const auto& worker : workers_) counters.push_back(&worker->shadow_stats());
  return counters;
}

void Gateway::judge_trials() {
  trials_.tick(shadow_counters());
  trial_timer_.arm(kTrialPeriod);
}

void Gateway::stop() {
  if (workers_.empty()) return quit(0);
  if (std::exchange(draining_, true)) return;
  log_.info("draining", {{"limit", fmt::format("{} ms", options_.drain_timeout.count())}});
  admin_view_.set_readiness(admin::Readiness::draining);
  for (const auto& worker : workers_) worker->drain(options_.drain_timeout, options_.shadow_grace);
  stop_timer_.arm(kStopPoll);
}

void Gateway::check_stopped() {
  for (const auto& worker : workers_) {
    if (!worker->finished()) return stop_timer_.arm(kStopPoll);
  }
  for (const auto& worker : workers_) worker->join();
  if (const size_t left = comparers_.drain(kLastComparing); left > 0) {
    log_.warn("answers were not compared before the end", {{"requests", fmt::format("{}", left)}});
  }
  trials_.close(shadow_counters());
  log_.info("stopped");
  quit(0);
}

void Gateway::quit(int exit_code) {
  exit_code_ = exit_code;
  loop_.stop();
}

}  // namespace gnomon::app
