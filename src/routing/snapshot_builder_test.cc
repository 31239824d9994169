#include "routing/snapshot_builder.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "routing/rewrite.h"
#include "routing/testing.h"

namespace gnomon::routing {
namespace {

constexpr const char* kToBlue = "routeAction: {single: {upstream: {name: blue}}}";

// A VirtualService in the flat form that answers with its status.
std::string site(const std::string& name, const std::string& domains, int status = 200,
                 const std::string& more = "") {
  return fmt::format(
      "---\nmetadata: {{name: {}}}\nvirtualHost:\n  domains: {}\n  routes: "
      "[{{directResponseAction: {{status: {}}}}}]\n{}",
      name, domains, status, more);
}

// The status of the direct response that the request gets, or 404.
int answer(const Loaded& loaded, std::string_view authority, size_t listener = 0) {
  const Match match = loaded.snapshot->match(listener, get(authority, "/"));
  return match.route != nullptr && match.route->direct ? match.route->direct->status : 404;
}

TEST(SnapshotBuilder, serves_a_shadowed_route) {
  const Loaded loaded = load_text(shop(R"(
    - matchers: [{prefix: /cart}]
      routeAction: {single: {upstream: {name: blue, namespace: gloo-system}}}
      options:
        shadowing: {upstream: {name: green, namespace: gloo-system}, percentage: 100}
)"));
  ASSERT_NE(loaded.snapshot, nullptr) << brief(loaded);
  EXPECT_EQ(brief(loaded), "");
  const Match match = loaded.snapshot->match(0, get("any.example.com", "/cart/7?full=1"));
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.virtual_host, "gloo-system.shop");
  EXPECT_EQ(match.matched_path_bytes, 5u);
  EXPECT_EQ(match.route->name, "gloo-system.shop/0");
  EXPECT_EQ(match.route->source, "test.yaml:8");
  ASSERT_EQ(match.route->clusters.size(), 1u);
  const auto clusters = loaded.snapshot->clusters();
  const Cluster& blue = clusters[match.route->clusters[0].cluster];
  EXPECT_EQ(blue.name, "blue_gloo-system");
  EXPECT_EQ(blue.endpoints.at(0).port, 8081);
  EXPECT_FALSE(blue.endpoints[0].is_name);
  EXPECT_TRUE(blue.primary && !blue.shadow);
  ASSERT_EQ(match.route->shadows.size(), 1u);
  EXPECT_EQ(match.route->shadows[0].per_million, 1'000'000u);
  const Cluster& green = clusters[match.route->shadows[0].cluster];
  EXPECT_EQ(green.name, "green_gloo-system");
  EXPECT_TRUE(green.endpoints[0].is_name);
  EXPECT_TRUE(!green.primary && green.shadow);
  EXPECT_EQ(loaded.snapshot->match(0, get("any.example.com", "/other")).route, nullptr);
}

TEST(SnapshotBuilder, listens_on_8080_without_a_gateway) {
  const Loaded loaded = load_text(site("a", "['*']"));
  ASSERT_NE(loaded.snapshot, nullptr) << brief(loaded);
  ASSERT_EQ(loaded.snapshot->listeners().size(), 1u);
  EXPECT_EQ(loaded.snapshot->listeners()[0].address, "::");
  EXPECT_EQ(loaded.snapshot->listeners()[0].port, 8080);
  EXPECT_EQ(loaded.snapshot->listeners()[0].name, "listener-::-8080");
}

TEST(SnapshotBuilder, tells_a_missing_route_from_a_missing_host) {
  const Loaded loaded = load_text(
      "metadata: {name: a}\nvirtualHost: {domains: [a.com], routes: [{matchers: [{exact: /}], "
      "directResponseAction: {status: 200}}]}\n");
  ASSERT_NE(loaded.snapshot, nullptr);
  EXPECT_EQ(loaded.snapshot->match(0, get("a.com", "/x")).virtual_host, "gloo-system.a");
  EXPECT_EQ(loaded.snapshot->match(0, get("b.com", "/x")).virtual_host, "");
  EXPECT_EQ(loaded.snapshot->match(7, get("a.com", "/")).route, nullptr);
}

TEST(SnapshotBuilder, gives_every_host_to_a_service_without_domains) {
  EXPECT_EQ(answer(load_text(site("a", "[]")), "any.com"), 200);
  EXPECT_EQ(answer(load_text(site("a", "['']")), "any.com"), 200);
  EXPECT_EQ(brief(load_text(site("a", "[a.com, '']"))),
            "4:20 error: virtualHost.domains[1]: the domain is invalid: it is empty\n");
}

TEST(SnapshotBuilder, warns_of_a_missing_upstream_and_answers_503) {
  const Loaded loaded = load_text(shop("    - routeAction: {single: {upstream: {name: red}}}\n"));
  EXPECT_EQ(brief(loaded),
            "7:40 warning: spec.virtualHost.routes[0].routeAction.single.upstream: there is no "
            "Upstream gloo-system.red; requests get 503\n");
  ASSERT_NE(loaded.snapshot, nullptr);
  const Match match = loaded.snapshot->match(0, get("a", "/"));
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.route->clusters.at(0).cluster, kNoCluster);
  EXPECT_EQ(match.route->clusters[0].name, "red_gloo-system");
}

TEST(SnapshotBuilder, adds_up_weights) {
  const Loaded loaded =
      load_text(shop("    - routeAction: {multi: {destinations: [{destination: {upstream: {name: "
                     "blue}}, weight: 9},"
                     " {destination: {upstream: {name: green}}, weight: 1}]}}\n"));
  ASSERT_NE(loaded.snapshot, nullptr) << brief(loaded);
  const Route& route = *loaded.snapshot->match(0, get("a", "/")).route;
  EXPECT_EQ(route.total_weight, 10u);
  ASSERT_EQ(route.clusters.size(), 2u);
  EXPECT_EQ(route.clusters[0].weight, 9u);
  EXPECT_EQ(route.clusters[1].name, "green_gloo-system");
}

TEST(SnapshotBuilder, resolves_the_options_of_a_route) {
  const Loaded loaded = load_text(shop(std::string("    - ") + kToBlue + R"(
      options:
        timeout: 1ns
        prefixRewrite: /x
        hostRewrite: b.com
        headerManipulation:
          requestHeadersToAdd: [{header: {key: x-a, value: '50%%'}}, {header: {key: x-b, value: c}, append: false}]
          requestHeadersToRemove: [x-d]
          responseHeadersToRemove: [server]
        retries: {retryOn: '5xx, reset', numRetries: 0, perTryTimeout: 2s, retryBackOff: {baseInterval: 5ms}}
)"));
  ASSERT_NE(loaded.snapshot, nullptr) << brief(loaded);
  EXPECT_EQ(brief(loaded), "");
  const Route& route = *loaded.snapshot->match(0, get("a", "/")).route;
  EXPECT_EQ(route.timeout, Millis(1)) << "a short time must not become none";
  EXPECT_EQ(route.prefix_rewrite, "/x");
  EXPECT_EQ(route.host_rewrite.text, "b.com");
  ASSERT_EQ(route.edits.request.size(), 3u);
  EXPECT_EQ(route.edits.request[0].op, HeaderEdit::Op::remove);
  EXPECT_EQ(route.edits.request[1].op, HeaderEdit::Op::append);
  EXPECT_EQ(route.edits.request[1].value, "50%");
  EXPECT_EQ(route.edits.request[2].op, HeaderEdit::Op::set);
  EXPECT_EQ(route.edits.response.at(0).name, "server");
  EXPECT_EQ(route.retry.on, kRetry5xx | kRetryReset);
  EXPECT_EQ(route.retry.count, 1u);
  EXPECT_EQ(route.retry.per_try_timeout, Millis(2000));
  EXPECT_EQ(route.retry.base_interval, Millis(5));
  EXPECT_EQ(route.retry.max_interval, Millis(50));
}

TEST(SnapshotBuilder, has_the_defaults_of_envoy) {
  const Loaded loaded = load_text(shop(std::string("    - ") + kToBlue + "\n"));
  ASSERT_NE(loaded.snapshot, nullptr);
  const Route& route = *loaded.snapshot->match(0, get("a", "/")).route;
  EXPECT_EQ(route.timeout, Millis(15000));
  EXPECT_EQ(route.retry.on, 0u);
  const Cluster& cluster = loaded.snapshot->clusters()[0];
  EXPECT_EQ(cluster.connect_timeout, Millis(5000));
  EXPECT_EQ(cluster.breakers, Breakers{});
  EXPECT_EQ(cluster.balance, Balance::round_robin);
}

TEST(SnapshotBuilder, applies_the_options_of_the_virtual_host_behind_the_route) {
  const Loaded loaded = load_text(
      "metadata: {name: a}\nvirtualHost:\n  options:\n    retries: {retryOn: reset, numRetries: "
      "4}\n"
      "    headerManipulation: {requestHeadersToAdd: [{header: {key: x, value: host}}]}\n  "
      "routes:\n"
      "  - matchers: [{prefix: /own}]\n    routeAction: {single: {upstream: {name: blue}}}\n"
      "    options: {retries: {retryOn: 5xx}, headerManipulation: {requestHeadersToAdd: [{header: "
      "{key: x, value: route}}]}}\n"
      "  - routeAction: {single: {upstream: {name: blue}}}\n" +
      std::string(kBlueAndGreen));
  ASSERT_NE(loaded.snapshot, nullptr) << brief(loaded);
  const Route& own = *loaded.snapshot->match(0, get("a", "/own")).route;
  EXPECT_EQ(own.retry.on, kRetry5xx);
  EXPECT_EQ(own.edits.request.at(0).value, "route");
  ASSERT_NE(own.host_edits, nullptr);
  EXPECT_EQ(own.host_edits->request.at(0).value, "host");
  const Route& other = *loaded.snapshot->match(0, get("a", "/")).route;
  EXPECT_EQ(other.retry.on, kRetryReset);
  EXPECT_EQ(other.retry.count, 4u);
}

TEST(SnapshotBuilder, warns_of_retry_conditions_it_does_not_know) {
  EXPECT_EQ(brief(load_text(shop(std::string("    - ") + kToBlue +
                                 "\n      options: {retries: {retryOn: '5xx,cancelled,oops'}}\n"))),
            "8:36 warning: retryOn: \"oops\" is not a known condition\n");
}

TEST(SnapshotBuilder, warns_of_options_where_nothing_is_sent_on) {
  EXPECT_EQ(brief(load_text(shop("    - redirectAction: {hostRedirect: b.com}\n"
                                 "      options: {timeout: 1s, prefixRewrite: /a}\n"))),
            "8:16 warning: spec.virtualHost.routes[0].options: no effect on a redirect or direct "
            "response: timeout, prefixRewrite\n");
  EXPECT_EQ(brief(load_text(shop("    - directResponseAction: {status: 200}\n"
                                 "      options: {headerManipulation: {responseHeadersToRemove: "
                                 "[server]}}\n"))),
            "");
}

TEST(SnapshotBuilder, reports_patterns_that_do_not_compile) {
  const Loaded loaded =
      load_text(shop("    - matchers: [{regex: '(a'}, {prefix: /, headers: [{name: x, value: '[', "
                     "regex: true}]},\n"
                     "        {prefix: /, queryParameters: [{name: q, value: '*', regex: true}], "
                     "methods: ['(']}]\n"
                     "      directResponseAction: {status: 200}\n"));
  EXPECT_EQ(loaded.snapshot, nullptr);
  EXPECT_EQ(loaded.errors, 4u);
  EXPECT_EQ(brief(loaded),
            "7:26 error: spec.virtualHost.routes[0].matchers[0].regex: invalid regular expression: "
            "missing ): (a\n"
            "7:72 error: spec.virtualHost.routes[0].matchers[1].headers[0].value: invalid regular "
            "expression: missing ]: [\n"
            "8:56 error: spec.virtualHost.routes[0].matchers[2].queryParameters[0].value: invalid "
            "regular expression: no argument for repetition operator: *\n"
            "8:86 error: spec.virtualHost.routes[0].matchers[2].methods[0]: invalid regular "
            "expression: missing ): (\n");
}

TEST(SnapshotBuilder, takes_a_method_that_is_a_pattern) {
  const Loaded loaded = load_text(
      "metadata: {name: a}\nvirtualHost: {routes: [{matchers: [{prefix: /, methods: ['P.*', "
      "GET]}], "
      "directResponseAction: {status: 200}}]}\n");
  ASSERT_NE(loaded.snapshot, nullptr) << brief(loaded);
  RequestHead head = get("a", "/");
  for (const char* method : {"GET", "POST", "PUT"}) {
    head.method_name = method;
    EXPECT_NE(loaded.snapshot->match(0, head).route, nullptr) << method;
  }
  head.method_name = "GETS";
  EXPECT_EQ(loaded.snapshot->match(0, head).route, nullptr);
}

TEST(SnapshotBuilder, warns_of_routes_that_nothing_reaches) {
  EXPECT_EQ(
      brief(load_text(shop("    - matchers: [{prefix: /}]\n      directResponseAction: {status: "
                           "200}\n    - matchers: [{exact: /a}, {prefix: /b}]\n"
                           "      directResponseAction: {status: 201}\n"))),
      "9:7 warning: spec.virtualHost.routes[1]: no request reaches this route; the one at "
      "test.yaml:7 takes them all\n");
  EXPECT_EQ(brief(load_text(shop("    - matchers: [{prefix: /a}, {prefix: /a/b}]\n"
                                 "      directResponseAction: {status: 200}\n"
                                 "    - matchers: [{prefix: /a}, {prefix: /c}]\n"
                                 "      directResponseAction: {status: 200}\n"))),
            "");
}

TEST(SnapshotBuilder, reports_a_domain_that_two_services_claim) {
  const Loaded loaded = load_text(site("a", "[x.com, a.com]") + site("b", "[X.com]"));
  EXPECT_EQ(loaded.snapshot, nullptr);
  EXPECT_EQ(brief(loaded),
            "4:13 error: virtualHost.domains: domain conflict: X.com is also claimed by "
            "gloo-system.b\n"
            "9:13 error: virtualHost.domains: domain conflict: X.com belongs to gloo-system.a "
            "already\n");
  EXPECT_EQ(loaded.kinds.at(0).total, 2u);
  EXPECT_EQ(loaded.kinds.at(0).broken, 2u);
}

TEST(SnapshotBuilder, reports_an_implied_domain_that_two_services_claim) {
  EXPECT_EQ(
      brief(load_text(site("a", "[]") + site("b", "['*']"))),
      "2:1 error: virtualHost.domains: domain conflict: * is also claimed by gloo-system.b\n"
      "9:13 error: virtualHost.domains: domain conflict: * belongs to gloo-system.a already\n");
}

TEST(SnapshotBuilder, reports_a_domain_that_one_service_lists_twice) {
  EXPECT_EQ(brief(load_text(site("a", "[x.com, X.COM]"))),
            "4:20 error: virtualHost.domains: the domain X.COM is listed twice\n");
}

TEST(SnapshotBuilder, opens_what_the_gateways_say) {
  const Loaded loaded =
      load_text(site("a", "[a.com]", 201, "") + site("b", "['*']", 202) +
                "---\nmetadata: {name: one}\nbindAddress: 127.0.0.1\nbindPort: 0\n"
                "httpGateway: {virtualServices: [{name: a}]}\n"
                "---\nmetadata: {name: two}\nbindPort: 0\nhttpGateway: {}\n");
  ASSERT_NE(loaded.snapshot, nullptr) << brief(loaded);
  ASSERT_EQ(loaded.snapshot->listeners().size(), 2u);
  EXPECT_EQ(loaded.snapshot->listeners()[0].address, "127.0.0.1");
  EXPECT_EQ(loaded.snapshot->listeners()[0].port, 0);
  EXPECT_EQ(answer(loaded, "a.com", 0), 201);
  EXPECT_EQ(answer(loaded, "b.com", 0), 404);
  EXPECT_EQ(answer(loaded, "a.com", 1), 201);
  EXPECT_EQ(answer(loaded, "b.com", 1), 202);
}

TEST(SnapshotBuilder, lets_gateways_select_services) {
  const auto serves_b = [](const std::string& selection) {
    const Loaded loaded = load_text(
        "metadata: {name: b, namespace: shop, labels: {team: red}}\nvirtualHost: {routes: "
        "[{directResponseAction: {status: 202}}]}\n---\nmetadata: {name: g}\nbindPort: 0\n"
        "httpGateway: {" +
        selection + "}\n");
    EXPECT_NE(loaded.snapshot, nullptr) << brief(loaded);
    return answer(loaded, "b.com") == 202;
  };
  EXPECT_TRUE(serves_b(""));
  EXPECT_TRUE(serves_b("virtualServiceSelector: {team: red}"));
  EXPECT_FALSE(serves_b("virtualServiceSelector: {team: blue}"));
  EXPECT_TRUE(serves_b("virtualServiceNamespaces: [shop]"));
  EXPECT_TRUE(serves_b("virtualServiceNamespaces: ['*']"));
  EXPECT_FALSE(serves_b("virtualServiceNamespaces: [other]"));
  EXPECT_FALSE(
      serves_b("virtualServiceExpressions: {expressions: [{key: team, operator: NotIn, "
               "values: [red]}]}"));
  EXPECT_TRUE(
      serves_b("virtualServiceExpressions: {expressions: [{key: team, operator: Exists}]}, "
               "virtualServiceSelector: {team: blue}"));
}

TEST(SnapshotBuilder, allows_one_domain_at_different_gateways) {
  const Loaded loaded = load_text(
      site("a", "['*']", 201) + site("b", "['*']", 202) +
      "---\nmetadata: {name: one}\nbindPort: 0\nhttpGateway: {virtualServices: [{name: a}]}\n"
      "---\nmetadata: {name: two}\nbindPort: 0\nhttpGateway: {virtualServices: [{name: b}]}\n");
  ASSERT_NE(loaded.snapshot, nullptr) << brief(loaded);
  EXPECT_EQ(answer(loaded, "x", 0), 201);
  EXPECT_EQ(answer(loaded, "x", 1), 202);
}

TEST(SnapshotBuilder, refuses_gateways_that_cannot_be_opened) {
  const auto gateway = [](const std::string& fields) {
    return fmt::format("metadata: {{name: g{}}}\nhttpGateway: {{}}\n{}", fields.size(), fields);
  };
  EXPECT_EQ(brief(load_text(gateway("bindPort: 80\nbindAddress: localhost\n"))),
            "4:14 error: bindAddress: \"localhost\" is not a valid IP address\n");
  EXPECT_EQ(brief(load_text(gateway("bindPort: 80\n") + "---\n" + gateway("bindPort: 80 \n"))),
            "7:11 error: bindPort: another Gateway listens on :: port 80 already\n");
}

TEST(SnapshotBuilder, warns_of_a_missing_service_of_a_gateway_and_serves_the_others) {
  const Loaded loaded =
      load_text(site("a", "['*']", 201) + "---\n" + site("b", "[b.com]", 202) +
                "---\nmetadata: {name: g}\nbindPort: 80\nhttpGateway: {virtualServices: "
                "[{name: gone}, {name: b}]}\n");
  EXPECT_NE(brief(loaded).find("warning: httpGateway.virtualServices[0]: invalid virtual service "
                               "ref: there is no VirtualService gloo-system.gone\n"),
            std::string::npos);
  EXPECT_EQ(answer(loaded, "b.com"), 202);
  EXPECT_EQ(answer(loaded, "a.com"), 404);
}

TEST(SnapshotBuilder, warns_of_a_missing_collector_of_spans) {
  const auto gateway = [](const char* collector) {
    return fmt::format(
               "metadata: {{name: g}}\nbindPort: 80\nhttpGateway: {{options: "
               "{{httpConnectionManagerSettings: {{tracing: {{openTelemetryConfig: "
               "{{collectorUpstreamRef: {{name: {}}}}}}}}}}}}}\n",
               collector) +
           kBlueAndGreen;
  };
  const std::string missing = "*v1.Upstream { gloo-system.red } not found";
  EXPECT_NE(brief(load_text(gateway("red"))).find(missing), std::string::npos);
  EXPECT_EQ(brief(load_text(gateway("blue"))).find("not found"), std::string::npos);
}

TEST(SnapshotBuilder, gives_503_where_a_placeholder_was_left_in_or_the_action_out) {
  const Loaded loaded =
      load_text(shop("    - matchers: [{exact: /a}]\n"
                     "      redirectAction: {hostRedirect: '${HOST}'}\n"
                     "    - matchers: [{exact: /b}]\n"));
  EXPECT_EQ(brief(loaded),
            "8:38 warning: spec.virtualHost.routes[0].redirectAction.hostRedirect: this is not a "
            "host name with an optional port; requests get 503\n"
            "9:7 warning: spec.virtualHost.routes[1]: a route must specify an action; requests get "
            "503\n");
  ASSERT_NE(loaded.snapshot, nullptr);
  for (const char* path : {"/a", "/b"}) {
    const Route* route = loaded.snapshot->match(0, get("x", path)).route;
    ASSERT_NE(route, nullptr);
    EXPECT_FALSE(route->redirect);
    EXPECT_EQ(route->clusters.at(0).cluster, kNoCluster);
  }
}

TEST(SnapshotBuilder, serves_no_domain_in_which_a_placeholder_was_left) {
  const Loaded loaded = load_text(site("a", "['$(get address).io']"));
  EXPECT_EQ(brief(loaded),
            "4:13 warning: virtualHost.domains[0]: no request has this domain: it contains a "
            "character that no Host has\n");
  EXPECT_EQ(answer(loaded, "any.com"), 404);
}

// Each of the three services answers with a status of its own; the answer tells which are served.
TEST(SnapshotBuilder, takes_expressions_before_labels_before_references) {
  const auto served = [](const std::string& selection) {
    const auto one = [](const char* name, const char* name_space, const char* team, int status) {
      return fmt::format(
          "---\nmetadata: {{name: {0}, namespace: {1}, labels: {{team: {2}}}}}\nvirtualHost: "
          "{{domains: [{0}.com], routes: [{{directResponseAction: {{status: {3}}}}}]}}\n",
          name, name_space, team, status);
    };
    const Loaded loaded =
        load_text(one("a", "gloo-system", "red", 201) + one("b", "shop", "red", 202) +
                  one("c", "shop", "blue", 203) +
                  "---\nmetadata: {name: g}\nbindPort: 0\nhttpGateway: {" + selection + "}\n");
    EXPECT_NE(loaded.snapshot, nullptr) << brief(loaded);
    std::string out;
    for (const char* host : {"a.com", "b.com", "c.com"}) {
      if (answer(loaded, host) != 404) out += host[0];
    }
    return out;
  };
  const std::string refs = "virtualServices: [{name: c, namespace: shop}]";
  const std::string labels = "virtualServiceSelector: {team: red}";
  const std::string expressions =
      "virtualServiceExpressions: {expressions: [{key: team, operator: In, values: [blue]}]}";
  EXPECT_EQ(served(""), "abc");
  EXPECT_EQ(served(refs), "c");
  EXPECT_EQ(served(refs + ", virtualServiceNamespaces: [gloo-system]"), "c");
  EXPECT_EQ(served(refs + ", " + labels), "ab");
  EXPECT_EQ(served(labels + ", virtualServiceNamespaces: [shop]"), "b");
  EXPECT_EQ(served(labels + ", " + expressions), "c");
  EXPECT_EQ(served(expressions + ", virtualServiceNamespaces: [gloo-system]"), "");
  EXPECT_EQ(served("virtualServiceExpressions: {expressions: [{key: team, operator: Exists}, {key: "
                   "team, operator: NotEquals, values: [red]}]}"),
            "c");
}

TEST(SnapshotBuilder, refuses_bodies_that_a_gateway_does_not_take) {
  const auto with_limit = [](const std::string& gateway) {
    return brief(
        load_text("metadata: {name: a}\nvirtualHost: {routes: [{directResponseAction: "
                  "{status: 200, body: " +
                  std::string(5000, 'x') + "}}]}\n" + gateway));
  };
  const std::string gateway = "---\nmetadata: {name: g}\nbindPort: 0\nhttpGateway: {}\n";
  const std::string refused = "2:47 error: the body has 5000 bytes; maximum is ";
  EXPECT_EQ(with_limit(""), refused + "4096\n");
  EXPECT_EQ(with_limit(gateway), refused + "4096\n");
  EXPECT_EQ(with_limit(gateway + "routeOptions: {maxDirectResponseBodySizeBytes: 4999}\n"),
            refused + "4999\n");
  EXPECT_EQ(with_limit(gateway + "routeOptions: {maxDirectResponseBodySizeBytes: 5000}\n"), "");
}

TEST(SnapshotBuilder, redirects_by_regular_expression) {
  const auto redirect = [](const std::string& rewrite) {
    return load_text(
        "metadata: {name: a}\nvirtualHost: {routes: [{redirectAction: {regexRewrite: " + rewrite +
        "}}]}\n");
  };
  const Loaded loaded =
      redirect(R"({pattern: {regex: '/v([0-9]+)/', googleRe2: {}}, substitution: '/\1/'})");
  ASSERT_NE(loaded.snapshot, nullptr) << brief(loaded);
  const RequestHead head = get("a.com", "/v1/x/v2/y?q=/v3/");
  const Match match = loaded.snapshot->match(0, head);
  EXPECT_EQ(redirect_location(*match.route->redirect, match, head), "http://a.com/1/x/2/y?q=/v3/");
  EXPECT_NE(brief(redirect("{pattern: {regex: '('}, substitution: x}"))
                .find("redirectAction.regexRewrite.pattern.regex: invalid regular expression"),
            std::string::npos);
  EXPECT_NE(brief(redirect(R"({pattern: {regex: a}, substitution: '\1'})"))
                .find("redirectAction.regexRewrite.substitution: invalid substitution"),
            std::string::npos);
  const Loaded two = load_text(
      "metadata: {name: a}\nvirtualHost: {routes: [{redirectAction: {pathRedirect: /, "
      "regexRewrite: "
      "{pattern: {regex: a}}}}]}\n");
  EXPECT_NE(brief(two).find("only one of pathRedirect, regexRewrite may be given"),
            std::string::npos)
      << brief(two);
}

TEST(SnapshotBuilder, warns_when_there_is_nothing_to_listen_on) {
  EXPECT_EQ(brief(load_text("metadata: {name: g}\nssl: true\nbindPort: 8443\nhttpGateway: {}\n")),
            "1:1 warning: ssl: no VirtualService with sslConfig is served here; this Gateway is "
            "not opened\n"
            "1:1 warning: none of the Gateways can be opened, so nothing would listen\n");
}

TEST(SnapshotBuilder, refuses_tables_that_multiply_without_end) {
  std::string text =
      "metadata: {name: v}\nvirtualHost: {routes: [{delegateAction: {ref: {name: t0, namespace: "
      "gloo-system}}}]}\n";
  constexpr int kTables = 30;  // 2^30 routes
  for (int i = 0; i < kTables; ++i) {
    const std::string route =
        i + 1 == kTables
            ? "{directResponseAction: {status: 200}}"
            : fmt::format("{{delegateAction: {{ref: {{name: t{}, namespace: gloo-system}}}}}}",
                          i + 1);
    text += fmt::format("---\nmetadata: {{name: t{}}}\nroutes: [{}, {}]\n", i, route, route);
  }
  const Loaded loaded = load_text(text);
  EXPECT_EQ(loaded.snapshot, nullptr);
  EXPECT_EQ(brief(loaded),
            "2:24 error: with this route more than 200000 routes are reached by delegation\n");
}

TEST(SnapshotBuilder, gives_no_endpoints_to_an_upstream_behind_a_tunnel) {
  const Loaded loaded = load_text(
      "metadata: {name: u}\nstatic: {hosts: [{addr: a, port: 80}]}\nhttpConnectSslConfig: {}\n");
  ASSERT_NE(loaded.snapshot, nullptr) << brief(loaded);
  EXPECT_TRUE(loaded.snapshot->clusters()[0].endpoints.empty());
}

TEST(SnapshotBuilder, reads_the_settings_of_a_cluster) {
  const Loaded loaded = load_text(
      "metadata: {name: u}\nstatic: {hosts: [{addr: '::1', port: 80}, {addr: 1.2.3.4.5, port: "
      "1}]}\n"
      "circuitBreakers: {maxConnections: 0, maxRetries: 9}\nloadBalancerConfig: {random: {}}\n"
      "connectionConfig: {connectTimeout: 1500us}\ndnsRefreshRate: 30s\nrespectDnsTtl: true\n");
  ASSERT_NE(loaded.snapshot, nullptr) << brief(loaded);
  const Cluster& cluster = loaded.snapshot->clusters()[0];
  EXPECT_EQ(cluster.name, "u_gloo-system");
  EXPECT_FALSE(cluster.endpoints.at(0).is_name);
  EXPECT_TRUE(cluster.endpoints.at(1).is_name);
  EXPECT_EQ(cluster.breakers.max_connections, 0u);
  EXPECT_EQ(cluster.breakers.max_requests, 1024u);
  EXPECT_EQ(cluster.breakers.max_retries, 9u);
  EXPECT_EQ(cluster.balance, Balance::random);
  EXPECT_EQ(cluster.connect_timeout, Millis(2));
  EXPECT_EQ(cluster.dns_refresh, Millis(30000));
  EXPECT_TRUE(cluster.respect_dns_ttl);
  EXPECT_FALSE(cluster.primary || cluster.shadow);
}

std::string upstream_brief(const std::string& spec) {
  return brief(load_text("metadata: {name: u}\nstatic: {hosts: [{addr: 10.0.0.1, port: 80}]}\n" +
                         spec + "\n"));
}

TEST(SnapshotBuilder, wants_what_gloo_wants_of_health_checks) {
  const std::string check = "healthChecks: [{timeout: 1s, interval: 1s, ";
  EXPECT_EQ(
      upstream_brief(check + "unhealthyThreshold: 1, tcpHealthCheck: {}}]"),
      "3:16 error: healthChecks[0]: The field HealthCheck[0].HealthyThreshold cannot be nil\n");
  EXPECT_EQ(upstream_brief(check + "healthyThreshold: 1, tcpHealthCheck: {}}]"),
            "3:16 error: healthChecks[0]: The field HealthCheck[0].UnhealthyThreshold cannot be "
            "nil\n");
  EXPECT_EQ(upstream_brief(check + "healthyThreshold: 1, unhealthyThreshold: 1}]"),
            "3:16 error: healthChecks[0]: The field HealthCheck[0].HealthChecker cannot be nil\n");
  EXPECT_EQ(
      upstream_brief("outlierDetection: {consecutive5xx: 1}"),
      "3:19 error: outlierDetection: The field OutlierDetection.HealthChecker.Interval cannot "
      "be nil\n");
}

TEST(SnapshotBuilder, builds_health_checks_with_envoys_defaults) {
  const Loaded loaded = load_text(
      "metadata: {name: u}\nstatic: {hosts: [{addr: 10.0.0.1, port: 80}]}\n"
      "healthChecks: [{timeout: 1s, interval: 2s, unhealthyInterval: 3s, healthyThreshold: 4, "
      "unhealthyThreshold: 5, httpHealthCheck: {path: /up, method: HEAD, expectedStatuses: "
      "[{start: "
      "200, end: 300}]}}]\n"
      "outlierDetection: {interval: 1s, maxEjectionPercent: 50}\n");
  ASSERT_NE(loaded.snapshot, nullptr) << brief(loaded);
  const HealthCheck& check = *loaded.snapshot->clusters()[0].health_check;
  EXPECT_EQ(check.healthy_edge_interval, Millis(2000));
  EXPECT_EQ(check.unhealthy_interval, Millis(3000));
  EXPECT_EQ(check.unhealthy_edge_interval, Millis(3000));
  EXPECT_EQ(check.no_traffic_interval, Millis(60'000));
  EXPECT_TRUE(check.reuse_connection);
  EXPECT_EQ(check.http->method, "HEAD");
  const OutlierDetection& outliers = *loaded.snapshot->clusters()[0].outliers;
  EXPECT_EQ(outliers.consecutive_5xx, 5u);
  EXPECT_EQ(outliers.max_ejection_percent, 50u);
  EXPECT_EQ(outliers.enforcing_consecutive_gateway_failure, 0u);
}

TEST(SnapshotBuilder, hands_subsets_to_routes) {
  const Loaded loaded = load_text(
      "metadata: {name: u}\nstatic: {hosts: [{addr: 10.0.0.1, port: 80, metadata: {envoy.lb: {b: "
      "x, "
      "a: z}}}], subsetSpec: {selectors: [{keys: [b, a]}], fallbackPolicy: NO_FALLBACK}}\n---\n"
      "metadata: {name: plain}\nstatic: {hosts: [{addr: 10.0.0.1, port: 80}]}\n---\n"
      "metadata: {name: v}\nvirtualHost: {routes: [{matchers: [{prefix: /a}], routeAction: "
      "{single: "
      "{upstream: {name: u}, subset: {values: {b: x, a: z}}}}}, {routeAction: {single: {upstream: "
      "{name: plain}, subset: {values: {b: x}}}}}]}\n");
  ASSERT_NE(loaded.snapshot, nullptr) << brief(loaded);
  EXPECT_EQ(brief(loaded),
            "8:187 warning: virtualHost.routes[1].routeAction.single.subset: the route has a "
            "subset, but its Upstream has none; it is ignored\n");
  const Cluster& cluster = loaded.snapshot->clusters()[0];
  EXPECT_EQ(cluster.subsets.selectors.at(0).keys, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(cluster.endpoints.at(0).labels, (Subset{{"a", "z"}, {"b", "x"}}));
  EXPECT_EQ(cluster.subsets.fallback, SubsetRules::Fallback::none);
  const Match match = loaded.snapshot->match(0, get("x.com", "/a"));
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.route->clusters.at(0).subset, (Subset{{"a", "z"}, {"b", "x"}}));
}

TEST(SnapshotBuilder, refuses_a_dns_refresh_where_nothing_is_looked_up) {
  EXPECT_EQ(upstream_brief("dnsRefreshRate: 5s"),
            "3:17 error: dnsRefreshRate: is only for Upstreams with DNS names, and this one has "
            "none\n");
}

TEST(SnapshotBuilder, ignores_a_dns_refresh_that_is_too_short) {
  const Loaded loaded = load_text(
      "metadata: {name: u}\nstatic: {hosts: [{addr: a, port: 80}]}\ndnsRefreshRate: 10us\n");
  ASSERT_NE(loaded.snapshot, nullptr);
  EXPECT_EQ(brief(loaded), "3:17 warning: dnsRefreshRate: must be at least 1ms; it is ignored\n");
  EXPECT_EQ(loaded.snapshot->clusters()[0].dns_refresh, Millis(5000));
}

TEST(SnapshotBuilder, checks_what_fits_together_even_when_a_part_is_broken) {
  const Loaded loaded = load_text(
      "metadata: {name: u}\nstatic: {hosts: [{addr: a, port: 80}]}\nbogus: 1\n---\n"
      "metadata: {name: v}\nvirtualHost: {routes: [{routeAction: {single: {upstream: {name: u}}}},"
      " {routeAction: {single: {upstream: {name: w}}}}]}\n");
  EXPECT_EQ(loaded.snapshot, nullptr);
  EXPECT_EQ(
      brief(loaded),
      "3:1 error: bogus: unknown field\n"
      "6:72 warning: virtualHost.routes[1]: no request reaches this route; the one at "
      "test.yaml:6 takes them all\n"
      "6:106 warning: virtualHost.routes[1].routeAction.single.upstream: there is no Upstream "
      "gloo-system.w; requests get 503\n");
}

TEST(SnapshotBuilder, dumps_the_configuration_in_effect) {
  const Loaded loaded =
      load_text(shop(std::string("    - name: cart\n      matchers: [{regex: '/c.*', methods: "
                                 "[GET], headers: [{name: x}]}]\n      ") +
                     kToBlue + "\n    - redirectAction: {hostRedirect: b.com}\n"));
  ASSERT_NE(loaded.snapshot, nullptr) << brief(loaded);
  const auto json = nlohmann::json::parse(loaded.snapshot->to_json());
  EXPECT_EQ(json["version"], 1);
  EXPECT_EQ(json["listeners"][0]["virtualHosts"][0], "gloo-system.shop");
  const auto& routes = json["virtualHosts"][0]["routes"];
  EXPECT_EQ(routes[0]["name"], "gloo-system.shop/cart");
  EXPECT_EQ(routes[0]["match"][0]["regex"], "/c.*");
  EXPECT_EQ(routes[0]["match"][0]["methods"][0]["exact"], "GET");
  EXPECT_EQ(routes[0]["match"][0]["headers"][0]["value"]["present"], true);
  EXPECT_EQ(routes[0]["action"]["clusters"][0]["cluster"], "blue_gloo-system");
  EXPECT_EQ(routes[1]["action"]["redirect"]["host"], "b.com");
  EXPECT_EQ(json["clusters"][1]["endpoints"][0]["host"], "green.example.com");
}

}  // namespace
}  // namespace gnomon::routing
