#include "routing/delegation.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "routing/configured_snapshot.h"
#include "routing/testing.h"

namespace gnomon::routing {
namespace {

// A VirtualService for every host in gloo-system; its routes follow.
std::string service(const std::string& routes) {
  return "apiVersion: gateway.solo.io/v1\nkind: VirtualService\nmetadata: {name: shop, namespace: "
         "gloo-system}\nspec:\n virtualHost:\n  routes:\n" +
         routes;
}

std::string table(const std::string& name, const std::string& routes,
                  const std::string& labels = "{}", const std::string& weight = "0") {
  return "---\napiVersion: gateway.solo.io/v1\nkind: RouteTable\nmetadata: {name: " + name +
         ", namespace: gloo-system, labels: " + labels + "}\nspec:\n  weight: " + weight +
         "\n  routes:\n" + routes;
}

// A route that answers with a status, by which tests tell routes apart.
std::string answers(int status, const std::string& matcher, const std::string& more = "") {
  return fmt::format("  - matchers: [{}]\n    directResponseAction: {{status: {}}}\n{}", matcher,
                     status, more);
}

std::string delegates(const std::string& matcher, const std::string& table,
                      const std::string& more = "") {
  return fmt::format(
      "  - matchers: [{}]\n    delegateAction: {{ref: {{name: {}, namespace: gloo-system}}}}\n{}",
      matcher, table, more);
}

std::string selects(const std::string& matcher, const std::string& selector) {
  return fmt::format("  - matchers: [{}]\n    delegateAction: {{selector: {}}}\n", matcher,
                     selector);
}

int answer(const Loaded& loaded, std::string_view path) {
  EXPECT_NE(loaded.snapshot, nullptr) << brief(loaded);
  if (loaded.snapshot == nullptr) return 0;
  const Route* route = loaded.snapshot->match(0, get("a.com", path)).route;
  return route == nullptr ? 404 : route->direct ? route->direct->status : 200;
}

const Route* route_of(const Loaded& loaded, std::string_view path) {
  EXPECT_NE(loaded.snapshot, nullptr) << brief(loaded);
  return loaded.snapshot == nullptr ? nullptr : loaded.snapshot->match(0, get("a.com", path)).route;
}

TEST(Delegation, puts_the_tables_routes_in_the_place_of_the_route) {
  const Loaded loaded =
      load_text(service(answers(201, "{exact: /a/first}") + delegates("{prefix: /a}", "a") +
                        answers(202, "{prefix: /}")) +
                table("a", answers(211, "{exact: /a/one}") + delegates("{prefix: /a/b}", "b")) +
                table("b", answers(221, "{prefix: /a/b/c}")));
  EXPECT_EQ(brief(loaded), "");
  EXPECT_EQ(answer(loaded, "/a/first"), 201);
  EXPECT_EQ(answer(loaded, "/a/one"), 211);
  EXPECT_EQ(answer(loaded, "/a/b/c/d"), 221);
  EXPECT_EQ(answer(loaded, "/a/b/x"), 202);
}

TEST(Delegation, keeps_where_each_route_came_from) {
  const Loaded loaded = load_text(service(delegates("{prefix: /a}", "a", "    name: outer\n")) +
                                  table("a", delegates("{prefix: /a}", "b")) +
                                  table("b", answers(200, "{prefix: /a}", "    name: inner\n")));
  const Route* route = route_of(loaded, "/a");
  ASSERT_NE(route, nullptr);
  EXPECT_EQ(route->name, "gloo-system.shop/outer/gloo-system.a/0/gloo-system.b/inner");
  EXPECT_EQ(route->source, "test.yaml:26");
  ASSERT_EQ(route->origins.size(), 3u);
  EXPECT_EQ(route->origins[0].resource, "VirtualService gloo-system.shop");
  EXPECT_EQ(route->origins[0].field, "virtualHost.routes[0]");
  EXPECT_EQ(route->origins[0].source, "test.yaml:7");
  EXPECT_EQ(route->origins[0].name, "outer");
  EXPECT_EQ(route->origins[1].resource, "RouteTable gloo-system.a");
  EXPECT_EQ(route->origins[2].field, "routes[0]");
  EXPECT_EQ(route->origins[2].name, "inner");
}

TEST(Delegation, understands_the_older_form_first) {
  const Loaded loaded = load_text(
      service("  - matchers: [{prefix: /}]\n    delegateAction: {name: b, namespace: gloo-system, "
              "ref: {name: a, namespace: gloo-system}}\n") +
      table("a", answers(201, "{prefix: /}")) + table("b", answers(202, "{prefix: /}")));
  EXPECT_EQ(brief(loaded),
            "10:1 warning: no route delegates to this RouteTable, so that its routes are not "
            "served\n");
  EXPECT_EQ(answer(loaded, "/"), 202);
}

TEST(Delegation, warns_of_a_namespace_that_gloo_would_miss) {
  const Loaded loaded = load_text(service("  - delegateAction: {ref: {name: a}}\n") +
                                  table("a", answers(201, "{prefix: /}")));
  EXPECT_EQ(answer(loaded, "/"), 201);
  EXPECT_EQ(brief(loaded),
            "7:27 warning: spec.virtualHost.routes[0].delegateAction.ref: there is no namespace, "
            "and Gloo would find nothing; taken for gloo-system\n");
}

TEST(Delegation, drops_with_a_warning_what_leads_nowhere) {
  const Loaded loaded = load_text(
      service("  - delegateAction: {ref: {name: gone, namespace: other}}\n"
              "  - delegateAction: {selector: {labels: {team: gone}}}\n"
              "  - delegateAction: {}\n"
              "  - delegateAction: {selector: {labels: {a: b}, expressions: [{key: a, operator: "
              "Exists}]}}\n" +
              answers(299, "{prefix: /}")));
  EXPECT_EQ(answer(loaded, "/"), 299);
  const std::string field = " warning: spec.virtualHost.routes";
  EXPECT_EQ(brief(loaded),
            "7:27" + field +
                "[0].delegateAction.ref: route table other.gone missing; this route is dropped\n"
                "8:32" +
                field +
                "[1].delegateAction.selector: no route table matches the given selector; this "
                "route is dropped\n"
                "9:21" +
                field +
                "[2].delegateAction: cannot determine delegation target: you must specify a route "
                "table either via a resource reference or a selector; this route is dropped\n"
                "10:32" +
                field +
                "[3].delegateAction.selector: cannot use both labels and expressions within the "
                "same selector; this route is dropped\n");
}

TEST(Delegation, selects_by_labels_namespaces_and_expressions) {
  const std::string tables =
      table("red", answers(201, "{prefix: /}"), "{team: red, size: '7'}") +
      "---\napiVersion: gateway.solo.io/v1\nkind: RouteTable\nmetadata: {name: blue, namespace: "
      "other, labels: {team: blue}}\nspec: {routes: [{directResponseAction: {status: 202}}]}\n";
  const auto chosen = [&](const std::string& selector) {
    return answer(load_text(service(selects("{prefix: /}", selector)) + tables), "/");
  };
  EXPECT_EQ(chosen("{labels: {team: red}}"), 201);
  EXPECT_EQ(chosen("{labels: {team: blue}}"), 404);
  EXPECT_EQ(chosen("{labels: {team: blue}, namespaces: [other]}"), 202);
  EXPECT_EQ(chosen("{labels: {team: blue}, namespaces: ['*']}"), 202);
  EXPECT_EQ(chosen("{}"), 201);
  EXPECT_EQ(chosen("{namespaces: [other]}"), 202);
  struct ExpressionCase {
    const char* expression;
    int status;
  };
  const ExpressionCase cases[] = {
      {"{key: team, operator: Equals, values: [blue]}", 202},
      {"{key: team, operator: DoubleEquals, values: [red]}", 201},
      {"{key: team, operator: NotEquals, values: [red]}", 202},
      {"{key: team, operator: In, values: [blue, green]}", 202},
      {"{key: team, operator: NotIn, values: [blue, green]}", 201},
      {"{key: size, operator: Exists}", 201},
      {"{key: size, operator: DoesNotExist}", 202},
      {"{key: size, operator: GreaterThan, values: ['6']}", 201},
      {"{key: size, operator: LessThan, values: ['7']}", 404},
  };
  for (const ExpressionCase& c : cases) {
    EXPECT_EQ(chosen(fmt::format("{{namespaces: ['*'], expressions: [{}]}}", c.expression)),
              c.status)
        << c.expression;
  }
}

TEST(Delegation, orders_tables_by_weight_and_sorts_routes_of_one_weight) {
  const std::string all = "{labels: {app: x}}";
  const auto ordered = [&](const std::string& first, const std::string& second) {
    return load_text(
        service(selects("{prefix: /}", all)) +
        table("a", answers(201, "{prefix: /}"), "{app: x}", first) +
        table("b", answers(202, "{prefix: /b}") + answers(203, "{exact: /b}"), "{app: x}", second));
  };
  const Loaded heavy = ordered("20", "-1");
  EXPECT_EQ(answer(heavy, "/"), 201);
  EXPECT_EQ(answer(heavy, "/b"), 202);  // in the order of the table
  const Loaded light = ordered("1", "2");
  EXPECT_EQ(answer(light, "/b"), 201);
  const Loaded same = ordered("5", "5");
  EXPECT_EQ(answer(same, "/"), 201);
  EXPECT_EQ(answer(same, "/b"), 203);
  EXPECT_EQ(answer(same, "/b/c"), 202);
}

TEST(Delegation, leaves_out_routes_that_do_not_fit_under_their_parent) {
  const Loaded loaded = load_text(service(delegates("{prefix: /a}", "a")) +
                                  table("a", answers(201, "{prefix: /b}") +
                                                 "  - directResponseAction: {status: 202}\n" +
                                                 answers(203, "{prefix: /a/c}")));
  EXPECT_EQ(answer(loaded, "/b"), 404);
  EXPECT_EQ(answer(loaded, "/a"), 404);
  EXPECT_EQ(answer(loaded, "/a/c"), 203);
  const std::string tail =
      ": invalid route: route table matchers must begin with the prefix of their parent route's "
      "matcher; this route is left out; reached from VirtualService gloo-system.shop "
      "(test.yaml:7)\n";
  EXPECT_EQ(brief(loaded), "16:5 warning: spec.routes[0]: required prefix: /a, prefix: /b" + tail +
                               "18:5 warning: spec.routes[1]: required prefix: /a, prefix: /" +
                               tail);
  EXPECT_EQ(loaded.states.at("VirtualService gloo-system.shop"), config::Severity::warning);
}

TEST(Delegation, inherits_matchers_through_several_tables) {
  const Loaded loaded = load_text(
      service(delegates("{prefix: /a, headers: [{name: x-a, value: '1'}]}", "a",
                        "    inheritableMatchers: true\n")) +
      table("a", delegates("{prefix: /a}", "b", "    inheritablePathMatchers: true\n")) +
      table("b", "  - directResponseAction: {status: 201}\n" +
                     answers(202, "{prefix: /x}", "    inheritablePathMatchers: false\n")));
  ASSERT_NE(loaded.snapshot, nullptr) << brief(loaded);
  RequestHead head = get("a.com", "/a/b");
  EXPECT_EQ(loaded.snapshot->match(0, head).route, nullptr);
  head.headers.add("x-a", "1");
  const Route* route = loaded.snapshot->match(0, head).route;
  ASSERT_NE(route, nullptr);
  EXPECT_EQ(route->direct->status, 201);
  EXPECT_NE(brief(loaded).find("spec.routes[1]: required prefix: /a, prefix: /x"),
            std::string::npos)
      << brief(loaded);
}

TEST(Delegation, asks_routes_of_tables_for_a_path_unless_it_is_inherited) {
  const std::string routes =
      "  - matchers: [{methods: [GET]}]\n    directResponseAction: {status: 201}\n";
  const Loaded good =
      load_text(service(delegates("{prefix: /a}", "a", "    inheritablePathMatchers: true\n")) +
                table("a", routes));
  EXPECT_EQ(answer(good, "/a"), 201);
  const Loaded bad = load_text(service(delegates("{prefix: /a}", "a")) + table("a", routes));
  EXPECT_EQ(bad.snapshot, nullptr);
  EXPECT_EQ(brief(bad),
            "16:16 error: spec.routes[0].matchers[0]: no path specifier provided; reached from "
            "VirtualService gloo-system.shop (test.yaml:7)\n");
}

TEST(Delegation, refuses_to_delegate_anything_but_one_prefix) {
  EXPECT_EQ(brief(load_text(service(delegates("{exact: /a}", "a")))),
            "7:16 error: spec.virtualHost.routes[0].matchers[0]: invalid route: routes with "
            "delegate actions must use a prefix matcher\n");
  EXPECT_EQ(brief(load_text(service(delegates("{prefix: /a}, {prefix: /b}", "a")))),
            "7:30 error: spec.virtualHost.routes[0].matchers: invalid route: routes with delegate "
            "actions must omit or specify a single matcher\n");
  const Loaded loaded = load_text(service(delegates("{methods: [GET]}", "a")) +
                                  table("a", answers(201, "{prefix: /}")));
  EXPECT_EQ(answer(loaded, "/"), 201);
  EXPECT_EQ(brief(loaded),
            "7:16 warning: spec.virtualHost.routes[0].matchers[0]: without a path this matcher "
            "stands for \"prefix: /\" and nothing else in it counts, as in Gloo\n");
}

TEST(Delegation, refuses_circles) {
  const Loaded loaded =
      load_text(service(delegates("{prefix: /}", "a")) + table("a", delegates("{prefix: /}", "b")) +
                table("b", delegates("{prefix: /}", "a")));
  EXPECT_EQ(loaded.snapshot, nullptr);
  EXPECT_EQ(brief(loaded),
            "10:1 error: invalid route: delegation cycle detected: [gloo-system.a] -> "
            "[gloo-system.b] -> [gloo-system.a]; reached from RouteTable gloo-system.a "
            "(test.yaml:16)\n");
  EXPECT_EQ(loaded.states.at("VirtualService gloo-system.shop"), config::Severity::error);
  EXPECT_EQ(loaded.states.at("RouteTable gloo-system.a"), config::Severity::error);
}

TEST(Delegation, warns_of_tables_that_nothing_leads_to) {
  EXPECT_EQ(brief(load_text(service(answers(200, "{prefix: /}")) +
                            table("a", answers(200, "{prefix: /}")))),
            "10:1 warning: no route delegates to this RouteTable, so that its routes are not "
            "served\n");
}

TEST(Delegation, tells_a_problem_of_a_table_once_however_many_reach_it) {
  const Loaded loaded =
      load_text(service(delegates("{prefix: /a}", "a") + delegates("{prefix: /}", "a")) +
                table("a", answers(201, "{regex: '/a('}")));
  EXPECT_EQ(loaded.errors, 1u);
  EXPECT_EQ(brief(loaded),
            "18:24 error: spec.routes[0].matchers[0].regex: invalid regular expression: missing ): "
            "/a(; reached from VirtualService gloo-system.shop (test.yaml:7)\n");
}

// Twenty tables that each delegate twice to the next would be a million routes.
TEST(Delegation, stops_where_tables_multiply) {
  std::string text = service(delegates("{prefix: /}", "t0"));
  for (int i = 0; i < 24; ++i) {
    const std::string next = fmt::format("t{}", i + 1);
    text += table(fmt::format("t{}", i),
                  delegates("{prefix: /}", next) + delegates("{prefix: /}", next));
  }
  text += table("t24", "  - directResponseAction: {status: 200}\n");
  config::MemoryFiles files{{"test.yaml", std::move(text)}};
  const config::Resources resources = config::load(files, "test.yaml");
  BuildContext context(resources, files);
  Delegation delegation(context, {.routes = 1000, .depth = 64});
  EXPECT_LE(delegation.flatten(resources.virtual_services[0]).routes.size(), 1000u);
  EXPECT_EQ(config::brief(context.diagnostics.sorted()),
            "7:5 error: with this route more than 1000 routes are reached by delegation\n");
}

TEST(Delegation, stops_where_tables_are_nested_too_deeply) {
  std::string text = service(delegates("{prefix: /}", "t0"));
  for (int i = 0; i < 70; ++i) {
    text += table(fmt::format("t{}", i), delegates("{prefix: /}", fmt::format("t{}", i + 1)));
  }
  const Loaded loaded = load_text(std::move(text));
  EXPECT_EQ(loaded.snapshot, nullptr);
  EXPECT_NE(brief(loaded).find("routes are delegated through more than 64 RouteTables"),
            std::string::npos)
      << brief(loaded);
}

TEST(Delegation, merges_options_field_by_field_and_the_child_wins) {
  const Loaded loaded = load_text(
      service(delegates("{prefix: /a}", "a",
                        "    options: {timeout: 3s, prefixRewrite: /parent, shadowing: {upstream: "
                        "{name: green, namespace: gloo-system}, percentage: 50}}\n")) +
      table("a",
            "  - matchers: [{prefix: /a}]\n    routeAction: {single: {upstream: {name: blue}}}\n"
            "    options: {prefixRewrite: '', hostRewrite: h}\n") +
      kBlueAndGreen);
  EXPECT_EQ(brief(loaded), "");
  const Route* route = route_of(loaded, "/a");
  ASSERT_NE(route, nullptr);
  EXPECT_EQ(route->timeout, Millis(3000));
  EXPECT_EQ(route->prefix_rewrite, std::nullopt);  // as in Gloo, an empty one is none
  EXPECT_EQ(route->host_rewrite.text, "h");
  ASSERT_EQ(route->shadows.size(), 1u);
  EXPECT_EQ(route->shadows[0].cluster_name, "green_gloo-system");
  ASSERT_EQ(route->options.size(), 2u);
  EXPECT_EQ(route->options[0].resource, "RouteTable gloo-system.a");
  EXPECT_EQ(route->options[0].fields,
            (std::vector<std::string_view>{"prefixRewrite", "hostRewrite"}));
  EXPECT_EQ(route->options[1].resource, "VirtualService gloo-system.shop");
  EXPECT_EQ(route->options[1].source, "test.yaml:9");
  EXPECT_EQ(route->options[1].fields, (std::vector<std::string_view>{"timeout", "shadowing"}));
}

TEST(Delegation, looks_shadows_up_where_they_are_written) {
  const Loaded loaded = load_text(
      service(delegates("{prefix: /a}", "a",
                        "    options: {shadowing: {upstream: {name: gone}, percentage: 50}}\n")) +
      "---\napiVersion: gateway.solo.io/v1\nkind: RouteTable\nmetadata: {name: a, namespace: "
      "gloo-system}\nspec:\n  routes:\n  - matchers: [{prefix: /a/1}]\n    routeAction: {single: "
      "{upstream: {name: blue}}}\n  - matchers: [{prefix: /a/2}]\n    routeAction: {single: "
      "{upstream: {name: blue}}}\n" +
      kBlueAndGreen);
  EXPECT_EQ(loaded.snapshot, nullptr);
  EXPECT_EQ(brief(loaded),
            "9:37 error: spec.virtualHost.routes[0].options.shadowing.upstream: there is no "
            "Upstream gloo-system.gone\n");
}

TEST(Delegation, refuses_a_shadow_that_a_direct_response_inherits) {
  const Loaded loaded = load_text(
      service(delegates("{prefix: /a}", "a",
                        "    options: {shadowing: {upstream: {name: green}, percentage: 50}}\n")) +
      table("a", answers(200, "{prefix: /a}")) + kBlueAndGreen);
  EXPECT_EQ(loaded.snapshot, nullptr);
  EXPECT_NE(brief(loaded).find("spec.routes[0].options: a redirect or direct response cannot be "
                               "shadowed; the shadowing comes from VirtualService "
                               "gloo-system.shop (test.yaml:9)"),
            std::string::npos)
      << brief(loaded);
}

TEST(OptionsRefs, fill_what_is_not_given_inline_in_their_order) {
  const auto option = [](const std::string& kind, const std::string& name,
                         const std::string& options) {
    return "---\napiVersion: gateway.solo.io/v1\nkind: " + kind + "\nmetadata: {name: " + name +
           ", namespace: gloo-system}\nspec: {options: " + options + "}\n";
  };
  const Loaded loaded =
      load_text(service("  - routeAction: {single: {upstream: {name: blue}}}\n"
                        "    options: {timeout: 1s}\n"
                        "    optionsConfigRefs:\n"
                        "      delegateOptions: [{name: one, namespace: gloo-system}, {name: gone, "
                        "namespace: gloo-system}, {name: two, namespace: gloo-system}]\n"
                        "    optionsConfigRefs_is_no_field: 1\n") +
                kBlueAndGreen);
  EXPECT_NE(brief(loaded).find("unknown field"), std::string::npos);
  const Loaded good = load_text(
      "apiVersion: gateway.solo.io/v1\nkind: VirtualService\nmetadata: {name: shop, namespace: "
      "gloo-system}\nspec:\n  virtualHost:\n    optionsConfigRefs: {delegateOptions: [{name: gone, "
      "namespace: gloo-system}, {name: host, namespace: gloo-system}]}\n    routes:\n"
      "    - routeAction: {single: {upstream: {name: blue}}}\n"
      "      options: {timeout: 1s}\n"
      "      optionsConfigRefs: {delegateOptions: [{name: one, namespace: gloo-system}, {name: "
      "gone, namespace: gloo-system}, {name: two, namespace: gloo-system}]}\n" +
      option("RouteOption", "one", "{timeout: 2s, hostRewrite: one}") +
      option("RouteOption", "two", "{hostRewrite: two, prefixRewrite: /two}") +
      option("VirtualHostOption", "host",
             "{retries: {retryOn: 5xx}, headerManipulation: {requestHeadersToAdd: [{header: {key: "
             "x-a, value: b}}]}}") +
      kBlueAndGreen);
  EXPECT_EQ(brief(good),
            "6:43 warning: spec.virtualHost.optionsConfigRefs.delegateOptions[0]: list did not "
            "find virtualHostOption gloo-system.gone\n"
            "10:82 warning: spec.virtualHost.routes[0].optionsConfigRefs.delegateOptions[1]: list "
            "did not find routeOption gloo-system.gone\n");
  const Route* route = route_of(good, "/");
  ASSERT_NE(route, nullptr);
  EXPECT_EQ(route->timeout, Millis(1000));
  EXPECT_EQ(route->host_rewrite.text, "one");
  EXPECT_EQ(route->prefix_rewrite, "/two");
  EXPECT_EQ(route->retry.on, uint32_t{kRetry5xx});
  ASSERT_NE(route->host_edits, nullptr);
  ASSERT_EQ(route->host_edits->request.size(), 1u);
  ASSERT_EQ(route->options.size(), 3u);
  EXPECT_EQ(route->options[2].resource, "RouteOption gloo-system.two");
  EXPECT_EQ(route->options[2].fields, (std::vector<std::string_view>{"prefixRewrite"}));
}

TEST(UpstreamGroups, are_taken_over_by_every_route_that_names_them) {
  const std::string group =
      "---\napiVersion: gloo.solo.io/v1\nkind: UpstreamGroup\nmetadata: {name: both, namespace: "
      "gloo-system}\nspec:\n  destinations:\n  - {weight: 9, destination: {upstream: {name: blue, "
      "namespace: gloo-system}}}\n  - {weight: 1, destination: {upstream: {name: green}}}\n";
  const Loaded loaded = load_text(
      service("  - matchers: [{prefix: /a}]\n    routeAction: {upstreamGroup: {name: both, "
              "namespace: gloo-system}}\n"
              "  - matchers: [{prefix: /b}]\n    routeAction: {upstreamGroup: {name: both}}\n"
              "  - matchers: [{prefix: /c}]\n    routeAction: {upstreamGroup: {name: gone, "
              "namespace: x}}\n") +
      group + kBlueAndGreen);
  for (const char* path : {"/a", "/b"}) {
    const Route* route = route_of(loaded, path);
    ASSERT_NE(route, nullptr);
    EXPECT_EQ(route->total_weight, 10u);
    ASSERT_EQ(route->clusters.size(), 2u);
    EXPECT_EQ(route->clusters[1].name, "green_gloo-system");
    EXPECT_NE(route->clusters[1].cluster, kNoCluster);
  }
  EXPECT_EQ(route_of(loaded, "/c")->clusters.at(0).cluster, kNoCluster);
  EXPECT_EQ(
      brief(loaded),
      "10:34 warning: spec.virtualHost.routes[1].routeAction.upstreamGroup: there is no "
      "namespace, and Gloo would find nothing; taken for gloo-system\n"
      "12:34 warning: spec.virtualHost.routes[2].routeAction.upstreamGroup: *v1.UpstreamGroup "
      "{ x.gone } not found; requests get 503\n"
      "20:41 warning: spec.destinations[1].destination.upstream: there is no namespace, and "
      "Gloo would find nothing; taken for gloo-system\n");
}

TEST(UpstreamGroups, are_checked_even_if_no_route_names_them) {
  EXPECT_EQ(
      brief(load_text("apiVersion: gloo.solo.io/v1\nkind: UpstreamGroup\nmetadata: {name: a}\n"
                      "spec: {destinations: [{weight: 1, destination: {upstream: {name: gone, "
                      "namespace: x}}}]}\n---\napiVersion: gloo.solo.io/v1\nkind: "
                      "UpstreamGroup\nmetadata: {name: b}\nspec: {destinations: []}\n")),
      "4:59 warning: spec.destinations[0].destination.upstream: there is no Upstream x.gone; "
      "requests get 503\n"
      "9:7 error: spec: at least one destination must be given\n");
}

TEST(ClusterHeader, names_a_cluster_at_the_time_of_the_request) {
  const Loaded loaded =
      load_text(service("  - routeAction: {clusterHeader: x-cluster}\n") + kBlueAndGreen);
  EXPECT_EQ(brief(loaded), "");
  const Route* route = route_of(loaded, "/");
  ASSERT_NE(route, nullptr);
  EXPECT_EQ(route->cluster_header, "x-cluster");
  const ClusterId green = loaded.snapshot->find_cluster("green_gloo-system");
  ASSERT_LT(green, loaded.snapshot->clusters().size());
  EXPECT_EQ(loaded.snapshot->clusters()[green].name, "green_gloo-system");
  EXPECT_TRUE(loaded.snapshot->clusters()[green].primary);
  EXPECT_EQ(loaded.snapshot->find_cluster("gone_gloo-system"), kNoCluster);
}

TEST(ShadowTests, name_routes_of_tables_that_are_reached) {
  const auto with_target = [](const std::string& route) {
    return load_text(
        service(delegates("{prefix: /a}", "a", "    name: left\n") +
                delegates("{prefix: /}", "b", "    name: right\n")) +
        table("a",
              "  - name: cart\n    matchers: [{prefix: /a/cart}]\n    routeAction: {single: "
              "{upstream: {name: blue}}}\n  - name: twice\n    matchers: [{prefix: /a/twice}]\n"
              "    routeAction: {single: {upstream: {name: blue}}}\n") +
        table("b",
              "  - name: twice\n    matchers: [{prefix: /b}]\n    routeAction: {single: {upstream: "
              "{name: blue}}}\n") +
        "---\napiVersion: gnomon.dev/v1alpha1\nkind: ShadowTest\nmetadata: {name: trial, "
        "namespace: gloo-system}\nspec:\n  target: {virtualService: shop, route: " +
        route + "}\n  shadow: {upstream: {name: green}, percentage: 10}\n" + kBlueAndGreen);
  };
  const Loaded cart = with_target("cart");
  EXPECT_EQ(brief(cart), "");
  EXPECT_EQ(route_of(cart, "/a/cart")->shadows.size(), 1u);
  const Loaded several = with_target("twice");
  EXPECT_EQ(several.snapshot, nullptr);
  ASSERT_EQ(several.diagnostics.size(), 1u);
  EXPECT_EQ(several.diagnostics[0].hint,
            "write one of left/gloo-system.a/twice, right/gloo-system.b/twice");
  const Loaded exactly = with_target("right/gloo-system.b/twice");
  EXPECT_EQ(brief(exactly), "");
  EXPECT_EQ(route_of(exactly, "/b")->shadows.size(), 1u);
  EXPECT_EQ(route_of(exactly, "/a/twice")->shadows.size(), 0u);
}

}  // namespace
}  // namespace gnomon::routing
