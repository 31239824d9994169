"""What a shadow gets: which requests, and what they look like."""

import math

import pytest
from harness import Backend, Refused, eventually, never
from harness.backend import answer, answer_ok, ok
from harness.client import chunk, request_bytes
from harness.config import gateway, mirrored, route, shadow_test, shadowing, upstream, virtual_service
from harness.faults import hung


@pytest.fixture
def shadow(closing):
    return closing(Backend(answer(ok(b"EVIL"))))


def end_to_end(request):
    """What must be the same in the copy, in the same order: all but Host, framing and what marks a copy."""
    own = ("host", "content-length", "x-forwarded-for", "x-gnomon-shadow", "x-envoy-internal")
    return [(name.lower(), value) for name, value in request.headers if name.lower() not in own]


# ---- the copy


def test_copy_has_same_line_fields_body_and_id(start, primary, shadow):
    gw = start(mirrored(primary, shadow))
    with gw.client() as client:
        response = client.request("POST", "/a/b?c=d", ["X-One: 1", "x-ONE: 2", "Cookie: a=b"], b"hello")
    assert response.body == b"ok"
    live, copy = primary.wait_requests(1)[0], shadow.wait_requests(1)[0]
    assert copy.start_line == live.start_line
    assert copy.body == b"hello"
    assert end_to_end(copy) == end_to_end(live)
    assert copy.header("x-request-id") == live.header("x-request-id")
    assert (live.host, copy.host) == ("shop.test", "shop.test-shadow")


def test_copy_carries_the_marker_and_the_live_request_does_not(start, primary, shadow):
    gw = start(mirrored(primary, shadow))
    gw.get()
    assert shadow.wait_requests(1)[0].header("x-gnomon-shadow") is not None
    assert primary.requests[0].header("x-gnomon-shadow") is None


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("shop.test", "shop.test-shadow"),
        ("shop.test:8000", "shop.test-shadow:8000"),
        ("127.0.0.1", "127.0.0.1-shadow"),
        ("127.0.0.1:80", "127.0.0.1-shadow:80"),
        ("[::1]", "[::1]-shadow"),
        ("[::1]:8080", "[::1]-shadow:8080"),
        ("Shop.Test", "Shop.Test-shadow"),
    ],
)
def test_suffix_goes_before_the_port(start, primary, shadow, host, expected):
    gw = start(mirrored(primary, shadow))
    gw.get(host=host)
    assert shadow.wait_requests(1)[0].host == expected


def test_suffix_can_be_switched_off(start, primary, shadow):
    gw = start(mirrored(primary, shadow, disableShadowHostSuffixAppend=True))
    gw.get(host="shop.test:81")
    assert shadow.wait_requests(1)[0].host == "shop.test:81"


@pytest.mark.parametrize("more", [{}, {"disableShadowHostSuffixAppend": False}])
def test_host_rewrite_literal_replaces_all_and_gets_no_suffix(start, primary, shadow, more):
    gw = start(mirrored(primary, shadow, hostRewriteLiteral="v2.inside:8080", **more))
    gw.get(host="shop.test:81")
    assert shadow.wait_requests(1)[0].host == "v2.inside:8080"
    assert primary.requests[0].host == "shop.test:81"


def test_copy_is_taken_after_the_rewrites_of_the_route(start, primary, shadow):
    gw = start(
        [
            gateway(),
            upstream("primary", primary),
            upstream("shadow", shadow),
            virtual_service(
                route(
                    "/api/",
                    shadow=shadowing(),
                    prefixRewrite="/v1/",
                    hostRewrite="inside.test",
                    headerManipulation={
                        "requestHeadersToAdd": [{"header": {"key": "x-added", "value": "1"}}],
                        "requestHeadersToRemove": ["x-gone"],
                    },
                )
            ),
        ]
    )
    gw.get("/api/pets", headers=["X-Gone: 1"])
    live, copy = primary.wait_requests(1)[0], shadow.wait_requests(1)[0]
    assert copy.target == live.target == "/v1/pets"
    assert (live.host, copy.host) == ("inside.test", "inside.test-shadow")
    for request in (live, copy):
        assert request.header("x-added") == "1"
        assert request.all("x-gone") == []


@pytest.mark.parametrize("trailers", [b"", b"X-Sum: 1\r\n"], ids=["bare", "trailers"])
def test_chunked_upload_is_copied_with_its_trailers(start, primary, shadow, trailers):
    gw = start(mirrored(primary, shadow))
    with gw.client() as client:
        client.send(request_bytes("POST", "/", ["Transfer-Encoding: chunked", "TE: trailers"]))
        for piece in (b"hel", b"lo", b"x" * 70_000):
            client.send(chunk(piece))
        client.send(b"0\r\n" + trailers + b"\r\n")
        assert client.read().status == 200
    for backend in (primary, shadow):
        request = backend.wait_requests(1)[0]
        assert request.body == b"hello" + b"x" * 70_000
        assert request.trailers == ([("X-Sum", "1")] if trailers else [])


@pytest.mark.parametrize(
    ("method", "body"),
    [("GET", None), ("HEAD", None), ("OPTIONS", None), ("POST", b""), ("PUT", b"x"), ("DELETE", None), ("PATCH", b"y" * 9000)],
    ids=["get", "head", "options", "empty-post", "put", "delete", "patch"],
)
def test_framing_of_the_copy_is_right_for_every_method(start, primary, shadow, method, body):
    gw = start(mirrored(primary, shadow))
    with gw.client() as client:
        for _ in range(3):
            assert client.request(method, body=body).status == 200
    copies = shadow.wait_requests(3)
    assert [(r.method, r.body) for r in copies] == [(method, body or b"")] * 3
    assert [r.header("content-length") for r in copies] == [r.header("content-length") for r in primary.requests]
    assert gw.settle().total("gnomon_shadow_answered_total") == 3


def test_http10_request_is_copied_as_http11(start, primary, shadow):
    gw = start(mirrored(primary, shadow))
    gw.get(version="HTTP/1.0")
    assert shadow.wait_requests(1)[0].version == "HTTP/1.1"


def test_copy_streams_while_the_request_streams(start, primary, shadow):
    """The shadow sees the first half of an upload before the second half exists."""
    gw = start(mirrored(primary, shadow))
    with gw.client() as client:
        client.send(request_bytes("POST", "/", ["Content-Length: 8"]) + b"half")
        shadow.wait_heads(1)
        eventually(lambda: shadow.connections[0].reader.seen.endswith(b"half"))
        client.send(b"more")
        assert client.read().status == 200
    assert shadow.wait_requests(1)[0].body == b"halfmore"


def test_expect_is_the_live_exchange_s_alone(start, primary, closing):
    shadow = closing(Backend(continues=False))
    gw = start(mirrored(primary, shadow))
    with gw.client() as client:
        client.send(request_bytes("POST", "/", ["Expect: 100-continue", "Content-Length: 5"]))
        assert client.read().status == 100
        client.send(b"hello")
        assert client.read().status == 200
    copy = shadow.wait_requests(1)[0]
    assert copy.header("expect") is None
    assert copy.body == b"hello"


def test_connections_to_the_shadow_are_reused(start, primary, shadow):
    gw = start(mirrored(primary, shadow))
    with gw.client() as client:
        for n in range(20):
            client.request()
            shadow.wait_requests(n + 1)
    assert len(shadow.connections) == 1


# ---- which requests


def spread(n, p):
    """How far a count of n draws may stray: five standard deviations, so that chance alone fails
    fewer than one run in a million."""
    return 5 * math.sqrt(n * p * (1 - p))


@pytest.mark.parametrize("percentage", [0, 0.5, 37, 100, None])
def test_percentage_is_kept(start, primary, shadow, percentage):
    options = {} if percentage is None else {"percentage": percentage}
    resources = mirrored(primary, shadow, **options)
    if percentage is None:
        del resources[3]["spec"]["virtualHost"]["routes"][1]["options"]["shadowing"]["percentage"]
    gw = start(resources)
    count = 2000
    with gw.client() as client:
        for start_at in range(0, count, 100):
            client.send(b"".join(request_bytes("GET", f"/{start_at + n}") for n in range(100)))
            assert all(client.read().status == 200 for _ in range(100))
    metrics = gw.settle()
    share = (percentage or 0) / 100
    copied = metrics.total("gnomon_shadow_copied_total")
    assert abs(copied - count * share) <= spread(count, share)
    assert metrics.total("gnomon_shadow_requests_total") == count
    assert metrics.lost("sampled_out") == count - copied
    assert len(shadow.requests) == copied
    assert len({r.target for r in shadow.requests}) == copied


@pytest.mark.parametrize(
    ("key", "field"),
    [({"header": "x-user"}, "X-User: {}"), ({"cookie": "session"}, "Cookie: a=1; session={}; b=2")],
    ids=["header", "cookie"],
)
def test_sticky_sampling_keeps_or_leaves_a_key_as_a_whole(start, primary, shadow, key, field):
    gw = start(mirrored(primary, shadow, percentage=50, test={"sampling": {"key": key}}))
    users, rounds = 200, 4
    with gw.client() as client:
        for _ in range(rounds):
            for user in range(users):
                client.request("GET", f"/{user}", [field.format(f"user-{user}")])
    copied = gw.settle().total("gnomon_shadow_copied_total")
    seen = [r.target for r in shadow.wait_requests(int(copied))]
    assert {seen.count(target) for target in seen} == {rounds}
    assert abs(len(set(seen)) - users / 2) <= spread(users, 0.5)


def test_sticky_sampling_by_client_address_takes_all_or_none(start, primary, shadow):
    gw = start(mirrored(primary, shadow, percentage=50, test={"sampling": {"key": {"clientAddress": True}}}))
    for _ in range(20):
        gw.get()
    assert gw.settle().total("gnomon_shadow_copied_total") in (0, 20)


def test_only_the_listed_methods_are_copied(start, primary, shadow):
    gw = start(mirrored(primary, shadow, test={"request": {"methods": ["GET", "HEAD"]}}))
    with gw.client() as client:
        for method in ("GET", "POST", "HEAD", "DELETE"):
            client.request(method, body=b"x" if method == "POST" else None)
    gw.settle()
    assert [r.method for r in shadow.requests] == ["GET", "HEAD"]
    assert len(primary.requests) == 4


def test_headers_of_the_copy_alone_are_set_and_removed(start, primary, shadow):
    test = {"request": {"headers": {"set": {"x-trial": "1", "x-both": "new"}, "remove": ["authorization"]}}}
    gw = start(mirrored(primary, shadow, test=test))
    gw.get(headers=["Authorization: secret", "X-Both: old"])
    live, copy = primary.wait_requests(1)[0], shadow.wait_requests(1)[0]
    assert (copy.all("authorization"), copy.all("x-trial"), copy.all("x-both")) == ([], ["1"], ["new"])
    assert (live.all("authorization"), live.all("x-trial"), live.all("x-both")) == (["secret"], [], ["old"])


def test_route_without_shadowing_copies_nothing(start, primary, shadow):
    gw = start(mirrored(primary, shadow))
    assert gw.get("/live").status == 200
    assert gw.get("/").status == 200
    shadow.wait_requests(1)
    assert [r.target for r in shadow.requests] == ["/"]
    assert gw.settle().total("gnomon_shadow_requests_total") == 1


def test_marked_request_is_served_and_not_copied_again(start, primary, shadow):
    gw = start(mirrored(primary, shadow))
    assert gw.get(headers=["X-Gnomon-Shadow: 1"]).body == b"ok"
    never(lambda: shadow.heads)


def test_shadow_that_points_back_at_the_gateway_ends_after_one_turn(start, primary):
    """The copy of the copy would be endless."""
    gw = start(mirrored(primary, primary))
    resources = mirrored(primary, ("127.0.0.1", gw.port))
    gw.write(resources)
    assert gw.reload()[0] == 200
    for _ in range(5):
        assert gw.get().status == 200
    assert gw.settle().total("gnomon_shadow_copied_total") == 5
    # Five live requests, and the five copies that came back in and were served.
    assert len(primary.wait_requests(10)) == 10
    never(lambda: len(primary.requests) > 10)


def test_requests_that_the_gateway_answers_itself_are_not_copied(start, closing, shadow):
    gw = start(
        [
            gateway(),
            upstream("primary", closing(Refused())),
            upstream("shadow", shadow),
            virtual_service(route("/up", shadow=shadowing())),
        ]
    )
    assert gw.get("/nowhere").status == 404
    with gw.client() as client:
        client.send(b"GET /up HTTP/1.1\r\nHost: a b\r\n\r\n")
        assert client.read().status == 400
    never(lambda: shadow.heads)


def test_retry_of_the_primary_never_copies_twice(start, closing, shadow):
    def fails_twice(connection):
        while connection.request() is not None:
            good = len(connection.backend.requests) % 3 == 0
            connection.send(ok(b"yes") if good else ok(b"no", status="503 No"))

    primary = closing(Backend(fails_twice))
    gw = start(
        [
            gateway(),
            upstream("primary", primary),
            upstream("shadow", shadow),
            virtual_service(route(shadow=shadowing(), retries={"retryOn": "5xx", "numRetries": 3})),
        ]
    )
    with gw.client() as client:
        for n in range(5):
            assert client.request("POST", f"/{n}", body=b"again").body == b"yes"
    assert len(primary.requests) == 15
    assert gw.settle().total("gnomon_shadow_copied_total") == 5
    assert sorted(r.target for r in shadow.requests) == [f"/{n}" for n in range(5)]
    assert [r.body for r in shadow.requests] == [b"again"] * 5


def test_upgrade_is_never_copied(start, closing, shadow):
    def switch(connection):
        connection.head()
        connection.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n")
        connection.swallow()

    primary = closing(Backend(switch))
    gw = start(mirrored(primary, shadow))
    with gw.client() as client:
        assert client.request(headers=["Upgrade: echo", "Connection: Upgrade"]).status == 101
        client.send(b"secret bytes")
        never(lambda: shadow.heads)


def test_connect_is_never_copied(start, primary, shadow):
    gw = start(mirrored(primary, shadow))
    with gw.client() as client:
        client.send(b"CONNECT shop.test:443 HTTP/1.1\r\nHost: shop.test:443\r\n\r\n")
        assert client.read().status >= 400
    never(lambda: shadow.heads)


def test_several_tests_on_a_route_are_several_shadows(start, primary, shadow, closing):
    """One trial refines the route's own shadowing; another adds a shadow of GET alone. Each has its own counters."""
    reads = {"methods": ["GET"], "headers": {"set": {"x-trial": "reads"}}}
    gw = start(
        [*mirrored(primary, shadow, test={"name": "all"}), shadow_test("reads", shadow=shadowing(), request=reads)]
    )
    gw.get()
    with gw.client() as client:
        client.request("POST", body=b"x")
    metrics = gw.settle()
    assert len(metrics.shadows()) == 2
    assert sorted(metrics.total("gnomon_shadow_copied_total", shadow=name) for name in metrics.shadows()) == [1, 2]
    assert sorted(len(r.all("x-trial")) for r in shadow.wait_requests(3)) == [0, 0, 1]


def test_one_bad_shadow_takes_nothing_from_a_good_one(start, primary, closing):
    good = closing(Backend(answer(answer_ok)))
    bad = closing(Backend(hung))
    gw = start(
        [
            gateway(),
            upstream("primary", primary),
            upstream("good", good),
            upstream("bad", bad),
            virtual_service(
                route("/good", shadow=shadowing("good")), route("/bad", shadow=shadowing("bad")), name="default"
            ),
        ]
    )
    with gw.client() as client:
        for _ in range(50):
            client.request("GET", "/bad")
            client.request("GET", "/good")
    assert len(good.wait_requests(50)) == 50


# ---- reload


def test_shadow_can_be_added_and_removed_while_running(start, primary, shadow):
    with_shadow = mirrored(primary, shadow)
    without = [gateway(), upstream("primary", primary), upstream("shadow", shadow), virtual_service(route("/"))]
    gw = start(without)
    with gw.client() as client:
        client.request("GET", "/1")
        gw.write(with_shadow)
        assert gw.reload()[0] == 200
        client.request("GET", "/2")
        assert [r.target for r in shadow.wait_requests(1)] == ["/2"]
        gw.write(without)
        assert gw.reload()[0] == 200
        client.request("GET", "/3")
    never(lambda: len(shadow.heads) > 1)
    assert len(primary.requests) == 3
