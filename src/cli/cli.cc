#include "cli/cli.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "cli/check.h"
#include "cli/diff.h"
#include "cli/differences.h"
#include "cli/explain.h"
#include "cli/get.h"
#include "cli/run.h"
#include "cli/selfcheck.h"
#include "cli/shadow.h"
#include "cli/verdict.h"

namespace gnomon::cli {
namespace {

constexpr int kUsageError = 2;

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
      "  gnomon get vs manifests/         list its virtual services\n"
      "  gnomon explain -c manifests/ --host shop.example.com --path /pets\n"
      "                                   what would become of a request, and why\n"
      "  gnomon run -c manifests/         serve it\n"
      "  gnomon verdict                   whether the version under trial may go live\n"
      "  gnomon differences               where its answers differ\n"
      "  gnomon diff 1.json 2.json        where two files or HTTP messages differ\n"
      "  gnomon selfcheck                 whether its verdicts can be trusted on this machine\n"
      "\n"
      "Run 'gnomon VERB --help' for the flags of a verb.");

  RunFlags run_flags;
  CLI::App* run_verb = app.add_subcommand("run", "Serve a configuration");
  add_run_flags(*run_verb, run_flags);
  CheckOptions check_options;
  CLI::App* check_verb = app.add_subcommand("check", "Say what is wrong with a configuration");
  add_check_flags(*check_verb, check_options);
  GetOptions get_options;
  CLI::App* get_verb = app.add_subcommand("get", "List resources as glooctl does");
  add_get_flags(*get_verb, get_options);
  ExplainOptions explain_options;
  CLI::App* explain_verb =
      app.add_subcommand("explain", "Say what would become of a request, and why");
  add_explain_flags(*explain_verb, explain_options);
  ShadowOptions shadow_options;
  CLI::App* shadow_verb =
      app.add_subcommand("shadow", "Try a version beside the live one, without a configuration");
  add_shadow_flags(*shadow_verb, shadow_options);
  DiffOptions diff_options;
  CLI::App* diff_verb =
      app.add_subcommand("diff", "Compare two files or HTTP messages as a trial would");
  add_diff_flags(*diff_verb, diff_options);
  VerdictOptions verdict_options;
  CLI::App* verdict_verb =
      app.add_subcommand("verdict", "Say whether the version under trial may go live");
  add_verdict_flags(*verdict_verb, verdict_options);
  DifferencesOptions differences_options;
  CLI::App* differences_verb =
      app.add_subcommand("differences", "List where its answers differ, with samples");
  add_differences_flags(*differences_verb, differences_options);
  SelfcheckOptions selfcheck_options;
  CLI::App* selfcheck_verb =
      app.add_subcommand("selfcheck", "Try out whether verdicts on this machine are right");
  add_selfcheck_flags(*selfcheck_verb, selfcheck_options);
  // With a callback a verb reads its variables itself, and only when it is the one that is run:
  // what is wrong with another's is no concern of it.
  for (CLI::App* verb : app.get_subcommands({})) verb->parse_complete_callback([] {});
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsageError;
  }
  if (run_verb->parsed()) return run(std::move(run_flags));
  if (get_verb->parsed()) return get(get_options, std::cout, std::cerr);
  if (explain_verb->parsed()) return explain(explain_options, std::cout, std::cerr);
  if (shadow_verb->parsed()) return shadow(std::move(shadow_options));
  if (diff_verb->parsed()) return diff(diff_options, std::cout, std::cerr);
  if (verdict_verb->parsed()) return verdict(verdict_options, std::cout, std::cerr);
  if (selfcheck_verb->parsed()) return selfcheck(selfcheck_options, std::cout, std::cerr);
  if (differences_verb->parsed()) return differences(differences_options, std::cout, std::cerr);
  return check(check_options, std::cout, std::cerr);
}

}  // namespace gnomon::cli
