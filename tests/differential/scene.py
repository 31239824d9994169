"""The routes that both gateways serve: each said twice, as Gloo's manifest and as the Envoy route that Gloo makes of it."""

from envoy import FILTERS, bootstrap, cluster, cluster_name
from harness import config

SHADOWED = "second"


class Scene:
    """Collects virtual hosts in both languages."""

    def __init__(self):
        self.services = []
        self.virtual_hosts = []

    def host(self, name, domains, routes, options=None, envoy=None):
        manifests = [manifest for manifest, _ in routes]
        extra = {"options": options} if options else {}
        self.services.append(config.virtual_service(*manifests, domains=domains, name=name, **extra))
        generated = [entry for _, entries in routes for entry in entries]
        self.virtual_hosts.append({"name": name, "domains": list(domains), "routes": generated, **(envoy or {})})

    def manifests(self, backends):
        upstreams = [config.upstream(name, backend) for name, backend in backends.items()]
        return [config.gateway(), *upstreams, *self.services]

    def envoy(self, backends):
        return bootstrap(self.virtual_hosts, [cluster(name, backend) for name, backend in backends.items()])


# ---- Envoy's words for what Gloo's matchers and options say


def string_match(value, regex=False):
    return {"safe_regex": {"regex": value}} if regex else {"exact": value}


def envoy_header(matcher):
    out = {"name": matcher["name"]}
    if matcher.get("value"):
        out["string_match"] = string_match(matcher["value"], matcher.get("regex"))
    else:
        out["present_match"] = True
    if matcher.get("invertMatch"):
        out["invert_match"] = True
    return out


def envoy_match(matcher):
    paths = {"prefix": "prefix", "exact": "path"}
    out = {to: matcher[key] for key, to in paths.items() if key in matcher}
    if "regex" in matcher:
        out["safe_regex"] = {"regex": matcher["regex"]}
    if "caseSensitive" in matcher:
        out["case_sensitive"] = matcher["caseSensitive"]
    headers = [envoy_header(header) for header in matcher.get("headers", [])]
    if "methods" in matcher:
        headers.append({"name": ":method", "string_match": string_match("|".join(matcher["methods"]), regex=True)})
    if headers:
        out["headers"] = headers
    if query := matcher.get("queryParameters"):
        out["query_parameters"] = [
            {"name": parameter["name"], "string_match": string_match(parameter["value"], parameter.get("regex"))}
            if parameter.get("value")
            else {"name": parameter["name"], "present_match": True}
            for parameter in query
        ]
    return out


def envoy_edits(manipulation):
    def added(entries):
        actions = {True: "APPEND_IF_EXISTS_OR_ADD", False: "OVERWRITE_IF_EXISTS_OR_ADD"}
        return [{"header": entry["header"], "append_action": actions[entry.get("append", True)]} for entry in entries]

    out = {}
    for side in ("request", "response"):
        if entries := manipulation.get(f"{side}HeadersToAdd"):
            out[f"{side}_headers_to_add"] = added(entries)
        if names := manipulation.get(f"{side}HeadersToRemove"):
            out[f"{side}_headers_to_remove"] = names
    return out


def mirror(percentage=100, **more):
    """An entry of request_mirror_policies. Gloo counts in millionths."""
    fraction = {"numerator": percentage * 10000, "denominator": "MILLION"}
    return [{"cluster": cluster_name("shadow"), "runtime_fraction": {"default_value": fraction}, **more}]


def route(matchers, to="first", shadow=None, action=None, entry=None, mirrors=None, **options):
    """A route to an Upstream, both ways. `options` are Gloo's; `action` and `entry` say the same to Envoy, in the route
    action and beside it."""
    manifest = config.route(to=to, matchers=matchers, shadow=shadow, **options)
    if isinstance(to, str):
        target = {"cluster": cluster_name(to)}
    else:
        target = {}
    if shadow is not None:
        target["request_mirror_policies"] = mirrors or mirror()
    beside = {**envoy_edits(options.get("headerManipulation", {})), **(entry or {})}
    envoy = [{"match": envoy_match(m), "route": {**target, **(action or {})}, **beside} for m in matchers]
    return manifest, envoy


def shadowed(matchers, to="first", **more):
    return route(matchers, to, shadow=config.shadowing("shadow"), **more)


def redirect(matcher, manifest, envoy):
    return (
        {"matchers": [matcher], "redirectAction": manifest},
        [{"match": envoy_match(matcher), "redirect": envoy}],
    )


def per_filter(name, kind, **fields):
    return {"typed_per_filter_config": {f"envoy.filters.http.{name}": {"@type": f"{FILTERS}.http.{name}.v3.{kind}", **fields}}}


def substitution(regex, text):
    return {"pattern": {"regex": regex}, "substitution": text}


def add(key, value, append=None):
    entry = {"header": {"key": key, "value": value}}
    return entry if append is None else entry | {"append": append}


# ---- the routes


def local_answers():
    """Routes that no backend sees."""
    healthy = {"exact": "/healthz", "methods": ["GET", "HEAD"]}
    empty = {"prefix": "/teapot"}
    edits = {"responseHeadersToAdd": [add("x-direct", "yes")], "responseHeadersToRemove": ["content-type"]}
    edited = {"prefix": "/decorated"}
    typed_edits = {"responseHeadersToAdd": [add("content-type", "application/json")]}
    json = {"prefix": "/json"}
    return [
        (
            {"matchers": [healthy], "directResponseAction": {"status": 200, "body": "ok"}},
            [{"match": envoy_match(healthy), "direct_response": {"status": 200, "body": {"inline_string": "ok"}}}],
        ),
        (
            {"matchers": [empty], "directResponseAction": {"status": 418}},
            [{"match": envoy_match(empty), "direct_response": {"status": 418}}],
        ),
        (
            {
                "matchers": [edited],
                "directResponseAction": {"status": 404, "body": "none"},
                "options": {"headerManipulation": edits},
            },
            [
                {
                    "match": envoy_match(edited),
                    "direct_response": {"status": 404, "body": {"inline_string": "none"}},
                    **envoy_edits(edits),
                }
            ],
        ),
        (
            {
                "matchers": [json],
                "directResponseAction": {"status": 200, "body": "{}"},
                "options": {"headerManipulation": typed_edits},
            },
            [
                {
                    "match": envoy_match(json),
                    "direct_response": {"status": 200, "body": {"inline_string": "{}"}},
                    **envoy_edits(typed_edits),
                }
            ],
        ),
        redirect(
            {"prefix": "/old"},
            {"prefixRewrite": "/new", "responseCode": "PERMANENT_REDIRECT"},
            {"prefix_rewrite": "/new", "response_code": "PERMANENT_REDIRECT"},
        ),
        redirect(
            {"prefix": "/moved"},
            {"hostRedirect": "new.test", "httpsRedirect": True},
            {"host_redirect": "new.test", "https_redirect": True},
        ),
        redirect(
            {"prefix": "/gone"},
            {"pathRedirect": "/away?x=1", "responseCode": "FOUND"},
            {"path_redirect": "/away?x=1", "response_code": "FOUND"},
        ),
        redirect(
            {"prefix": "/bare"},
            {"hostRedirect": "new.test:81", "stripQuery": True, "responseCode": "SEE_OTHER"},
            {"host_redirect": "new.test:81", "strip_query": True, "response_code": "SEE_OTHER"},
        ),
        redirect(
            {"prefix": "/port"},
            {"portRedirect": 8443, "httpsRedirect": True, "responseCode": "TEMPORARY_REDIRECT"},
            {"port_redirect": 8443, "https_redirect": True, "response_code": "TEMPORARY_REDIRECT"},
        ),
        redirect({"prefix": "/tls"}, {"httpsRedirect": True}, {"https_redirect": True}),
        redirect({"prefix": "/cut/"}, {"prefixRewrite": "/"}, {"prefix_rewrite": "/"}),
        redirect({"prefix": "/shorter"}, {"prefixRewrite": "/"}, {"prefix_rewrite": "/"}),
        redirect({"prefix": "/shortest"}, {"prefixRewrite": ""}, {"prefix_rewrite": ""}),
        redirect(
            {"prefix": "/CUT/", "caseSensitive": False},
            {"prefixRewrite": "/x/", "hostRedirect": "new.test"},
            {"prefix_rewrite": "/x/", "host_redirect": "new.test"},
        ),
        redirect({"prefix": "/asked/"}, {"prefixRewrite": "/q?of="}, {"prefix_rewrite": "/q?of="}),
        redirect(
            {"regex": "/years/([0-9]+)/.*"},
            {"regexRewrite": substitution("^/years/([0-9]+)/(.*)$", r"/archive/\1?item=\2")},
            {"regex_rewrite": substitution("^/years/([0-9]+)/(.*)$", r"/archive/\1?item=\2")},
        ),
    ]


def path_matchers():
    """Matchers of every kind, and what is done to paths."""
    return [
        shadowed(
            [{"prefix": "/api", "headers": [{"name": "x-version", "value": r"2\..*", "regex": True}]}],
            SHADOWED,
            prefixRewrite="/",
            action={"prefix_rewrite": "/"},
        ),
        shadowed([{"prefix": "/api/"}], prefixRewrite="/v1/", action={"prefix_rewrite": "/v1/"}),
        shadowed([{"prefix": "/strip/"}], prefixRewrite="/", action={"prefix_rewrite": "/"}),
        shadowed([{"exact": "/whole"}], prefixRewrite="/replaced", action={"prefix_rewrite": "/replaced"}),
        shadowed(
            [{"regex": "/users/[0-9]+", "methods": ["GET", "PUT"]}],
            regexRewrite=substitution("^/users/([0-9]+)$", r"/people/\1/self"),
            action={"regex_rewrite": substitution("^/users/([0-9]+)$", r"/people/\1/self")},
        ),
        shadowed([{"regex": "/users/.*"}], SHADOWED),
        shadowed(
            [{"prefix": "/subst"}],
            regexRewrite=substitution("a+", "b"),
            action={"regex_rewrite": substitution("a+", "b")},
        ),
        shadowed([{"prefix": "/with-query/"}], prefixRewrite="/x?y=1", action={"prefix_rewrite": "/x?y=1"}),
        shadowed([{"prefix": "/nothing/"}], prefixRewrite="", action={"prefix_rewrite": ""}),
        shadowed(
            [{"prefix": "/relative/"}],
            regexRewrite=substitution("^/relative/", "x"),
            action={"regex_rewrite": substitution("^/relative/", "x")},
        ),
        shadowed(
            [{"prefix": "/vanish"}],
            regexRewrite=substitution("^.*$", ""),
            action={"regex_rewrite": substitution("^.*$", "")},
        ),
        shadowed(
            [{"regex": "/by/regex/.*"}], prefixRewrite="/whole", action={"prefix_rewrite": "/whole"}
        ),
        shadowed(
            [{"prefix": "/CaseLess", "caseSensitive": False}], prefixRewrite="/cl", action={"prefix_rewrite": "/cl"}
        ),
        shadowed([{"exact": "/Exact", "caseSensitive": False}], SHADOWED),
        shadowed(
            [
                {
                    "prefix": "/search",
                    "queryParameters": [
                        {"name": "q", "value": "cats"},
                        {"name": "page", "value": "[0-9]+", "regex": True},
                    ],
                }
            ]
        ),
        shadowed([{"prefix": "/search", "queryParameters": [{"name": "debug"}]}], SHADOWED),
    ]


def header_matchers():
    def on(*headers):
        return [{"prefix": "/hdr", "headers": list(headers)}]

    return [
        route(on({"name": "x-a", "value": "1"}, {"name": "x-b"}), headerManipulation=tag("a1-b")),
        route(on({"name": "x-a", "value": "1", "invertMatch": True}), headerManipulation=tag("not-a1")),
        route(on({"name": "x-c", "value": "v[0-9]+", "regex": True}), headerManipulation=tag("c-regex")),
        route(on({"name": "x-d", "invertMatch": True}, {"name": "x-b"}), headerManipulation=tag("no-d-b")),
        route(on({"name": ":authority", "value": "shop.test:8080"}), headerManipulation=tag("authority")),
        route([{"prefix": "/hdr"}], SHADOWED),
        route([{"prefix": "/write", "methods": ["POST", "PUT"]}], headerManipulation=tag("write")),
    ]


def tag(name):
    """Tells the backend which route it was."""
    return {"requestHeadersToAdd": [add("x-route", name, False)]}


def hosts():
    """What may become of the host, on the live request and on the copy."""
    by_path = substitution("^/hosts/regex/([a-z0-9-]+).*$", r"\1.inside.test")
    literal = config.shadowing("shadow", hostRewriteLiteral="trial.test:99")
    return [
        shadowed(
            [{"prefix": "/hosts/literal"}],
            hostRewrite="inside.test",
            appendXForwardedHost=True,
            action={"host_rewrite_literal": "inside.test", "append_x_forwarded_host": True},
        ),
        shadowed(
            [{"prefix": "/hosts/header"}],
            hostRewriteHeader="x-host",
            action={"host_rewrite_header": "x-host"},
        ),
        shadowed(
            [{"prefix": "/hosts/regex/"}],
            hostRewritePathRegex=by_path,
            action={"host_rewrite_path_regex": by_path},
        ),
        shadowed([{"prefix": "/hosts/auto"}], autoHostRewrite=True, action={"auto_host_rewrite": True}),
        route(
            [{"prefix": "/hosts/same"}],
            shadow=config.shadowing("shadow", disableShadowHostSuffixAppend=True),
            mirrors=mirror(disable_shadow_host_suffix_append=True),
        ),
        route(
            [{"prefix": "/hosts/trial"}],
            shadow=literal,
            hostRewrite="inside.test",
            action={"host_rewrite_literal": "inside.test"},
            mirrors=mirror(host_rewrite_literal="trial.test:99"),
        ),
        route([{"prefix": "/hosts/never"}], shadow=config.shadowing("shadow", percentage=0), mirrors=mirror(0)),
    ]


def edits():
    """Header manipulation, and weighted destinations with edits of their own."""
    manipulation = {
        "requestHeadersToAdd": [
            add("x-added", "plain"),
            add("x-repeated", "gateway"),
            add("x-replaced", "gateway", False),
            add("x-path", "%REQ(:path)%", False),
            add("x-method", "%REQ(:method)% %PROTOCOL%", False),
            add("x-nothing", "%REQ(x-absent)%", False),
            add("x-some", "a%REQ(x-absent)%b", False),
            add("x-percent", "100%%", False),
            add("x-host-was", "%REQ(:authority)%"),
            add("x-peer", "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%"),
        ],
        "requestHeadersToRemove": ["x-secret", "cookie", "x-multi"],
        "responseHeadersToAdd": [
            add("x-answer", "gateway"),
            add("x-kind", "gateway", False),
            add("x-status", "%RESPONSE_CODE%"),
            add("x-echo", "%REQ(x-case)%"),
            add("cache-control", "no-store", False),
        ],
        "responseHeadersToRemove": ["x-internal", "x-powered-by"],
    }
    of_destination = {
        "requestHeadersToAdd": [add("x-order", "destination"), add("x-replaced", "destination", False)],
        "responseHeadersToAdd": [add("x-order", "destination")],
        "responseHeadersToRemove": ["x-internal"],
    }
    of_route = {
        "requestHeadersToAdd": [add("x-order", "route"), add("x-replaced", "route", False)],
        "responseHeadersToAdd": [add("x-order", "route")],
    }
    multi = {
        "routeAction": {
            "multi": {
                "destinations": [
                    {
                        "weight": 100,
                        "destination": {"upstream": config.reference("first")},
                        "options": {"headerManipulation": of_destination},
                    },
                    {"weight": 0, "destination": {"upstream": config.reference("second")}},
                ]
            }
        }
    }
    weighted = {
        "weighted_clusters": {
            "clusters": [
                {"name": cluster_name("first"), "weight": 100, **envoy_edits(of_destination)},
                {"name": cluster_name("second"), "weight": 0},
            ]
        }
    }
    return [
        shadowed([{"prefix": "/edit"}], headerManipulation=manipulation),
        shadowed([{"prefix": "/multi"}], multi, action=weighted, headerManipulation=of_route),
    ]


def retrying(prefix, to, on):
    backoff = {"baseInterval": "0.001s"}
    policy = {"retry_on": on, "num_retries": 2, "retry_back_off": {"base_interval": "0.001s"}}
    return shadowed(
        [{"prefix": prefix}],
        to,
        retries={"retryOn": on, "numRetries": 2, "retryBackOff": backoff},
        action={"retry_policy": policy},
    )


def filters_and_retries():
    cors = {
        "allowOrigin": ["https://shop.test"],
        "allowOriginRegex": [r"https://[a-z]+\.friend\.test"],
        "allowMethods": ["GET", "POST"],
        "allowHeaders": ["x-token", "content-type"],
        "exposeHeaders": ["x-kind"],
        "maxAge": "600",
        "allowCredentials": True,
    }
    policy = per_filter(
        "cors",
        "CorsPolicy",
        allow_origin_string_match=[{"exact": "https://shop.test"}, string_match(r"https://[a-z]+\.friend\.test", True)],
        allow_methods="GET,POST",
        allow_headers="x-token,content-type",
        expose_headers="x-kind",
        max_age="600",
        allow_credentials=True,
    )
    abort = {"http_status": 418, "percentage": {"numerator": 1000000, "denominator": "MILLION"}}
    return [
        shadowed([{"prefix": "/cors"}], cors=cors, entry=policy),
        shadowed(
            [{"prefix": "/fault"}],
            faults={"abort": {"percentage": 100, "httpStatus": 418}},
            entry=per_filter("fault", "HTTPFault", abort=abort),
        ),
        shadowed(
            [{"prefix": "/retry"}],
            retries={"retryOn": "5xx", "numRetries": 2, "retryBackOff": {"baseInterval": "0.001s"}},
            action={
                "retry_policy": {
                    "retry_on": "5xx",
                    "num_retries": 2,
                    "retry_back_off": {"base_interval": "0.001s"},
                }
            },
        ),
        retrying("/connect", "refusing", "connect-failure"),
        retrying("/gateway", "first", "gateway-error"),
        retrying("/reset", "first", "reset"),
        retrying("/conflict", "first", "retriable-4xx"),
        retrying("/unasked", "first", "connect-failure,refused-stream"),
        shadowed([{"prefix": "/timed"}], timeout="7.5s", action={"timeout": "7.5s"}),
        shadowed([{"prefix": "/forever"}], timeout="0s", action={"timeout": "0s"}),
        shadowed([{"prefix": "/refused"}], "refusing"),
        shadowed([{"prefix": "/missing"}], "missing"),
    ]


def wild():
    """A virtual host with wildcards, and with options of its own."""
    manipulation = {
        "requestHeadersToAdd": [add("x-order", "host"), add("x-replaced", "host", False)],
        "requestHeadersToRemove": ["x-secret"],
        "responseHeadersToAdd": [add("x-order", "host")],
    }
    of_route = {"requestHeadersToAdd": [add("x-order", "route"), add("x-replaced", "route", False)]}
    retries = {"retry_on": "retriable-status-codes", "num_retries": 1, "retriable_status_codes": [503]}
    return {
        "options": {
            "headerManipulation": manipulation,
            "retries": {"retryOn": "retriable-status-codes", "retriableStatusCodes": [503]},
            "includeRequestAttemptCount": True,
            "includeAttemptCountInResponse": True,
        },
        "envoy": {
            **envoy_edits(manipulation),
            "retry_policy": retries,
            "include_request_attempt_count": True,
            "include_attempt_count_in_response": True,
        },
        "routes": [
            shadowed([{"exact": "/"}, {"prefix": "/a"}, {"regex": "/b[0-9]"}], headerManipulation=of_route),
            shadowed([{"prefix": "/"}], SHADOWED),
        ],
    }


def build():
    scene = Scene()
    shop = [
        *local_answers(),
        *path_matchers(),
        *header_matchers(),
        *hosts(),
        *edits(),
        *filters_and_retries(),
        shadowed([{"prefix": "/plain"}]),
    ]
    scene.host("shop", ["shop.test", "shop.test:8080", "[::1]:8080"], shop)
    scene.host("wild", ["*.wild.test", "*-v1.test", "wild.*"], **wild())
    scene.host("exact", ["exact.wild.test"], [shadowed([{"prefix": "/"}], headerManipulation=tag("exact"))])
    return scene
