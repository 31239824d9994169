#include "cli/differences.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/admin_client.h"
#include "cli/printable.h"
#include "cli/sample_text.h"
#include "cli/text_table.h"
#include "cli/verdict.h"

namespace gnomon::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kPrinted = 0;
constexpr int kNothing = 1;
constexpr int kUsage = 2;
constexpr int kUnreachable = 4;

struct Found {
  Json json;
  std::string raw;
};

std::expected<Found, int> ask(const AdminClient& admin, const std::string& target,
                              std::ostream& err) {
  auto answer = admin.get(target);
  if (!answer) {
    err << "gnomon: " << answer.error() << "\n";
    return std::unexpected(kUnreachable);
  }
  Json json = Json::parse(answer->body, nullptr, false);
  if (!json.is_object()) {
    err << "gnomon: what answers there is no gnomon that knows trials\n";
    return std::unexpected(kUnreachable);
  }
  if (answer->status != 200) {
    err << "gnomon: " << printable(json.value("detail", "the gateway refused")) << "\n";
    return std::unexpected(kUsage);
  }
  return Found{std::move(json), std::move(answer->body)};
}

std::string evidence(const Json& field) {
  if (field.value("proven", false)) return "CHANGED";
  const Json& log_e = field["logEvidence"];
  if (!log_e.is_number()) return "";
  return fmt::format("{:.2f}", std::exp(std::min(log_e.get<double>(), 13.8)));
}

std::string table(const Json& fields) {
  TextTable out({"#", "ENDPOINT", "FIELD", "KIND", "DIFFERS", "NOISE", "EVIDENCE"});
  size_t line = 0;
  for (const Json& field : fields) {
    out.add({fmt::format("{}", ++line), printable(field.value("endpoint", "")),
             printable(field.value("path", "")), printable(field.value("kind", "")),
             fmt::format("{}", field.value("count", uint64_t{0})),
             fmt::format("{}", field.value("noise", uint64_t{0})), evidence(field)});
  }
  return out.render();
}

int show_samples(const DifferencesOptions& options, const AdminClient& admin,
                 const std::string& base, const Json& field, std::ostream& out, std::ostream& err) {
  const auto encoded = [&](const char* name) { return percent_encoded(field.value(name, "")); };
  const auto found = ask(admin,
                         fmt::format("{}/samples?endpoint={}&path={}&kind={}", base,
                                     encoded("endpoint"), encoded("path"), encoded("kind")),
                         err);
  if (!found) return found.error();
  const Json& samples = found->json["samples"];
  if (samples.empty()) {
    err << "gnomon: no sample of it has been kept\n";
    return kNothing;
  }
  if (options.json) {
    out << found->raw;
    return kPrinted;
  }
  for (const Json& entry : samples) {
    out << (options.as_curl ? sample_curl(entry["sample"])
                            : sample_text(entry["sample"], options.color))
        << "\n";
  }
  return kPrinted;
}

}  // namespace

int differences(const DifferencesOptions& options, std::ostream& out, std::ostream& err) {
  const AdminClient admin(options.admin);
  std::string name = options.test;
  if (name.empty()) {
    const auto only = only_test(admin, err);
    if (!only) return only.error();
    name = *only;
  }
  const std::string base = fmt::format("/api/v1/tests/{}", percent_encoded(name));
  const unsigned limit = std::max(options.limit, options.sample.value_or(1));
  const auto found = ask(admin, fmt::format("{}/differences?limit={}", base, limit), err);
  if (!found) return found.error();
  const Json& fields = found->json["fields"];
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
    err << fmt::format("gnomon: there is no difference number {}\n", *options.sample);
    return kNothing;
  }
  return show_samples(options, admin, base, fields[*options.sample - 1], out, err);
}

}  // namespace gnomon::cli
