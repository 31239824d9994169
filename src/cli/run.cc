#include "cli/run.h"

#include <fmt/format.h>
#include <sched.h>

#include <iostream>

#include "app/gateway.h"
#include "config/scalar.h"

namespace gnomon::cli {
namespace {

// Where services keep their state (systemd), or where a user's programs do (XDG Base Directory
// Specification).
std::string usual_store() {
  const auto below = [](const char* folder, std::string_view rest) {
    return std::string(folder) + std::string(rest);
  };
  if (const char* state = std::getenv("STATE_DIRECTORY")) return below(state, "/gnomon.db");
  if (const char* state = std::getenv("XDG_STATE_HOME")) return below(state, "/gnomon/gnomon.db");
  if (const char* home = std::getenv("HOME")) return below(home, "/.local/state/gnomon/gnomon.db");
  return "gnomon.db";
}

unsigned usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  return static_cast<unsigned>(std::max(CPU_COUNT(&set), 1));
}

std::string check_duration(const std::string& text) {
  const auto parsed = config::parse_duration(text);
  if (parsed.has_value() && *parsed >= Duration::zero()) return {};
  return fmt::format("not a duration such as 500ms, 30s or 5m: {}", text);
}

std::string check_listen(const std::string& text) {
  if (app::parse_listen_address(text).has_value()) return {};
  return fmt::format("not an address such as 127.0.0.1:8080, [::1]:8080 or :8080: {}", text);
}

std::string check_host(const std::string& text) {
  const bool is_name = !text.empty() && text.find_first_of(":/@ ") == std::string::npos;
  return is_name ? std::string() : fmt::format("not a name such as gnomon.gloo-system: {}", text);
}

std::string check_quantity(const std::string& text) {
  if (config::parse_quantity(text).has_value()) return {};
  return fmt::format("not a number of bytes such as 65536, 64Ki or 10Mi: {}", text);
}

Millis to_millis(const std::string& checked) {
  const auto parsed = config::parse_duration(checked);
  return std::chrono::duration_cast<Millis>(parsed.value_or(Duration::zero()));
}

void add_duration(CLI::App& verb, const std::string& flag, const std::string& env,
                  std::string& target, const std::string& help) {
  verb.add_option(flag, target, help)
      ->envname("GNOMON_" + env)
      ->check(CLI::Validator(check_duration, "DURATION"))
      ->capture_default_str();
}

}  // namespace

void add_run_flags(CLI::App& verb, RunFlags& flags) {
  flags.store = usual_store();
  verb.add_option("-c,--config", flags.options.config_path,
                  "File or directory of manifests to serve")
      ->envname("GNOMON_CONFIG")
      ->required()
      ->check(CLI::ExistingPath);
  verb.add_option("--listen", flags.options.listen,
                  "Address that replaces the one of the only listener")
      ->envname("GNOMON_LISTEN")
      ->check(CLI::Validator(check_listen, "ADDR:PORT"));
  add_serving_flags(verb, flags);
  verb.footer(
      "Examples:\n"
      "  gnomon run -c petstore.yaml\n"
      "  gnomon run -c manifests/ --admin 127.0.0.1:19000 --access-log - --workers 2\n"
      "\n"
      "Signals: SIGTERM and SIGINT drain, SIGHUP reloads, SIGUSR1 opens log files again.\n"
      "Exit codes: 0 after a drain, 1 when it cannot start, 2 when the configuration is bad.");
}

void add_serving_flags(CLI::App& verb, RunFlags& flags) {
  verb.add_option("--admin", flags.options.admin, "Address of the admin API; loopback only")
      ->envname("GNOMON_ADMIN")
      ->capture_default_str();
  CLI::Option* const api =
      verb.add_option("--api", flags.options.api,
                      "Address where other machines may ask for verdicts; nobody is authenticated")
          ->envname("GNOMON_API")
          ->check(CLI::Validator(check_listen, "ADDR:PORT"));
  verb.add_option("--api-host", flags.options.api_hosts,
                  "Name that they call it by, beside its IP addresses; may be repeated")
      ->envname("GNOMON_API_HOST")
      ->delimiter(',')
      ->needs(api)
      ->check(CLI::Validator(check_host, "NAME"));
  verb.add_option("--workers", flags.options.workers, "Worker threads; 0 is one per usable core")
      ->envname("GNOMON_WORKERS")
      ->check(CLI::Range(0u, 1024u))
      ->capture_default_str();
  verb.add_option("--access-log", flags.options.access_log, "File of the access log, - for stdout")
      ->envname("GNOMON_ACCESS_LOG");
  verb.add_option("--access-log-format", flags.access_log_format, "text (Envoy's format) or json")
      ->envname("GNOMON_ACCESS_LOG_FORMAT")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  verb.add_option("--store", flags.store,
                  "File that keeps the evidence of trials; \"none\" for none")
      ->envname("GNOMON_STORE")
      ->capture_default_str();
  verb.add_option("--compare-threads", flags.options.compare_threads,
                  "Threads on which answers of trials are compared")
      ->envname("GNOMON_COMPARE_THREADS")
      ->check(CLI::Range(1u, 64u))
      ->capture_default_str();
  verb.add_option("--log-format", flags.log_format, "text or json")
      ->envname("GNOMON_LOG_FORMAT")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  verb.add_option("--log-level", flags.log_level, "debug, info, warn or error")
      ->envname("GNOMON_LOG_LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  add_duration(verb, "--drain-timeout", "DRAIN_TIMEOUT", flags.drain_timeout,
               "How long live requests may take to finish after SIGTERM");
  add_duration(verb, "--shadow-grace", "SHADOW_GRACE", flags.shadow_grace,
               "How long copies may take after the live requests have finished");
  add_duration(verb, "--header-timeout", "HEADER_TIMEOUT", flags.header_timeout,
               "From the first byte of a request's head to its last");
  add_duration(verb, "--idle-timeout", "IDLE_TIMEOUT", flags.idle_timeout,
               "Between two requests of a connection");
  add_duration(verb, "--request-timeout", "REQUEST_TIMEOUT", flags.request_timeout,
               "From a request's head to the end of its body; 0 for no limit");
  add_duration(verb, "--stream-idle-timeout", "STREAM_IDLE_TIMEOUT", flags.stream_idle_timeout,
               "Longest pause within an exchange; 0 for no limit");
  verb.add_option("--request-body-max", flags.request_body_max,
                  "Largest request body, such as 10Mi; larger ones get 413; 0 for no limit")
      ->envname("GNOMON_REQUEST_BODY_MAX")
      ->check(CLI::Validator(check_quantity, "BYTES"))
      ->capture_default_str();
}

int run(RunFlags flags) {
  app::Options& options = flags.options;
  if (options.workers == 0) options.workers = usable_cores();
  if (flags.store != "none") options.store = flags.store;
  options.access_log_json = flags.access_log_format == "json";
  options.log_format = flags.log_format == "json" ? LogFormat::json : LogFormat::text;
  if (flags.log_level == "debug") options.log_level = LogLevel::debug;
  if (flags.log_level == "warn") options.log_level = LogLevel::warn;
  if (flags.log_level == "error") options.log_level = LogLevel::error;
  options.drain_timeout = to_millis(flags.drain_timeout);
  options.shadow_grace = to_millis(flags.shadow_grace);
  options.server.header_timeout = to_millis(flags.header_timeout);
  options.server.idle_timeout = to_millis(flags.idle_timeout);
  options.server.request_timeout = to_millis(flags.request_timeout);
  options.server.stream_idle_timeout = to_millis(flags.stream_idle_timeout);
  options.server.request_body_bytes_max =
      config::parse_quantity(flags.request_body_max).value_or(0);
  const SystemClock clock;
  Log log(clock, options.log_format, options.log_level);
  try {
    app::Gateway gateway(clock, log, options);
    return gateway.run();
  } catch (const std::exception& error) {
    log.error("cannot start", {{"reason", error.what()}});
    return 1;
  }
}

}  // namespace gnomon::cli
