#include "routing/route_options_builder.h"

#include <gtest/gtest.h>

#include <string>

#include "routing/testing.h"

namespace gnomon::routing {
namespace {

// One route to "blue" with these options, which begin in line 9.
std::string with_options(const std::string& options) {
  return shop(
      "    - matchers: [{prefix: /}]\n"
      "      routeAction: {single: {upstream: {name: blue}}}\n"
      "      options:\n" +
      options);
}

Route route_of(const Loaded& loaded) {
  EXPECT_NE(loaded.snapshot, nullptr) << brief(loaded);
  if (loaded.snapshot == nullptr) return {};
  const Match match = loaded.snapshot->match(0, get("a", "/"));
  EXPECT_NE(match.route, nullptr);
  return match.route == nullptr ? Route() : *match.route;
}

Route built(const std::string& options) { return route_of(load_text(with_options(options))); }

TEST(RouteOptionsBuilder, leaves_a_route_without_options_without_filters) {
  EXPECT_EQ(built("        timeout: 1s\n").filters, nullptr);
}

TEST(RouteOptionsBuilder, resolves_time_limits) {
  const Route route = built(
      "        idleTimeout: 0s\n"
      "        maxStreamDuration: {maxStreamDuration: 1.5s, grpcTimeoutHeaderMax: 0s,\n"
      "                            grpcTimeoutHeaderOffset: 0.5s}\n");
  EXPECT_EQ(route.idle_timeout, Millis(0));
  ASSERT_TRUE(route.stream_duration.has_value());
  EXPECT_EQ(route.stream_duration->longest, Millis(1500));
  EXPECT_EQ(route.stream_duration->grpc_max, Millis(0));
  EXPECT_EQ(route.stream_duration->grpc_offset, Millis(500));
  EXPECT_EQ(built("        timeout: 1s\n").stream_duration, std::nullopt);
  EXPECT_EQ(built("        timeout: 1s\n").idle_timeout, std::nullopt);
}

TEST(RouteOptionsBuilder, a_timeout_beside_a_stream_duration_is_not_heeded) {
  EXPECT_EQ(built("        timeout: 1s\n"
                  "        maxStreamDuration: {grpcTimeoutHeaderMax: 2s}\n")
                .timeout,
            Millis(0));
}

TEST(RouteOptionsBuilder, resolves_what_becomes_of_the_host) {
  const HostRewrite header = built("        hostRewriteHeader: x-h\n").host_rewrite;
  EXPECT_EQ(header.kind, HostRewrite::Kind::header);
  EXPECT_EQ(header.text, "x-h");
  EXPECT_EQ(built("        autoHostRewrite: true\n").host_rewrite.kind, HostRewrite::Kind::backend);
  EXPECT_EQ(built("        autoHostRewrite: false\n").host_rewrite.kind, HostRewrite::Kind::keep);
  const HostRewrite path = built(
                               "        hostRewritePathRegex: {pattern: {regex: '^/(a)'}, "
                               "substitution: '\\1.x'}\n"
                               "        appendXForwardedHost: true\n")
                               .host_rewrite;
  EXPECT_EQ(path.kind, HostRewrite::Kind::path_regex);
  EXPECT_EQ(path.regex.substitution, "\\1.x");
  EXPECT_TRUE(path.append_forwarded_host);
}

TEST(RouteOptionsBuilder, names_the_place_of_a_bad_pattern_or_substitution) {
  EXPECT_EQ(brief(load_text(
                with_options("        regexRewrite: {pattern: {regex: '('}, substitution: x}\n"))),
            "10:41 error: spec.virtualHost.routes[0].options.regexRewrite.pattern.regex: invalid "
            "regular expression: missing ): (\n");
  EXPECT_EQ(brief(load_text(with_options(
                "        regexRewrite: {pattern: {regex: 'a'}, substitution: '\\1'}\n"))),
            "10:61 error: spec.virtualHost.routes[0].options.regexRewrite.substitution: invalid "
            "substitution: Rewrite schema requests 1 matches, but the regexp only has 0 "
            "parenthesized subexpressions.\n");
  EXPECT_EQ(brief(load_text(with_options("        prefixRewrite: /\n"
                                         "        regexRewrite: {pattern: {regex: 'a'}}\n"))),
            "11:23 error: spec.virtualHost.routes[0].options.regexRewrite: regexRewrite and "
            "prefixRewrite exclude each other\n");
}

TEST(RouteOptionsBuilder, draws_faults_by_gloo_s_millionths) {
  const Route route = built(
      "        faults: {abort: {percentage: 0.39, httpStatus: 503}, delay: {percentage: 100, "
      "fixedDelay: 2s}}\n");
  ASSERT_NE(route.filters, nullptr);
  EXPECT_EQ(route.filters->faults->abort_per_million, 3899u);
  EXPECT_EQ(route.filters->faults->abort_status, 503);
  EXPECT_EQ(route.filters->faults->delay_per_million, 1'000'000u);
  EXPECT_EQ(route.filters->faults->delay, Millis(2000));
}

TEST(RouteOptionsBuilder, keeps_the_order_of_hash_policies) {
  const Route route = built(
      "        lbHash: {hashPolicies: [{header: x-u, terminal: true}, {sourceIp: true}, "
      "{cookie: {name: c, ttl: 1.2s, path: /p}}]}\n");
  ASSERT_NE(route.filters, nullptr);
  const std::vector<HashPolicy>& hash = route.filters->hash;
  ASSERT_EQ(hash.size(), 3u);
  EXPECT_EQ(hash[0].name, "x-u");
  EXPECT_TRUE(hash[0].terminal);
  EXPECT_EQ(hash[1].kind, HashPolicy::Kind::source_ip);
  EXPECT_EQ(hash[2].kind, HashPolicy::Kind::cookie);
  EXPECT_EQ(hash[2].cookie_ttl, std::chrono::seconds(2));
  EXPECT_EQ(hash[2].cookie_path, "/p");
}

TEST(RouteOptionsBuilder, reads_formats_of_header_values_and_refuses_unknown_operators) {
  const Route route = built(
      "        headerManipulation: {requestHeadersToAdd: [{header: {key: a, value: '%REQ(b)%'}}, "
      "{header: {key: c, value: '50%%'}}]}\n");
  ASSERT_EQ(route.edits.request.size(), 2u);
  EXPECT_NE(route.edits.request[0].format, nullptr);
  EXPECT_EQ(route.edits.request[1].format, nullptr);
  EXPECT_EQ(route.edits.request[1].value, "50%");
  const Loaded bad = load_text(
      with_options("        headerManipulation: {responseHeadersToAdd: [{header: {key: a, value: "
                   "'%NO_SUCH%'}}]}\n"));
  EXPECT_EQ(bad.snapshot, nullptr);
  EXPECT_NE(brief(bad).find("10:53 error: spec.virtualHost.routes[0].options.headerManipulation."
                            "responseHeadersToAdd[0].header.value: "),
            std::string::npos)
      << brief(bad);
}

TEST(RouteOptionsBuilder, lets_a_route_replace_what_its_virtual_host_says_field_by_field) {
  const Loaded loaded =
      load_text(shop("    - matchers: [{prefix: /}]\n"
                     "      routeAction: {single: {upstream: {name: blue}}}\n"
                     "      options: {bufferPerRoute: {disabled: true}}\n"
                     "    options:\n"
                     "      cors: {allowOrigin: ['*']}\n"
                     "      bufferPerRoute: {buffer: {maxRequestBytes: 10}}\n"
                     "      ratelimit: {localRatelimit: {maxTokens: 5}}\n"));
  const Route route = route_of(loaded);
  ASSERT_NE(route.filters, nullptr);
  EXPECT_TRUE(route.filters->cors->allows("x"));
  EXPECT_EQ(route.filters->body_bytes_max, 0u);
  ASSERT_NE(route.filters->rate_limit, nullptr);
  EXPECT_EQ(route.filters->rate_limit->settings().max_tokens, 5u);
  EXPECT_EQ(route.filters->rate_limit->settings().fill_interval, std::chrono::seconds(1));
}

TEST(RouteOptionsBuilder, refuses_values_that_make_no_sense) {
  for (const char* options : {
           "        cors: {allowMethods: [GET]}\n",
           "        faults: {abort: {percentage: 101, httpStatus: 500}}\n",
           "        faults: {abort: {percentage: 1, httpStatus: 100}}\n",
           "        faults: {delay: {percentage: 1}}\n",
           "        lbHash: {hashPolicies: [{terminal: true}]}\n",
           "        lbHash: {hashPolicies: [{cookie: {name: c, path: 'a;b'}}]}\n",
           "        ratelimit: {localRatelimit: {maxTokens: 0}}\n",
           "        ratelimit: {localRatelimit: {maxTokens: 1, fillInterval: 10ms}}\n",
           "        bufferPerRoute: {buffer: {maxRequestBytes: 0}}\n",
           "        upgrades: [{}]\n",
           "        hostRewrite: a\n        autoHostRewrite: true\n",
           "        retries: {retryOn: 5xx, rateLimitedRetryBackOff: {}}\n",
       }) {
    EXPECT_EQ(load_text(with_options(options)).snapshot, nullptr) << options;
  }
}

}  // namespace
}  // namespace gnomon::routing
