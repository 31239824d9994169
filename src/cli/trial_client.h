// What the verbs about trials ask a running gateway. Says on `err` what is wrong; the error is the
// verb's exit code.
#pragma once

#include <expected>
#include <functional>
#include <iosfwd>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "cli/admin_client.h"

namespace CLI {
class App;
}

namespace gnomon::cli {

inline constexpr int kNoSuchTest = 2;
inline constexpr int kUnreachable = 4;

void add_admin_flag(CLI::App& verb, std::string& admin);

// The verb's exit code, or kUnreachable where an answer could not be read: a gateway may be of
// another version.
int reading_answers(std::ostream& err, const std::function<int()>& verb);

class TrialClient {
 public:
  struct Found {
    nlohmann::ordered_json json;  // an object
    std::string raw;              // as the gateway wrote it
  };

  TrialClient(const std::string& address, std::ostream& err) : admin_(address), err_(err) {}

  // The API's path of the test of that name, or of the only one where `test` is empty.
  std::expected<std::string, int> path_of(const std::string& test) const;
  std::expected<Found, int> ask(std::string_view target) const;

 private:
  std::expected<std::string, int> only_test() const;

  const AdminClient admin_;
  std::ostream& err_;
};

}  // namespace gnomon::cli
