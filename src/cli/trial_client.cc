#include "cli/trial_client.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <ostream>
#include <utility>
#include <vector>

#include "cli/answer_json.h"
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

int reading_answers(std::ostream& err, const std::function<int()>& verb) {
  try {
    return verb();
  } catch (const Unreadable& why) {
    err << "gnomon: the gateway answered something that this version cannot read: " << why.what()
        << "\n";
  } catch (const Json::exception&) {
    err << "gnomon: the gateway answered something that this version cannot read\n";
  }
  return kUnreachable;
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
    const std::string why = read_text(json, "detail");
    err_ << "gnomon: " << (why.empty() ? "the gateway refused" : printable(why)) << "\n";
    return std::unexpected(kNoSuchTest);
  }
  return Found{std::move(json), std::move(answer->body)};
}

std::expected<std::string, int> TrialClient::only_test() const {
  const auto found = ask("/api/v1/tests");
  if (!found) return std::unexpected(found.error());
  const Json& tests = read_member(found->json, "tests");
  if (!tests.is_array()) {
    err_ << kStranger;
    return std::unexpected(kUnreachable);
  }
  std::vector<std::string> names;
  for (const Json& test : tests) names.push_back(read_text(test, "test"));
  if (names.size() == 1) return names.front();
  if (names.empty()) {
    err_ << "gnomon: the gateway has no test; a ShadowTest with control, compare or verdict is "
            "one\n";
  } else {
    err_ << "gnomon: name one of the tests: "
         << printable(fmt::format("{}", fmt::join(names, ", "))) << "\n";
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
