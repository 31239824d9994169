#include "cli/trial_client.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <ostream>
#include <utility>
#include <vector>

#include "cli/printable.h"

namespace gnomon::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kStranger = "gnomon: what answers there is no gnomon that knows trials\n";

}  // namespace

void add_admin_flag(CLI::App& verb, std::string& admin) {
  verb.add_option("--admin", admin, "Address of the gateway's admin API")
      ->envname("GNOMON_ADMIN")
      ->capture_default_str();
}

std::expected<TrialClient::Found, int> TrialClient::ask(std::string_view target) const {
  auto answer = admin_.get(target);
  if (!answer) {
    err_ << "gnomon: " << answer.error() << "\n";
    return std::unexpected(kUnreachable);
  }
  Json json = Json::parse(answer->body, nullptr, false);
  if (!json.is_object()) {
    err_ << kStranger;
    return std::unexpected(kUnreachable);
  }
  if (answer->status != 200) {
    err_ << "gnomon: " << printable(json.value("detail", "the gateway refused")) << "\n";
    return std::unexpected(kNoSuchTest);
  }
  return Found{std::move(json), std::move(answer->body)};
}

std::expected<std::string, int> TrialClient::only_test() const {
  const auto found = ask("/api/v1/tests");
  if (!found) return std::unexpected(found.error());
  if (!found->json.contains("tests")) {
    err_ << kStranger;
    return std::unexpected(kUnreachable);
  }
  std::vector<std::string> names;
  for (const Json& test : found->json["tests"]) names.push_back(test.value("test", ""));
  if (names.size() == 1) return names.front();
  if (names.empty()) {
    err_ << "gnomon: the gateway has no test; a ShadowTest with control, compare or verdict is "
            "one\n";
  } else {
    err_ << fmt::format("gnomon: name one of the tests: {}\n", fmt::join(names, ", "));
  }
  return std::unexpected(kNoSuchTest);
}

std::expected<std::string, int> TrialClient::path_of(const std::string& test) const {
  std::string name = test;
  if (name.empty()) {
    auto only = only_test();
    if (!only) return only;
    name = std::move(*only);
  }
  return fmt::format("/api/v1/tests/{}", percent_encoded(name));
}

}  // namespace gnomon::cli
