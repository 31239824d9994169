"""What the options of routes, virtual hosts and weighted destinations do to real requests."""

import subprocess
import time

import pytest
from harness import Backend, Refused, eventually, patience
from harness.backend import answer, ok
from harness.client import chunk, request_bytes
from harness.config import gateway, mirrored, reference, route, shadowing, upstream, virtual_service
from harness.faults import hung
from harness.gateway import BINARY


@pytest.fixture
def shadow(closing):
    return closing(Backend())


def serve(start, primary, shadow=None, **options):
    """A gateway with one route to `primary`, copied to `shadow` if there is one."""
    more = [upstream("shadow", shadow)] if shadow else []
    the_route = route(shadow=shadowing() if shadow else None, **options)
    return start([gateway(), upstream("primary", primary), *more, virtual_service(the_route)])


# ---- paths and hosts


@pytest.mark.parametrize(
    ("target", "sent"),
    [("/a/b/c?x=/a/1", "/c/was/b?x=/a/1"), ("/other?q", "/other?q"), ("/a//", "/a//")],
)
def test_regex_rewrite_changes_the_path_and_not_the_query(start, primary, target, sent):
    rewrite = {"pattern": {"regex": "^/a/([^/]+)/(.*)$"}, "substitution": r"/\2/was/\1"}
    gw = serve(start, primary, regexRewrite=rewrite)
    gw.get(target)
    request = primary.wait_requests(1)[0]
    assert request.target == sent
    assert request.header("x-envoy-original-path") == target


@pytest.mark.parametrize(
    ("options", "host"),
    [
        ({"hostRewriteHeader": "x-tenant"}, "tenant.test"),
        ({"hostRewriteHeader": "x-missing"}, "shop.test"),
        (
            {"hostRewritePathRegex": {"pattern": {"regex": "^/t/([a-z]+)/.*$"}, "substitution": r"\1.inside.test"}},
            "blue.inside.test",
        ),
        ({"hostRewrite": "inside.test", "prefixRewrite": "/x"}, "inside.test"),
    ],
    ids=["header", "header-missing", "path-regex", "literal"],
)
def test_host_rewrites_reach_primary_and_shadow(start, primary, shadow, options, host):
    gw = serve(start, primary, shadow, appendXForwardedHost=True, **options)
    gw.get("/t/blue/1", headers=["X-Tenant: tenant.test"])
    live = primary.wait_requests(1)[0]
    copy = shadow.wait_requests(1)[0]
    assert live.host == host
    assert copy.host == host + "-shadow"
    assert live.header("x-forwarded-host") == ("shop.test" if host != "shop.test" else None)


def test_auto_host_rewrite_takes_the_backend_s_name_and_leaves_the_shadow_alone(start, closing, shadow):
    backend = closing(Backend())
    gw = start(
        [
            gateway(),
            upstream("primary", ("localhost", backend.port)),
            upstream("shadow", ("localhost", shadow.port)),
            virtual_service(route(shadow=shadowing(), autoHostRewrite=True)),
        ]
    )
    eventually(lambda: gw.get().status == 200)
    assert backend.wait_requests(1)[0].host == "localhost"
    eventually(lambda: gw.get().status == 200 and shadow.requests)
    assert shadow.requests[0].host == "shop.test-shadow"


# ---- header manipulation


def test_header_values_may_quote_the_request_and_the_connection(start, primary, shadow):
    add = [
        {"header": {"key": "x-path", "value": "%REQ(:path)%"}},
        {"header": {"key": "x-who", "value": "%REQ(X-User?X-Agent)%/%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"}},
        {"header": {"key": "x-percent", "value": "100%%"}},
        {"header": {"key": "x-nothing", "value": "%REQ(x-missing)%"}},
    ]
    gw = serve(
        start,
        primary,
        shadow,
        prefixRewrite="/new",
        headerManipulation={
            "requestHeadersToAdd": add,
            "responseHeadersToAdd": [{"header": {"key": "x-code", "value": "%RESPONSE_CODE% %PROTOCOL%"}}],
        },
    )
    response = gw.get("/old?q=1", headers=["X-Agent: curl"])
    for request in (primary.wait_requests(1)[0], shadow.wait_requests(1)[0]):
        assert request.header("x-path") == "/old?q=1"
        assert request.header("x-who") == "curl/127.0.0.1"
        assert request.header("x-percent") == "100%"
        assert request.header("x-nothing") is None
    assert response.header("x-code") == "200 HTTP/1.1"


def test_header_mutations_go_from_the_destination_to_the_route_to_the_virtual_host(start, primary):
    def manipulation(value):
        header = {"header": {"key": "x-level", "value": value}}
        return {"headerManipulation": {"requestHeadersToAdd": [header], "responseHeadersToAdd": [header]}}

    destination = {
        "destination": {"upstream": reference("primary")},
        "weight": 1,
        "options": manipulation("destination"),
    }
    gw = start(
        [
            gateway(),
            upstream("primary", primary),
            virtual_service(
                route(to={"routeAction": {"multi": {"destinations": [destination]}}}, **manipulation("route")),
                options=manipulation("host"),
            ),
        ]
    )
    response = gw.get()
    assert primary.requests[0].all("x-level") == ["destination", "route", "host"]
    assert response.all("x-level") == ["destination", "route", "host"]


def test_attempts_are_counted_for_backend_and_client(start, closing):
    def fails_once(connection):
        while (connection.request()) is not None:
            first = len(connection.backend.requests) == 1
            connection.send(ok(b"no", status="503 No") if first else ok(b"yes"))

    backend = closing(Backend(fails_once))
    gw = start(
        [
            gateway(),
            upstream("primary", backend),
            virtual_service(
                route(),
                options={
                    "retries": {"retryOn": "5xx", "numRetries": 2},
                    "includeRequestAttemptCount": True,
                    "includeAttemptCountInResponse": True,
                },
            ),
        ]
    )
    assert gw.get().header("x-envoy-attempt-count") == "2"
    assert [r.header("x-envoy-attempt-count") for r in backend.requests] == ["1", "2"]


# ---- cross-origin requests

CORS = {
    "allowOrigin": ["https://a.test"],
    "allowOriginRegex": [r"https://[a-z]+\.b\.test"],
    "allowMethods": ["GET", "POST"],
    "allowHeaders": ["x-token"],
    "exposeHeaders": ["x-seen"],
    "maxAge": "600",
    "allowCredentials": True,
}


def preflight(origin):
    return [f"Origin: {origin}", "Access-Control-Request-Method: POST"]


def test_preflight_of_an_allowed_origin_is_answered_by_the_gateway(start, primary):
    gw = serve(start, primary, cors=CORS)
    with gw.client() as client:
        answer = client.request("OPTIONS", headers=preflight("https://www.b.test"))
        assert answer.status == 200
        assert answer.header("access-control-allow-origin") == "https://www.b.test"
        assert answer.header("access-control-allow-methods") == "GET,POST"
        assert answer.header("access-control-allow-headers") == "x-token"
        assert answer.header("access-control-max-age") == "600"
        assert answer.header("access-control-allow-credentials") == "true"
        assert primary.requests == []
        client.request("OPTIONS", headers=preflight("https://evil.test"))
    assert len(primary.requests) == 1


def test_answers_are_marked_for_allowed_origins_only(start, primary):
    gw = serve(start, primary, cors=CORS)
    with gw.client() as client:
        good = client.request(headers=["Origin: https://a.test"])
        assert good.header("access-control-allow-origin") == "https://a.test"
        assert good.header("access-control-expose-headers") == "x-seen"
        for headers in (["Origin: https://evil.test"], []):
            assert client.request(headers=headers).header("access-control-allow-origin") is None


@pytest.mark.parametrize(
    ("merge", "exposed"),
    [({}, "x-route"), ({"corsPolicyMergeSettings": {"exposeHeaders": "UNION"}}, "x-route,x-host")],
    ids=["default", "union"],
)
def test_cors_of_a_route_and_of_its_virtual_host(start, primary, merge, exposed):
    gw = start(
        [
            gateway(),
            upstream("primary", primary),
            virtual_service(
                route("/own", cors={"allowOrigin": ["*"], "exposeHeaders": ["x-route"]}),
                route("/off", cors={"disableForRoute": True}),
                route("/"),
                options={"cors": {"allowOrigin": ["*"], "exposeHeaders": ["x-host"]}, **merge},
            ),
        ]
    )
    with gw.client() as client:
        seen = [
            client.request(target=target, headers=["Origin: x"]).header("access-control-expose-headers")
            for target in ("/own", "/off", "/")
        ]
    assert seen == [exposed, None, "x-host"]


# ---- faults


def test_aborted_requests_reach_neither_primary_nor_shadow(start, primary, shadow):
    gw = serve(start, primary, shadow, faults={"abort": {"percentage": 100, "httpStatus": 418}})
    response = gw.get()
    assert (response.status, response.body) == (418, b"fault filter abort")
    assert primary.requests == shadow.requests == []
    assert gw.metrics().total("gnomon_shadow_requests_total") == 0


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_delayed_request_arrives_whole_at_primary_and_shadow(start, primary, shadow, framing):
    gw = serve(start, primary, shadow, faults={"delay": {"percentage": 100, "fixedDelay": "1s"}})
    begin = time.monotonic()
    with gw.client() as client:
        if framing == "length":
            client.send(request_bytes("POST", body=b"x" * 300_000))
        else:
            client.send(request_bytes("POST", headers=["Transfer-Encoding: chunked"]))
            client.send(chunk(b"x" * 300_000) + b"0\r\n\r\n")
        assert client.read_final().status == 200
    assert time.monotonic() - begin >= 1
    assert primary.wait_requests(1)[0].body_length == 300_000
    assert shadow.wait_requests(1)[0].body_length == 300_000


def test_client_that_leaves_during_a_delay_is_forgotten(start, primary, shadow):
    gw = serve(start, primary, shadow, faults={"delay": {"percentage": 100, "fixedDelay": "5s"}})
    with gw.client() as client:
        client.send(request_bytes())
        eventually(lambda: gw.metrics().total("gnomon_requests_active") == 1)
        client.reset()
    eventually(lambda: gw.metrics().total("gnomon_requests_active") == 0)
    assert primary.requests == shadow.requests == []


# ---- time limits


def test_idle_timeout_of_the_route_ends_a_silent_answer(start, closing):
    def stalls(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        connection.swallow()

    gw = start(
        [
            gateway(),
            upstream("stalls", closing(Backend(stalls))),
            upstream("hung", closing(Backend(hung))),
            virtual_service(
                route("/hung", "hung", idleTimeout="0.2s", timeout="0s"),
                route("/", "stalls", idleTimeout="0.2s", timeout="0s"),
            ),
        ]
    )
    response = gw.get("/hung")
    assert (response.status, response.body) == (504, b"stream timeout")
    with gw.client() as client:
        client.send(request_bytes())
        assert client.rest().endswith(b"abc")


def test_bytes_that_keep_coming_keep_a_stream_from_being_idle(start, closing):
    def drips(connection):
        while connection.request() is not None:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n")
            for _ in range(8):
                connection.backend.stopping.wait(0.1)
                connection.send(b"x")

    gw = serve(start, closing(Backend(drips)), idleTimeout="0.5s", timeout="0s")
    assert gw.get().body == b"x" * 8


def test_max_stream_duration_counts_from_the_head_on(start, closing):
    def drips(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not connection.backend.stopping.wait(0.05):
            connection.send(b"x")

    gw = serve(start, closing(Backend(drips)), timeout="0s", maxStreamDuration={"maxStreamDuration": "0.3s"})
    begin = time.monotonic()
    with gw.client() as client:
        client.send(request_bytes())
        assert len(client.rest()) < 1000
    assert 0.3 <= time.monotonic() - begin < patience(3)


# ---- limits on what comes in


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_body_above_the_route_s_limit_is_413(start, primary, shadow, framing):
    gw = serve(start, primary, shadow, bufferPerRoute={"buffer": {"maxRequestBytes": 1000}})
    with gw.client() as client:
        assert client.request("POST", body=b"x" * 1000).status == 200
        if framing == "length":
            client.send(request_bytes("POST", body=b"x" * 1001))
        else:
            client.send(request_bytes("POST", headers=["Transfer-Encoding: chunked"]))
            client.send(chunk(b"x" * 1001))
        assert client.read_final().status == 413
    assert len(primary.requests) == 1
    metrics = gw.settle()
    assert len(shadow.requests) == 1
    assert metrics.lost("primary_rejected") == (1 if framing == "chunked" else 0)


def test_requests_beyond_the_local_rate_limit_are_429_and_not_copied(start, primary, shadow):
    bucket = {"maxTokens": 3, "tokensPerFill": 1, "fillInterval": "3600s"}
    gw = serve(start, primary, shadow, ratelimit={"localRatelimit": bucket})
    with gw.client() as client:
        answers = [client.request() for _ in range(5)]
    assert [a.status for a in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].body == b"local_rate_limited"
    gw.settle()
    assert len(shadow.wait_requests(3)) == len(primary.requests) == 3


def test_upgrades_may_be_switched_off(start, primary):
    gw = serve(start, primary, upgrades=[{"websocket": {"enabled": False}}])
    assert gw.get(headers=["Upgrade: websocket", "Connection: upgrade"]).status == 403
    assert gw.get().status == 200
    assert len(primary.requests) == 1


# ---- affinity


def test_cookie_is_given_once_and_keeps_the_client_on_one_host(start, closing):
    backends = [closing(Backend(answer(ok(f"{n}".encode())))) for n in range(4)]
    gw = start(
        [
            gateway(),
            upstream("primary", *backends, loadBalancerConfig={"ringHash": {}}),
            virtual_service(route(lbHash={"hashPolicies": [{"cookie": {"name": "who", "path": "/", "ttl": "60s"}}]})),
        ]
    )
    first = gw.get()
    cookie = first.header("set-cookie")
    assert cookie.startswith('who="') and cookie.endswith("Max-Age=60; Path=/; HttpOnly")
    own = "Cookie: " + cookie.partition(";")[0]
    again = [gw.get(headers=[own]) for _ in range(20)]
    assert {a.body for a in again} == {first.body}
    assert {a.header("set-cookie") for a in again} == {None}


def test_header_hash_spreads_keys_and_keeps_each(start, closing):
    backends = [closing(Backend(answer(ok(f"{n}".encode())))) for n in range(4)]
    gw = start(
        [
            gateway(),
            upstream("primary", *backends, loadBalancerConfig={"maglev": {}}),
            virtual_service(route(lbHash={"hashPolicies": [{"header": "x-user", "terminal": True}]})),
        ]
    )
    with gw.client() as client:
        where = {user: {client.request(headers=[f"X-User: {user}"]).body for _ in range(5)} for user in range(40)}
    assert all(len(hosts) == 1 for hosts in where.values())
    assert len(set.union(*where.values())) == 4


# ---- retries


def test_backend_says_when_to_come_again(start, closing):
    times = []

    def limits(connection):
        while connection.request() is not None:
            times.append(time.monotonic())
            first = len(times) == 1
            connection.send(ok(b"", status="503 Wait", headers=["X-Reset: 1"]) if first else ok(b"yes"))

    back_off = {"resetHeaders": [{"name": "x-reset", "format": "SECONDS"}], "maxInterval": "5s"}
    retries = {"retryOn": "5xx", "numRetries": 1, "rateLimitedRetryBackOff": back_off}
    gw = serve(start, closing(Backend(limits)), retries=retries)
    assert gw.get().body == b"yes"
    assert times[1] - times[0] >= 1


def retrying(start, script, closing, on, settings=None, **headers_from_client):
    """Sends one request through a route that retries on that condition; the backend follows `script`."""
    backend = closing(Backend(script))
    front = gateway()
    front["spec"]["httpGateway"] = {"options": {"httpConnectionManagerSettings": settings or {}}}
    the_route = route(retries={"retryOn": on, "numRetries": 1})
    gw = start([front, upstream("primary", backend), virtual_service(the_route)])
    response = gw.get(headers=[f"{name.replace('_', '-')}: {value}" for name, value in headers_from_client.items()])
    return response.status, len(backend.requests)


def first(reply):
    """A script that answers the first request so, and every other with 200."""

    def serve(connection):
        while connection.request() is not None:
            connection.send(reply if len(connection.backend.requests) == 1 else ok(b"yes"))

    return serve


RATE_LIMITED = ok(status="503 Wait", headers=["X-Envoy-RateLimited: true"])
TRUSTED = {"internalAddressConfig": {"cidrRanges": [{"addressPrefix": "127.0.0.0", "prefixLen": 8}]}}


@pytest.mark.parametrize(("on", "seen"), [("envoy-ratelimited", (200, 2)), ("5xx", (503, 1))])
def test_rate_limit_of_another_envoy_is_retried_only_when_asked_for(start, closing, on, seen):
    assert retrying(start, first(RATE_LIMITED), closing, on) == seen


@pytest.mark.parametrize(
    ("on", "settings", "seen"),
    [("retriable-headers", TRUSTED, 2), ("retriable-headers", None, 1), ("5xx", TRUSTED, 1)],
    ids=["asked", "stranger", "other-condition"],
)
def test_fields_that_a_trusted_client_names_are_retried(start, closing, on, settings, seen):
    again = first(ok(headers=["X-Again: 1"]))
    named = {"x_envoy_retriable_header_names": "x-other, x-again"}
    assert retrying(start, again, closing, on, settings, **named) == (200, seen)


def test_name_of_a_retriable_field_goes_no_further(start, closing, primary):
    front = gateway()
    front["spec"]["httpGateway"] = {"options": {"httpConnectionManagerSettings": TRUSTED}}
    gw = start([front, upstream("primary", primary), virtual_service(route())])
    gw.get(headers=["X-Envoy-Retriable-Header-Names: x-again"])
    assert primary.wait_requests(1)[0].header("x-envoy-retriable-header-names") is None


def test_request_that_was_not_sent_is_sent_to_another_host(start, closing, primary):
    hosts = upstream("primary", closing(Refused()), primary)
    gw = start([gateway(), hosts, virtual_service(route(retries={"retryOn": "reset-before-request"}))])
    assert [gw.get().status for _ in range(4)] == [200] * 4


@pytest.mark.parametrize("on", ["reset-before-request", "http3-post-connect-failure"])
def test_request_that_was_sent_is_not_sent_again(start, closing, on):
    def hangs_up(connection):
        connection.request()
        connection.reset()

    assert retrying(start, hangs_up, closing, on) == (503, 1)


# ---- headers from Secrets


@pytest.mark.parametrize(
    "secret",
    [
        {"apiVersion": "v1", "type": "Opaque", "data": {"x-token": "czNjcjN0ICUh"}},
        {"apiVersion": "v1", "stringData": {"x-token": "s3cr3t %!"}},
        {"apiVersion": "gloo.solo.io/v1", "header": {"headers": {"x-token": "s3cr3t %!"}}},
    ],
    ids=["data", "stringData", "gloo"],
)
def test_header_comes_from_a_secret_and_is_shown_nowhere(start, primary, secret):
    token = {"kind": "Secret", "metadata": {"name": "token", "namespace": "gloo-system"}, **secret}
    adding = {"requestHeadersToAdd": [{"headerSecretRef": reference("token"), "append": False}]}
    gw = start([gateway(), upstream("primary", primary), virtual_service(route(headerManipulation=adding)), token])
    gw.get(headers=["X-Token: mine"])
    assert primary.wait_requests(1)[0].all("x-token") == ["s3cr3t %!"]
    shown = [gw.admin("/config_dump")[1], gw.log()]
    for verb in (
        ["check", gw.config],
        ["get", "vs", gw.config, "-o", "yaml"],
        ["explain", "--host", "shop.test", "--path", "/", "-c", gw.config],
    ):
        run = subprocess.run([BINARY, *verb], capture_output=True, text=True, timeout=20)
        assert run.returncode == 0, run.stderr
        shown += [run.stdout, run.stderr]
    assert "<redacted>" in shown[0]
    assert not any("s3cr3t" in text or "czNjcjN0" in text for text in shown)


def test_header_secret_in_a_changed_file_counts(start, primary):
    def token(value):
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "token", "namespace": "gloo-system"},
            "stringData": {"x-token": value},
        }

    adding = {"requestHeadersToAdd": [{"headerSecretRef": reference("token")}]}
    resources = [gateway(), upstream("primary", primary), virtual_service(route(headerManipulation=adding))]
    gw = start([*resources, token("one")])
    gw.get()
    gw.write([*resources, token("two")])
    assert gw.reload()[0] == 200
    gw.get()
    assert [request.header("x-token") for request in primary.wait_requests(2)] == ["one", "two"]
