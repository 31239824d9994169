#include "cli/diff_rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "compare/path.h"
#include "config/load_cache.h"
#include "config/resources.h"
#include "config/schema.h"
#include "routing/trial_builder.h"

namespace gnomon::cli {

using Json = nlohmann::ordered_json;

// A file that is not a resource: `compare` as in a ShadowTest, and nothing else.
struct CompareFile {
  config::CompareSpec compare;
};
void describe(config::Schema<CompareFile>& s) {
  s.field("compare", &CompareFile::compare, config::kRequired);
}

namespace {

constexpr std::string_view kQuery = "query:";

std::string errors_of(const config::Diagnostics& diagnostics) {
  std::string out;
  for (const config::Diagnostic& each : diagnostics.sorted()) {
    if (each.severity == config::Severity::error) out += config::render(each);
  }
  return out;
}

std::string complaint(std::string_view text) { return fmt::format("gnomon: {}\n", text); }

// ---- rules of a file ------------------------------------------------------------------------

bool is_resource(const config::Node& document) {
  return !document.is_mapping() || document.find_any({"apiVersion", "kind", "metadata"}) != nullptr;
}

// `rules: [...]` without `compare:` above it, as one gets who cuts it out.
bool is_bare(const config::Node& document) {
  const auto known = config::Schema<config::CompareSpec>::instance().served_names();
  return document.find("compare") == nullptr &&
         std::ranges::any_of(document.entries(), [&](const config::Entry& entry) {
           return std::ranges::find(known, entry.key->text()) != known.end();
         });
}

void read_compare(const config::Node& document, config::Resources& to) {
  CompareFile file;
  const config::Scope root(to.diagnostics, "");
  const bool good = is_bare(document) ? config::read(document, root.field("compare"), file.compare)
                                      : config::read(document, root, file);
  config::ShadowTest& test = to.shadow_tests.emplace_back();
  test.metadata.at = document.at();
  test.metadata.flat = true;
  test.metadata.broken = !good;
  test.compare = std::move(file.compare);
}

// A configuration, or the one mapping of a file that is none.
config::Resources load_rules(const std::string& path, config::Files& files,
                             config::LoadCache& cache) {
  const auto text = files.kind(path) == config::Files::Kind::file
                        ? files.read(path, config::LoadLimits().file_bytes)
                        : std::unexpected(std::string());
  if (text) {
    config::Resources out(cache.sources());
    config::YamlReader reader(*out.sources, cache.sources()->add(path, *text), out.diagnostics);
    const config::Node* document = reader.next();
    if (document != nullptr && !is_resource(*document)) {
      read_compare(*document, out);
      if (const config::Node* second = reader.next()) {
        out.diagnostics.error(second->at(), "rules without a resource are one document");
        out.shadow_tests.back().metadata.broken = true;
      }
      return out;
    }
  }
  return config::load(files, path, {}, &cache);
}

std::expected<config::ShadowTest, std::string> choose_test(config::Resources& from,
                                                           const RuleFlags& flags) {
  std::vector<config::ShadowTest*> found;
  std::vector<std::string> names;
  for (config::ShadowTest& test : from.shadow_tests) {
    names.push_back(test.metadata.full_name());
    const bool meant =
        flags.test.empty() || flags.test == test.metadata.name.value || flags.test == names.back();
    if (meant) found.push_back(&test);
  }
  const bool broken = found.size() == 1 && found[0]->metadata.broken;
  if (broken || (names.empty() && from.diagnostics.errors() != 0)) {
    return std::unexpected(errors_of(from.diagnostics));
  }
  if (names.empty())
    return std::unexpected(complaint(flags.file + ": there is no ShadowTest in it"));
  if (found.empty()) {
    return std::unexpected(errors_of(from.diagnostics) +
                           complaint(fmt::format("{}: there is no ShadowTest {}, but {}",
                                                 flags.file, flags.test, fmt::join(names, ", "))));
  }
  if (found.size() > 1) {
    return std::unexpected(complaint(
        fmt::format("{}: --test has to say which one: {}", flags.file, fmt::join(names, ", "))));
  }
  return std::move(*found[0]);
}

// ---- rules of flags -------------------------------------------------------------------------

struct PathAndValue {
  std::string path;
  std::string value;
};

// Cut at the first "=" that does not stand in a name in brackets.
std::optional<PathAndValue> split(const std::string& text) {
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (quote == 0 && text[i] == '=') {
      if (i == 0 || i + 1 == text.size()) return std::nullopt;
      return PathAndValue{text.substr(0, i), text.substr(i + 1)};
    }
    const bool opens = i > 0 && text[i - 1] == '[' && (text[i] == '\'' || text[i] == '"');
    if (quote == 0 && opens) {
      quote = text[i];
    } else if (quote != 0 && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      quote = 0;
    }
  }
  return std::nullopt;
}

Json key_rule(const std::string& value) {
  Json names = Json::array();
  for (size_t at = 0; at <= value.size();) {
    const size_t comma = std::min(value.find(',', at), value.size());
    names.push_back(value.substr(at, comma - at));
    at = comma + 1;
  }
  return {{"array", {{"key", std::move(names)}}}};
}

// "0.01", "absolute:0.01", "time:2s".
Json tolerance_rule(const std::string& value) {
  const size_t colon = value.find(':');
  const std::string form = colon == std::string::npos ? "relative" : value.substr(0, colon);
  return {{"tolerance", {{form, value.substr(colon == std::string::npos ? 0 : colon + 1)}}}};
}

// Writes each flag as the mapping that would say the same in a file, and has that read: so the
// values are checked by the same code, and what is wrong is told in the same words.
class FlagReader {
 public:
  FlagReader(config::Sources& texts, config::Diagnostics& diagnostics, config::CompareSpec& rules,
             config::CompareSpec& line_rules)
      : texts_(texts), diagnostics_(diagnostics), rules_(rules), line_rules_(line_rules) {}

  void add(std::string_view flag, const std::vector<std::string>& paths, const Json& rule) {
    for (const std::string& path : paths) add_rule(flag, path, rule);
  }

  template <typename MakeRule>
  void add(std::string_view flag, const std::vector<std::string>& texts, std::string_view form,
           MakeRule rule) {
    for (const std::string& text : texts) {
      const auto parts = split(text);
      if (parts) {
        add_rule(flag, parts->path, rule(parts->value));
      } else {
        diagnostics_.error({texts_.add(std::string(flag), text), 1, 1},
                           fmt::format("{} is expected", form));
      }
    }
  }

  void add_to_both(std::string_view flag, const Json& settings) {
    read(flag, settings, rules_);
    read(flag, settings, line_rules_);
  }
  void add(std::string_view flag, const Json& settings) { read(flag, settings, rules_); }

 private:
  void add_rule(std::string_view flag, const std::string& path, const Json& rule) {
    const auto line_path = to_line_path(path);
    Json whole{{"path", line_path.value_or(path)}};
    whole.update(rule);
    read(flag, {{"rules", Json::array({std::move(whole)})}}, line_path ? line_rules_ : rules_);
  }

  void read(std::string_view flag, const Json& settings, config::CompareSpec& to) {
    const uint32_t file = texts_.add(std::string(flag),
                                     settings.dump(-1, ' ', false, Json::error_handler_t::replace));
    config::YamlReader reader(texts_, file, diagnostics_);
    const config::Node* node = reader.next();
    config::CompareSpec read;
    if (node == nullptr || !config::read(*node, config::Scope(diagnostics_, "compare"), read))
      return;
    std::ranges::move(read.rules, std::back_inserter(to.rules));
    std::ranges::move(read.ignore_headers, std::back_inserter(to.ignore_headers));
    if (read.grpc) to.grpc = std::move(read.grpc);
    if (read.mode == config::CompareMode::subset) to.mode = read.mode;
  }

  config::Sources& texts_;
  config::Diagnostics& diagnostics_;
  config::CompareSpec& rules_;
  config::CompareSpec& line_rules_;
};

void read_flags(const RuleFlags& flags, FlagReader& reader) {
  reader.add("--ignore", flags.ignore, {{"ignore", true}});
  reader.add("--ignore-value", flags.ignore_value, {{"ignoreValue", true}});
  reader.add("--set", flags.set, {{"array", {{"mode", "set"}}}});
  reader.add("--subset-at", flags.subset_at, {{"subset", true}});
  reader.add("--key", flags.key, "PATH=MEMBER", key_rule);
  reader.add("--tolerance", flags.tolerance, "PATH=SHARE", tolerance_rule);
  reader.add("--class", flags.value_class, "PATH=CLASS",
             [](const std::string& value) { return Json{{"class", value}}; });
  reader.add("--regex", flags.regex, "PATH=PATTERN",
             [](const std::string& value) { return Json{{"regex", value}}; });
  for (const std::string& name : flags.ignore_headers) {
    reader.add("--ignore-header", {{"ignoreHeaders", Json::array({name})}});
  }
  if (!flags.descriptor_set.empty()) {
    reader.add("--descriptor-set", {{"grpc", {{"descriptorSet", flags.descriptor_set}}}});
  }
  if (flags.subset) reader.add_to_both("--subset", {{"mode", "subset"}});
}

}  // namespace

std::optional<std::string> to_line_path(std::string_view path) {
  const bool query = path.starts_with(kQuery) && path.size() > kQuery.size();
  if (!query && path != "method" && path != "path") return std::nullopt;
  std::string out = "$";
  compare::append_member(out, path);
  return out;
}

std::string from_line_path(std::string_view path) {
  if (path.starts_with("$['") && path.ends_with("']")) {
    std::string out;
    for (size_t i = 3; i + 2 < path.size(); ++i) {
      if (path[i] == '\\') ++i;
      out += path[i];
    }
    return out;
  }
  // A name of a parameter that is data.
  if (path == "$.{}") return std::string(kQuery) + "{}";
  return std::string(path.substr(std::min<size_t>(path.size(), 2)));
}

std::expected<DiffRules, std::string> read_diff_rules(const RuleFlags& flags,
                                                      config::Files& files) {
  config::LoadCache cache;  // for the sake of its texts, to which the flags are added
  const std::shared_ptr<config::Sources> texts = cache.sources();
  config::Resources resources =
      flags.file.empty() ? config::Resources(texts) : load_rules(flags.file, files, cache);
  config::ShadowTest test;
  test.metadata.flat = true;
  config::ShadowTest line = test;
  if (!flags.file.empty()) {
    auto chosen = choose_test(resources, flags);
    if (!chosen) return std::unexpected(std::move(chosen.error()));
    test = std::move(*chosen);
  }
  if (!test.compare) test.compare.emplace();
  line.compare.emplace();
  line.compare->mode = test.compare->mode;
  const size_t errors_before = resources.diagnostics.errors();
  FlagReader reader(*texts, resources.diagnostics, *test.compare, *line.compare);
  read_flags(flags, reader);
  routing::BuildContext context(resources, files);
  DiffRules out;
  out.trial = routing::build_trial(context, test, {});
  out.request_line = routing::build_trial(context, line, {});
  if (test.compare->body_bytes) out.body_bytes = test.compare->body_bytes->value;
  if (resources.diagnostics.errors() != errors_before || !out.trial || !out.request_line) {
    return std::unexpected(errors_of(context.diagnostics));
  }
  return out;
}

}  // namespace gnomon::cli
