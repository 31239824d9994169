#include "cli/cli.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "cli/check.h"
#include "cli/explain.h"
#include "cli/get.h"
#include "cli/kind_words.h"
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
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsageError;
  }
  if (run_verb->parsed()) return run(std::move(run_flags));
  if (get_verb->parsed()) return get(get_options, std::cout, std::cerr);
  if (explain_verb->parsed()) return explain(explain_options, std::cout, std::cerr);
  return check(check_options, std::cout, std::cerr);
}

}  // namespace gnomon::cli
