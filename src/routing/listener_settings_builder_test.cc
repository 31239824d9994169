// Options of a Gateway in the plan of its listener.
#include <gtest/gtest.h>

#include "routing/configured_snapshot.h"
#include "routing/testing.h"

namespace gnomon::routing {
namespace {

Loaded with_manager(const std::string& settings) {
  return load_text(
      "apiVersion: gateway.solo.io/v1\nkind: Gateway\nmetadata: {name: it}\nspec:\n"
      "  bindPort: 8080\n  httpGateway: {options: {httpConnectionManagerSettings: " +
      settings + "}}\n");
}

Loaded with_options(const std::string& options) {
  return load_text(
      "apiVersion: gateway.solo.io/v1\nkind: Gateway\nmetadata: {name: it}\nspec:\n"
      "  bindPort: 8080\n  httpGateway: {}\n  options: " +
      options + "\n");
}

const ListenerSettings& settings_of(const Loaded& loaded) {
  static const ListenerSettings kNone;
  EXPECT_NE(loaded.snapshot, nullptr) << brief(loaded);
  return loaded.snapshot == nullptr ? kNone : loaded.snapshot->listeners()[0].settings;
}

TEST(ListenerSettings, what_is_absent_keeps_its_default) {
  const Loaded loaded = with_manager("{}");
  const ListenerSettings& made = settings_of(loaded);
  EXPECT_TRUE(made.path.normalize);
  EXPECT_TRUE(made.identity.append_forwarded_for);
  EXPECT_FALSE(made.identity.tell_external_address);
  EXPECT_TRUE(made.identity.preserve_request_id);
  EXPECT_TRUE(made.codec.accept_http10);
  EXPECT_FALSE(made.codec.idle_timeout.has_value());
  EXPECT_EQ(made.server_header, ServerHeader::pass_through);
}

TEST(ListenerSettings, takes_over_what_is_given) {
  const Loaded loaded = with_manager(
      "{useRemoteAddress: false, xffNumTrustedHops: 2, idleTimeout: 0s, maxRequestHeadersKb: 8, "
      "serverName: shop, normalizePath: false, pathWithEscapedSlashesAction: "
      "UNESCAPE_AND_FORWARD, headersWithUnderscoresAction: 2, internalAddressConfig: {cidrRanges: "
      "[{addressPrefix: 10.0.0.0, prefixLen: 8}, {addressPrefix: 'fd00::', prefixLen: 8}]}}");
  const ListenerSettings& made = settings_of(loaded);
  EXPECT_EQ(brief(loaded), "");
  EXPECT_FALSE(made.identity.append_forwarded_for);
  EXPECT_EQ(made.identity.trusted_hops, 2U);
  EXPECT_EQ(made.codec.idle_timeout, Millis(0));
  EXPECT_EQ(made.codec.head_bytes, 8192U);
  EXPECT_EQ(made.server_header, ServerHeader::overwrite);
  EXPECT_EQ(made.server_name, "shop");
  EXPECT_EQ(made.path.escaped_slashes, EscapedSlashes::unescape);
  EXPECT_EQ(made.codec.underscores, Underscores::drop);
  ASSERT_EQ(made.identity.internal.size(), 2U);
  EXPECT_TRUE(made.identity.internal[0].contains(*address_bytes("10.1.2.3")));
  EXPECT_FALSE(made.identity.internal[0].contains(*address_bytes("11.1.2.3")));
  EXPECT_TRUE(made.identity.internal[1].contains(*address_bytes("fd00::1")));
}

// As for an Upstream.
TEST(ListenerSettings, a_window_that_is_too_small_counts_as_the_smallest) {
  const Loaded loaded = with_manager(
      "{http2ProtocolOptions: {initialStreamWindowSize: 2048, initialConnectionWindowSize: "
      "65536}}");
  EXPECT_NE(brief(loaded).find("initialStreamWindowSize: is below 65535, which is used instead"),
            std::string::npos);
  const CodecSettings& codec = settings_of(loaded).codec;
  EXPECT_EQ(codec.stream_window, 65'535u);
  EXPECT_EQ(codec.connection_window, 65'536u);
}

TEST(ListenerSettings, errors_and_warnings_name_the_field) {
  const auto has = [](const Loaded& loaded, std::string_view text) {
    return brief(loaded).find(text) != std::string::npos;
  };
  EXPECT_TRUE(has(with_manager("{maxRequestHeadersKb: 9000}"), "maxRequestHeadersKb: must be"));
  EXPECT_TRUE(has(with_manager("{allowChunkedLength: true}"),
                  "warning: spec.httpGateway.options."
                  "httpConnectionManagerSettings."
                  "allowChunkedLength: is not obeyed"));
  EXPECT_TRUE(has(with_manager("{internalAddressConfig: {cidrRanges: [{addressPrefix: x}]}}"),
                  "x/0 is not a range of addresses"));
  EXPECT_TRUE(has(with_manager("{idleTimeout: -1s}"), "must not be negative"));
  EXPECT_TRUE(has(with_manager("{http2ProtocolOptions: {initialStreamWindowSize: 2147483648}}"),
                  "initialStreamWindowSize: must be at most 2147483647"));
  EXPECT_TRUE(has(with_options("{accessLoggingService: {accessLog: [{fileSink: {path: /x, "
                               "stringFormat: '%NO%'}}]}}"),
                  "options.accessLoggingService.accessLog[0].fileSink.stringFormat: there is no "
                  "operator %NO% (at character 1)"));
  EXPECT_TRUE(has(with_options("{accessLoggingService: {accessLog: [{fileSink: {path: /x}, filter: "
                               "{andFilter: {filters: [{traceableFilter: {}}]}}}]}}"),
                  "must hold two filters at least"));
}

TEST(ListenerSettings, json_formats_become_pieces) {
  const Loaded loaded = with_options(
      "{accessLoggingService: {accessLog: [{fileSink: {path: /dev/stdout, jsonFormat: "
      "{a: '%DURATION%', b: {c: [1, yes, null, 'x %PROTOCOL%'], d: {}}}}}]}}");
  const ListenerSettings& made = settings_of(loaded);
  ASSERT_EQ(made.access_logs.size(), 1U);
  EXPECT_EQ(made.access_logs[0].path, "-");
  const auto& json = made.access_logs[0].json;
  ASSERT_EQ(json.size(), 3U);
  EXPECT_EQ(json[0].before, "{\"a\":");
  EXPECT_EQ(json[1].before, ",\"b\":{\"c\":[1,true,null,");
  EXPECT_EQ(json[2].before, "],\"d\":{}}}\n");
}

TEST(ListenerSettings, proxy_protocol_and_flags_of_the_gateway_itself) {
  const Loaded loaded = load_text(
      "apiVersion: gateway.solo.io/v1\nkind: Gateway\nmetadata: {name: it}\nspec:\n"
      "  bindPort: 8080\n  httpGateway: {}\n  useProxyProto: true\n"
      "  routeOptions: {mostSpecificHeaderMutationsWins: true}\n");
  const ListenerSettings& made = settings_of(loaded);
  EXPECT_EQ(made.connections.proxy_protocol, InboundProxyProtocol::required);
  EXPECT_TRUE(made.most_specific_header_mutations_wins);
}

}  // namespace
}  // namespace gnomon::routing
