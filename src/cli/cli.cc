#include "cli/cli.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "cli/check.h"
#include "cli/diff.h"
#include "cli/differences.h"
#include "cli/explain.h"
#include "cli/get.h"
#include "cli/kind_words.h"
#include "cli/run.h"
#include "cli/selfcheck.h"
#include "cli/shadow.h"
#include "cli/verdict.h"
#include "config/scalar.h"

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

void add_get_flags(CLI::App& verb, GetOptions& options) {
  const auto check_kind = [](const std::string& word) {
    return kind_of_word(word).empty() ? "one of vs, us, rt, ug is expected, not " + word
                                      : std::string();
  };
  verb.add_option("kind", options.kind,
                  "vs (virtualservice), us (upstream), rt (routetable) or ug (upstreamgroup)")
      ->required()
      ->check(CLI::Validator(check_kind, "KIND"));
  verb.add_option("path", options.path, "File or directory of manifests")
      ->envname("GNOMON_CONFIG")
      ->required()
      ->check(CLI::ExistingPath);
  verb.add_option("name", options.name, "Only the resource of this name");
  verb.add_option("-n,--namespace", options.name_space, "Only resources of this namespace");
  verb.add_option("-o,--output", options.output, "table, wide, yaml or json")
      ->check(CLI::IsMember({"table", "wide", "yaml", "json"}))
      ->capture_default_str();
  verb.footer(
      "Examples:\n"
      "  gnomon get vs manifests/             the tables of glooctl, with what is copied\n"
      "  gnomon get us manifests/ -o wide     also namespaces and places\n"
      "  gnomon get rt manifests/ pets -o yaml\n"
      "\n"
      "Exit codes: 0 printed, 1 there is nothing of that name, 2 nothing can be read.");
}

void add_explain_flags(CLI::App& verb, ExplainOptions& options) {
  verb.add_option("-c,--config", options.path, "File or directory of manifests")
      ->envname("GNOMON_CONFIG")
      ->required()
      ->check(CLI::ExistingPath);
  verb.add_option("--host", options.host, "The request's Host, with its port if it has one")
      ->required();
  verb.add_option("--path", options.request_path, "The request's path, with its query")
      ->capture_default_str();
  verb.add_option("--method", options.method, "The request's method")->capture_default_str();
  verb.add_option("--header", options.headers, "A header, 'name: value'; may be repeated")
      ->take_all();
  verb.add_option("--listener", options.listener, "Only the listener of this name or port");
  verb.add_flag("--json", options.json, "One JSON object on standard output");
  verb.add_option("-o,--output", options.output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  verb.footer(
      "Examples:\n"
      "  gnomon explain -c manifests/ --host shop.example.com --path /pets/1\n"
      "  gnomon explain -c manifests/ --host shop.example.com --path /pets --method POST \\\n"
      "    --header 'x-version: 2' --json\n"
      "\n"
      "Exit codes: 0 a route takes the request, 1 none does, 2 the configuration or the request "
      "is bad.");
}

void add_admin_flag(CLI::App& verb, std::string& admin) {
  verb.add_option("--admin", admin, "Address of the gateway's admin API")
      ->envname("GNOMON_ADMIN")
      ->capture_default_str();
}

void add_verdict_flags(CLI::App& verb, VerdictOptions& options) {
  verb.add_option("test", options.test, "<namespace>.<name> of a ShadowTest, if there are several");
  add_admin_flag(verb, options.admin);
  const auto check_wait = [](const std::string& text) {
    return config::parse_duration(text) ? std::string()
                                        : "not a duration such as 30s, 5m or 1h: " + text;
  };
  verb.add_option("--wait", options.wait, "How long to wait for PASS or FAIL")
      ->check(CLI::Validator(check_wait, "DURATION"))
      ->capture_default_str();
  verb.add_option("--format", options.format, "text, json, junit or markdown")
      ->check(CLI::IsMember({"text", "json", "junit", "markdown"}))
      ->capture_default_str();
  verb.footer(
      "Examples:\n"
      "  gnomon verdict\n"
      "  gnomon verdict gloo-system.petstore-v2 --wait 30m --format junit > verdict.xml\n"
      "\n"
      "Exit codes: 0 PASS, 1 FAIL, 2 no such test, 3 UNDECIDED or NODATA, 4 unreachable.");
}

void add_differences_flags(CLI::App& verb, DifferencesOptions& options) {
  verb.add_option("test", options.test, "<namespace>.<name> of a ShadowTest, if there are several");
  add_admin_flag(verb, options.admin);
  verb.add_option("--limit", options.limit, "How many to list")
      ->check(CLI::Range(1u, 1000u))
      ->capture_default_str();
  verb.add_option("--sample", options.sample, "Show samples of the difference of this number");
  verb.add_flag("--as-curl", options.as_curl, "Show the samples' requests as commands of curl");
  verb.add_flag("--json", options.json, "One JSON object on standard output");
  options.color = wants_color(STDOUT_FILENO);
  verb.add_flag_callback(
      "--no-color", [&options] { options.color = false; }, "No colours, whatever the terminal");
  verb.footer(
      "Examples:\n"
      "  gnomon differences\n"
      "  gnomon differences gloo-system.petstore-v2 --sample 1\n"
      "  gnomon differences --sample 1 --as-curl\n"
      "\n"
      "Exit codes: 0 printed, 1 no such difference or sample, 2 no such test, 4 unreachable.");
}

void add_diff_flags(CLI::App& verb, DiffOptions& options) {
  verb.add_option("left", options.left, "A file, or an HTTP/1 response in one")
      ->required()
      ->check(CLI::ExistingFile);
  verb.add_option("right", options.right, "Another one")->required()->check(CLI::ExistingFile);
  verb.add_option("--type", options.type,
                  "Content-Type of files; else told by their names and contents");
  verb.add_option("--ignore", options.ignore, "Path of what may differ; may be repeated")
      ->take_all();
  verb.add_option("--set", options.set, "Path of a list whose order does not matter")->take_all();
  verb.add_option("--key", options.key, "PATH=MEMBER: pair a list's elements by a member")
      ->take_all();
  verb.add_option("--tolerance", options.tolerance,
                  "PATH=SHARE: numbers may differ by this share of themselves")
      ->take_all();
  verb.add_flag("--subset", options.subset, "The right side may have more");
  verb.add_flag("--json", options.json, "One JSON object on standard output");
  verb.footer(
      "Examples:\n"
      "  gnomon diff old.json new.json\n"
      "  gnomon diff old.json new.json --ignore '$.at' --key '$.pets=id' --tolerance "
      "'$.price=0.001'\n"
      "  curl -i http://v1/pets > 1; curl -i http://v2/pets > 2; gnomon diff 1 2\n"
      "\n"
      "Exit codes: 0 equal, 1 different, 2 a file or a rule cannot be read.");
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
      "  gnomon get vs manifests/         list its virtual services\n"
      "  gnomon explain -c manifests/ --host shop.example.com --path /pets\n"
      "                                   what would become of a request, and why\n"
      "  gnomon run -c manifests/         serve it\n"
      "  gnomon verdict                   whether the version under trial may go live\n"
      "  gnomon differences               where its answers differ\n"
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
  CLI::App* diff_verb = app.add_subcommand("diff", "Compare two files as a trial would");
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
  // With a callback a verb reads its variables itself, and only when it is the one that is run: what
  // is wrong with another's is no concern of it.
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
