#include "config/access_logging.h"

#include <algorithm>

#include "config/rules.h"
#include "config/schema.h"
#include "config/text_rules.h"

namespace gnomon::config {
namespace {

// Envoy's flags. Those that cannot happen here are accepted and match nothing.
constexpr std::string_view kFlags[] = {"LH", "UH", "UT",  "LR",    "UR",   "UF",   "UC", "UO",
                                       "NR", "DI", "FI",  "RL",    "UAEX", "RLSE", "DC", "URX",
                                       "SI", "IH", "DPE", "UMSDR", "RFCF", "NFCF", "DT", "UPE",
                                       "NC", "OM", "DF",  "DO",    "DR",   "UDO"};

struct FlagNames {
  bool operator()(const std::vector<std::string>& flags, const Node& node,
                  const Scope& scope) const {
    bool good = true;
    for (size_t i = 0; i < flags.size(); ++i) {
      if (std::ranges::find(kFlags, flags[i]) != std::end(kFlags)) continue;
      scope.item(i).error(node.items()[i]->at(),
                          fmt::format("\"{}\" is not one of Envoy's response flags", flags[i]));
      good = false;
    }
    return good;
  }
};

bool check_name(const std::string& name, const Node& node, const Scope& scope) {
  if (is_header_name(name.starts_with(':') ? std::string_view(name).substr(1) : name)) return true;
  scope.error(node.at(), fmt::format("\"{}\" is not a header name", name));
  return false;
}

bool check_two(const FilterList& list, const Node& node, const Scope& scope) {
  if (list.filters.size() >= 2) return true;
  scope.error(node.at(), "must hold two filters at least");
  return false;
}

bool read_members(const Node& node, const Scope& scope, FreeValue& out) {
  bool good = true;
  for (const Entry& entry : node.entries()) {
    out.keys.emplace_back(entry.key->text());
    good &= read(*entry.value, scope.field(entry.key->text()), out.items.emplace_back());
  }
  return good;
}

void read_scalar(const Node& node, FreeValue& out) {
  out.text = node.text();
  switch (node.is_plain() ? classify(node.text()) : ScalarType::string) {
    case ScalarType::null:
      out.kind = FreeValue::Kind::null;
      return;
    case ScalarType::boolean:
      out.kind = FreeValue::Kind::boolean;
      out.text = parse_bool(node.text()).value_or(false) ? "true" : "false";
      return;
    case ScalarType::integer:
    case ScalarType::real:
      out.kind = FreeValue::Kind::number;
      return;
    case ScalarType::string:
      out.kind = FreeValue::Kind::string;
      return;
  }
}

}  // namespace

bool Reader<FreeValue>::read(const Node& node, const Scope& scope, FreeValue& out) {
  out.at = node.at();
  if (node.is_mapping()) {
    out.kind = FreeValue::Kind::object;
    return read_members(node, scope, out);
  }
  if (node.is_sequence()) {
    out.kind = FreeValue::Kind::list;
    return Reader<std::vector<FreeValue>>::read(node, scope, out.items);
  }
  read_scalar(node, out);
  return true;
}

std::span<const EnumName<Comparison>> enum_names(Comparison /*tag*/) {
  static constexpr EnumName<Comparison> kNames[] = {
      {"EQ", Comparison::eq}, {"GE", Comparison::ge}, {"LE", Comparison::le}};
  return kNames;
}

std::span<const EnumName<Denominator>> enum_names(Denominator /*tag*/) {
  static constexpr EnumName<Denominator> kNames[] = {{"HUNDRED", Denominator::hundred},
                                                     {"TEN_THOUSAND", Denominator::ten_thousand},
                                                     {"MILLION", Denominator::million}};
  return kNames;
}

std::span<const EnumName<GrpcStatus>> enum_names(GrpcStatus /*tag*/) {
  static constexpr EnumName<GrpcStatus> kNames[] = {{"OK", GrpcStatus{0}},
                                                    {"CANCELED", GrpcStatus{1}},
                                                    {"UNKNOWN", GrpcStatus{2}},
                                                    {"INVALID_ARGUMENT", GrpcStatus{3}},
                                                    {"DEADLINE_EXCEEDED", GrpcStatus{4}},
                                                    {"NOT_FOUND", GrpcStatus{5}},
                                                    {"ALREADY_EXISTS", GrpcStatus{6}},
                                                    {"PERMISSION_DENIED", GrpcStatus{7}},
                                                    {"RESOURCE_EXHAUSTED", GrpcStatus{8}},
                                                    {"FAILED_PRECONDITION", GrpcStatus{9}},
                                                    {"ABORTED", GrpcStatus{10}},
                                                    {"OUT_OF_RANGE", GrpcStatus{11}},
                                                    {"UNIMPLEMENTED", GrpcStatus{12}},
                                                    {"INTERNAL", GrpcStatus{13}},
                                                    {"UNAVAILABLE", GrpcStatus{14}},
                                                    {"DATA_LOSS", GrpcStatus{15}},
                                                    {"UNAUTHENTICATED", GrpcStatus{16}}};
  return kNames;
}

void describe(Schema<FileSink>& s) {
  s.field("path", &FileSink::path, kRequired, kNotEmpty);
  s.field("stringFormat", &FileSink::string_format);
  s.field("jsonFormat", &FileSink::json_format);
  s.one_of({"stringFormat", "jsonFormat"});
}

void describe(Schema<RuntimeNumber>& s) {
  s.field("defaultValue", &RuntimeNumber::value);
  s.field("runtimeKey", &RuntimeNumber::key);
}

void describe(Schema<ComparisonFilter>& s) {
  s.field("op", &ComparisonFilter::op);
  s.field("value", &ComparisonFilter::value, kRequired);
}

void describe(Schema<ComparingFilter>& s) {
  s.field("comparison", &ComparingFilter::comparison, kRequired);
}

void describe(Schema<FractionalPercent>& s) {
  s.field("numerator", &FractionalPercent::numerator);
  s.field("denominator", &FractionalPercent::denominator);
}

void describe(Schema<RuntimeFilter>& s) {
  s.field("runtimeKey", &RuntimeFilter::key);
  s.field("percentSampled", &RuntimeFilter::percent);
  s.field("useIndependentRandomness", &RuntimeFilter::independent);
}

void describe(Schema<IntRange>& s) {
  s.field("start", &IntRange::start);
  s.field("end", &IntRange::end);
}

void describe(Schema<RegexMatcher>& s) {
  s.field("regex", &RegexMatcher::regex, kRequired, kNotEmpty);
  s.ignored({"googleRe2"});
}

void describe(Schema<AccessHeaderMatcher>& s) {
  using M = AccessHeaderMatcher;
  s.field("name", &M::name, kRequired, check_name);
  s.field("exactMatch", &M::exact);
  s.field("prefixMatch", &M::prefix);
  s.field("suffixMatch", &M::suffix);
  s.field("presentMatch", &M::present);
  s.field("rangeMatch", &M::range);
  s.field("safeRegexMatch", &M::regex);
  s.field("invertMatch", &M::invert);
  s.one_of(
      {"exactMatch", "prefixMatch", "suffixMatch", "presentMatch", "rangeMatch", "safeRegexMatch"});
}

void describe(Schema<HeaderFilter>& s) { s.field("header", &HeaderFilter::header, kRequired); }

void describe(Schema<FlagFilter>& s) { s.field("flags", &FlagFilter::flags, FlagNames{}); }

void describe(Schema<GrpcStatusFilter>& s) {
  s.field("statuses", &GrpcStatusFilter::statuses);
  s.field("exclude", &GrpcStatusFilter::exclude);
}

void describe(Schema<NoFields>& /*s*/) {}

void describe(Schema<FilterList>& s) {
  s.field("filters", &FilterList::filters);
  s.check(check_two);
}

void describe(Schema<AccessFilter>& s) {
  using M = AccessFilter;
  s.field("statusCodeFilter", &M::status_code);
  s.field("durationFilter", &M::duration);
  s.field("notHealthCheckFilter", &M::not_health_check);
  s.field("traceableFilter", &M::traceable);
  s.field("runtimeFilter", &M::runtime);
  s.field("andFilter", &M::all);
  s.field("orFilter", &M::any);
  s.field("headerFilter", &M::header);
  s.field("responseFlagFilter", &M::flags);
  s.field("grpcStatusFilter", &M::grpc_status);
  s.one_of({"statusCodeFilter", "durationFilter", "notHealthCheckFilter", "traceableFilter",
            "runtimeFilter", "andFilter", "orFilter", "headerFilter", "responseFlagFilter",
            "grpcStatusFilter"},
           "a filter must say which");
}

void describe(Schema<AccessLogConfig>& s) {
  s.field("fileSink", &AccessLogConfig::file);
  s.field("filter", &AccessLogConfig::filter);
  s.unserved({"grpcService", "openTelemetryService"},
             "has no effect: lines are written to files only, nothing is sent to a service");
  s.one_of({"fileSink", "grpcService", "openTelemetryService"},
           "an access log needs a fileSink, grpcService or openTelemetryService");
}

void describe(Schema<AccessLogging>& s) { s.field("accessLog", &AccessLogging::logs); }

}  // namespace gnomon::config
