#include "routing/trial_builder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "compare/body_capture.h"
#include "compare/path.h"
#include "routing/candidate.h"

namespace gnomon::routing {
namespace {

constexpr size_t kSchemaBytesMax = size_t{16} << 20;

compare::ValueClass to_class(config::ValueClass from) noexcept {
  switch (from) {
    case config::ValueClass::uuid:
      return compare::ValueClass::uuid;
    case config::ValueClass::timestamp:
      return compare::ValueClass::timestamp;
    case config::ValueClass::ip:
      return compare::ValueClass::ip;
    case config::ValueClass::etag:
      return compare::ValueClass::etag;
    case config::ValueClass::host:
      break;
  }
  return compare::ValueClass::host;
}

void set_tolerance(const config::ToleranceSpec& from, compare::RuleSpec& rule) {
  rule.action = compare::RuleAction::tolerance;
  rule.absolute = from.absolute.value_or(0);
  rule.relative = from.relative.value_or(0);
  if (from.time) rule.time = std::chrono::duration_cast<std::chrono::milliseconds>(*from.time);
}

compare::RuleSpec to_rule(const config::CompareRuleSpec& from) {
  using compare::RuleAction;
  compare::RuleSpec rule;
  rule.path = from.path.value;
  if (from.ignore_value) rule.action = RuleAction::ignore_value;
  if (from.subset) rule.action = RuleAction::subset;
  if (from.tolerance) set_tolerance(*from.tolerance, rule);
  if (from.array) {
    rule.action = from.array->key ? RuleAction::keyed : RuleAction::set;
    if (from.array->key) rule.keys = from.array->key->names;
  }
  if (from.value_class) {
    rule.action = RuleAction::value_class;
    rule.value_class = to_class(*from.value_class);
  }
  if (from.regex) {
    rule.action = RuleAction::regex;
    rule.pattern = from.regex->value;
  }
  return rule;
}

// A list compared as a list is what happens without a rule.
bool says_nothing(const config::CompareRuleSpec& rule) noexcept {
  const bool list = rule.array && rule.array->mode == config::ArrayMode::list;
  const bool refused = rule.ignore || rule.ignore_value || rule.subset || rule.tolerance ||
                       rule.array || rule.value_class || rule.regex;
  return list || !refused;
}

std::string text_of(const compare::RuleSpec& rule) {
  return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}", rule.endpoint, rule.path,
                     static_cast<int>(rule.action), rule.absolute, rule.relative, rule.time.count(),
                     fmt::join(rule.keys, ","), static_cast<int>(rule.value_class), rule.pattern);
}

class TrialBuilder {
 public:
  TrialBuilder(BuildContext& context, const config::ShadowTest& test, const ShadowPolicy& policy)
      : context_(context), test_(test), policy_(policy), trial_(std::make_shared<Trial>()) {}

  std::shared_ptr<const Trial> build() {
    trial_->name = test_.metadata.full_name();
    read_compare(test_.compare.value_or(config::CompareSpec{}));
    if (test_.verdict) read_verdict(*test_.verdict);
    read_redaction();
    trial_->settings.control = test_.control.has_value();
    const verdict::Settings& promised = trial_->settings;
    digested_ +=
        fmt::format("{} {} {} {} {} {} {} {}\n", promised.alpha, promised.beta,
                    promised.max_mismatch_rate, promised.max_error_rise, promised.max_tail_rise,
                    promised.latency_tolerance, promised.latency, promised.control);
    // How copies are sent is part of what their times say. Nothing is added for the usual way.
    if (policy_.pipelining > 1) digested_ += fmt::format("pipelining {}\n", policy_.pipelining);
    if (const auto wrong = verdict::problem(trial_->settings)) {
      fail(test_.target.at, *wrong, "verdict");
    }
    const std::string candidate =
        fmt::format("{}\n{}", trial_->candidate, candidate_text(context_, policy_));
    trial_->candidate_digest = folded(candidate);
    trial_->digest = folded(digested_ + candidate);
    return good_ ? trial_ : nullptr;
  }

 private:
  static uint64_t folded(std::string_view text) noexcept {
    const compare::Digest digest = compare::digest_of(text);
    return digest.low ^ digest.high;
  }

  void fail(config::Position at, std::string message, std::string_view field) {
    good_ = false;
    context_.error(test_.metadata, at, std::move(message), field);
  }

  void read_compare(const config::CompareSpec& from) {
    if (from.body_bytes) trial_->body_bytes = from.body_bytes->value;
    // Whether a body is looked into.
    digested_ += fmt::format("{}\n", trial_->body_bytes);
    for (size_t i = 0; i < from.endpoints.size(); ++i) {
      const auto& text = from.endpoints[i];
      auto parsed = compare::EndpointTemplate::parse(text.value);
      if (!parsed) {
        fail(text.at, parsed.error(), fmt::format("compare.endpoints[{}]", i));
        continue;
      }
      trial_->endpoints.push_back(std::move(*parsed));
      digested_ += text.value + "\n";
    }
    compare::RuleOptions options;
    options.subset = from.mode == config::CompareMode::subset;
    options.ignore_headers = from.ignore_headers;
    // That it says another version is what the candidate is on trial for.
    if (test_.verdict && !test_.verdict->version_header.empty()) {
      options.ignore_headers.push_back(test_.verdict->version_header);
    }
    digested_ += fmt::format("{} {}\n", options.subset, fmt::join(options.ignore_headers, " "));
    if (from.grpc) read_schema(from.grpc->descriptor_set);
    read_rules(from, options);
  }

  void read_schema(const config::Located<std::string>& file) {
    constexpr std::string_view kField = "compare.grpc.descriptorSet";
    const std::string path = beside_manifest(file);
    const auto text = context_.read_file(path, kSchemaBytesMax);
    if (!text) return fail(file.at, fmt::format("cannot read {}: {}", path, text.error()), kField);
    auto schema = compare::ProtoSchema::load(*text);
    if (!schema) return fail(file.at, fmt::format("{}: {}", path, schema.error()), kField);
    trial_->schema = std::move(*schema);
    const compare::Digest digest = compare::digest_of(*text);
    digested_ += fmt::format("descriptors {:x} {:x}\n", digest.low, digest.high);
  }

  std::string beside_manifest(const config::Located<std::string>& file) const {
    const std::filesystem::path manifest = context_.resources.sources->path(file.at.file);
    return (manifest.parent_path() / file.value).lexically_normal().string();
  }

  void read_rules(const config::CompareSpec& from, const compare::RuleOptions& options) {
    std::vector<compare::RuleSpec> specs;
    std::vector<size_t> written;  // index of the rule that each came from
    for (size_t i = 0; i < from.rules.size(); ++i) {
      const config::CompareRuleSpec& rule = from.rules[i];
      if (says_nothing(rule)) {
        check_path(rule, i);
        continue;
      }
      const size_t copies = std::max<size_t>(1, rule.endpoints.size());
      for (size_t c = 0; c < copies; ++c) {
        compare::RuleSpec spec = to_rule(rule);
        if (!rule.endpoints.empty()) spec.endpoint = rule.endpoints[c];
        digested_ += text_of(spec) + "\n";
        trial_->rule_texts.push_back(rule.path.value);
        specs.push_back(std::move(spec));
        written.push_back(i);
      }
    }
    // Each by itself, so that all that are wrong are told.
    for (size_t i = 0; i < specs.size(); ++i) {
      const auto alone = compare::RuleBook::compile({&specs[i], 1}, options);
      if (!alone) refuse_rule(from.rules[written[i]], written[i], alone.error());
    }
    if (!good_) return;
    if (auto book = compare::RuleBook::compile(specs, options)) trial_->rules = std::move(*book);
  }

  // A rule that excuses nothing has to lead somewhere all the same.
  void check_path(const config::CompareRuleSpec& rule, size_t index) {
    const auto path = compare::PathPattern::parse(rule.path.value);
    if (path) return;
    refuse_rule(rule, index, {0, "path", path.error().column, path.error().message});
  }

  void refuse_rule(const config::CompareRuleSpec& rule, size_t index,
                   const compare::RuleError& error) {
    config::Position at = rule.path.at;
    std::string_view field;
    if (error.field == "pattern") {
      at = rule.regex->at;
      field = ".regex";
    } else if (error.field == "keys") {
      at = rule.array->key->at;
      field = ".array.key";
    } else if (error.field == "path") {
      field = ".path";
    }
    fail(at,
         error.field.empty() ? error.message
                             : fmt::format("{}, at its character {}", error.message, error.column),
         fmt::format("compare.rules[{}]{}", index, field));
  }

  void read_redaction() {
    using Place = compare::RedactionSpec::Place;
    std::vector<compare::RedactionSpec> specs;
    const auto take = [&](Place place, std::string_view field, const auto& text, size_t index) {
      if (!text) return;
      const compare::RedactionSpec& spec = specs.emplace_back(place, text->value);
      const auto alone = compare::RedactionPolicy::compile({&spec, 1}, {});
      if (!alone) fail(text->at, alone.error(), fmt::format("redact[{}].{}", index, field));
    };
    for (size_t i = 0; i < test_.redact.size(); ++i) {
      const config::RedactRuleSpec& rule = test_.redact[i];
      take(Place::header, "header", rule.header, i);
      take(Place::query, "query", rule.query, i);
      take(Place::form, "form", rule.form, i);
      take(Place::path, "path", rule.path, i);
      take(Place::regex, "regex", rule.regex, i);
    }
    const config::SampleMode samples = test_.samples.value_or(config::SampleMode::redacted);
    trial_->samples = samples != config::SampleMode::off;
    using Mode = compare::RedactionMode;
    const Mode mode = samples == config::SampleMode::hashed       ? Mode::hash_values
                      : samples == config::SampleMode::names_only ? Mode::names_only
                                                                  : Mode::rules;
    if (auto policy = compare::RedactionPolicy::compile(specs, mode)) {
      trial_->redaction = std::move(*policy);
    }
  }

  void read_verdict(const config::VerdictSpec& from) {
    verdict::Settings& to = trial_->settings;
    to.alpha = from.alpha.value_or(to.alpha);
    to.beta = from.beta.value_or(to.beta);
    to.max_mismatch_rate = from.max_mismatch_rate.value_or(to.max_mismatch_rate);
    to.max_error_rise = from.max_error_rise.value_or(to.max_error_rise);
    to.max_tail_rise = from.max_tail_rise.value_or(to.max_tail_rise);
    to.latency_tolerance = from.latency_tolerance.value_or(to.latency_tolerance);
    to.latency = from.latency.value_or(to.latency);
    to.min_requests = from.min_requests.value_or(to.min_requests);
    to.min_duration = from.min_duration.value_or(to.min_duration);
    to.deadline = from.deadline;
    to.max_excluded_share = from.max_excluded_share.value_or(to.max_excluded_share);
    for (size_t i = 0; i < from.required_endpoints.size(); ++i) {
      read_required(from.required_endpoints[i], fmt::format("verdict.requiredEndpoints[{}]", i));
    }
    trial_->version_header = from.version_header;
    trial_->candidate = from.candidate;
  }

  // Names that are learnt may be others tomorrow, and PASS would wait for ever.
  void read_required(const config::Located<std::string>& text, const std::string& field) {
    const auto parsed = compare::EndpointTemplate::parse(text.value);
    if (!parsed) return fail(text.at, parsed.error(), field);
    const auto names_it = [&](const compare::EndpointTemplate& known) {
      return known.path() == parsed->path() &&
             (known.method().empty() || known.method() == parsed->method());
    };
    if (std::ranges::none_of(trial_->endpoints, names_it)) {
      return fail(text.at, fmt::format("{} is none of compare.endpoints", text.value), field);
    }
    trial_->settings.required_endpoints.push_back(text.value);
  }

  BuildContext& context_;
  const config::ShadowTest& test_;
  const ShadowPolicy& policy_;
  std::shared_ptr<Trial> trial_;
  std::string digested_;
  bool good_ = true;
};

}  // namespace

bool compares(const config::ShadowTest& test) noexcept {
  return test.control || test.compare || test.verdict;
}

std::shared_ptr<const Trial> build_trial(BuildContext& context, const config::ShadowTest& test,
                                         const ShadowPolicy& policy) {
  return TrialBuilder(context, test, policy).build();
}

}  // namespace gnomon::routing
