"""Which request goes where, and what it looks like when it gets there."""

import socket

import pytest
from harness import Backend, config, eventually
from harness.backend import answer, echo, ok
from harness.config import gateway, route, upstream, virtual_service
from harness.faults import bad_backend, hung


@pytest.fixture
def named(closing):
    """Makes backends that answer with their own name."""

    def make(name):
        return closing(Backend(answer(ok(name.encode()))))

    return make


def test_routes_are_tried_in_order(start, named):
    one, two = named("one"), named("two")
    gw = start(
        [
            gateway(),
            upstream("one", one),
            upstream("two", two),
            virtual_service(route("/a/b", "one"), route("/a", "two"), route("/a/b/c", "two")),
        ]
    )
    assert gw.get("/a/b/c").body == b"one"
    assert gw.get("/a/x").body == b"two"
    assert gw.get("/other").status == 404


def test_domain_decides_before_path(start, named):
    backends = {name: named(name) for name in ("exact", "suffix", "prefix", "all")}
    services = {"exact": "a.shop.test", "suffix": "*.shop.test", "prefix": "a.*", "all": "*"}
    gw = start(
        [
            gateway(),
            *(upstream(name, backend) for name, backend in backends.items()),
            *(virtual_service(route("/", name), domains=[domain], name=name) for name, domain in services.items()),
        ]
    )
    for host, expected in {
        "a.shop.test": b"exact",
        "A.Shop.TEST": b"exact",
        "b.shop.test": b"suffix",
        "a.elsewhere": b"prefix",
        "nobody": b"all",
    }.items():
        assert gw.get("/", host=host).body == expected, host


def test_port_in_host_does_not_hide_the_domain(start, named):
    gw = start(
        [
            gateway(),
            upstream("one", named("one")),
            virtual_service(route("/", "one"), domains=["shop.test", "shop.test:8080"]),
        ]
    )
    assert gw.get("/", host="shop.test:8080").status == 200
    assert gw.get("/", host="other.test").status == 404


@pytest.mark.parametrize(
    ("matcher", "hits", "misses"),
    [
        ({"exact": "/pets"}, ["/pets", "/pets?x=1"], ["/pets/", "/pets/1", "/Pets"]),
        ({"prefix": "/pets"}, ["/pets", "/pets/1", "/petshop"], ["/pet", "/"]),
        ({"regex": "/pets/[0-9]+"}, ["/pets/12", "/pets/1?x=y"], ["/pets/x", "/pets/1/x", "/a/pets/1"]),
        ({"exact": "/Pets", "caseSensitive": False}, ["/pets", "/PETS"], ["/pet"]),
    ],
)
def test_path_matchers(start, named, matcher, hits, misses):
    gw = start([gateway(), upstream("one", named("one")), virtual_service(route(to="one", matchers=[matcher]))])
    with gw.client() as client:
        for target in hits:
            assert client.request("GET", target).status == 200, target
        for target in misses:
            assert client.request("GET", target).status == 404, target


@pytest.mark.parametrize(
    ("matcher", "hit", "miss"),
    [
        ({"headers": [{"name": "x-beta", "value": "1"}]}, ["X-Beta: 1"], ["X-Beta: 2"]),
        ({"headers": [{"name": "x-beta"}]}, ["x-beta: anything"], []),
        ({"headers": [{"name": "x-beta", "value": "v[0-9]", "regex": True}]}, ["x-beta: v7"], ["x-beta: v77"]),
        ({"headers": [{"name": "x-beta", "value": "1", "invertMatch": True}]}, ["x-beta: 2"], ["x-beta: 1"]),
    ],
)
def test_header_matchers(start, named, matcher, hit, miss):
    gw = start(
        [gateway(), upstream("one", named("one")), virtual_service(route(to="one", matchers=[{"prefix": "/", **matcher}]))]
    )
    assert gw.get(headers=hit).status == 200
    assert gw.get(headers=miss).status == 404


def test_query_and_method_matchers(start, named):
    matcher = {"prefix": "/", "methods": ["GET", "PUT"], "queryParameters": [{"name": "v", "value": "2"}]}
    gw = start([gateway(), upstream("one", named("one")), virtual_service(route(to="one", matchers=[matcher]))])
    with gw.client() as client:
        assert client.request("GET", "/?a=1&v=2").status == 200
        assert client.request("PUT", "/?v=2", body=b"x").status == 200
        assert client.request("GET", "/?v=22").status == 404
        assert client.request("GET", "/?w=v=2").status == 404
        assert client.request("POST", "/?v=2", body=b"x").status == 404


def test_weighted_destinations_share_by_weight(start, named):
    split = {
        "routeAction": {
            "multi": {
                "destinations": [
                    {"weight": 3, "destination": {"upstream": config.reference("one")}},
                    {"weight": 1, "destination": {"upstream": config.reference("two")}},
                    {"weight": 0, "destination": {"upstream": config.reference("three")}},
                ]
            }
        }
    }
    backends = [named(name) for name in ("one", "two", "three")]
    gw = start(
        [
            gateway(),
            *(upstream(name, b) for name, b in zip(("one", "two", "three"), backends)),
            virtual_service(route(to=split)),
        ]
    )
    with gw.client() as client:
        got = [client.request().body for _ in range(1000)]
    # Five standard deviations of a binomial with n = 1000 and p = 3/4 are 68.
    assert 682 <= got.count(b"one") <= 818
    assert got.count(b"three") == 0


def test_direct_response_and_redirect_need_no_backend(start):
    gw = start(
        [
            gateway(),
            virtual_service(
                route("/teapot", {"directResponseAction": {"status": 418, "body": "short and stout"}}),
                route("/old", {"redirectAction": {"pathRedirect": "/new", "responseCode": "FOUND"}}),
                route("/secure", {"redirectAction": {"httpsRedirect": True}}),
            ),
        ]
    )
    with gw.client() as client:
        teapot = client.request("GET", "/teapot")
        assert (teapot.status, teapot.body) == (418, b"short and stout")
        assert client.request("HEAD", "/teapot").status == 418
        old = client.request("GET", "/old")
        assert (old.status, old.header("location")) == (302, "http://shop.test/new")
        secure = client.request("GET", "/secure/x?y=1")
        assert (secure.status, secure.header("location")) == (301, "https://shop.test/secure/x?y=1")


def test_prefix_rewrite_host_rewrite_and_header_manipulation(start, closing):
    backend = closing(Backend(answer(lambda r: ok(echo(r).partition(b"\r\n\r\n")[2], headers=["X-Internal: 1"]))))
    gw = start(
        [
            gateway(),
            upstream("one", backend),
            virtual_service(
                route(
                    "/api/",
                    "one",
                    prefixRewrite="/",
                    hostRewrite="inside.test",
                    headerManipulation={
                        "requestHeadersToAdd": [{"header": {"key": "x-added", "value": "yes"}, "append": False}],
                        "requestHeadersToRemove": ["x-secret"],
                        "responseHeadersToAdd": [{"header": {"key": "x-seen-by", "value": "gateway"}}],
                        "responseHeadersToRemove": ["x-internal"],
                    },
                )
            ),
        ]
    )
    response = gw.get("/api/pets?x=1", headers=["X-Secret: 1", "X-Added: no"])
    request = backend.requests[0]
    assert (request.target, request.host) == ("/pets?x=1", "inside.test")
    assert request.all("x-added") == ["yes"]
    assert request.all("x-secret") == []
    assert response.header("x-seen-by") == "gateway"
    assert response.header("x-internal") is None


def test_several_hosts_of_an_upstream_take_turns(start, named):
    gw = start([gateway(), upstream("both", named("one"), named("two")), virtual_service(route(to="both"))])
    with gw.client() as client:
        got = [client.request().body for _ in range(10)]
    assert got.count(b"one") == got.count(b"two") == 5


def test_names_are_resolved(start, closing):
    backend = closing(Backend())
    gw = start([gateway(), upstream("named", ("localhost", backend.port)), virtual_service(route(to="named"))])
    # The first lookup may still be under way.
    eventually(lambda: gw.get().status == 200)


@pytest.mark.parametrize("dead", ["refused", "blackhole"])
def test_backend_that_cannot_be_reached_is_503(start, closing, dead):
    gw = start(
        [gateway(), upstream("dead", closing(bad_backend(dead)), connectionConfig={"connectTimeout": "0.2s"}), virtual_service(route(to="dead"))]
    )
    assert gw.get().status in (502, 503, 504)


def test_route_timeout_is_504(start, closing):
    gw = start(
        [gateway(), upstream("hung", closing(Backend(hung))), virtual_service(route(to="hung", timeout="0.2s"))]
    )
    assert gw.get().status == 504


def test_retry_goes_to_the_backend_again(start, closing):
    def fails_once(connection):
        request = connection.request()
        while request is not None:
            first = len(connection.backend.requests) == 1
            connection.send(ok(b"no", status="503 No") if first else ok(b"yes"))
            request = connection.request()

    backend = closing(Backend(fails_once))
    gw = start(
        [
            gateway(),
            upstream("one", backend),
            virtual_service(route(to="one", retries={"retryOn": "5xx", "numRetries": 2})),
        ]
    )
    assert gw.get().body == b"yes"
    assert len(backend.requests) == 2


def test_breaker_of_the_upstream_answers_503(start, closing):
    backend = closing(Backend(hung))
    gw = start(
        [
            gateway(),
            upstream("one", backend, circuitBreakers={"maxRequests": 1, "maxConnections": 1, "maxPendingRequests": 1}),
            virtual_service(route(to="one", timeout="1s")),
        ]
    )
    with gw.client() as first, gw.client() as second, gw.client() as third:
        for client in (first, second, third):
            client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert 503 in {client.read_final().status for client in (first, second, third)}


def test_ipv6_backend_and_listener(start, closing):
    backend = closing(Backend(family=socket.AF_INET6))
    gw = start(
        [gateway(address="::1"), upstream("six", ("::1", backend.port)), virtual_service(route(to="six"))]
    )
    with gw.client(host="::1") as client:
        assert client.request().status == 200
