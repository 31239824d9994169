#include "routing/shadow_builder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "routing/testing.h"

namespace gnomon::routing {
namespace {

// Two named routes to blue, of which "cart" is shadowed to green; the documents of `tests` follow.
std::string trial(const std::string& tests) {
  return shop(R"(
    - name: cart
      matchers: [{prefix: /cart}]
      routeAction: {single: {upstream: {name: blue}}}
      options: {shadowing: {upstream: {name: green, namespace: gloo-system}, percentage: 50}}
    - name: items
      matchers: [{prefix: /items}]
      routeAction: {single: {upstream: {name: blue}}}
    - name: gone
      matchers: [{prefix: /gone}]
      directResponseAction: {status: 410}
)") + "---\n" +
         tests;
}

std::string shadow_test(const std::string& name, const std::string& target,
                        const std::string& fields = "") {
  return "---\napiVersion: gnomon.dev/v1alpha1\nkind: ShadowTest\nmetadata: {name: " + name +
         ", namespace: gloo-system}\nspec:\n  target: {virtualService: shop" + target + "}\n" +
         fields;
}

const std::vector<ShadowPolicy>& shadows_of(const Loaded& loaded, std::string_view path) {
  return loaded.snapshot->match(0, get("a.com", path)).route->shadows;
}

// Messages without their places, since those move with the text in front.
std::string messages(const Loaded& loaded) {
  std::string out;
  for (const config::Diagnostic& d : loaded.diagnostics) {
    out += fmt::format("{} {}: {}\n", config::to_string(d.severity), d.field, d.message);
  }
  return out;
}

TEST(PerMillion, is_computed_in_float32_and_truncated) {
  struct Case {
    float percentage;
    uint32_t per_million;
  };
  const Case cases[] = {
      {0.0001F, 1},
      {0.00005F, 0},
      {0.00015F, 1},
      {0.01F, 100},
      {0.39F, 3899},
      {0.53F, 5299},
      {1.06F, 10599},
      {1.0F, 10000},
      {33.33F, 333300},
      {33.333333F, 333333},
      {50.0F, 500000},
      {99.9999F, 999999},
      {100.0F, 1000000},
      {100.000001F, 1000000},
      {0.0F, 0},
      {-0.0F, 0},
      {-5.0F, 0},
      {200.0F, 1000000},
      {std::numeric_limits<float>::infinity(), 1000000},
      {std::numeric_limits<float>::quiet_NaN(), 0},
  };
  for (const Case& c : cases) EXPECT_EQ(per_million(c.percentage), c.per_million) << c.percentage;
}

TEST(RouteShadow, without_any_upstream_a_missing_one_is_a_warning_for_the_file_is_a_fragment) {
  const Loaded loaded = load_text(R"(
apiVersion: gateway.solo.io/v1
kind: VirtualService
metadata: {name: shop, namespace: gloo-system}
spec:
  virtualHost:
    domains: ['*']
    routes:
    - matchers: [{prefix: /}]
      routeAction: {single: {upstream: {name: blue, namespace: gloo-system}}}
      options: {shadowing: {upstream: {name: green, namespace: gloo-system}, percentage: 100}}
)");
  ASSERT_NE(loaded.snapshot, nullptr) << brief(loaded);
  EXPECT_NE(brief(loaded).find("there is no Upstream gloo-system.green"), std::string::npos)
      << brief(loaded);
}

TEST(RouteShadow, takes_what_gloo_says) {
  const Loaded loaded = load_text(shop(R"(
    - routeAction: {single: {upstream: {name: blue}}}
      options: {shadowing: {upstream: {name: green}, percentage: 0.39}}
)"));
  ASSERT_NE(loaded.snapshot, nullptr) << brief(loaded);
  EXPECT_EQ(messages(loaded), "") << "the namespace of the Upstream is that of the VirtualService";
  const auto& shadows = shadows_of(loaded, "/");
  ASSERT_EQ(shadows.size(), 1u);
  EXPECT_EQ(shadows[0].name, "gloo-system.shop.0");
  EXPECT_EQ(shadows[0].cluster_name, "green_gloo-system");
  EXPECT_EQ(shadows[0].per_million, 3899u);
  EXPECT_TRUE(shadows[0].append_host_suffix);
  EXPECT_EQ(shadows[0].host_rewrite, "");
  EXPECT_EQ(shadows[0].timeout, std::nullopt);
}

TEST(RouteShadow, drops_the_suffix_when_told_and_with_a_host) {
  const auto suffix = [](const std::string& more) {
    const Loaded loaded =
        load_text(shop("    - routeAction: {single: {upstream: {name: blue}}}\n"
                       "      options: {shadowing: {upstream: {name: green}, "
                       "percentage: 1" +
                       more + "}}\n"));
    return shadows_of(loaded, "/").at(0).append_host_suffix;
  };
  EXPECT_TRUE(suffix(""));
  EXPECT_FALSE(suffix(", disableShadowHostSuffixAppend: true"));
  EXPECT_FALSE(suffix(", hostRewriteLiteral: b.com"));
  EXPECT_FALSE(suffix(", hostRewriteLiteral: b.com, disableShadowHostSuffixAppend: false"));
}

TEST(RouteShadow, refuses_an_upstream_that_does_not_exist) {
  const Loaded loaded = load_text(shop(R"(
    - routeAction: {single: {upstream: {name: blue}}}
      options: {shadowing: {upstream: {name: green, namespace: elsewhere}, percentage: 1}}
)"));
  EXPECT_EQ(loaded.snapshot, nullptr);
  EXPECT_EQ(messages(loaded),
            "error spec.virtualHost.routes[0].options.shadowing.upstream: there is no Upstream "
            "elsewhere.green\n");
}

TEST(RouteShadow, warns_when_the_percentage_is_too_small_to_copy_anything) {
  const auto said = [](const std::string& percentage) {
    return messages(
        load_text(shop("    - routeAction: {single: {upstream: {name: blue}}}\n"
                       "      options: {shadowing: {upstream: {name: green}, "
                       "percentage: " +
                       percentage + "}}\n")));
  };
  const std::string warning =
      "warning spec.virtualHost.routes[0].options.shadowing.percentage: a percentage below 0.0001 "
      "copies nothing\n";
  EXPECT_EQ(said("0.00005"), warning);
  EXPECT_EQ(said("1e-30"), warning);
  EXPECT_EQ(said("0.00011"), "");
  EXPECT_EQ(said("0"), "");
  for (const char* no_number : {".nan", ".inf", "-.inf", "NaN", "Infinity"}) {
    EXPECT_TRUE(said(no_number).starts_with("error ")) << no_number << ": " << said(no_number);
  }
}

TEST(RouteShadow, warns_when_the_percentage_is_left_out) {
  const Loaded loaded = load_text(shop(R"(
    - routeAction: {single: {upstream: {name: blue}}}
      options: {shadowing: {upstream: {name: green}}}
)"));
  ASSERT_NE(loaded.snapshot, nullptr);
  EXPECT_EQ(shadows_of(loaded, "/").at(0).per_million, 0u);
  EXPECT_EQ(messages(loaded),
            "warning spec.virtualHost.routes[0].options.shadowing: without a percentage nothing is "
            "copied\n");
}

TEST(ShadowTestBuilder, refines_the_shadow_of_the_route_it_names) {
  const Loaded loaded = load_text(trial(shadow_test("trial", ", route: cart", R"(
  sampling: {key: {cookie: session}, salt: one}
  request: {methods: [GET], timeout: 2s, headers: {set: {x-a: b}, remove: [authorization]}, hostRewrite: v2}
  limits: {inFlight: 10, bufferBytes: 1Mi, requestsPerSecond: 5, clientShare: 0.25}
)")));
  ASSERT_NE(loaded.snapshot, nullptr) << brief(loaded);
  const auto& shadows = shadows_of(loaded, "/cart");
  ASSERT_EQ(shadows.size(), 1u);
  const ShadowPolicy& policy = shadows[0];
  EXPECT_EQ(policy.name, "gloo-system.trial");
  EXPECT_EQ(policy.cluster_name, "green_gloo-system");
  EXPECT_EQ(policy.per_million, 500'000u);
  EXPECT_EQ(policy.key.kind, SampleKey::Kind::cookie);
  EXPECT_EQ(policy.key.name, "session");
  EXPECT_EQ(policy.key.salt, "one");
  EXPECT_EQ(policy.methods, std::vector<std::string>{"GET"});
  EXPECT_EQ(policy.timeout, Millis(2000));
  EXPECT_EQ(policy.host_rewrite, "v2");
  EXPECT_FALSE(policy.append_host_suffix);
  ASSERT_EQ(policy.edits.size(), 2u);
  EXPECT_EQ(policy.edits[0].op, HeaderEdit::Op::remove);
  EXPECT_EQ(policy.edits[1].op, HeaderEdit::Op::set);
  EXPECT_EQ(policy.in_flight_max, 10u);
  EXPECT_EQ(policy.buffer_bytes_max, uint64_t{1} << 20);
  EXPECT_EQ(policy.requests_per_second, 5);
  EXPECT_EQ(policy.client_per_thousand, 250u);
  EXPECT_TRUE(shadows_of(loaded, "/items").empty());
}

TEST(ShadowTestBuilder, finds_the_only_shadowed_route_without_its_name) {
  const Loaded loaded =
      load_text(trial(shadow_test("trial", "", "  sampling: {key: {clientAddress: true}}\n")));
  ASSERT_NE(loaded.snapshot, nullptr) << brief(loaded);
  EXPECT_EQ(shadows_of(loaded, "/cart").at(0).key.kind, SampleKey::Kind::client_address);
}

TEST(ShadowTestBuilder, adds_shadows_behind_the_own_one_of_the_route) {
  const Loaded loaded =
      load_text(trial(shadow_test("second", ", route: cart",
                                  "  shadow: {upstream: {name: blue}, percentage: 10}\n"
                                  "  sampling: {key: {header: x-user}}\n") +
                      shadow_test("refiner", ", route: cart", "  limits: {inFlight: 3}\n") +
                      shadow_test("third", ", route: items",
                                  "  shadow: {upstream: {name: green}, percentage: "
                                  "1, hostRewriteLiteral: h}\n")));
  ASSERT_NE(loaded.snapshot, nullptr) << brief(loaded);
  const auto& cart = shadows_of(loaded, "/cart");
  ASSERT_EQ(cart.size(), 2u);
  EXPECT_EQ(cart[0].name, "gloo-system.refiner");
  EXPECT_EQ(cart[0].cluster_name, "green_gloo-system");
  EXPECT_EQ(cart[0].in_flight_max, 3u);
  EXPECT_EQ(cart[1].name, "gloo-system.second");
  EXPECT_EQ(cart[1].cluster_name, "blue_gloo-system");
  EXPECT_EQ(cart[1].per_million, 100'000u);
  EXPECT_EQ(cart[1].key.name, "x-user");
  const auto& items = shadows_of(loaded, "/items");
  ASSERT_EQ(items.size(), 1u);
  EXPECT_EQ(items[0].host_rewrite, "h");
  EXPECT_FALSE(items[0].append_host_suffix);
  EXPECT_TRUE(loaded.snapshot->clusters()[0].primary);
  EXPECT_TRUE(loaded.snapshot->clusters()[0].shadow);
}

TEST(ShadowTestBuilder, pipelines_candidate_and_control_alike_where_it_is_asked_for) {
  const Loaded loaded = load_text(
      trial(shadow_test("piped", ", route: cart", "  pipelining: {depth: 8}\n  control: {}\n") +
            shadow_test("plain", ", route: items",
                        "  shadow: {upstream: {name: green}, percentage: 1}\n")));
  ASSERT_NE(loaded.snapshot, nullptr) << brief(loaded);
  EXPECT_EQ(messages(loaded), "");
  const ShadowPolicy& piped = shadows_of(loaded, "/cart").at(0);
  EXPECT_EQ(piped.pipelining, 8u);
  ASSERT_NE(piped.control, nullptr);
  EXPECT_EQ(piped.control->pipelining, 8u);
  EXPECT_EQ(shadows_of(loaded, "/items").at(0).pipelining, 1u);
}

TEST(ShadowTestBuilder, warns_of_pipelining_that_has_no_effect) {
  const auto said = [](const std::string& fields) {
    std::string text = trial(shadow_test("piped", ", route: cart", "  pipelining: {depth: 8}\n"));
    const std::string green = "spec: {static: {hosts: [{addr: green.example.com";
    text.insert(text.find(green) + 7, fields);
    return brief(load_text(text));
  };
  EXPECT_EQ(said(""), "");
  EXPECT_EQ(said("useHttp2: true, protocolSelection: USE_DOWNSTREAM_PROTOCOL, "), "");
  EXPECT_EQ(said("useHttp2: true, "),
            "36:15 warning: spec.pipelining: has no effect: the shadow's Upstream speaks HTTP/2, "
            "where copies share connections anyway\n");
  EXPECT_EQ(said("connectionConfig: {maxRequestsPerConnection: 1}, "),
            "36:15 warning: spec.pipelining: has no effect: the shadow's Upstream says "
            "maxRequestsPerConnection: 1\n");
}

TEST(ShadowTestBuilder, refuses_targets_that_make_no_sense) {
  struct Case {
    std::string tests;
    std::string messages;
  };
  const std::string own = "  shadow: {upstream: {name: green}, percentage: 1}\n";
  const Case cases[] = {
      {shadow_test("t", ", namespace: other"),
       "error spec.target.virtualService: there is no VirtualService other.shop\n"},
      {shadow_test("t", ", route: basket"),
       "error spec.target.route: gloo-system.shop has no route named basket\n"},
      {shadow_test("t", ", route: items"),
       "error spec.target: gloo-system.shop/items has no options.shadowing to refine\n"},
      {shadow_test("t", ", route: gone", own),
       "error spec.target: gloo-system.shop/gone sends requests nowhere, so there is nothing to "
       "copy\n"},
      {shadow_test("a", ", route: cart") + shadow_test("b", ", route: cart"),
       "error spec.target: the shadowing of gloo-system.shop/cart is already refined by the "
       "ShadowTest gloo-system.a\n"},
      {shadow_test("t", ", route: cart", "  shadow: {upstream: {name: red}, percentage: 1}\n"),
       "error spec.shadow.upstream: there is no Upstream gloo-system.red\n"},
  };
  for (const Case& c : cases) {
    const Loaded loaded = load_text(trial(c.tests));
    EXPECT_EQ(messages(loaded), c.messages);
    EXPECT_EQ(loaded.snapshot, nullptr);
    EXPECT_GT(loaded.kinds.at(3).broken, 0u);
  }
}

TEST(ShadowTestBuilder, asks_for_a_name_where_there_is_a_choice) {
  const std::string two = shop(R"(
    - name: a
      matchers: [{prefix: /a}]
      routeAction: {single: {upstream: {name: blue}}}
    - name: a
      matchers: [{prefix: /b}]
      routeAction: {single: {upstream: {name: blue}}}
)");
  const std::string own = "  shadow: {upstream: {name: green}, percentage: 1}\n";
  EXPECT_EQ(messages(load_text(two + shadow_test("t", "", own))),
            "error spec.target: gloo-system.shop has 0 shadowed routes; the test must name one\n");
  EXPECT_EQ(messages(load_text(two + shadow_test("t", ", route: a", own))),
            "error spec.target.route: gloo-system.shop has several routes named a\n");
}

}  // namespace
}  // namespace gnomon::routing
