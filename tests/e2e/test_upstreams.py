"""What an Upstream may say about its hosts: balancing, subsets, sockets, connections, health, outliers."""

import json
import time

import pytest

from harness import Backend, Blackhole, Refused, eventually, never
from harness.backend import answer, ok
from harness.config import NAMESPACE, gateway, metadata, mirrored, reference, route, shadowing, upstream, virtual_service


def named(name, status="200 OK"):
    """A backend that says who it is."""
    return Backend(answer(ok(name.encode(), status=status)))


def hosts_upstream(*hosts, name="primary", static=None, **spec):
    return {
        "apiVersion": "gloo.solo.io/v1",
        "kind": "Upstream",
        "metadata": metadata(name),
        "spec": {"static": {"hosts": list(hosts), **(static or {})}, **spec},
    }


def host(backend, **more):
    return {"addr": backend.host, "port": backend.port, **more}


def site(*upstreams):
    return [gateway(), *upstreams, virtual_service(route())]


def bodies(gw, count, target="/", **kwargs):
    with gw.client() as client:
        return [client.request("GET", target, **kwargs).body.decode() for _ in range(count)]


def http_check(path="/health", **more):
    """Quick enough for a test, patient enough for a busy machine."""
    return {
        "timeout": "5s",
        "interval": "0.02s",
        "noTrafficInterval": "0.02s",
        "healthyThreshold": 1,
        "unhealthyThreshold": 1,
        "httpHealthCheck": {"path": path},
        **more,
    }


class Patient:
    """A script that answers health checks as it is told, and everything else with 200."""

    def __init__(self, name):
        self.name = name
        self.well = True

    def __call__(self, connection):
        while (request := connection.request()) is not None:
            sick = request.target == "/health" and not self.well
            connection.send(ok(self.name, status="503 Sick" if sick else "200 OK"))


def flags(gw, backend, leg="primary", name="primary"):
    address = f"{backend.host}:{backend.port}" if backend.port else backend.host
    for cluster in gw.admin_json("/clusters?format=json")["clusters"]:
        if cluster["name"] == f"{name}_{NAMESPACE}":
            return next(one[leg] for one in cluster["hosts"] if one["address"] == address)
    raise AssertionError(f"no cluster {name}")


# ---- balancing


def test_hosts_get_requests_by_their_weight(start, closing):
    light, heavy = closing(named("light")), closing(named("heavy"))
    gw = start(site(hosts_upstream(host(light), host(heavy, loadBalancingWeight=3))))
    got = bodies(gw, 80)
    assert abs(got.count("heavy") - 60) <= 1, got


def test_every_balancer_uses_all_hosts(start, closing):
    backends = [closing(named(name)) for name in "abc"]
    for balancer in ({"ringHash": {}}, {"maglev": {}}, {"random": {}}, {"leastRequest": {"choiceCount": 3}}):
        gw = start(site(hosts_upstream(*map(host, backends), loadBalancerConfig=balancer)))
        assert set(bodies(gw, 100)) == {"a", "b", "c"}, balancer


def test_changed_hosts_close_connections_where_asked_for(start, closing):
    one, two = closing(named("one")), closing(named("two"))
    config = {"loadBalancerConfig": {"closeConnectionsOnHostSetChange": True}}
    gw = start(site(hosts_upstream(host(one), **config)))
    bodies(gw, 3)
    assert len(one.connections) == 1
    gw.write(site(hosts_upstream(host(one), host(two), **config)))
    assert gw.reload()[0] == 200
    assert sorted(bodies(gw, 2)) == ["one", "two"]
    assert len(one.connections) == 2


# ---- subsets


def subset_route(prefix, **values):
    to = {"upstream": reference("primary"), "subset": {"values": values}}
    return route(prefix, to={"routeAction": {"single": to}})


def test_route_reaches_the_subset_it_asks_for(start, closing):
    prod, canary = closing(named("prod")), closing(named("canary"))
    labels = [host(b, metadata={"envoy.lb": {"stage": s}}) for b, s in ((prod, "prod"), (canary, "canary"))]
    spec = {"selectors": [{"keys": ["stage"]}], "fallbackPolicy": "NO_FALLBACK"}
    gw = start(
        [
            gateway(),
            hosts_upstream(*labels, static={"subsetSpec": spec}),
            virtual_service(
                subset_route("/canary", stage="canary"), subset_route("/prod", stage="prod"), subset_route("/x", stage="x")
            ),
        ]
    )
    assert set(bodies(gw, 10, "/canary")) == {"canary"}
    assert set(bodies(gw, 10, "/prod")) == {"prod"}
    assert gw.get("/x").status == 503


# ---- connections


def test_requests_go_through_a_unix_socket(start, closing, tmp_path):
    backend = closing(Backend(answer(ok(b"through the pipe")), path=str(tmp_path / "app.sock")))
    pipe = {"apiVersion": "gloo.solo.io/v1", "kind": "Upstream", "metadata": metadata("primary")}
    gw = start(site({**pipe, "spec": {"pipe": {"path": backend.host}}}))
    assert bodies(gw, 3) == ["through the pipe"] * 3
    assert len(backend.connections) == 1
    assert flags(gw, backend) == "healthy"


def reads_proxy_header(connection):
    line = connection.reader.until(b"\r\n").decode()
    while connection.request() is not None:
        connection.send(ok(line.encode()))


def test_proxy_header_names_the_client_and_connections_are_not_shared(start, closing):
    backend = closing(Backend(reads_proxy_header))
    gw = start(site(hosts_upstream(host(backend), proxyProtocolVersion="V1")))
    with gw.client() as alice, gw.client() as bob:
        for client in (alice, bob, alice, bob):
            port = client.sock.getsockname()[1]
            assert client.request().body.decode() == f"PROXY TCP4 127.0.0.1 127.0.0.1 {port} {gw.port}"
    assert len(backend.connections) == 2


def test_copies_speak_for_the_client_and_checks_for_nobody(start, primary, closing):
    shadow = closing(Backend(reads_proxy_header))
    resources = mirrored(primary, shadow)
    resources[2] = hosts_upstream(host(shadow), name="shadow", proxyProtocolVersion="V1", healthChecks=[http_check()])
    gw = start(resources)
    checked = shadow.wait_requests(1)[0]
    with gw.client() as client:
        assert client.request(target="/pets").status == 200
        copy = eventually(lambda: next((r for r in shadow.requests if r.target == "/pets"), None))
        port = client.sock.getsockname()[1]
    assert shadow.connections[checked.connection].reader.seen.startswith(b"PROXY UNKNOWN\r\n")
    header = f"PROXY TCP4 127.0.0.1 127.0.0.1 {port} {gw.port}\r\n".encode()
    assert shadow.connections[copy.connection].reader.seen.startswith(header)
    gw.settle()


def test_connections_serve_only_so_many_requests(start, closing):
    backend = closing(named("a"))
    gw = start(site(hosts_upstream(host(backend), connectionConfig={"maxRequestsPerConnection": 2})))
    bodies(gw, 6)
    assert [len(c.requests) for c in backend.connections] == [2, 2, 2]


def test_field_names_are_written_in_proper_case(start, closing):
    backend = closing(Backend())
    options = {"http1ProtocolOptions": {"properCaseHeaderKeyFormat": True}}
    gw = start(site(hosts_upstream(host(backend), connectionConfig=options)))
    gw.get("/", headers=["x-some-FIELD: keeps-its-value"])
    head = backend.wait_requests(1)[0].raw_head.decode()
    assert "\r\nX-Some-FIELD: keeps-its-value\r\n" in head
    assert "\r\nHost: shop.test\r\n" in head
    assert not any(name.islower() for name, _ in backend.requests[0].headers), head


def test_stream_that_lasts_too_long_is_ended(start, closing):
    backend = closing(Backend(lambda connection: connection.request() and connection.hold()))
    options = {"commonHttpProtocolOptions": {"maxStreamDuration": "0.1s"}}
    gw = start(site(hosts_upstream(host(backend), connectionConfig=options)))
    response = gw.get("/")
    assert response.status == 504
    assert response.body == b"upstream max stream duration reached"


def test_answer_with_too_many_fields_is_refused(start, closing):
    backend = closing(Backend(answer(ok(headers=[f"X-{i}: 1" for i in range(20)]))))
    gw = start(site(hosts_upstream(host(backend), connectionConfig={"commonHttpProtocolOptions": {"maxHeadersCount": 10}})))
    assert gw.get("/").status == 502


def test_small_buffer_limit_still_moves_large_bodies(start, closing):
    backend = closing(Backend())
    gw = start(site(hosts_upstream(host(backend), connectionConfig={"perConnectionBufferLimitBytes": 1000})))
    body = b"x" * 1_000_000
    with gw.client() as client:
        assert client.request("POST", body=body).status == 200
    assert backend.wait_requests(1)[0].body_length == len(body)


# ---- tunnels, which are not made


def test_nothing_goes_where_a_tunnel_was_asked_for(start, closing):
    backend, shadow = closing(Backend()), closing(Backend())
    resources = mirrored(backend, shadow)
    for resource in resources[1:3]:
        resource["spec"]["httpProxyHostname"] = "a"
    gw = start(resources)
    assert gw.get("/").status == 503
    never(lambda: backend.connections or shadow.connections)


# ---- health checks


def test_unhealthy_host_gets_no_requests_until_it_recovers(start, closing):
    scripts = [Patient(b"a"), Patient(b"b")]
    backends = [closing(Backend(script)) for script in scripts]
    gw = start(site(hosts_upstream(*map(host, backends), healthChecks=[http_check()])), workers=2)
    assert set(bodies(gw, 20)) == {"a", "b"}
    scripts[0].well = False
    eventually(lambda: flags(gw, backends[0]) == "/failed_active_hc")
    eventually(lambda: set(bodies(gw, 20)) == {"b"})
    labels = {"upstream": f"primary_{NAMESPACE}", "leg": "primary"}
    metrics = gw.metrics()
    assert metrics.total("gnomon_upstream_hosts", **labels) == 2
    assert metrics.total("gnomon_upstream_hosts_healthy", **labels) == 1
    assert metrics.total("gnomon_upstream_health_checks_total", result="failure", **labels) >= 1
    gw.wait_log("host is unhealthy")
    scripts[0].well = True
    eventually(lambda: set(bodies(gw, 20)) == {"a", "b"})


def test_hosts_are_checked_before_the_first_request(start, closing):
    sick = Patient(b"sick")
    sick.well = False
    backends = [closing(Backend(sick)), closing(Backend(Patient(b"well")))]
    config = {"healthChecks": [http_check()], "loadBalancerConfig": {"healthyPanicThreshold": 0}}
    gw = start(site(hosts_upstream(*map(host, backends), **config)))
    assert set(bodies(gw, 20)) == {"well"}


def test_without_any_healthy_host_panic_decides(start, closing):
    sick = Patient(b"sick")
    sick.well = False
    backend = closing(Backend(sick))
    gw = start(site(hosts_upstream(host(backend), healthChecks=[http_check()])))
    assert bodies(gw, 2) == ["sick", "sick"]
    assert gw.metrics().total("gnomon_upstream_panics_total") == 2
    strict = {"loadBalancerConfig": {"healthyPanicThreshold": 0}}
    gw.write(site(hosts_upstream(host(backend), healthChecks=[http_check()], **strict)))
    assert gw.reload()[0] == 200
    assert gw.get("/").status == 503


def test_reload_leaves_checks_alone(start, closing):
    backend = closing(Backend(Patient(b"a")))
    check = http_check(interval="3600s", noTrafficInterval="3600s")
    resources = site(hosts_upstream(host(backend), healthChecks=[check]))
    gw = start(resources)
    assert len(backend.requests) == 1
    gw.write([*resources, upstream("other", backend)])
    assert gw.reload()[0] == 200
    assert flags(gw, backend) == "healthy"
    assert bodies(gw, 1) == ["a"]
    assert [r.target for r in backend.requests] == ["/health", "/"]


def test_nobody_waits_for_the_check_of_a_shadow(start, primary, closing):
    shadow = closing(Blackhole())
    resources = mirrored(primary, shadow)
    resources[2] = hosts_upstream(host(shadow), name="shadow", healthChecks=[http_check(timeout="3600s")])
    began = time.monotonic()
    gw = start(resources)
    assert gw.reload()[0] == 200
    assert time.monotonic() - began < 4, "waited for the checks"
    assert flags(gw, shadow, leg="shadow", name="shadow") == "/failed_active_hc"


def test_tcp_check_finds_a_listening_host(start, closing):
    backend = closing(named("a"))
    check = {key: value for key, value in http_check().items() if key != "httpHealthCheck"}
    gw = start(site(hosts_upstream(host(backend), healthChecks=[{**check, "tcpHealthCheck": {}}])))
    assert flags(gw, backend) == "healthy"
    assert bodies(gw, 1) == ["a"]


# ---- outlier detection


def outliers(**more):
    return {"interval": "3600s", "maxEjectionPercent": 50, "consecutive5xx": 3, **more}


def test_failing_host_is_ejected_and_comes_back(start, closing):
    bad, good = closing(named("bad", status="500 No")), closing(named("good"))
    times = {"interval": "0.05s", "baseEjectionTime": "0.2s"}
    gw = start(site(hosts_upstream(host(bad), host(good), outlierDetection=outliers(**times))), workers=2)
    eventually(lambda: bodies(gw, 20) and gw.metrics().total("gnomon_upstream_ejections_total", reason="consecutive_5xx") >= 1)
    bad.script = answer(ok(b"better"))
    for connection in bad.connections:
        connection.sock.shutdown(2)
    eventually(lambda: "better" in bodies(gw, 4))


def test_ejected_host_gets_nothing_and_the_share_is_kept(start, closing):
    bad, good = closing(named("bad", status="500 No")), closing(named("good"))
    gw = start(site(hosts_upstream(host(bad), host(good), outlierDetection=outliers())), workers=2)
    bodies(gw, 6)
    eventually(lambda: flags(gw, bad) == "/failed_outlier_check")
    assert set(bodies(gw, 20)) == {"good"}
    good.script = answer(ok(b"", status="500 No"))
    for connection in good.connections:
        connection.sock.shutdown(2)
    eventually(lambda: bodies(gw, 4) and gw.metrics().total("gnomon_upstream_ejections_refused_total") >= 1)
    assert flags(gw, good) == "healthy"


def test_refused_connections_count_as_failures(start, closing):
    gone, good = closing(Refused()), closing(named("good"))
    config = outliers(splitExternalLocalOriginErrors=True, consecutiveLocalOriginFailure=2)
    gw = start(site(hosts_upstream(host(gone), host(good), outlierDetection=config)))
    assert {gw.get("/").status for _ in range(6)} == {200, 503}
    assert flags(gw, gone) == "/failed_outlier_check"
    reason = "consecutive_local_origin_failure"
    assert gw.metrics().total("gnomon_upstream_ejections_total", reason=reason) == 1
    assert {gw.get("/").status for _ in range(10)} == {200}


def test_what_copies_meet_with_is_not_held_against_live_hosts(start, closing):
    def script(connection):
        while (request := connection.request()) is not None:
            copy = request.header("x-gnomon-shadow") is not None
            connection.send(ok(b"live", status="500 Copy" if copy else "200 OK"))

    backends = [closing(Backend(script)), closing(Backend(script))]
    gw = start(
        [
            gateway(),
            hosts_upstream(*map(host, backends), outlierDetection=outliers()),
            virtual_service(route(shadow=shadowing(to="primary"))),
        ]
    )
    eventually(lambda: bodies(gw, 5) and "/failed_outlier_check" in [flags(gw, b, leg="shadow") for b in backends])
    assert [flags(gw, b) for b in backends] == ["healthy", "healthy"]
    assert {gw.get("/").status for _ in range(10)} == {200}
    gw.settle()


def test_configuration_in_effect_shows_the_settings(start, closing):
    backend = closing(named("a"))
    config = {"healthChecks": [http_check()], "outlierDetection": outliers(), "loadBalancerConfig": {"maglev": {}}}
    gw = start(site(hosts_upstream(host(backend, loadBalancingWeight=2), **config)))
    cluster = gw.admin_json("/config_dump")["clusters"][0]
    assert cluster["balance"] == "maglev", json.dumps(cluster)
    assert cluster["endpoints"][0]["weight"] == 2
    assert cluster["healthCheck"]["path"] == "/health"
    assert cluster["outlierDetection"]["consecutive5xx"] == 3
