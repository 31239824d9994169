#include "cli/get.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <ostream>
#include <vector>

#include "cli/documents.h"
#include "cli/kind_words.h"
#include "cli/resource_tables.h"
#include "config/resources.h"
#include "routing/snapshot_builder.h"

namespace gnomon::cli {
namespace {

constexpr int kGood = 0;
constexpr int kNotFound = 1;
constexpr int kUnreadable = 2;

std::string documents_of(const GetOptions& options, const std::vector<Document>& documents) {
  if (options.output == "json") {
    Json all = Json::array();
    for (const Document& document : documents) all.push_back(document.body);
    return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  std::string out;
  for (const Document& document : documents) {
    if (!out.empty()) out += "---\n";
    out += to_yaml(document.body);
  }
  return out;
}

}  // namespace

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

int get(const GetOptions& options, std::ostream& out, std::ostream& err) {
  config::DiskFiles files;
  const config::Resources resources = config::load(files, options.path);
  const routing::Loaded loaded = routing::build_snapshot(resources);
  const std::string kind = kind_of_word(options.kind);
  const TableChoice choice{options.name, options.name_space, options.output == "wide"};
  std::vector<Document> documents = read_documents(resources.sources, kind);
  std::erase_if(documents, [&](const Document& document) {
    return !choice.holds(document.name_space, document.name);
  });
  if (documents.empty() && loaded.errors > 0 && options.name.empty()) {
    for (const config::Diagnostic& problem : loaded.diagnostics) {
      if (problem.severity == config::Severity::error) err << config::render(problem);
    }
    return kUnreadable;
  }
  if (documents.empty() && !options.name.empty()) {
    err << fmt::format("there is no {} {}\n", kind, options.name);
    return kNotFound;
  }
  const bool is_table = options.output == "table" || options.output == "wide";
  out << (is_table ? render_table(kind, choice, resources, loaded)
                   : documents_of(options, documents));
  if (loaded.errors > 0) {
    err << fmt::format("There are errors; `gnomon check {}` says which.\n", options.path);
  }
  return kGood;
}

}  // namespace gnomon::cli
