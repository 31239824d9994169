#include "routing/secret_headers.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "routing/snapshot_json.h"
#include "routing/testing.h"

namespace gnomon::routing {
namespace {

constexpr const char* kToken = R"(
---
apiVersion: v1
kind: Secret
metadata: {name: token, namespace: gloo-system}
stringData: {x-token: 's3cr3t 100%', x-user: gnomon}
)";

// The reference begins in line 9.
std::string adding(const std::string& ref, const char* side = "requestHeadersToAdd") {
  return shop(
      fmt::format("    - routeAction: {{single: {{upstream: {{name: blue}}}}}}\n"
                  "      options:\n"
                  "        headerManipulation: {{{}: [{{headerSecretRef: {}, append: "
                  "false}}]}}\n",
                  side, ref));
}

TEST(SecretHeaders, are_all_fields_of_the_secret_and_never_shown) {
  const Loaded loaded =
      load_text(adding("{name: token, namespace: gloo-system}") + std::string(kToken));
  EXPECT_EQ(brief(loaded), "");
  ASSERT_NE(loaded.snapshot, nullptr);
  const Route& route = *loaded.snapshot->match(0, get("a", "/")).route;
  const std::vector<HeaderEdit>& edits = route.edits.request;
  ASSERT_EQ(edits.size(), 2u);
  EXPECT_EQ(edits[0].op, HeaderEdit::Op::set);
  EXPECT_EQ(edits[0].name, "x-token");
  EXPECT_EQ(edits[0].value, "s3cr3t 100%");
  EXPECT_EQ(edits[0].format, nullptr);
  const std::string shown = route_json_text(route);
  EXPECT_TRUE(shown.contains("<redacted>"));
  EXPECT_FALSE(shown.contains("s3cr3t"));
}

TEST(SecretHeaders, are_missed_with_a_warning) {
  const Loaded loaded = load_text(adding("{name: gone, namespace: other}"));
  EXPECT_EQ(brief(loaded),
            "9:70 warning: spec.virtualHost.routes[0].options.headerManipulation."
            "requestHeadersToAdd[0].headerSecretRef: there is no Secret other.gone; no header is "
            "added\n");
  ASSERT_NE(loaded.snapshot, nullptr);
  EXPECT_TRUE(loaded.snapshot->match(0, get("a", "/")).route->edits.request.empty());
}

TEST(SecretHeaders, that_cannot_be_sent_are_refused_without_a_quote) {
  const std::string head =
      "\n---\napiVersion: gloo.solo.io/v1\nkind: Secret\n"
      "metadata: {name: token, namespace: gloo-system}\n";
  const std::pair<const char*, const char*> cases[] = {
      {"header: {headers: {host: s3cr3t}}", "\"host\" of Secret gloo-system.token is written by"},
      {"header: {headers: {a b: s3cr3t}}", "\"a b\" of Secret gloo-system.token is not a header"},
      {"header: {headers: {a: \"s3cr3t\\n\"}}",
       "\"a\" of Secret gloo-system.token has a value that cannot stand in a header"},
      {"aws: {accessKey: s3cr3t}", "the Secret gloo-system.token holds no headers"},
  };
  for (const auto& [text, message] : cases) {
    const Loaded loaded =
        load_text(adding("{name: token, namespace: gloo-system}") + head + text + "\n");
    EXPECT_TRUE(brief(loaded).contains(message)) << brief(loaded);
    EXPECT_EQ(loaded.errors, 1u);
    for (const auto& problem : loaded.diagnostics) {
      EXPECT_FALSE(config::render(problem).contains("s3cr3t"));
    }
  }
}

TEST(SecretHeaders, are_for_requests_only) {
  const Loaded loaded =
      load_text(adding("{name: token, namespace: gloo-system}", "responseHeadersToAdd") +
                std::string(kToken));
  EXPECT_TRUE(brief(loaded).contains("only headers of requests can come from a Secret"));
}

}  // namespace
}  // namespace gnomon::routing
