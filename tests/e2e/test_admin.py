"""The admin port: what can be read there, and that only POST changes anything."""

import json
import re

import pytest
from harness import Backend, Client, Refused
from harness.config import gateway, mirrored, route, upstream, virtual_service


@pytest.fixture
def gw(start, primary, closing):
    return start(mirrored(primary, closing(Backend())))


def test_metrics_are_well_formed_and_described(gw):
    gw.get()
    metrics = gw.settle()
    assert metrics.types
    for name, kind in metrics.types.items():
        assert name.startswith("gnomon_") or name.startswith("process_"), name
        assert metrics.helps.get(name), f"no HELP for {name}"
        assert (kind == "counter") == name.endswith("_total"), name
        assert not re.search(r"_(ms|milliseconds|micros|kb|mb)\b", name), f"{name}: base units only"


def test_histograms_are_cumulative(gw):
    for _ in range(5):
        gw.get()
    metrics = gw.settle()
    for name in (n for n, kind in metrics.types.items() if kind == "histogram"):
        series = {}
        for labels, value in metrics.select(f"{name}_bucket").items():
            rest = tuple(item for item in labels if item[0] != "le")
            series.setdefault(rest, []).append((float(dict(labels)["le"]), value))
        for rest, buckets in series.items():
            buckets.sort()
            values = [value for _, value in buckets]
            assert values == sorted(values)
            assert buckets[-1][0] == float("inf")
            assert values[-1] == metrics.total(f"{name}_count", **dict(rest))


def test_requests_are_counted_by_class_of_status(gw):
    for _ in range(3):
        gw.get()
    metrics = gw.settle()
    assert metrics.total("gnomon_requests_total", code_class="2xx") == 3
    assert metrics.total("gnomon_requests_total") == 3


def test_shadow_legs_are_told_apart(gw):
    for _ in range(4):
        gw.get()
    metrics = gw.settle()
    assert metrics.total("gnomon_requests_total") == 4
    assert metrics.total("gnomon_shadow_answered_total", code_class="2xx") == 4


def test_every_reason_is_there_from_the_first_request(gw):
    gw.get()
    metrics = gw.metrics()
    reasons = {
        dict(key[1])["reason"]
        for key in metrics.samples
        if key[0] in ("gnomon_shadow_dropped_total", "gnomon_shadow_failed_total")
    }
    for reason in (
        "sampled_out no_upstream no_host budget_bytes budget_inflight rate client_share breaker_open client_abort "
        "primary_rejected timeout connect_fail reset shutdown"
    ).split():
        assert reason in reasons, reason


def test_labels_do_not_grow_with_what_clients_send(gw):
    with gw.client() as client:
        client.request()
        before = len(gw.settle().samples)
        for n in range(50):
            client.request(f"M{n}", f"/path/{n}?q={n}", host=f"host{n}.test")
    assert len(gw.settle().samples) - before < 20


@pytest.mark.parametrize("path", ["/metrics", "/ready", "/healthz", "/config_dump", "/clusters"])
def test_reading_endpoints_answer_get_and_head(gw, path):
    assert gw.admin(path)[0] == 200
    assert gw.admin(path, "HEAD")[0] == 200


def test_what_changes_something_is_post_only(gw):
    assert gw.admin("/reload")[0] == 405
    assert gw.admin("/reload", "POST")[0] == 200
    assert gw.admin("/metrics", "POST")[0] == 405
    assert gw.admin("/nowhere")[0] == 404


def test_config_dump_shows_what_is_served(gw):
    text = json.dumps(gw.admin_json("/config_dump"))
    for word in ("primary", "shadow", "gloo-system"):
        assert word in text


def test_clusters_show_every_endpoint(start, primary, closing):
    gone = closing(Refused())
    gw = start([gateway(), upstream("primary", primary, gone), virtual_service(route())])
    status, text = gw.admin("/clusters")
    assert status == 200
    assert f"127.0.0.1:{primary.port}" in text
    assert f"127.0.0.1:{gone.port}" in text


def test_proxied_traffic_never_reaches_the_admin_endpoints(gw):
    for path in ("/metrics", "/config_dump", "/reload"):
        assert gw.get(path).body == b"ok"


def test_client_that_waits_for_leave_to_send_its_body_gets_an_answer(gw):
    def post(length):
        client = Client(gw.admin_port)
        client.send(
            f"POST /reload HTTP/1.1\r\nHost: 127.0.0.1:{gw.admin_port}\r\n"
            f"Expect: 100-continue\r\nContent-Length: {length}\r\n\r\n".encode()
        )
        return client

    with post(2) as client:
        assert client.read().status == 100
        client.send(b"{}")
        assert client.read().status == 200
    with post(1 << 20) as client:
        assert client.read().status == 413
