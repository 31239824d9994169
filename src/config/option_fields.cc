#include "config/option_fields.h"

namespace gnomon::config {
namespace {

// What Gloo takes for given: a message or wrapper that is there, even an empty one; text, lists and
// switches that are not empty, not off.
template <typename T>
bool is_given(const std::optional<T>& value) {
  return value.has_value();
}
template <typename T>
bool is_given(const Located<T>& value) {
  return is_given(value.value);
}
[[maybe_unused]] bool is_given(const std::string& value) { return !value.empty(); }
[[maybe_unused]] bool is_given(bool value) { return value; }
template <typename T>
bool is_given(const std::vector<T>& value) {
  return !value.empty();
}

template <typename Options, auto kMember>
constexpr OptionField<Options> field(std::string_view name, uint8_t one_of = 0) {
  return {name, one_of, [](const Options& options) { return is_given(options.*kMember); },
          [](Options& to, const Options& from) { to.*kMember = from.*kMember; }};
}

template <auto kMember>
constexpr OptionField<RouteOptions> route(std::string_view name, uint8_t one_of = 0) {
  return field<RouteOptions, kMember>(name, one_of);
}

template <auto kMember>
constexpr OptionField<VirtualHostOptions> host(std::string_view name, uint8_t one_of = 0) {
  return field<VirtualHostOptions, kMember>(name, one_of);
}

constexpr uint8_t kHostRewrite = 1;  // hostRewrite, autoHostRewrite, ...

// A new field of RouteOptions is one more line here, and nothing else for it to be merged.
constexpr OptionField<RouteOptions> kRouteFields[] = {
    route<&RouteOptions::timeout>("timeout"),
    route<&RouteOptions::idle_timeout>("idleTimeout"),
    route<&RouteOptions::max_stream_duration>("maxStreamDuration"),
    route<&RouteOptions::prefix_rewrite>("prefixRewrite"),
    route<&RouteOptions::regex_rewrite>("regexRewrite"),
    route<&RouteOptions::host_rewrite>("hostRewrite", kHostRewrite),
    route<&RouteOptions::auto_host_rewrite>("autoHostRewrite", kHostRewrite),
    route<&RouteOptions::host_rewrite_path_regex>("hostRewritePathRegex", kHostRewrite),
    route<&RouteOptions::host_rewrite_header>("hostRewriteHeader", kHostRewrite),
    route<&RouteOptions::append_forwarded_host>("appendXForwardedHost"),
    route<&RouteOptions::cors>("cors"),
    route<&RouteOptions::faults>("faults"),
    route<&RouteOptions::hash>("lbHash"),
    route<&RouteOptions::upgrades>("upgrades"),
    route<&RouteOptions::buffer>("bufferPerRoute"),
    route<&RouteOptions::rate_limit>("ratelimit"),
    route<&RouteOptions::headers>("headerManipulation"),
    route<&RouteOptions::retries>("retries"),
    route<&RouteOptions::shadowing>("shadowing"),
};

// The same for VirtualHostOptions.
constexpr OptionField<VirtualHostOptions> kHostFields[] = {
    host<&VirtualHostOptions::headers>("headerManipulation"),
    host<&VirtualHostOptions::retries>("retries"),
    host<&VirtualHostOptions::cors>("cors"),
    host<&VirtualHostOptions::cors_merge>("corsPolicyMergeSettings"),
    host<&VirtualHostOptions::buffer>("bufferPerRoute"),
    host<&VirtualHostOptions::rate_limit>("ratelimit"),
    host<&VirtualHostOptions::attempt_count_in_request>("includeRequestAttemptCount"),
    host<&VirtualHostOptions::attempt_count_in_response>("includeAttemptCountInResponse"),
};

}  // namespace

template <>
std::span<const OptionField<RouteOptions>> option_fields<RouteOptions>() {
  return kRouteFields;
}

template <>
std::span<const OptionField<VirtualHostOptions>> option_fields<VirtualHostOptions>() {
  return kHostFields;
}

}  // namespace gnomon::config
