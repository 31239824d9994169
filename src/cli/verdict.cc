#include "cli/verdict.h"

#include <fmt/format.h>
#include <poll.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>

#include "cli/answer_json.h"
#include "cli/trial_client.h"
#include "cli/verdict_text.h"
#include "config/scalar.h"

namespace gnomon::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kPass = 0;
constexpr int kFail = 1;
constexpr int kOpen = 3;
constexpr Millis kPause{500};

std::string target_of(const std::string& test, const VerdictOptions& options) {
  std::string target = test + "/verdict";
  if (!options.candidate.empty()) target += "?candidate=" + percent_encoded(options.candidate);
  return target;
}

// A gateway that knows no such question answers as if it had not been asked, and its PASS may be
// the one of a former candidate.
void check_was_asked(const Json& verdict, const std::string& candidate) {
  if (candidate.empty() || read_text(read_object(verdict, "asked"), "candidate") == candidate)
    return;
  throw Unreadable("it does not say whether that candidate is on trial");
}

int exit_code(const Json& verdict) {
  const std::string ruling = read_text(verdict, "ruling");
  if (ruling.empty()) throw Unreadable("there is no ruling");
  if (ruling == "PASS") return kPass;
  return ruling == "FAIL" ? kFail : kOpen;
}

void print(const std::string& format, const Json& verdict, const std::string& raw,
           std::ostream& out) {
  if (format == "json") {
    out << raw;
  } else if (format == "junit") {
    out << verdict_junit(verdict);
  } else if (format == "markdown") {
    out << verdict_markdown(verdict);
  } else {
    out << verdict_text(verdict);
  }
}

int wait_for_verdict(const VerdictOptions& options, std::ostream& out, std::ostream& err) {
  const TrialClient gateway(options.admin, err);
  const auto test = gateway.path_of(options.test);
  if (!test) return test.error();
  const std::string target = target_of(*test, options);
  const SystemClock clock;
  const TimePoint end =
      clock.now() + config::parse_duration(options.wait).value_or(Duration::zero());
  bool reached = options.test.empty();
  for (;;) {
    std::ostringstream complaint;
    const auto found = TrialClient(options.admin, complaint).ask(target);
    const bool late = clock.now() >= end;
    // Who waits for a verdict waits for a gateway that starts again as well.
    const bool restarts = reached && !found && found.error() == kUnreachable;
    reached = reached || found;
    if (!found && (late || !restarts)) {
      err << complaint.str();
      return found.error();
    }
    if (found) check_was_asked(found->json, options.candidate);
    const int code = found ? exit_code(found->json) : kOpen;
    if (found && (code != kOpen || late)) {
      print(options.format, found->json, found->raw, out);
      return code;
    }
    // Another process decides: asking again is the only way to hear of it.
    static_cast<void>(::poll(nullptr, 0, static_cast<int>(kPause.count())));
  }
}

}  // namespace

void add_verdict_flags(CLI::App& verb, VerdictOptions& options) {
  verb.add_option("test", options.test, "<namespace>.<name> of a ShadowTest, if there are several");
  add_admin_flag(verb, options.admin);
  const auto check_wait = [](const std::string& text) {
    return config::parse_duration(text) ? std::string()
                                        : "not a duration such as 30s, 5m or 1h: " + text;
  };
  verb.add_option("--wait", options.wait, "How long to wait for PASS or FAIL")
      ->check(CLI::Validator(check_wait, "DURATION"))
      ->capture_default_str();
  const auto check_name = [](const std::string& text) {
    return text.empty() ? "the name of a candidate is expected" : std::string();
  };
  verb.add_option("--candidate", options.candidate,
                  "What has to be on trial, by verdict.candidate or versionHeader; UNDECIDED while "
                  "something else is")
      ->check(CLI::Validator(check_name, "NAME"));
  verb.add_option("--format", options.format, "text, json, junit or markdown")
      ->check(CLI::IsMember({"text", "json", "junit", "markdown"}))
      ->capture_default_str();
  verb.footer(
      "Examples:\n"
      "  gnomon verdict\n"
      "  gnomon verdict gloo-system.petstore-v2 --wait 30m --format junit > verdict.xml\n"
      "  gnomon verdict --candidate \"$IMAGE_DIGEST\" --wait 30m\n"
      "\n"
      "Exit codes: 0 PASS, 1 FAIL, 2 no such test, 3 UNDECIDED or NODATA, 4 unreachable or "
      "unreadable.");
}

int verdict(const VerdictOptions& options, std::ostream& out, std::ostream& err) {
  return reading_answers(err, [&] { return wait_for_verdict(options, out, err); });
}

}  // namespace gnomon::cli
