// ShadowTest, a resource of our own: what Gloo's `shadowing` has no words for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/metadata.h"
#include "config/scalar.h"
#include "config/source.h"
#include "config/trial_spec.h"

namespace gnomon::config {

// The route whose requests are copied.
struct ShadowTarget {
  Position at;
  std::string virtual_service;
  std::string name_space;      // empty: the ShadowTest's own
  Located<std::string> route;  // its name; empty: the one route that is shadowed
};

// Where copies go. Absent, the test refines the route's own options.shadowing.
struct ShadowDestination {
  Position at;
  ResourceRef upstream;
  std::optional<float> percentage;
  bool disable_host_suffix = false;
  std::string host_rewrite;
};

struct SamplingKey {
  std::optional<std::string> header;
  std::optional<std::string> cookie;
  bool client_address = false;
};

struct Sampling {
  std::optional<SamplingKey> key;
  std::string salt;
};

struct HeaderEdits {
  Labels set;
  std::vector<std::string> remove;
};

struct ShadowRequest {
  std::vector<std::string> methods;
  std::optional<Duration> timeout;
  std::optional<HeaderEdits> headers;
  std::string host_rewrite;
};

struct ShadowLimits {
  std::optional<uint32_t> in_flight;
  std::optional<Quantity> buffer_bytes;
  std::optional<double> requests_per_second;
  std::optional<double> client_share;
};

// Several copies at once on a connection that speaks HTTP/1.
struct ShadowPipelining {
  Position at;
  uint32_t depth = 1;
};

struct ShadowTest {
  Metadata metadata;
  ShadowTarget target;
  std::optional<ShadowDestination> shadow;
  std::optional<Sampling> sampling;
  std::optional<ShadowRequest> request;
  std::optional<ShadowLimits> limits;
  std::optional<ShadowPipelining> pipelining;
  // Answers are compared where one of these is given.
  std::optional<ControlSpec> control;
  std::optional<CompareSpec> compare;
  std::vector<RedactRuleSpec> redact;
  std::optional<SampleMode> samples;
  std::optional<VerdictSpec> verdict;
};

void describe(Schema<ShadowTarget>& s);
void describe(Schema<ShadowDestination>& s);
void describe(Schema<SamplingKey>& s);
void describe(Schema<Sampling>& s);
void describe(Schema<HeaderEdits>& s);
void describe(Schema<ShadowRequest>& s);
void describe(Schema<ShadowLimits>& s);
void describe(Schema<ShadowPipelining>& s);
void describe(Schema<ShadowTest>& s);

}  // namespace gnomon::config
