#include "config/trial_spec.h"

#include <algorithm>
#include <cmath>

#include "config/rules.h"
#include "config/schema.h"
#include "config/text_rules.h"

namespace gnomon::config {
namespace {

struct HeaderNames {
  bool operator()(const std::vector<std::string>& names, const Node& node,
                  const Scope& scope) const {
    bool good = true;
    for (size_t i = 0; i < names.size(); ++i) {
      good = LookupName{}(names[i], *node.items()[i], scope.item(i)) && good;
    }
    return good;
  }
};

// Both ends excluded: neither an error that cannot happen nor one that is certain.
struct Between {
  double low;
  double high;
  bool operator()(double value, const Node& node, const Scope& scope) const {
    if (value > low && value < high) return true;
    scope.error(node.at(), fmt::format("must be more than {} and less than {}, is {}", low, high,
                                       node.text()));
    return false;
  }
};
constexpr Between kErrorRate{0, 1};
// Of a coin that is as good as any verdict.
constexpr Between kChanceOfError{0, 0.5};

// A tolerance of nothing, or of anything, is none.
struct Amount {
  bool operator()(double value, const Node& node, const Scope& scope) const {
    if (value > 0 && std::isfinite(value)) return true;
    scope.error(node.at(), fmt::format("must be a finite amount above zero, is {}", node.text()));
    return false;
  }
};

// The digest of an image, a commit, a tag: it is shown on terminals and in reports.
struct CandidateName {
  bool operator()(const std::string& value, const Node& node, const Scope& scope) const {
    constexpr size_t kLongest = 200;
    const auto visible = [](char c) { return c > ' ' && c < '\x7f'; };
    if (!value.empty() && value.size() <= kLongest && std::ranges::all_of(value, visible)) {
      return true;
    }
    scope.error(node.at(), fmt::format("must be 1 to {} visible characters of ASCII, such as the "
                                       "digest of an image",
                                       kLongest));
    return false;
  }
};

struct AtLeastOneMillisecond {
  bool operator()(Duration value, const Node& node, const Scope& scope) const {
    if (value >= std::chrono::milliseconds(1)) return true;
    scope.error(node.at(), fmt::format("must be at least 1ms, is {}", node.text()));
    return false;
  }
};

}  // namespace

bool Reader<Quantity>::read(const Node& node, const Scope& scope, Quantity& out) {
  const auto value = parse_quantity(node.text());
  if (!value) return refuse(node, scope, "an amount such as 1000, 64Mi or 1.5Gi");
  out.value = *value;
  return true;
}

bool Reader<KeyFields>::read(const Node& node, const Scope& scope, KeyFields& out) {
  out.at = node.at();
  if (node.is_sequence()) {
    if (!config::read(node, scope, out.names)) return false;
  } else {
    std::string name;
    if (!read_string(node, scope, name)) return false;
    out.names = {std::move(name)};
  }
  if (!out.names.empty() && std::ranges::none_of(out.names, &std::string::empty)) return true;
  return refuse(node, scope, "the name of a field, or several");
}

std::span<const EnumName<CompareMode>> enum_names(CompareMode /*tag*/) {
  static constexpr EnumName<CompareMode> kNames[] = {{"strict", CompareMode::strict},
                                                     {"subset", CompareMode::subset}};
  return kNames;
}

std::span<const EnumName<ArrayMode>> enum_names(ArrayMode /*tag*/) {
  static constexpr EnumName<ArrayMode> kNames[] = {{"list", ArrayMode::list},
                                                   {"set", ArrayMode::set}};
  return kNames;
}

std::span<const EnumName<ValueClass>> enum_names(ValueClass /*tag*/) {
  static constexpr EnumName<ValueClass> kNames[] = {{"uuid", ValueClass::uuid},
                                                    {"timestamp", ValueClass::timestamp},
                                                    {"ip", ValueClass::ip},
                                                    {"etag", ValueClass::etag},
                                                    {"host", ValueClass::host}};
  return kNames;
}

std::span<const EnumName<SampleMode>> enum_names(SampleMode /*tag*/) {
  static constexpr EnumName<SampleMode> kNames[] = {{"redacted", SampleMode::redacted},
                                                    {"hashed", SampleMode::hashed},
                                                    {"namesOnly", SampleMode::names_only},
                                                    {"off", SampleMode::off}};
  return kNames;
}

void describe(Schema<ControlSpec>& s) {
  s.field("percentage", &ControlSpec::percentage, in_range(0.0F, 100.0F));
}

void describe(Schema<ToleranceSpec>& s) {
  s.field("absolute", &ToleranceSpec::absolute, Amount{});
  s.field("relative", &ToleranceSpec::relative, Amount{}, in_range(0.0, 1.0));
  s.field("time", &ToleranceSpec::time, AtLeastOneMillisecond{});
  s.one_of({"absolute", "relative", "time"}, "a tolerance is absolute, relative or a time");
}

void describe(Schema<ArraySpec>& s) {
  s.field("mode", &ArraySpec::mode);
  s.field("key", &ArraySpec::key);
  s.one_of({"mode", "key"}, "an array is compared by a mode or by a key");
}

void describe(Schema<CompareRuleSpec>& s) {
  s.field("path", &CompareRuleSpec::path, kRequired, kNotEmpty);
  s.field("endpoints", &CompareRuleSpec::endpoints);
  s.field("ignore", &CompareRuleSpec::ignore);
  s.field("ignoreValue", &CompareRuleSpec::ignore_value);
  s.field("subset", &CompareRuleSpec::subset);
  s.field("tolerance", &CompareRuleSpec::tolerance);
  s.field("array", &CompareRuleSpec::array);
  s.field("class", &CompareRuleSpec::value_class);
  s.field("regex", &CompareRuleSpec::regex);
  s.one_of({"ignore", "ignoreValue", "subset", "tolerance", "array", "class", "regex"},
           "a rule says ignore, ignoreValue, subset, tolerance, array, class or regex");
}

void describe(Schema<GrpcCompareSpec>& s) {
  s.field("descriptorSet", &GrpcCompareSpec::descriptor_set, kRequired, kNotEmpty);
}

void describe(Schema<CompareSpec>& s) {
  s.field("mode", &CompareSpec::mode);
  s.field("endpoints", &CompareSpec::endpoints);
  s.field("ignoreHeaders", &CompareSpec::ignore_headers, HeaderNames{});
  s.field("rules", &CompareSpec::rules);
  s.field("bodyBytes", &CompareSpec::body_bytes);
  s.field("grpc", &CompareSpec::grpc);
}

void describe(Schema<RedactRuleSpec>& s) {
  s.field("header", &RedactRuleSpec::header, LookupName{});
  s.field("query", &RedactRuleSpec::query, kNotEmpty);
  s.field("form", &RedactRuleSpec::form, kNotEmpty);
  s.field("path", &RedactRuleSpec::path, kNotEmpty);
  s.field("regex", &RedactRuleSpec::regex, kNotEmpty);
  s.one_of({"header", "query", "form", "path", "regex"},
           "a rule names a header, a query parameter, a form field, a path or a regex");
}

void describe(Schema<VerdictSpec>& s) {
  s.field("alpha", &VerdictSpec::alpha, kChanceOfError);
  s.field("beta", &VerdictSpec::beta, kChanceOfError);
  s.field("maxMismatchRate", &VerdictSpec::max_mismatch_rate, kErrorRate);
  s.field("maxErrorRise", &VerdictSpec::max_error_rise, kErrorRate);
  s.field("maxTailRise", &VerdictSpec::max_tail_rise, kErrorRate);
  s.field("latencyTolerance", &VerdictSpec::latency_tolerance, in_range(0.0, 100.0));
  s.field("latency", &VerdictSpec::latency);
  s.field("minRequests", &VerdictSpec::min_requests);
  s.field("minDuration", &VerdictSpec::min_duration, kNotNegative);
  s.field("deadline", &VerdictSpec::deadline, kPositive);
  s.field("versionHeader", &VerdictSpec::version_header, LookupName{});
  s.field("candidate", &VerdictSpec::candidate, CandidateName{});
  s.field("maxExcludedShare", &VerdictSpec::max_excluded_share, in_range(0.0, 1.0));
  s.field("requiredEndpoints", &VerdictSpec::required_endpoints);
}

}  // namespace gnomon::config
