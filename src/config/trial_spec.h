// The parts of a ShadowTest that say how answers are compared and what decides over the new
// version.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/read.h"
#include "config/scalar.h"
#include "config/source.h"

namespace gnomon::config {

template <typename T>
class Schema;

// A count of bytes that may be written as 64Mi.
struct Quantity {
  uint64_t value = 0;
};

template <>
struct Reader<Quantity> {
  static bool read(const Node& node, const Scope& scope, Quantity& out);
};

// A second copy, to the primary's own upstream, from which noise is learnt.
struct ControlSpec {
  std::optional<float> percentage;  // of the requests that are copied; absent = all of them
};

enum class CompareMode : uint8_t { strict, subset };
std::span<const EnumName<CompareMode>> enum_names(CompareMode tag);

struct ToleranceSpec {
  std::optional<double> absolute;
  std::optional<double> relative;
  std::optional<Duration> time;
};

enum class ArrayMode : uint8_t { list, set };
std::span<const EnumName<ArrayMode>> enum_names(ArrayMode tag);

// Fields by which elements of an array are matched; one may be written without brackets.
struct KeyFields {
  Position at;
  std::vector<std::string> names;
};

template <>
struct Reader<KeyFields> {
  static bool read(const Node& node, const Scope& scope, KeyFields& out);
};

// How the elements of an array belong together.
struct ArraySpec {
  std::optional<ArrayMode> mode;
  std::optional<KeyFields> key;
};

enum class ValueClass : uint8_t { uuid, timestamp, ip, etag, host };
std::span<const EnumName<ValueClass>> enum_names(ValueClass tag);

struct CompareRuleSpec {
  Position at;
  Located<std::string> path;
  std::vector<std::string> endpoints;  // empty = all of them
  bool ignore = false;
  bool ignore_value = false;
  bool subset = false;
  std::optional<ToleranceSpec> tolerance;
  std::optional<ArraySpec> array;
  std::optional<ValueClass> value_class;
  std::optional<Located<std::string>> regex;
};

struct GrpcCompareSpec {
  Located<std::string> descriptor_set;  // a file; relative to the folder of the manifest
};

struct CompareSpec {
  CompareMode mode = CompareMode::strict;
  std::vector<Located<std::string>> endpoints;  // templates of paths
  std::vector<std::string> ignore_headers;
  std::vector<CompareRuleSpec> rules;
  std::optional<Quantity> body_bytes;  // of a body that are kept; more is compared by digest
  std::optional<GrpcCompareSpec> grpc;
};

struct RedactRuleSpec {
  Position at;
  std::optional<Located<std::string>> header;
  std::optional<Located<std::string>> query;
  std::optional<Located<std::string>> form;
  std::optional<Located<std::string>> path;
  std::optional<Located<std::string>> regex;
};

enum class SampleMode : uint8_t { redacted, hashed, names_only, off };
std::span<const EnumName<SampleMode>> enum_names(SampleMode tag);

struct VerdictSpec {
  std::optional<double> alpha;
  std::optional<double> beta;
  std::optional<double> max_mismatch_rate;
  std::optional<double> max_error_rise;
  std::optional<double> max_tail_rise;
  std::optional<double> latency_tolerance;
  std::optional<bool> latency;  // false: times do not count
  std::optional<uint64_t> min_requests;
  std::optional<Duration> min_duration;
  std::optional<Duration> deadline;
  std::string version_header;  // of the candidate's answers: a new value is a new candidate
  std::string candidate;       // what it is, as its operator says; another one is a new candidate
  std::optional<double> max_excluded_share;
  std::vector<Located<std::string>> required_endpoints;  // of those that `compare` names
};

void describe(Schema<ControlSpec>& s);
void describe(Schema<ToleranceSpec>& s);
void describe(Schema<ArraySpec>& s);
void describe(Schema<CompareRuleSpec>& s);
void describe(Schema<GrpcCompareSpec>& s);
void describe(Schema<CompareSpec>& s);
void describe(Schema<RedactRuleSpec>& s);
void describe(Schema<VerdictSpec>& s);

}  // namespace gnomon::config
