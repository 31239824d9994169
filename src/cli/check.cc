#include "cli/check.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>

#include "cli/advice.h"
#include "cli/color.h"
#include "routing/snapshot_builder.h"

namespace gnomon::cli {
namespace {

constexpr int kGood = 0;
constexpr int kConfigurationError = 2;

std::string counted(size_t count, std::string_view thing) {
  return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

void print_problems(const CheckOptions& options, const routing::Loaded& loaded, std::ostream& err) {
  for (const config::Diagnostic& problem : loaded.diagnostics) {
    if (problem.skipped && !options.verbose) continue;
    err << config::render(problem, options.color);
  }
}

// As `glooctl check` words it.
void print_summary(const CheckOptions& options, const routing::Loaded& loaded, std::ostream& out) {
  for (const routing::KindSummary& kind : loaded.kinds) {
    out << fmt::format("Checking {}s... ", kind.kind);
    if (kind.total == 0) {
      out << "none\n";
    } else if (kind.broken == 0) {
      out << "OK\n";
    } else {
      out << fmt::format("{} of {} with errors\n", kind.broken, kind.total);
    }
  }
  const auto skipped =
      static_cast<size_t>(std::ranges::count_if(loaded.diagnostics, &config::Diagnostic::skipped));
  if (skipped > 0 && !options.verbose) {
    out << counted(skipped, "document") << " of other programs skipped (--verbose names them)\n";
  }
  if (loaded.errors == 0 && loaded.warnings == 0) {
    out << "No problems found.\n";
  } else {
    out << counted(loaded.errors, "error") << ", " << counted(loaded.warnings, "warning") << ".\n";
  }
}

// The problems are JSON texts already; the rest has no characters to escape.
void print_json(const routing::Loaded& loaded, bool ok, std::ostream& out) {
  out << fmt::format("{{\"version\": 1, \"ok\": {}, \"errors\": {}, \"warnings\": {}, \"kinds\": [",
                     ok, loaded.errors, loaded.warnings);
  const char* separator = "";
  for (const routing::KindSummary& kind : loaded.kinds) {
    out << fmt::format(R"({}{{"kind": "{}", "name": "{}", "total": {}, "broken": {}}})", separator,
                       kind.kind, kind.name, kind.total, kind.broken);
    separator = ", ";
  }
  out << "], \"problems\": [";
  separator = "\n  ";
  for (const config::Diagnostic& problem : loaded.diagnostics) {
    out << separator << config::to_json(problem);
    separator = ",\n  ";
  }
  out << "]}\n";
}

}  // namespace

void add_check_flags(CLI::App& verb, CheckOptions& options) {
  verb.add_option("path", options.path, "File or directory of manifests")
      ->envname("GNOMON_CONFIG")
      ->required()
      ->check(CLI::ExistingPath);
  verb.add_flag("--json", options.json, "One JSON object on standard output");
  verb.add_flag("--strict", options.strict, "Warnings fail the check as well");
  verb.add_flag("--verbose", options.verbose, "Also name what belongs to other programs");
  add_color_flag(verb, options.color, STDERR_FILENO);
  verb.footer(
      "Examples:\n"
      "  gnomon check manifests/\n"
      "  gnomon check petstore.yaml --json | jq .problems\n"
      "\n"
      "Exit codes: 0 it can be served, 2 it cannot.");
}

int check(const CheckOptions& options, std::ostream& out, std::ostream& err) {
  config::DiskFiles files;
  const config::Resources resources = config::load(files, options.path);
  routing::Loaded loaded = routing::build_snapshot(resources);
  const std::vector<config::Diagnostic> advice = advise(resources);
  loaded.diagnostics.insert(loaded.diagnostics.end(), advice.begin(), advice.end());
  const bool ok = loaded.errors == 0 && !(options.strict && loaded.warnings > 0);
  if (options.json) {
    print_json(loaded, ok, out);
  } else {
    print_problems(options, loaded, err);
    err.flush();
    print_summary(options, loaded, out);
  }
  return ok ? kGood : kConfigurationError;
}

}  // namespace gnomon::cli
