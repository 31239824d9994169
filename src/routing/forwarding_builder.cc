#include "routing/forwarding_builder.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gnomon::routing {
namespace {

std::optional<RegexRewrite> build_regex_rewrite(const Place& place,
                                                const config::RegexSubstitution& from,
                                                std::string_view name) {
  const std::string field = fmt::format("{}.pattern.regex", name);
  RegexPtr pattern = place.compile(from.pattern.regex, field);
  if (pattern == nullptr) return std::nullopt;
  std::string problem;
  if (!pattern->CheckRewriteString(from.substitution.value, &problem)) {
    place.context.error(*place.owner, from.substitution.at,
                        fmt::format("invalid substitution: {}", problem),
                        place.field(fmt::format("{}.substitution", name)),
                        "\\1 stands for the first group of the pattern");
    return std::nullopt;
  }
  return RegexRewrite{std::move(pattern), from.substitution.value};
}

void build_host_rewrite(const Place& place, const config::RouteOptions& from, HostRewrite& to) {
  to.append_forwarded_host = from.append_forwarded_host;
  if (!from.host_rewrite.empty()) {
    to.kind = HostRewrite::Kind::literal;
    to.text = from.host_rewrite;
  } else if (from.auto_host_rewrite.value_or(false)) {
    to.kind = HostRewrite::Kind::backend;
  } else if (from.host_rewrite_header) {
    to.kind = HostRewrite::Kind::header;
    to.text = *from.host_rewrite_header;
  } else if (from.host_rewrite_path_regex) {
    auto rewrite =
        build_regex_rewrite(place, *from.host_rewrite_path_regex, "hostRewritePathRegex");
    if (!rewrite) return;
    to.kind = HostRewrite::Kind::path_regex;
    to.regex = std::move(*rewrite);
  }
}

StreamDuration build_stream_duration(const config::MaxStreamDuration& from) {
  StreamDuration to;
  if (from.total) to.longest = to_millis(*from.total);
  if (from.grpc_header_max) to.grpc_max = to_millis(*from.grpc_header_max);
  if (from.grpc_header_offset) to.grpc_offset = to_millis(*from.grpc_header_offset);
  return to;
}

}  // namespace

void build_forwarding(const Place& place, const config::RouteOptions& from, Route& to) {
  if (from.timeout) to.timeout = to_millis(*from.timeout);
  if (from.idle_timeout) to.idle_timeout = to_millis(*from.idle_timeout);
  if (from.max_stream_duration) {
    to.timeout = Millis(0);
    to.stream_duration = build_stream_duration(*from.max_stream_duration);
  }
  // An empty one is none to Envoy: it does not strip the prefix.
  if (!from.prefix_rewrite.value_or("").empty()) to.prefix_rewrite = from.prefix_rewrite;
  if (from.regex_rewrite) {
    to.regex_rewrite = build_regex_rewrite(place, *from.regex_rewrite, "regexRewrite");
    if (to.prefix_rewrite) {
      place.context.error(*place.owner, from.regex_rewrite->at,
                          "regexRewrite and prefixRewrite exclude each other",
                          place.field("regexRewrite"));
    }
  }
  build_host_rewrite(place, from, to.host_rewrite);
}

}  // namespace gnomon::routing
