// `gnomon differences`: where the answers of the version under trial differ, and samples of it.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace gnomon::cli {

struct DifferencesOptions {
  std::string test;  // may be empty where there is only one
  std::string admin = "127.0.0.1:19000";
  unsigned limit = 20;
  std::optional<unsigned> sample;  // show the samples of the difference on this line
  bool as_curl = false;            // how to send the sample's request again
  bool json = false;
  bool color = false;
};

void add_differences_flags(CLI::App& verb, DifferencesOptions& options);

// Exit code: 0 printed, 1 there is no such difference or sample, 2 no such test, 4 unreachable.
int differences(const DifferencesOptions& options, std::ostream& out, std::ostream& err);

}  // namespace gnomon::cli
