"""What the options of a Gateway make of its listener."""

import socket

import pytest
from harness import eventually
from harness.backend import answer, echo, ok
from harness.client import chunk, request_bytes
from harness.config import gateway, route, upstream, virtual_service


def with_options(backend, http=None, manager=None, routes=None, **spec):
    listener = gateway()
    options = dict(http or {})
    if manager is not None:
        options["httpConnectionManagerSettings"] = manager
    listener["spec"]["httpGateway"] = {"options": options}
    listener["spec"].update(spec)
    return [listener, upstream("primary", backend), virtual_service(*(routes or [route("/")]))]


@pytest.fixture
def served(start, primary):
    """Starts a gateway with these options of its listener."""
    primary.script = answer(echo)
    return lambda *args, **kwargs: start(with_options(primary, *args, **kwargs))


def refusals(gw, reason):
    return gw.metrics().total("gnomon_listener_refusals_total", reason=reason)


# Identity


def test_client_address_is_taken_from_trusted_hops(served, primary):
    gw = served(manager={"xffNumTrustedHops": 1, "appendXForwardedPort": True, "via": "gnomon-1"})
    response = gw.get("/", headers=["X-Forwarded-For: 192.0.2.9", "X-Forwarded-Proto: https"])
    seen = primary.wait_requests(1)[0]
    assert seen.header("x-forwarded-for") == "192.0.2.9, 127.0.0.1"
    assert seen.header("x-forwarded-proto") == "https"
    assert seen.header("x-forwarded-port") == str(gw.port)
    assert (seen.header("via"), response.header("via")) == ("gnomon-1", "gnomon-1")


def test_forwarding_fields_can_be_left_alone(served, primary):
    gw = served(manager={"skipXffAppend": True, "generateRequestId": False})
    gw.get("/", headers=["X-Forwarded-For: 192.0.2.9"])
    seen = primary.wait_requests(1)[0]
    assert seen.header("x-forwarded-for") == "192.0.2.9"
    assert seen.header("x-request-id") is None


@pytest.mark.parametrize("manager, expected", [({}, "203.0.113.9"), ({"useRemoteAddress": True}, "127.0.0.1")])
def test_external_address_is_told_where_remote_addresses_are_asked_for(served, primary, manager, expected):
    gw = served(manager=manager)
    gw.get("/", headers=["X-Envoy-External-Address: 203.0.113.9"])
    assert primary.wait_requests(1)[0].header("x-envoy-external-address") == expected


def test_request_ids_of_strangers_are_replaced_when_told_so(served, primary):
    gw = served(manager={"preserveExternalRequestId": False})
    gw.get("/", headers=["X-Request-Id: mine"])
    assert primary.wait_requests(1)[0].header("x-request-id") not in (None, "mine")


def test_request_ids_of_internal_clients_stay(served, primary):
    ranges = {"cidrRanges": [{"addressPrefix": "127.0.0.0", "prefixLen": 8}]}
    gw = served(manager={"preserveExternalRequestId": False, "internalAddressConfig": ranges})
    gw.get("/", headers=["X-Request-Id: mine"])
    assert primary.wait_requests(1)[0].header("x-request-id") == "mine"


def test_certificates_that_clients_claim_are_removed(served, primary):
    gw = served()
    gw.get("/", headers=["X-Forwarded-Client-Cert: Hash=0"])
    assert primary.wait_requests(1)[0].header("x-forwarded-client-cert") is None


def test_early_headers_are_seen_by_routes(served, primary):
    add = [{"header": {"key": "x-tier", "value": "gold"}}]
    routes = [route(matchers=[{"prefix": "/", "headers": [{"name": "x-tier", "value": "gold"}]}])]
    gw = served(manager={"earlyHeaderManipulation": {"headersToAdd": add, "headersToRemove": ["x-debug"]}}, routes=routes)
    assert gw.get("/", headers=["X-Debug: 1"]).status == 200
    assert primary.wait_requests(1)[0].header("x-debug") is None


@pytest.mark.parametrize(
    "manager, server",
    [
        ({}, "tomcat"),
        ({"serverName": "shop"}, "shop"),
        ({"serverName": "shop", "serverHeaderTransformation": "APPEND_IF_ABSENT"}, "tomcat"),
        ({"serverName": "shop", "serverHeaderTransformation": "PASS_THROUGH"}, "tomcat"),
        ({"serverHeaderTransformation": "OVERWRITE"}, "gnomon"),
    ],
)
def test_server_header(start, primary, manager, server):
    primary.script = answer(ok(headers=["Server: tomcat"]))
    gw = start(with_options(primary, manager=manager))
    assert gw.get("/").header("server") == server


# Paths and hosts


def test_a_rule_about_a_path_cannot_be_walked_around(served, primary):
    denied = route("/admin", to={"directResponseAction": {"status": 403}})
    gw = served(routes=[denied, route("/")])
    assert gw.get("/pub/../admin").status == 403
    assert gw.get("/pub/%2e%2E/admin").status == 403
    assert gw.get("/pub/../ok?x=..").status == 200
    assert primary.wait_requests(1)[0].target == "/ok?x=.."


def test_paths_stay_as_they_are_when_told_so(served, primary):
    gw = served(manager={"normalizePath": False})
    gw.get("/a/../b%7E")
    assert primary.wait_requests(1)[0].target == "/a/../b%7E"


def test_slashes(served, primary):
    gw = served(manager={"mergeSlashes": True, "pathWithEscapedSlashesAction": "REJECT_REQUEST"})
    assert gw.get("//a///b").status == 200
    assert primary.wait_requests(1)[0].target == "/a/b"
    assert gw.get("/a%2Fb").status == 400
    assert refusals(gw, "path") == 1


def test_escaped_slashes_are_redirected_to_the_same_host(served):
    gw = served(manager={"pathWithEscapedSlashesAction": "UNESCAPE_AND_REDIRECT"})
    response = gw.get("/%2Fevil.test/")
    assert (response.status, response.header("location")) == (307, "http://shop.test//evil.test/")


def test_ports_are_stripped_from_hosts(served, primary):
    gw = served(manager={"stripAnyHostPort": True})
    gw.get("/", host="shop.test:8080")
    assert primary.wait_requests(1)[0].host == "shop.test"


# HTTP itself


def test_http_1_0_can_be_refused(served):
    gw = served(manager={"acceptHttp10": False})
    with gw.client() as client:
        assert client.request("GET", "/", version="HTTP/1.0").status == 426


def test_http_1_0_gets_a_host(served, primary):
    gw = served(manager={"acceptHttp10": True, "defaultHostForHttp10": "default.test"})
    with gw.client() as client:
        assert client.request("GET", "/", version="HTTP/1.0", host=None).status == 200
    assert primary.wait_requests(1)[0].host == "default.test"


def test_header_limits(served):
    gw = served(manager={"maxRequestHeadersKb": 1, "maxHeadersCount": 4})
    assert gw.get("/", headers=["a: 1", "b: 2"]).status == 200
    assert gw.get("/", headers=[f"x{i}: 1" for i in range(9)]).status == 431
    assert gw.get("/", headers=["x: " + "a" * 2000]).status == 431


def test_long_targets_go_with_long_heads(served):
    gw = served(manager={"maxRequestHeadersKb": 96})
    assert gw.get("/" + "a" * 80_000).status in (200, 502)  # not 414; the backend may have limits of its own


@pytest.mark.parametrize("action, status", [("ALLOW", 200), ("REJECT_CLIENT_REQUEST", 400), ("DROP_HEADER", 200)])
def test_underscores(served, primary, action, status):
    gw = served(manager={"headersWithUnderscoresAction": action})
    assert gw.get("/", headers=["x_tier: gold"]).status == status
    if status == 200:
        assert primary.wait_requests(1)[0].header("x_tier") == ("gold" if action == "ALLOW" else None)


def test_trailers_can_be_dropped(served, primary):
    gw = served(manager={"enableTrailers": False})
    with gw.client() as client:
        client.send(request_bytes("POST", headers=["Transfer-Encoding: chunked"]))
        client.send(chunk(b"body") + b"0\r\nx-sum: 1\r\n\r\n")
        assert client.read_final().status == 200
    assert b"x-sum" not in primary.wait_requests(1)[0].raw_head


def test_names_in_proper_case(start, primary):
    primary.script = answer(ok(headers=["x-one-two: 1"]))
    gw = start(with_options(primary, manager={"properCaseHeaderKeyFormat": True}))
    with gw.client() as client:
        client.send(request_bytes(headers=["Connection: close"]))
        head = client.rest().partition(b"\r\n\r\n")[0]
    assert b"\r\nX-One-Two: 1" in head and b"\r\nContent-Length: 2" in head


def test_a_connection_serves_so_many_requests(served):
    gw = served(manager={"maxRequestsPerConnection": 2})
    with gw.client() as client:
        assert client.request().header("connection") is None
        assert client.request().header("connection") == "close"
        assert client.ended() == "eof"


def test_a_connection_grows_no_older(served):
    gw = served(manager={"maxConnectionDuration": "0.2s"})
    with gw.client() as client:
        assert client.request().status == 200
        assert client.ended() == "eof"


def test_an_exchange_lasts_no_longer(start, primary):
    primary.script = lambda connection: (connection.request(), connection.hold())
    gw = start(with_options(primary, manager={"maxStreamDuration": "0.2s"}))
    assert gw.get("/").status == 504


def test_timeouts_come_from_the_gateway(served):
    gw = served(manager={"requestHeadersTimeout": "0.2s", "idleTimeout": "0.3s"})
    with gw.client() as slow, gw.client() as idle:
        slow.send(b"GET / HT")
        assert idle.request().status == 200
        assert slow.read().status == 408
        assert idle.ended() == "eof"


def test_websockets_can_be_forbidden(served):
    gw = served(manager={"upgrades": [{"websocket": {"enabled": False}}]})
    assert gw.get("/", headers=["Connection: upgrade", "Upgrade: websocket"]).status == 403
    assert refusals(gw, "upgrade") == 1


# Filters


def test_health_check_needs_no_route(served, primary):
    gw = served(http={"healthCheck": {"path": "/healthz"}}, routes=[route("/shop")])
    assert gw.get("/healthz").status == 200
    assert gw.get("/healthz/x").status == 404
    assert not primary.heads


def test_bodies_have_a_limit(served, primary):
    gw = served(http={"buffer": {"maxRequestBytes": 10}})
    assert gw.get("/", body=b"0123456789").status == 200
    assert gw.get("/", body=b"0123456789a").status == 413
    with gw.client() as client:
        client.send(request_bytes("POST", headers=["Transfer-Encoding: chunked"]))
        client.send(chunk(b"01234") + chunk(b"56789a"))
        assert client.read_final().status == 413


def test_requests_are_limited(served, primary):
    limit = {"defaultLimit": {"maxTokens": 2, "fillInterval": "3600s"}, "enableXRatelimitHeaders": True}
    gw = served(http={"httpLocalRatelimit": limit})
    first, _, third = gw.get("/"), gw.get("/"), gw.get("/")
    assert (first.status, first.header("x-ratelimit-limit"), first.header("x-ratelimit-remaining")) == (200, "2", "1")
    assert (third.status, third.body, third.header("x-ratelimit-remaining")) == (429, b"local_rate_limited", "0")
    assert refusals(gw, "request_rate") == 1
    assert len(primary.heads) == 2


def test_a_reload_that_changes_nothing_refills_nothing(served):
    limit = {"defaultLimit": {"maxTokens": 1, "fillInterval": "3600s"}}
    gw = served(http={"httpLocalRatelimit": limit})
    assert gw.get("/").status == 200
    gw.reload()
    assert gw.get("/").status == 429


def test_requests_are_limited_per_connection(served):
    limit = {"defaultLimit": {"maxTokens": 1, "fillInterval": "3600s"}, "localRateLimitPerDownstreamConnection": True}
    gw = served(http={"httpLocalRatelimit": limit})
    with gw.client() as one, gw.client() as other:
        assert [one.request().status, one.request().status, other.request().status] == [200, 429, 200]


def test_connections_are_limited(served):
    gw = served(http={"connectionLimit": {"maxActiveConnections": 1}})
    with gw.client() as one:
        assert one.request().status == 200
        with gw.client() as two:
            assert two.rest() == b""
        assert one.request().status == 200
    assert refusals(gw, "connection_limit") == 1
    eventually(lambda: gw.get("/").status == 200)


def test_new_connections_are_limited(served):
    gw = served(http={"networkLocalRatelimit": {"maxTokens": 1, "fillInterval": "3600s"}})
    with gw.client() as one, gw.client() as two:
        assert one.request().status == 200
        assert two.rest() == b""
    assert refusals(gw, "connection_rate") == 1


# The PROXY protocol


def test_proxy_protocol_names_the_client(served, primary):
    gw = served(options={"proxyProtocol": {}})
    with gw.client() as client:
        client.send(b"PROXY TCP4 192.0.2.9 198.51.100.1 1234 80\r\n" + request_bytes())
        assert client.read_final().status == 200
        assert client.request().status == 200
    assert [r.header("x-forwarded-for") for r in primary.wait_requests(2)] == ["192.0.2.9"] * 2


def test_proxy_protocol_comes_in_pieces(served, primary):
    gw = served(useProxyProto=True)
    block = socket.inet_aton("192.0.2.9") + socket.inet_aton("198.51.100.1") + b"\x04\xd2\x00\x50"
    with gw.client() as client:
        for byte in b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c" + block + request_bytes():
            client.send(bytes([byte]))
        assert client.read_final().status == 200
    assert primary.wait_requests(1)[0].header("x-forwarded-for") == "192.0.2.9"


def test_connections_without_a_proxy_header_are_refused(served):
    gw = served(options={"proxyProtocol": {}})
    with gw.client() as client:
        client.send(request_bytes())
        assert client.rest() == b""
    assert refusals(gw, "proxy_protocol") == 1


def test_a_proxy_header_may_be_optional(served, primary):
    gw = served(options={"proxyProtocol": {"allowRequestsWithoutProxyProtocol": True}})
    assert gw.get("/").status == 200
    assert primary.wait_requests(1)[0].header("x-forwarded-for") == "127.0.0.1"


# All of it together


def test_a_reload_changes_new_requests_and_drops_no_connection(start, primary):
    gw = start(with_options(primary, manager={"serverName": "one"}))
    with gw.client() as client:
        assert client.request().header("server") == "one"
        gw.write(with_options(primary, manager={"serverName": "two"}))
        gw.reload()
        assert client.request().header("server") == "two"


def test_config_dump_shows_the_settings(served):
    gw = served(manager={"mergeSlashes": True, "idleTimeout": "7s"}, http={"healthCheck": {"path": "/hc"}})
    settings = gw.admin_json("/config_dump")["listeners"][0]["settings"]
    assert settings["path"]["mergeSlashes"] is True
    assert settings["codec"]["idleTimeout"] == "7000ms"
    assert settings["healthCheckPath"] == "/hc"
