// accessLoggingService of a Gateway: where lines go, how they look and which requests get one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/metadata.h"
#include "config/read.h"
#include "config/scalar.h"

namespace gnomon::config {

// A free-form value, as in google.protobuf.Struct.
struct FreeValue {
  enum class Kind : uint8_t { null, boolean, number, string, object, list };
  Kind kind = Kind::null;
  Position at;
  std::string text;               // of a scalar, as it was written; "true" or "false" for a boolean
  std::vector<FreeValue> items;   // of a list or an object
  std::vector<std::string> keys;  // of an object, one for each of its items
};

template <>
struct Reader<FreeValue> {
  static bool read(const Node& node, const Scope& scope, FreeValue& out);
};

struct FileSink {
  Located<std::string> path;
  std::optional<Located<std::string>> string_format;
  std::optional<FreeValue> json_format;
};

enum class Comparison : uint8_t { eq, ge, le };
std::span<const EnumName<Comparison>> enum_names(Comparison tag);

// The runtime is never asked: what counts is the default.
struct RuntimeNumber {
  uint32_t value = 0;
  std::string key;
};
struct ComparisonFilter {
  Comparison op = Comparison::eq;
  RuntimeNumber value;
};
struct ComparingFilter {
  ComparisonFilter comparison;
};

enum class Denominator : uint8_t { hundred, ten_thousand, million };
std::span<const EnumName<Denominator>> enum_names(Denominator tag);

struct FractionalPercent {
  uint32_t numerator = 0;
  Denominator denominator = Denominator::hundred;
};
struct RuntimeFilter {
  std::string key;
  std::optional<FractionalPercent> percent;
  bool independent = false;
};

struct IntRange {
  int64_t start = 0;
  int64_t end = 0;  // not included
};
struct RegexMatcher {
  Located<std::string> regex;
};
struct AccessHeaderMatcher {
  Position at;
  std::string name;
  std::optional<std::string> exact;
  std::optional<std::string> prefix;
  std::optional<std::string> suffix;
  std::optional<bool> present;
  std::optional<IntRange> range;
  std::optional<RegexMatcher> regex;
  bool invert = false;
};
struct HeaderFilter {
  AccessHeaderMatcher header;
};

struct FlagFilter {
  std::vector<std::string> flags;  // empty: any flag
};

enum class GrpcStatus : uint8_t {};
std::span<const EnumName<GrpcStatus>> enum_names(GrpcStatus tag);
struct GrpcStatusFilter {
  std::vector<GrpcStatus> statuses;
  bool exclude = false;
};

struct NoFields {};

struct AccessFilter;
struct FilterList {
  std::vector<AccessFilter> filters;
};

// Exactly one of these.
struct AccessFilter {
  Position at;
  std::optional<ComparingFilter> status_code;
  std::optional<ComparingFilter> duration;
  std::optional<NoFields> not_health_check;
  std::optional<NoFields> traceable;
  std::optional<RuntimeFilter> runtime;
  std::optional<FilterList> all;
  std::optional<FilterList> any;
  std::optional<HeaderFilter> header;
  std::optional<FlagFilter> flags;
  std::optional<GrpcStatusFilter> grpc_status;
};

struct AccessLogConfig {
  std::optional<FileSink> file;
  std::optional<AccessFilter> filter;
};

struct AccessLogging {
  std::vector<AccessLogConfig> logs;
};

void describe(Schema<FileSink>& s);
void describe(Schema<RuntimeNumber>& s);
void describe(Schema<ComparisonFilter>& s);
void describe(Schema<ComparingFilter>& s);
void describe(Schema<FractionalPercent>& s);
void describe(Schema<RuntimeFilter>& s);
void describe(Schema<IntRange>& s);
void describe(Schema<RegexMatcher>& s);
void describe(Schema<AccessHeaderMatcher>& s);
void describe(Schema<HeaderFilter>& s);
void describe(Schema<FlagFilter>& s);
void describe(Schema<GrpcStatusFilter>& s);
void describe(Schema<NoFields>& s);
void describe(Schema<FilterList>& s);
void describe(Schema<AccessFilter>& s);
void describe(Schema<AccessLogConfig>& s);
void describe(Schema<AccessLogging>& s);

}  // namespace gnomon::config
