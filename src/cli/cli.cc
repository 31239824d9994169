#include "cli/cli.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "cli/check.h"
#include "cli/run.h"

namespace gnomon::cli {
namespace {

constexpr int kUsageError = 2;

void add_check_flags(CLI::App& verb, CheckOptions& options) {
  verb.add_option("path", options.path, "File or directory of manifests")
      ->envname("GNOMON_CONFIG")
      ->required()
      ->check(CLI::ExistingPath);
  verb.add_flag("--json", options.json, "One JSON object on standard output");
  verb.add_flag("--strict", options.strict, "Warnings fail the check as well");
  verb.add_flag("--verbose", options.verbose, "Also name what belongs to other programs");
  options.color = wants_color(STDERR_FILENO);
  verb.add_flag_callback(
      "--no-color", [&options] { options.color = false; }, "No colours, whatever the terminal");
  verb.footer(
      "Examples:\n"
      "  gnomon check manifests/\n"
      "  gnomon check petstore.yaml --json | jq .problems\n"
      "\n"
      "Exit codes: 0 it can be served, 2 it cannot.");
}

}  // namespace

int main(int argc, const char* const* argv) {
  CLI::App app(
      "gnomon serves live HTTP traffic and casts a copy of it at the next version of a service.",
      "gnomon");
  app.set_version_flag("--version", std::string("gnomon ") + GNOMON_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  gnomon check manifests/          say what is wrong with a configuration\n"
      "  gnomon run -c manifests/         serve it\n"
      "\n"
      "Run 'gnomon VERB --help' for the flags of a verb.");

  RunFlags run_flags;
  CLI::App* run_verb = app.add_subcommand("run", "Serve a configuration");
  add_run_flags(*run_verb, run_flags);
  CheckOptions check_options;
  CLI::App* check_verb = app.add_subcommand("check", "Say what is wrong with a configuration");
  add_check_flags(*check_verb, check_options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsageError;
  }
  if (run_verb->parsed()) return run(std::move(run_flags));
  return check(check_options, std::cout, std::cerr);
}

}  // namespace gnomon::cli
