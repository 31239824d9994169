#include "cli/differences.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/answer_json.h"
#include "cli/color.h"
#include "cli/printable.h"
#include "cli/sample_text.h"
#include "cli/text_table.h"
#include "cli/trial_client.h"

namespace gnomon::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kPrinted = 0;
constexpr int kNothing = 1;
constexpr unsigned kListedMax = 1000;  // of the API

std::string evidence(const Json& field) {
  if (read_flag(field, "proven")) return "CHANGED";
  const Json& log_e = read_member(field, "logEvidence");
  if (!log_e.is_number()) return "";
  return fmt::format("{:.2f}", std::exp(std::min(log_e.get<double>(), 13.8)));
}

std::string table(const Json& fields) {
  TextTable out({"#", "ENDPOINT", "FIELD", "KIND", "DIFFERS", "NOISE", "EVIDENCE"});
  size_t line = 0;
  for (const Json& field : fields) {
    out.add({fmt::format("{}", ++line), printable(read_text(field, "endpoint")),
             printable(read_text(field, "path")), printable(read_text(field, "kind")),
             fmt::format("{}", read_count(field, "count")),
             fmt::format("{}", read_count(field, "noise")), evidence(field)});
  }
  return out.render();
}

int show_samples(const DifferencesOptions& options, const TrialClient& gateway,
                 const std::string& base, const Json& field, std::ostream& out, std::ostream& err) {
  const auto encoded = [&](const char* name) { return percent_encoded(read_text(field, name)); };
  const auto found =
      gateway.ask(fmt::format("{}/samples?endpoint={}&path={}&kind={}", base, encoded("endpoint"),
                              encoded("path"), encoded("kind")));
  if (!found) return found.error();
  const Json& samples = read_list(found->json, "samples");
  if (samples.empty()) {
    err << "gnomon: no sample of it has been kept\n";
    return kNothing;
  }
  if (options.json) {
    out << found->raw;
    return kPrinted;
  }
  std::string text;
  for (const Json& entry : samples) {
    const Json& sample = read_object(entry, "sample");
    text += (options.as_curl ? sample_curl(sample) : sample_text(sample, options.color)) + "\n";
  }
  out << text;
  return kPrinted;
}

int show_differences(const DifferencesOptions& options, std::ostream& out, std::ostream& err) {
  const TrialClient gateway(options.admin, err);
  const auto base = gateway.path_of(options.test);
  if (!base) return base.error();
  const unsigned limit = std::min(std::max(options.limit, options.sample.value_or(1)), kListedMax);
  const auto found = gateway.ask(fmt::format("{}/differences?limit={}", *base, limit));
  if (!found) return found.error();
  const Json& fields = read_list(found->json, "fields");
  if (!options.sample) {
    if (options.json) {
      out << found->raw;
    } else if (fields.empty()) {
      out << "no difference so far\n";
    } else {
      out << table(fields);
    }
    return kPrinted;
  }
  if (*options.sample == 0 || *options.sample > fields.size()) {
    const bool beyond =
        *options.sample > kListedMax && *options.sample <= read_count(found->json, "total");
    err << (beyond ? fmt::format("gnomon: only the first {} differences are listed\n", kListedMax)
                   : fmt::format("gnomon: there is no difference number {}\n", *options.sample));
    return kNothing;
  }
  return show_samples(options, gateway, *base, fields[*options.sample - 1], out, err);
}

}  // namespace

void add_differences_flags(CLI::App& verb, DifferencesOptions& options) {
  verb.add_option("test", options.test, "<namespace>.<name> of a ShadowTest, if there are several");
  add_admin_flag(verb, options.admin);
  verb.add_option("--limit", options.limit, "How many to list")
      ->check(CLI::Range(1u, kListedMax))
      ->capture_default_str();
  verb.add_option("--sample", options.sample, "Show samples of the difference of this number");
  verb.add_flag("--as-curl", options.as_curl, "Show the samples' requests as commands of curl");
  verb.add_flag("--json", options.json, "One JSON object on standard output");
  add_color_flag(verb, options.color, STDOUT_FILENO);
  verb.footer(
      "Examples:\n"
      "  gnomon differences\n"
      "  gnomon differences gloo-system.petstore-v2 --sample 1\n"
      "  gnomon differences --sample 1 --as-curl\n"
      "\n"
      "Exit codes: 0 printed, 1 no such difference or sample, 2 no such test, 4 unreachable or "
      "unreadable.");
}

int differences(const DifferencesOptions& options, std::ostream& out, std::ostream& err) {
  return reading_answers(err, [&] { return show_differences(options, out, err); });
}

}  // namespace gnomon::cli
