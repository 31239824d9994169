#include "config/shadow_test_spec.h"

#include "config/rules.h"
#include "config/schema.h"
#include "config/text_rules.h"

namespace gnomon::config {
namespace {

constexpr uint32_t kPipeliningMin = 2;
constexpr uint32_t kPipeliningMax = 256;

struct Methods {
  bool operator()(const std::vector<std::string>& methods, const Node& node,
                  const Scope& scope) const {
    bool good = true;
    for (size_t i = 0; i < methods.size(); ++i) {
      if (is_header_name(methods[i]) && methods[i] != "CONNECT") continue;
      scope.item(i).error(node.items()[i]->at(),
                          fmt::format("\"{}\" is not a method that can be copied", methods[i]));
      good = false;
    }
    return good;
  }
};

}  // namespace

void describe(Schema<ShadowTarget>& s) {
  s.field("virtualService", &ShadowTarget::virtual_service, kRequired, kNotEmpty);
  s.field("namespace", &ShadowTarget::name_space);
  s.field("route", &ShadowTarget::route);
}

void describe(Schema<ShadowDestination>& s) {
  s.field("upstream", &ShadowDestination::upstream, kRequired);
  s.field("percentage", &ShadowDestination::percentage, in_range(0.0F, 100.0F));
  s.field("disableShadowHostSuffixAppend", &ShadowDestination::disable_host_suffix);
  s.field("hostRewriteLiteral", &ShadowDestination::host_rewrite, ValidAuthority{});
}

void describe(Schema<SamplingKey>& s) {
  s.field("header", &SamplingKey::header, LookupName{});
  s.field("cookie", &SamplingKey::cookie, LookupName{});
  s.field("clientAddress", &SamplingKey::client_address);
  s.one_of({"header", "cookie", "clientAddress"},
           "a key needs a header, a cookie or clientAddress");
}

void describe(Schema<Sampling>& s) {
  s.field("key", &Sampling::key);
  s.field("salt", &Sampling::salt);
}

void describe(Schema<HeaderEdits>& s) {
  s.field("set", &HeaderEdits::set, EditableFields{});
  s.field("remove", &HeaderEdits::remove, EditableNames{});
}

void describe(Schema<ShadowRequest>& s) {
  s.field("methods", &ShadowRequest::methods, Methods{});
  s.field("timeout", &ShadowRequest::timeout, kPositive);
  s.field("headers", &ShadowRequest::headers);
  s.field("hostRewrite", &ShadowRequest::host_rewrite, ValidAuthority{});
}

void describe(Schema<ShadowLimits>& s) {
  s.field("inFlight", &ShadowLimits::in_flight, kPositive);
  s.field("bufferBytes", &ShadowLimits::buffer_bytes);
  s.field("requestsPerSecond", &ShadowLimits::requests_per_second, kPositive);
  s.field("clientShare", &ShadowLimits::client_share, in_range(0.001, 1.0));
}

void describe(Schema<ShadowPipelining>& s) {
  s.field("depth", &ShadowPipelining::depth, kRequired, in_range(kPipeliningMin, kPipeliningMax));
}

void describe(Schema<ShadowTest>& s) {
  s.field("target", &ShadowTest::target, kRequired);
  s.field("shadow", &ShadowTest::shadow);
  s.field("sampling", &ShadowTest::sampling);
  s.field("request", &ShadowTest::request);
  s.field("limits", &ShadowTest::limits);
  s.field("pipelining", &ShadowTest::pipelining);
  s.field("control", &ShadowTest::control);
  s.field("compare", &ShadowTest::compare);
  s.field("redact", &ShadowTest::redact);
  s.field("samples", &ShadowTest::samples);
  s.field("verdict", &ShadowTest::verdict);
  s.ignored({"status"});
}

}  // namespace gnomon::config
