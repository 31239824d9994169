#include "cli/verdict.h"

#include <fmt/format.h>
#include <poll.h>

#include <nlohmann/json.hpp>
#include <ostream>
#include <vector>

#include "cli/printable.h"
#include "cli/verdict_text.h"
#include "config/scalar.h"

namespace gnomon::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kPass = 0;
constexpr int kFail = 1;
constexpr int kUsage = 2;
constexpr int kOpen = 3;
constexpr int kUnreachable = 4;
constexpr Millis kPause{500};

int exit_code(const Json& verdict) {
  const std::string ruling = verdict.value("ruling", "");
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

}  // namespace

std::expected<std::string, int> only_test(const AdminClient& admin, std::ostream& err) {
  const auto answer = admin.get("/api/v1/tests");
  if (!answer) {
    err << "gnomon: " << answer.error() << "\n";
    return std::unexpected(kUnreachable);
  }
  const Json list = Json::parse(answer->body, nullptr, false);
  if (!list.is_object() || !list.contains("tests")) {
    err << "gnomon: what answers there is no gnomon that knows trials\n";
    return std::unexpected(kUnreachable);
  }
  std::vector<std::string> names;
  for (const Json& test : list["tests"]) names.push_back(test.value("test", ""));
  if (names.size() == 1) return names.front();
  if (names.empty()) {
    err << "gnomon: the gateway has no test; a ShadowTest with control, compare or verdict is "
           "one\n";
  } else {
    err << fmt::format("gnomon: name one of the tests: {}\n", fmt::join(names, ", "));
  }
  return std::unexpected(kUsage);
}

int verdict(const VerdictOptions& options, std::ostream& out, std::ostream& err) {
  const AdminClient admin(options.admin);
  std::string name = options.test;
  if (name.empty()) {
    const auto only = only_test(admin, err);
    if (!only) return only.error();
    name = *only;
  }
  const std::string target = fmt::format("/api/v1/tests/{}/verdict", percent_encoded(name));
  const SystemClock clock;
  const TimePoint end =
      clock.now() + config::parse_duration(options.wait).value_or(Duration::zero());
  for (;;) {
    const auto answer = admin.get(target);
    if (!answer) {
      err << "gnomon: " << answer.error() << "\n";
      return kUnreachable;
    }
    const Json verdict = Json::parse(answer->body, nullptr, false);
    if (!verdict.is_object()) {
      err << "gnomon: what answers there is no gnomon that knows trials\n";
      return kUnreachable;
    }
    if (answer->status != 200) {
      err << "gnomon: " << printable(verdict.value("detail", "the gateway refused")) << "\n";
      return kUsage;
    }
    const int code = exit_code(verdict);
    if (code != kOpen || clock.now() >= end) {
      print(options.format, verdict, answer->body, out);
      return code;
    }
    // Another process decides: asking again is the only way to hear of it.
    static_cast<void>(::poll(nullptr, 0, static_cast<int>(kPause.count())));
  }
}

}  // namespace gnomon::cli
