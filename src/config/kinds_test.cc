// What each kind of resource accepts, warns of and refuses.
#include <gtest/gtest.h>

#include <string>

#include "config/resources.h"
#include "config/testing.h"

namespace gnomon::config {
namespace {

struct Case {
  std::string text;
  std::string problems;
};

// Problems of a flat resource whose fields start in line 2.
std::string problems(const std::string& fields) {
  return brief(load_text("metadata: {name: it}\n" + fields));
}

// Problems of a route whose fields follow in line 4, at column 5.
std::string route_problems(const std::string& route) {
  return problems("virtualHost:\n  routes:\n  - " + route + "\n");
}

// Problems of a route with an Upstream and these options; they begin at 5:15.
std::string option_problems(const std::string& options) {
  return route_problems("routeAction: {single: {upstream: {name: blue}}}\n    options: " + options);
}

std::string upstream_problems(const std::string& fields) {
  return problems("static: {hosts: [{addr: a, port: 80}]}\n" + fields);
}

TEST(VirtualServiceFields, takes_matchers_of_every_kind) {
  const Resources resources = load_text(R"(metadata: {name: it}
virtualHost:
  domains: [example.com]
  routes:
  - name: all
    matchers:
    - prefix: /a
      caseSensitive: false
      methods: [GET, HEAD]
      headers: [{name: x-a, value: b, regex: true, invertMatch: true}, {name: ':authority'}]
      queryParameters: [{name: q, value: '1', regex: false}]
    - exact: /b
    - regex: /c/[0-9]+
    directResponseAction: {status: 204}
)");
  EXPECT_EQ(brief(resources), "");
  const Route& route = resources.virtual_services.at(0).virtual_host->routes.at(0);
  EXPECT_EQ(route.name.value, "all");
  ASSERT_EQ(route.matchers.size(), 3u);
  EXPECT_EQ(route.matchers[0].prefix, "/a");
  EXPECT_EQ(route.matchers[0].case_sensitive, false);
  EXPECT_EQ(route.matchers[0].methods.at(1).value, "HEAD");
  EXPECT_TRUE(route.matchers[0].headers.at(0).invert);
  EXPECT_EQ(route.matchers[0].query_parameters.at(0).value.value, "1");
  EXPECT_EQ(route.matchers[1].exact, "/b");
  EXPECT_EQ(route.matchers[2].regex->value, "/c/[0-9]+");
}

TEST(VirtualServiceFields, refuses_matchers_that_make_no_sense) {
  const std::string action = "\n    directResponseAction: {status: 200}";
  const std::string field = ": virtualHost.routes[0].matchers[0]";
  const Case cases[] = {
      {"matchers: [{methods: [GET]}]", "4:16 error" + field + ": no path specifier provided\n"},
      {"matchers: [{prefix: /a, exact: /b}]",
       "4:29 error" + field + ": only one of prefix, exact may be given\n"},
      {"matchers: [{prefix: /a, headers: [{value: x}]}]",
       "4:39 error" + field + ".headers[0]: \"name\" is missing\n"},
      {"matchers: [{prefix: /a, headers: [{name: 'a b'}]}]",
       "4:46 error" + field + ".headers[0].name: \"a b\" is not a header name\n"},
      {"matchers: [{regex: ''}]", "4:24 error" + field + ".regex: must not be empty\n"},
  };
  for (const Case& c : cases) EXPECT_EQ(route_problems(c.text + action), c.problems);
}

TEST(VirtualServiceFields, lets_a_delegating_route_leave_out_the_path) {
  EXPECT_EQ(route_problems("matchers: [{methods: [GET]}]\n    delegateAction: {ref: {name: x}}"),
            "");
}

TEST(VirtualServiceFields, checks_paths_as_gloo_does) {
  struct PathCase {
    const char* path;
    bool good;
  };
  const PathCase cases[] = {
      {"/", true},         {"/a/b.html", true}, {"/%20", true},       {"/a:b@c", true},
      {"/~x;v=1,2", true}, {"", true},          {"/a//b", false},     {"/a/./b", false},
      {"/a/../b", false},  {"/a/..", false},    {"/a/.", false},      {"/a%2fb", false},
      {"/a%2Fb", false},   {"/a#b", false},     {"/a?b", false},      {"/a b", false},
      {"/%zz", false},     {"/%2", false},      {"/\xC3\xA9", false}, {"/{id}", false},
      {"/..a", true},      {"/a..", true},
  };
  for (const PathCase& c : cases) {
    for (const std::string kind : {"prefix", "exact"}) {
      const std::string found = route_problems("matchers: [{" + kind + ": '" + c.path +
                                               "'}]\n    directResponseAction: {status: 200}");
      EXPECT_EQ(found.empty(), c.good) << c.path << " " << found;
    }
  }
}

TEST(VirtualServiceFields, asks_for_one_action) {
  EXPECT_EQ(
      route_problems("name: a"),
      "4:5 warning: virtualHost.routes[0]: a route must specify an action; requests get 503\n");
  EXPECT_EQ(
      route_problems("directResponseAction: {status: 200}\n    redirectAction: {}"),
      "5:5 error: virtualHost.routes[0]: only one of redirectAction, directResponseAction may "
      "be given\n");
  EXPECT_EQ(route_problems("routeAction: {}"),
            "4:18 error: virtualHost.routes[0].routeAction: a routeAction needs a destination\n");
  EXPECT_EQ(route_problems("routeAction: {single: {}}"),
            "4:27 error: virtualHost.routes[0].routeAction.single: a destination needs an "
            "upstream\n");
}

TEST(VirtualServiceFields, checks_weights) {
  const std::string field = ": virtualHost.routes[0].routeAction.multi: ";
  const std::string one = "{destination: {upstream: {name: a}}, weight: ";
  EXPECT_EQ(route_problems("routeAction: {multi: {destinations: []}}"),
            "4:26 error" + field + "at least one destination must be given\n");
  EXPECT_EQ(route_problems("routeAction: {multi: {destinations: [" + one + "0}]}}"),
            "4:26 error" + field + "the weights add up to zero\n");
  EXPECT_EQ(route_problems("routeAction: {multi: {destinations: [" + one + "4294967295}, " + one +
                           "1}]}}"),
            "4:26 error" + field + "the weights add up to more than 4294967295\n");
  EXPECT_EQ(
      route_problems("routeAction: {multi: {destinations: [" + one + "1}, " + one + "'99'}]}}"),
      "");
}

TEST(VirtualServiceFields, reads_redirects_and_direct_responses) {
  EXPECT_EQ(route_problems("redirectAction: {hostRedirect: 'a.com:8443', pathRedirect: /b, "
                           "responseCode: FOUND, httpsRedirect: true, stripQuery: true, "
                           "portRedirect: 443}"),
            "");
  EXPECT_EQ(route_problems("redirectAction: {responseCode: 3}"), "");
  EXPECT_EQ(
      route_problems("redirectAction: {hostRedirect: 'a b'}"),
      "4:36 error: virtualHost.routes[0].redirectAction.hostRedirect: this is not a host name "
      "with an optional port\n");
  EXPECT_EQ(
      route_problems("redirectAction: {portRedirect: 65536}"),
      "4:36 error: virtualHost.routes[0].redirectAction.portRedirect: expected a whole number "
      "from 0 to 65535, found a number \"65536\"\n");
  EXPECT_EQ(
      route_problems("directResponseAction: {status: 600}"),
      "4:36 error: virtualHost.routes[0].directResponseAction.status: must be between 200 and "
      "599, is 600\n");
}

TEST(RouteOptionFields, takes_all_that_are_served) {
  EXPECT_EQ(option_problems(R"({timeout: 0s, prefixRewrite: '', hostRewrite: 'b.com:80',
      headerManipulation: {requestHeadersToAdd: [{header: {key: x-a, value: b}, append: false}],
        requestHeadersToRemove: [x-b], responseHeadersToAdd: [{header: {key: x-c, value: ''}}],
        responseHeadersToRemove: [server]},
      retries: {retryOn: '5xx,reset', numRetries: 2, perTryTimeout: 1s, retriableStatusCodes: [429],
        retryBackOff: {baseInterval: 10ms, maxInterval: 1s}},
      shadowing: {upstream: {name: b, namespace: c}, percentage: 12.5, hostRewriteLiteral: 'd:1',
        disableShadowHostSuffixAppend: true}})"),
            "");
}

TEST(RouteOptionFields, refuses_bad_values) {
  const std::string field = ": virtualHost.routes[0].options.";
  const Case cases[] = {
      {"{timeout: -1s}", "5:24 error" + field + "timeout: must not be negative, is -1s\n"},
      {"{timeout: 5}",
       "5:24 error" + field + "timeout: expected a duration, found a number \"5\"\n"},
      {"{prefixRewrite: /a//b}",
       "5:30 error" + field + "prefixRewrite: the rewrite is invalid: it contains //\n"},
      {"{prefixRewrite: '/a?b c'}",
       "5:30 error" + field +
           "prefixRewrite: the rewrite is invalid: its query contains a character that cannot "
           "stand there\n"},
      {"{hostRewrite: a, autoHostRewrite: true}",
       "5:31 error: virtualHost.routes[0].options: only one of hostRewrite, autoHostRewrite "
       "may be "
       "given\n"},
      {"{retries: {retryBackOff: {baseInterval: 0s}}}",
       "5:54 error" + field + "retries.retryBackOff.baseInterval: must be more than zero, is 0s\n"},
      {"{retries: {retriableStatusCodes: [200, 600]}}",
       "5:53 error" + field +
           "retries.retriableStatusCodes[1]: must be between 100 and 599, is 600\n"},
  };
  for (const Case& c : cases) EXPECT_EQ(option_problems(c.text), c.problems);
}

TEST(RouteOptionFields, warns_of_transformations_and_knows_their_shape) {
  const std::string staged = ": virtualHost.routes[0].options.stagedTransformations";
  const std::string warning =
      "5:15 warning" + staged + ": is not implemented yet and has no effect\n";
  const std::string before = "{stagedTransformations: {regular: {requestTransforms: [{";
  EXPECT_EQ(
      option_problems(before + "requestTransformation: {transformationTemplate: {extractors: {a: "
                               "{header: b, regex: c}}, headers: {d: {text: e}}}}}]}}}"),
      warning);
  EXPECT_EQ(option_problems(before + "requestTransformation: {xsltTransformation: {}}}]}}}"),
            warning + "5:94 error" + staged +
                ".regular.requestTransforms[0].requestTransformation.xsltTransformation: unknown "
                "field\n");
  EXPECT_NE(option_problems("{transformations: {responseTransformation: {transformationTemplate: "
                            "{extractors: {a: {heder: b}}}}}}")
                .find("extractors.a.heder: unknown field"),
            std::string::npos);
}

TEST(RouteOptionFields, lets_no_edit_touch_framing_or_host) {
  for (const std::string name : {"Host", ":path", "content-length", "Transfer-Encoding",
                                 "connection", "TE", "upgrade", "trailer"}) {
    EXPECT_NE(option_problems("{headerManipulation: {requestHeadersToAdd: [{header: {key: '" +
                              name + "', value: x}}]}}"),
              "")
        << name;
    EXPECT_NE(option_problems("{headerManipulation: {responseHeadersToRemove: ['" + name + "']}}"),
              "")
        << name;
  }
  EXPECT_EQ(option_problems("{headerManipulation: {requestHeadersToRemove: ['a b']}}"),
            "5:61 error: virtualHost.routes[0].options.headerManipulation."
            "requestHeadersToRemove[0]: \"a b\" is not a header name\n");
}

TEST(RouteOptionFields, lets_no_value_break_the_message) {
  for (const char* value : {R"("a\r\nb: c")", R"("a\nb")", R"("\0")", R"(" a")", R"("a ")"}) {
    EXPECT_NE(option_problems(std::string("{headerManipulation: {requestHeadersToAdd: [{header: "
                                          "{key: x, value: ") +
                              value + "}}]}}"),
              "")
        << value;
  }
}

TEST(RouteOptionFields, names_what_is_not_implemented) {
  EXPECT_EQ(option_problems("{csrf: {allowOrigin: ['*']}, extauth: {disable: true}}"),
            "5:15 warning: virtualHost.routes[0].options.csrf: is not implemented yet and has no "
            "effect\n"
            "5:43 warning: virtualHost.routes[0].options.extauth: is an Enterprise feature of Gloo "
            "that is not implemented; requests pass without it\n");
}

TEST(ShadowingFields, asks_for_an_upstream_with_a_name) {
  const std::string field = ": virtualHost.routes[0].options.shadowing";
  EXPECT_EQ(option_problems("{shadowing: {percentage: 1}}"),
            "5:26 error" + field + ": \"upstream\" is missing\n");
  EXPECT_EQ(option_problems("{shadowing: {upstream: {}}}"),
            "5:37 error" + field + ".upstream: \"name\" is missing\n");
  EXPECT_EQ(option_problems("{shadowing: {upstream: {name: ''}}}"),
            "5:44 error" + field + ".upstream.name: must not be empty\n");
}

TEST(ShadowingFields, takes_percentages_from_0_to_100_in_float32) {
  struct PercentageCase {
    const char* text;
    bool good;
  };
  const PercentageCase cases[] = {
      {"0", true},      {"100", true},        {"0.0001", true},     {"99.9999", true},
      {"'50'", true},   {"100.000001", true}, {"100.00001", false}, {"-0.1", false},
      {"101", false},   {".nan", false},      {"'NaN'", false},     {".inf", false},
      {"-.inf", false}, {"ten", false},       {"50%", false},       {"true", false},
      {"-0", true},     {"1e2", true},
  };
  for (const PercentageCase& c : cases) {
    const std::string found = option_problems(
        "{shadowing: {upstream: {name: b}, percentage: " + std::string(c.text) + "}}");
    EXPECT_EQ(found.empty(), c.good) << c.text << ": " << found;
  }
}

TEST(ShadowingFields, is_refused_where_nothing_is_sent_on) {
  const std::string shadowing = "\n    options: {shadowing: {upstream: {name: b}, percentage: 1}}";
  for (const std::string action :
       {"redirectAction: {hostRedirect: a.com}", "directResponseAction: {status: 200}",
        "direct_response_action: {status: 200}"}) {
    EXPECT_EQ(route_problems(action + shadowing),
              "5:26 error: virtualHost.routes[0].options.shadowing: a redirect or direct response "
              "cannot be shadowed\n");
  }
}

TEST(UpstreamFields, takes_all_that_are_served) {
  const Resources resources = load_text(R"(metadata: {name: it}
static: {hosts: [{addr: 10.0.0.1, port: 8080}, {addr: a.example.com, port: '81'}], useTls: false}
circuitBreakers: {maxConnections: 1, maxPendingRequests: 2, maxRequests: 3, maxRetries: 4}
loadBalancerConfig: {leastRequest: {}}
connectionConfig: {connectTimeout: 2s}
dnsRefreshRate: 10s
respectDnsTtl: true
)");
  EXPECT_EQ(brief(resources), "");
  const Upstream& upstream = resources.upstreams.at(0);
  EXPECT_EQ(upstream.static_hosts->hosts.at(1).port, 81);
  EXPECT_EQ(upstream.breakers->max_retries, 4u);
  EXPECT_TRUE(upstream.balancer->least_request);
  EXPECT_EQ(upstream.connection->connect_timeout, std::chrono::seconds(2));
  EXPECT_EQ(upstream.dns_refresh_rate->value, std::chrono::seconds(10));
  EXPECT_TRUE(upstream.respect_dns_ttl);
}

TEST(UpstreamFields, refuses_hosts_that_cannot_be_reached) {
  EXPECT_EQ(problems("static: {hosts: []}\n"),
            "2:9 error: static: a static Upstream needs at least one host\n");
  EXPECT_EQ(problems("static: {hosts: [{addr: a}]}\n"),
            "2:18 error: static.hosts[0]: \"port\" is missing\n");
  EXPECT_EQ(problems("static: {hosts: [{addr: a, port: 0}]}\n"),
            "2:34 error: static.hosts[0].port: must be between 1 and 65535, is 0\n");
  EXPECT_EQ(problems("static: {hosts: [{addr: a, port: 1}]}\n"
                     "initialStreamWindowSize: 2048\ninitialConnectionWindowSize: 3000000000\n"),
            "3:26 warning: initialStreamWindowSize: is below 65535, which is used instead\n"
            "4:30 error: initialConnectionWindowSize: must be at most 2147483647, is 3000000000\n");
}

TEST(UpstreamFields, has_one_version_of_http_or_that_of_the_client) {
  const std::string both =
      "static: {hosts: [{addr: a, port: 1}]}\nuseHttp2: true\n"
      "connectionConfig: {http1ProtocolOptions: {properCaseHeaderKeyFormat: true}}\n";
  EXPECT_EQ(problems(both),
            "1:1 error: connectionConfig.http1ProtocolOptions and useHttp2 exclude each other\n");
  EXPECT_EQ(problems(both + "protocolSelection: USE_DOWNSTREAM_PROTOCOL\n"), "");
}

TEST(UpstreamFields, leaves_hosts_without_an_address_out_and_says_so) {
  for (const char* host : {"port: 80", "addr: '', port: 443", "addr: ~"}) {
    EXPECT_EQ(problems(fmt::format("static: {{hosts: [{{{}}}]}}\n", host)),
              "2:18 warning: static.hosts[0]: addr cannot be empty for host; this host is left "
              "out\n");
  }
}

TEST(UpstreamFields, warns_of_tunnels) {
  EXPECT_EQ(problems("static: {hosts: [{addr: a, port: 80}]}\nhttpProxyHostname: b\n"),
            "3:1 warning: httpProxyHostname: tunnels are not served yet; the Upstream has no "
            "endpoints and requests get 503\n");
}

TEST(UpstreamFields, warns_of_kinds_that_need_a_platform) {
  EXPECT_EQ(
      problems("kube: {serviceName: a, serviceNamespace: b, servicePort: 80}\n"),
      "2:7 warning: kube: Kubernetes is not asked for services: whether there is one b.a with "
      "a port 80 is not known; the Upstream has no endpoints\n");
  EXPECT_EQ(
      problems("consul: {serviceName: a, dataCenters: [b], queryOptions: {useCache: true}}\n"),
      "2:9 warning: consul: Consul is not asked for services such as a; the Upstream has no "
      "endpoints\n");
  EXPECT_EQ(problems("aws: {}\n"),
            "2:1 warning: aws: needs a platform that is not supported yet; the Upstream has no "
            "endpoints\n");
  EXPECT_EQ(upstream_problems("kube: {}\n"),
            "3:1 error: only one of static, kube may be given\n"
            "3:7 warning: kube: Kubernetes is not asked for services; the Upstream has no "
            "endpoints\n");
  EXPECT_EQ(brief(load_text("apiVersion: gloo.solo.io/v1\nkind: Upstream\nmetadata: {name: a}\n"
                            "spec: {}\n")),
            "4:7 error: spec: an Upstream must say of what kind it is, such as \"static\"\n");
}

TEST(UpstreamFields, reads_what_it_does_not_serve_as_strictly_as_the_rest) {
  EXPECT_EQ(problems("kube: {serviceNme: a}\n"), "2:8 error: kube.serviceNme: unknown field\n");
  EXPECT_EQ(problems("consul: {queryOptions: {cache: true}}\n"),
            "2:25 error: consul.queryOptions.cache: unknown field\n");
}

TEST(UpstreamFields, checks_balancers) {
  EXPECT_EQ(upstream_problems("loadBalancerConfig: {maglev: {}, useHostnameForHashing: true}\n"),
            "");
  EXPECT_EQ(upstream_problems("loadBalancerConfig: {random: {}, roundRobin: {}}\n"),
            "3:34 error: loadBalancerConfig: only one of roundRobin, random may be given\n");
  EXPECT_EQ(upstream_problems("loadBalancerConfig: {leastRequest: {choiceCount: 1}}\n"),
            "3:50 error: loadBalancerConfig.leastRequest.choiceCount: must be 2 or more, is 1\n");
  EXPECT_EQ(upstream_problems("loadBalancerConfig: {ringHash: {ringHashConfig: {minimumRingSize: "
                              "\"200\", maximumRingSize: 100}}}\n"),
            "3:49 error: loadBalancerConfig.ringHash.ringHashConfig: minimumRingSize (200) is more "
            "than maximumRingSize (100)\n");
  EXPECT_EQ(upstream_problems("loadBalancerConfig: {healthyPanicThreshold: 101}\n"),
            "3:45 error: loadBalancerConfig.healthyPanicThreshold: must be between 0 and 100, is "
            "101\n");
  EXPECT_EQ(upstream_problems("loadBalancerConfig: {localityWeightedLbConfig: {}}\n"),
            "3:22 warning: loadBalancerConfig.localityWeightedLbConfig: endpoints have no "
            "localities; it has no effect\n");
}

TEST(UpstreamFields, checks_labels_and_subsets) {
  EXPECT_EQ(problems("static: {hosts: [{addr: a, port: 80, loadBalancingWeight: 0}]}\n"),
            "2:59 error: static.hosts[0].loadBalancingWeight: must be between 1 and 4294967295, is "
            "0\n");
  EXPECT_EQ(problems("static: {hosts: [{addr: a, port: 80, metadata: {envoy.lb: {v: 1}}}]}\n"),
            "2:63 warning: static.hosts[0].metadata.envoy.lb.v: is no string, so that no subset "
            "can ask for it\n");
  EXPECT_EQ(problems("static: {hosts: [{addr: a, port: 80}], subsetSpec: {selectors: [{}],"
                     " fallbackPolicy: DEFAULT_SUBSET}}\n"),
            "2:52 error: static.subsetSpec: fallbackPolicy DEFAULT_SUBSET needs a defaultSubset\n");
}

TEST(UpstreamFields, checks_sockets) {
  EXPECT_EQ(problems("pipe: {path: /run/app.sock}\n"), "");
  EXPECT_EQ(problems("pipe: {path: ''}\n"), "2:14 error: pipe.path: must not be empty\n");
  EXPECT_EQ(problems("pipe: {path: /" + std::string(107, 'x') + "}\n"),
            "2:14 error: pipe.path: is 108 bytes long; the path of a socket has at most 107\n");
}

TEST(UpstreamFields, checks_connections) {
  EXPECT_EQ(upstream_problems("connectionConfig: {connectTimeout: 0s}\n"),
            "3:36 error: connectionConfig.connectTimeout: must be more than zero, is 0s\n");
  EXPECT_EQ(
      upstream_problems("connectionConfig: {http1ProtocolOptions: {enableTrailers: false}}\n"),
      "3:59 warning: connectionConfig.http1ProtocolOptions.enableTrailers: trailers are "
      "always passed on\n");
  EXPECT_EQ(upstream_problems("connectionConfig: {http1ProtocolOptions: {properCaseHeaderKeyFormat:"
                              " true, preserveCaseHeaderKeyFormat: true}}\n"),
            "3:76 error: connectionConfig.http1ProtocolOptions: only one of "
            "properCaseHeaderKeyFormat, preserveCaseHeaderKeyFormat may be given\n");
  EXPECT_EQ(upstream_problems("proxyProtocolVersion: V3\n"),
            "3:23 error: proxyProtocolVersion: expected one of V1, V2, found a string \"V3\"\n");
}

TEST(UpstreamFields, checks_health_checks) {
  const std::string begin = "healthChecks: [{timeout: 1s, interval: 1s, ";
  EXPECT_EQ(upstream_problems(begin + "httpHealthCheck: {path: /, method: CONNECT}}]\n"),
            "3:79 error: healthChecks[0].httpHealthCheck.method: CONNECT opens a tunnel and cannot "
            "check anything\n");
  EXPECT_EQ(upstream_problems(begin + "tcpHealthCheck: {send: {text: 5}}}]\n").substr(0, 67),
            "3:74 error: healthChecks[0].tcpHealthCheck.send.text: expected a st");
  EXPECT_EQ(upstream_problems(begin + "tcpHealthCheck: {send: {text: 5z}}}]\n"),
            "3:74 error: healthChecks[0].tcpHealthCheck.send.text: \"5z\" is not hexadecimal\n");
  EXPECT_EQ(upstream_problems("healthChecks: [{}]\n"),
            "3:16 error: healthChecks[0]: \"timeout\" is missing\n"
            "3:16 error: healthChecks[0]: \"interval\" is missing\n");
  EXPECT_EQ(upstream_problems(begin + "httpHealthCheck: {path: /, expectedStatuses: [{start: 300, "
                                      "end: 300}]}}]\n"),
            "3:90 error: healthChecks[0].httpHealthCheck.expectedStatuses[0]: from 300 to before "
            "300 is no range of status codes\n");
}

TEST(GatewayFields, takes_all_that_are_served) {
  const Resources resources = load_text(R"(metadata: {name: it}
ssl: false
bindAddress: '::'
bindPort: 8080
proxyNames: [gateway-proxy]
useProxyProto: false
httpGateway:
  virtualServices: [{name: a, namespace: b}]
  virtualServiceSelector: {team: x}
  virtualServiceNamespaces: ['*']
  virtualServiceExpressions: {expressions: [{key: a, operator: In, values: [b, c]}]}
)");
  EXPECT_EQ(brief(resources), "");
  EXPECT_EQ(resources.gateways.at(0).bind_port.value, 8080);
}

TEST(GatewayFields, refuses_what_cannot_listen) {
  EXPECT_EQ(problems("httpGateway: {}\n"), "1:1 error: \"bindPort\" is missing\n");
  EXPECT_EQ(problems("bindPort: 65536\nhttpGateway: {}\n"),
            "2:11 error: bindPort: expected a whole number from 0 to 65535, found a number "
            "\"65536\"\n");
  EXPECT_EQ(brief(load_text("bindAddress: a\nmetadata: {name: it}\n", "gateways/a.yaml")),
            "1:1 error: \"bindPort\" is missing\n"
            "1:1 error: invalid gateway: gateway must contain gatewayType\n");
  EXPECT_EQ(
      problems("bindPort: 80\ntcpGateway: {}\n"),
      "3:1 warning: tcpGateway: is not served: connections are not forwarded as they are; this "
      "Gateway is not opened\n");
  EXPECT_EQ(
      problems("bindPort: 80\nhttpGateway: {virtualServiceExpressions: {expressions: [{key: a, "
               "operator: Equals, values: [b, c]}]}}\n"),
      "3:57 error: httpGateway.virtualServiceExpressions.expressions[0]: the number of values "
      "does not fit the operator\n");
}

TEST(GatewayFields, takes_one_with_a_port_and_no_type_for_http_and_says_so) {
  const Resources resources = load_text("metadata: {name: it}\nbindPort: 80\n");
  EXPECT_EQ(brief(resources),
            "1:1 warning: invalid gateway: gateway must contain gatewayType; taken for an "
            "httpGateway\n");
  EXPECT_TRUE(resources.gateways.at(0).http);
}

TEST(GatewayFields, warns_of_tracing_and_knows_its_shape) {
  const auto tracing = [](const std::string& fields) {
    return problems(
        "bindPort: 80\nhttpGateway: {options: {httpConnectionManagerSettings: {tracing: {" +
        fields + "}}}}\n");
  };
  const std::string field = ": httpGateway.options.httpConnectionManagerSettings.tracing";
  const std::string warning =
      "3:57 warning" + field + ": has no effect: no spans are made or sent\n";
  EXPECT_EQ(tracing("verbose: true"), warning);
  EXPECT_EQ(tracing("zipkinConfig: {collectorUpstreamRef: {name: a}}"), warning);
  EXPECT_EQ(tracing("zipkinConfg: {}"),
            warning + "3:67 error" + field + ".zipkinConfg: unknown field\n");
}

TEST(LabelExpression, takes_an_exclamation_mark_for_what_its_author_meant) {
  for (const char* written : {"!", "'!'"}) {
    EXPECT_EQ(
        problems(fmt::format("bindPort: 80\nhttpGateway: {{virtualServiceExpressions: "
                             "{{expressions: [{{key: a, operator: {} }}]}}}}\n",
                             written)),
        "3:76 warning: httpGateway.virtualServiceExpressions.expressions[0].operator: is read "
        "as DoesNotExist\n");
  }
}

TEST(LabelExpression, matches_as_its_operator_says) {
  const Labels labels{{"team", "red"}, {"size", "7"}};
  struct ExpressionCase {
    LabelExpression expression;
    bool matches;
  };
  using enum LabelOperator;
  const ExpressionCase cases[] = {
      {{{}, "team", equals, {"red"}}, true},      {{{}, "team", equals, {"blue"}}, false},
      {{{}, "gone", equals, {"red"}}, false},     {{{}, "team", double_equals, {"red"}}, true},
      {{{}, "team", not_equals, {"red"}}, false}, {{{}, "gone", not_equals, {"red"}}, true},
      {{{}, "team", in, {"blue", "red"}}, true},  {{{}, "team", not_in, {"blue"}}, true},
      {{{}, "gone", not_in, {"blue"}}, true},     {{{}, "team", exists, {}}, true},
      {{{}, "gone", exists, {}}, false},          {{{}, "gone", does_not_exist, {}}, true},
      {{{}, "size", greater_than, {"6"}}, true},  {{{}, "size", greater_than, {"7"}}, false},
      {{{}, "size", less_than, {"8"}}, true},     {{{}, "team", less_than, {"8"}}, false},
      {{{}, "gone", greater_than, {"0"}}, false},
  };
  for (const ExpressionCase& c : cases) {
    EXPECT_EQ(c.expression.matches(labels), c.matches)
        << c.expression.key << " " << static_cast<int>(c.expression.op);
  }
}

// Problems of a resource of a kind, whose spec follows from line 4 on.
std::string kind_problems(const std::string& api, const std::string& kind,
                          const std::string& spec) {
  return brief(
      load_text("apiVersion: " + api + "\nkind: " + kind + "\nmetadata: {name: it}\n" + spec));
}

TEST(RouteTableFields, takes_all_that_are_served) {
  const Resources resources = load_text(R"(apiVersion: gateway.solo.io/v1
kind: RouteTable
metadata: {name: it, labels: {team: red}}
spec:
  weight: -5
  routes:
  - name: inner
    matchers: [{methods: [GET]}]
    inheritableMatchers: true
    inheritablePathMatchers: false
    delegateAction:
      selector:
        namespaces: ['*']
        expressions: [{key: team, operator: In, values: [red, blue]}]
    options_config_refs: {delegate_options: [{name: a, namespace: b}]}
  - routeAction: {clusterHeader: x-cluster}
  - delegateAction: {name: old, namespace: form}
)");
  EXPECT_EQ(brief(resources), "");
  const RouteTable& table = resources.route_tables.at(0);
  EXPECT_EQ(table.weight, -5);
  EXPECT_EQ(table.metadata.title(), "RouteTable gloo-system.it");
  const Route& route = table.routes.at(0);
  EXPECT_EQ(route.inheritable_matchers, true);
  EXPECT_EQ(route.inheritable_path_matchers, false);
  EXPECT_EQ(route.delegate->selector->expressions.at(0).values.at(1), "blue");
  EXPECT_EQ(route.options_refs->delegate_options.at(0).name_space, "b");
  EXPECT_EQ(table.routes.at(1).action->cluster_header, "x-cluster");
  EXPECT_EQ(table.routes.at(2).delegate->name, "old");
}

TEST(RouteTableFields, are_known_by_their_directory_or_their_routes) {
  const std::string flat = "metadata: {name: it}\nroutes: []\n";
  EXPECT_EQ(load_text(flat).route_tables.size(), 1u);
  EXPECT_EQ(load_text(flat, "routetables/ns/a.yaml").route_tables.size(), 1u);
  const std::string options = "metadata: {name: it}\noptions: {retries: {retryOn: 5xx}}\n";
  EXPECT_EQ(load_text(options, "routeoptions/ns/a.yaml").route_options.size(), 1u);
  EXPECT_EQ(load_text(options, "virtualhostoptions/ns/a.yaml").virtual_host_options.size(), 1u);
  EXPECT_NE(brief(load_text(options)).find("it is not clear of which kind"), std::string::npos);
  const std::string group =
      "metadata: {name: it}\ndestinations: [{weight: 1, destination: {upstream: {name: a}}}]\n";
  EXPECT_EQ(load_text(group).upstream_groups.size(), 1u);
  EXPECT_EQ(load_text(group, "upstreamgroups/ns/a.yaml").upstream_groups.size(), 1u);
}

TEST(RouteTableFields, refuses_bad_values) {
  const std::string api = "gateway.solo.io/v1";
  EXPECT_EQ(kind_problems(api, "RouteTable", "spec: {routes: [{name: a}]}\n"),
            "4:17 warning: spec.routes[0]: a route must specify an action; requests get 503\n");
  EXPECT_EQ(kind_problems(api, "RouteTable",
                          "spec: {routes: [{delegateAction: {ref: {name: a}, selector: {}}}]}\n"),
            "4:51 error: spec.routes[0].delegateAction: only one of ref, selector may be given\n");
  EXPECT_EQ(
      kind_problems(api, "RouteTable", "spec: {routes: [{routeAction: {clusterHeader: 'a b'}}]}\n"),
      "4:47 error: spec.routes[0].routeAction.clusterHeader: \"a b\" is not a header name\n");
  EXPECT_EQ(kind_problems("gloo.solo.io/v1", "UpstreamGroup",
                          "spec: {destinations: [{destination: {upstream: {name: a}}}]}\n"),
            "4:7 error: spec: the weights add up to zero\n");
  EXPECT_EQ(kind_problems(api, "RouteOption", "spec: {options: {timeout: 5}}\n"),
            "4:27 error: spec.options.timeout: expected a duration, found a number \"5\"\n");
  EXPECT_EQ(
      kind_problems(api, "VirtualHostOption", "spec: {targetRefs: []}\n"),
      "4:8 warning: spec.targetRefs: belongs to the Kubernetes Gateway API and has no effect; "
      "name this VirtualHostOption in optionsConfigRefs\n");
}

TEST(ShadowTestFields, takes_all_that_are_served) {
  const Resources resources = load_text(R"(metadata: {name: it}
target: {virtualService: site, namespace: shop, route: cart}
shadow: {upstream: {name: green}, percentage: 10, hostRewriteLiteral: h, disableShadowHostSuffixAppend: true}
sampling: {key: {cookie: session}, salt: one}
request: {methods: [GET], timeout: 2s, headers: {set: {x-a: b}, remove: [authorization]}, hostRewrite: c}
limits: {inFlight: 10, bufferBytes: 1Mi, requestsPerSecond: 0.5, clientShare: 0.2}
pipelining: {depth: 16}
)");
  EXPECT_EQ(brief(resources), "");
  const ShadowTest& test = resources.shadow_tests.at(0);
  EXPECT_EQ(test.target.route.value, "cart");
  EXPECT_EQ(test.sampling->key->cookie, "session");
  EXPECT_EQ(test.request->headers->set.at("x-a"), "b");
  EXPECT_EQ(test.limits->buffer_bytes->value, uint64_t{1} << 20);
  EXPECT_EQ(test.limits->requests_per_second, 0.5);
  EXPECT_EQ(test.limits->client_share, 0.2);
  EXPECT_EQ(test.pipelining->depth, 16u);
}

TEST(ShadowTestFields, refuses_bad_values) {
  const auto test_problems = [](const std::string& fields) {
    return problems("target: {virtualService: site}\n" + fields);
  };
  const Case cases[] = {
      {"shadow: {percentage: 5}\n", "3:9 error: shadow: \"upstream\" is missing\n"},
      {"sampling: {key: {}}\n",
       "3:17 error: sampling.key: a key needs a header, a cookie or clientAddress\n"},
      {"sampling: {key: {cookie: a, header: b}}\n",
       "3:29 error: sampling.key: only one of header, cookie may be given\n"},
      {"request: {methods: [CONNECT]}\n",
       "3:21 error: request.methods[0]: \"CONNECT\" is not a method that can be copied\n"},
      {"request: {timeout: 0s}\n", "3:20 error: request.timeout: must be more than zero, is 0s\n"},
      {"request: {headers: {set: {host: x}}}\n",
       "3:27 error: request.headers.set.host: \"host\" may not be changed here\n"},
      {"request: {headers: {set: {x-a: \"a\\nb\"}}}\n",
       "3:32 error: request.headers.set.x-a: this cannot stand in a header\n"},
      {"request: {headers: {remove: [te]}}\n",
       "3:30 error: request.headers.remove[0]: \"te\" may not be changed here\n"},
      {"limits: {inFlight: 0}\n", "3:20 error: limits.inFlight: must be more than zero, is 0\n"},
      {"limits: {bufferBytes: lots}\n",
       "3:23 error: limits.bufferBytes: expected an amount such as 1000, 64Mi or 1.5Gi, found a "
       "string \"lots\"\n"},
      {"limits: {requestsPerSecond: .nan}\n",
       "3:29 error: limits.requestsPerSecond: must be more than zero, is .nan\n"},
      {"limits: {clientShare: 0}\n",
       "3:23 error: limits.clientShare: must be between 0.001 and 1, is 0\n"},
      {"limits: {clientShare: 20}\n",
       "3:23 error: limits.clientShare: must be between 0.001 and 1, is 20\n"},
      {"pipelining: {}\n", "3:13 error: pipelining: \"depth\" is missing\n"},
      {"pipelining: 16\n", "3:13 error: pipelining: expected a mapping, found a number \"16\"\n"},
      {"pipelining: {depth: 1}\n",
       "3:21 error: pipelining.depth: must be between 2 and 256, is 1\n"},
      {"pipelining: {depth: 257}\n",
       "3:21 error: pipelining.depth: must be between 2 and 256, is 257\n"},
      {"pipelining: {depth: 2, dept: 2}\n", "3:24 error: pipelining.dept: unknown field\n"},
      {"control: {percentage: 101}\n",
       "3:23 error: control.percentage: must be between 0 and 100, is 101\n"},
      {"compare: {mode: lax}\n",
       "3:17 error: compare.mode: expected one of strict, subset, found a string \"lax\"\n"},
      {"compare: {ignoreHeaders: [date, \"a b\"]}\n",
       "3:33 error: compare.ignoreHeaders[1]: \"a b\" is not a name that can be looked up\n"},
      {"compare: {rules: [{path: $.a}]}\n",
       "3:19 error: compare.rules[0]: a rule says ignore, ignoreValue, subset, tolerance, array, "
       "class or regex\n"},
      {"compare: {rules: [{path: $.a, ignore: true, class: uuid}]}\n",
       "3:45 error: compare.rules[0]: only one of ignore, class may be given\n"},
      {"compare: {rules: [{path: $.a, array: {key: []}}]}\n",
       "3:44 error: compare.rules[0].array.key: expected the name of a field, or several, found a "
       "list\n"},
      {"compare: {rules: [{path: $.a, tolerance: {}}]}\n",
       "3:42 error: compare.rules[0].tolerance: a tolerance is absolute, relative or a time\n"},
      {"redact: [{cookie: a}]\n",
       "3:10 error: redact[0]: a rule names a header, a query parameter, a form field, a path or a "
       "regex\n3:11 error: redact[0].cookie: unknown field\n"},
      {"verdict: {alpha: 0}\n",
       "3:18 error: verdict.alpha: must be more than 0 and less than 0.5, is 0\n"},
      {"verdict: {minDuration: -1s}\n",
       "3:24 error: verdict.minDuration: must not be negative, is -1s\n"},
  };
  for (const Case& c : cases) EXPECT_EQ(test_problems(c.text), c.problems);
  EXPECT_EQ(problems("target: {}\n"), "2:9 error: target: \"virtualService\" is missing\n");
}

}  // namespace
}  // namespace gnomon::config
