"""Configuration changes while traffic flows."""

import os
import re
import signal
import threading
import time
from pathlib import Path

import pytest
from harness import SANITIZED, Backend, eventually, never
from harness.backend import answer, ok
from harness.client import request_bytes
from harness.config import dump, gateway, mirrored, route, shadowing, upstream, virtual_service


@pytest.fixture
def two(closing):
    return [closing(Backend(answer(ok(name)))) for name in (b"one", b"two")]


def serving(backend, extra=()):
    return [gateway(), upstream("primary", backend), virtual_service(*extra, route("/"))]


def test_changed_file_is_taken_up_by_itself(start, two):
    gw = start(serving(two[0]))
    assert gw.get().body == b"one"
    gw.write(serving(two[1]))
    eventually(lambda: gw.get().body == b"two")


def test_file_rewritten_in_place_is_taken_up(start, two):
    gw = start(serving(two[0]))
    (gw.config / "gateway.yaml").write_text(dump(serving(two[1])))
    eventually(lambda: gw.get().body == b"two")


def test_new_and_removed_files_count(start, two):
    gw = start(serving(two[0]))
    more = [upstream("more", two[1]), virtual_service(route(to="more"), domains=["more.test"], name="more")]
    gw.write(more, "more.yaml")
    eventually(lambda: gw.get(host="more.test").body == b"two")
    (gw.config / "more.yaml").unlink()
    eventually(lambda: gw.get(host="more.test").body == b"one")


def test_single_file_is_watched_too(start, two, tmp_path):
    file = tmp_path / "one.yaml"
    file.write_text(dump(serving(two[0])))
    gw = start([], manifest=file)
    assert gw.get().body == b"one"
    replacement = tmp_path / "one.yaml.new"
    replacement.write_text(dump(serving(two[1])))
    replacement.rename(file)
    eventually(lambda: gw.get().body == b"two")


def test_configmap_symlink_swap_is_seen(start, two, tmp_path):
    """Kubernetes mounts a ConfigMap as links through ..data, and swaps that one link."""
    mount = tmp_path / "mount"
    mount.mkdir()

    def publish(version, resources):
        folder = mount / f"..{version}"
        folder.mkdir()
        (folder / "gateway.yaml").write_text(dump(resources))
        link = mount / "..data_tmp"
        link.symlink_to(folder.name)
        link.rename(mount / "..data")

    publish("v1", serving(two[0]))
    (mount / "gateway.yaml").symlink_to("..data/gateway.yaml")
    gw = start([], manifest=mount)
    assert gw.get().body == b"one"
    publish("v2", serving(two[1]))
    eventually(lambda: gw.get().body == b"two")


def test_sighup_reloads(start, two):
    gw = start(serving(two[0]))
    gw.signal(signal.SIGHUP)
    gw.write(serving(two[1]))
    gw.signal(signal.SIGHUP)
    eventually(lambda: gw.get().body == b"two")
    assert gw.alive()


def test_post_reload_answers_when_the_new_configuration_serves(start, two):
    gw = start(serving(two[0]))
    for backend, body in ((two[1], b"two"), (two[0], b"one")) * 3:
        gw.write(serving(backend))
        status, text = gw.reload()
        assert status == 200, text
        assert gw.get().body == body


BAD = {
    "syntax": "a: [1, 2\n",
    "unknown field": dump([virtual_service({**route("/"), "mtchers": []})]),
    "unknown upstream kind": "apiVersion: gloo.solo.io/v1\nkind: Upstreem\nmetadata: {name: x}\n",
    "bad regex": dump([virtual_service(route(matchers=[{"regex": "("}]))]),
    "missing shadow": None,
}


@pytest.mark.parametrize("what", BAD)
def test_bad_file_keeps_the_last_good_configuration_and_says_so(start, two, what):
    gw = start(serving(two[0]))
    failures = gw.metrics().samples
    text = BAD[what] or dump([*mirrored(two[1], two[1])[:2], mirrored(two[1], two[1])[3]])
    gw.write(text)
    status, said = gw.reload()
    assert status >= 400
    assert re.search(r"gateway\.yaml:\d+:\d+", said), said
    assert gw.wait_log(r"gateway\.yaml:\d+:\d+")
    assert gw.get().body == b"one"
    changed = {key for key, value in gw.metrics().samples.items() if failures.get(key) != value}
    assert any("reload" in name or "config" in name for name, _ in changed), "no metric tells of it"
    gw.write(serving(two[1]))
    assert gw.reload()[0] == 200
    assert gw.get().body == b"two"


def test_connections_and_their_requests_outlive_a_reload(start, closing, two):
    gate = threading.Event()

    def gated(connection):
        while connection.request() is not None:
            gate.wait(10)
            connection.send(ok(b"old"))

    old = closing(Backend(gated))
    gw = start(serving(old))
    with gw.client() as busy, gw.client() as idle:
        busy.send(request_bytes())
        old.wait_requests(1)
        gw.write(serving(two[1]))
        assert gw.reload()[0] == 200
        assert idle.request().body == b"two"
        gate.set()
        assert busy.read().body == b"old"
        assert busy.request().body == b"two"


def test_reload_keeps_warm_pools(start, primary):
    gw = start(serving(primary))
    with gw.client() as client:
        client.request()
        gw.write(serving(primary, extra=[route("/other")]))
        assert gw.reload()[0] == 200
        client.request()
    assert {r.connection for r in primary.requests} == {0}


def test_no_request_fails_during_twenty_reloads_under_load(start, two, closing):
    shadow = closing(Backend())
    gw = start(serving(two[0]), workers=2)
    stop = threading.Event()
    counts, problems = [], []

    def load():
        done = 0
        try:
            while not stop.is_set():
                with gw.client() as client:
                    for _ in range(20):
                        assert client.request("POST", body=b"x" * 100).body in (b"one", b"two")
                        done += 1
        except Exception as error:  # handed to the main thread
            problems.append(repr(error))
        counts.append(done)

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for n in range(20):
        gw.write(mirrored(two[n % 2], shadow) if n % 3 == 0 else serving(two[n % 2]))
        assert gw.reload()[0] == 200
    stop.set()
    for thread in threads:
        thread.join()
    assert problems == []
    assert sum(counts) > 0


def test_files_of_the_user_are_never_written(start, two):
    gw = start(serving(two[0]))
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in gw.config.iterdir()}
    gw.reload()
    gw.get()
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in gw.config.iterdir()} == before


def test_configuration_without_a_listener_is_not_taken_over(start, two):
    gw = start(serving(two[0]))
    nothing = gateway()
    nothing["spec"] = {"bindPort": 8443, "tcpGateway": {}}
    gw.write([nothing, *serving(two[1])[1:]])
    status, body = gw.reload()
    assert status == 422
    assert "nothing would listen" in body
    assert gw.get().body == b"one"


def test_editor_litter_is_not_configuration(start, two):
    gw = start(serving(two[0]))
    for name in (".gateway.yaml.swp", "gateway.yaml~", "notes.txt"):
        (gw.config / name).write_text("not: [yaml")
    assert gw.reload()[0] == 200
    never(lambda: gw.get().body != b"one", 0.1)


def labels(gw, label):
    return {dict(key)[label] for _, key in gw.metrics().samples if label in dict(key)}


def renamed(backends, n, service="default"):
    """Other names for the upstreams and the shadow at every `n`."""
    return [
        gateway(),
        upstream("primary", backends[0]),
        upstream(f"live-{n}", backends[0]),
        upstream(f"copy-{n}", backends[1]),
        virtual_service(
            route("/kept", name="kept", shadow=shadowing(to=f"copy-{n}")),
            route("/", to=f"live-{n}", name=f"test-{n}", shadow=shadowing(to=f"copy-{n}")),
            name=service,
        ),
    ]


def test_metrics_do_not_grow_with_every_name_there_ever_was(start, two):
    gw = start(renamed(two, 0), workers=2)
    sizes = []
    for n in range(1, 40):
        assert gw.get("/").status == gw.get("/kept").status == 200
        gw.settle()
        gw.write(renamed(two, n))
        assert gw.reload()[0] == 200
        sizes.append(len(gw.admin("/metrics")[1]))
    assert gw.get("/").status == gw.get("/kept").status == 200
    assert labels(gw, "upstream") == {f"{name}_gloo-system" for name in ("primary", "live-39", "copy-39")}
    assert labels(gw, "shadow") == {"gloo-system.default.kept", "gloo-system.default.test-39"}
    assert max(sizes) < sizes[0] * 1.1
    # What keeps its name keeps its counters.
    metrics = gw.settle()
    assert metrics.total("gnomon_shadow_requests_total", shadow="gloo-system.default.kept") == 40
    assert metrics.total("gnomon_upstream_requests_total", upstream="primary_gloo-system", leg="primary") == 40
    assert metrics.total("gnomon_requests_total") == 80


def test_what_is_in_flight_is_counted_under_its_old_name_until_it_has_ended(start, closing, two):
    gate = threading.Event()

    def gated(connection):
        while connection.request() is not None:
            gate.wait(30)
            connection.send(ok(b"late"))

    slow, slow_shadow = closing(Backend(gated)), closing(Backend(gated))
    gw = start(renamed([slow, slow_shadow], 0))
    with gw.client() as client:
        client.send(request_bytes())
        slow.wait_requests(1)
        slow_shadow.wait_requests(1)
        gw.write(renamed(two, 1))
        assert gw.reload()[0] == 200
        metrics = gw.metrics()
        assert metrics.total("gnomon_shadow_in_flight", shadow="gloo-system.default.test-0") == 1
        assert metrics.total("gnomon_upstream_requests_active", upstream="live-0_gloo-system") == 1
        gate.set()
        assert client.read().body == b"late"
    eventually(lambda: "gloo-system.default.test-0" not in labels(gw, "shadow"), 20)
    eventually(lambda: not {"live-0_gloo-system", "copy-0_gloo-system"} & labels(gw, "upstream"), 20)


def generation(gw):
    return gw.metrics().total("gnomon_config_generation")


def touched(gw):
    return gw.log().count("say what they said before")


def test_files_that_say_what_they_said_are_no_new_configuration(start, two):
    gw = start(serving(two[0]), args=["--log-level", "debug"])
    gw.write(serving(two[0]))
    eventually(lambda: touched(gw) == 1)
    assert generation(gw) == 1
    assert gw.reload()[0] == 200
    assert generation(gw) == 2
    gw.signal(signal.SIGHUP)
    eventually(lambda: generation(gw) == 3)
    gw.write(serving(two[1]))
    eventually(lambda: generation(gw) == 4)


def test_good_file_that_comes_back_after_a_bad_one_ends_the_alarm(start, two):
    gw = start(serving(two[0]))
    gw.write("a: [1\n")
    eventually(lambda: gw.metrics().total("gnomon_config_last_reload_successful") == 0)
    gw.write(serving(two[0]))
    eventually(lambda: gw.metrics().total("gnomon_config_last_reload_successful") == 1)
    assert gw.get().body == b"one"


def test_what_lies_beside_a_single_file_does_not_matter(start, two, tmp_path):
    """The file is reached through two links, as in a mounted ConfigMap; each of them matters, and nothing else."""
    mount, old, new = tmp_path / "mount", tmp_path / "mount" / "..v1", tmp_path / "mount" / "..v2"
    for folder, backend in ((mount, None), (old, two[0]), (new, two[1])):
        folder.mkdir()
        if backend:
            (folder / "one.yaml").write_text(dump(serving(backend)))
    (mount / "..data").symlink_to("..v1")
    (mount / "one.yaml").symlink_to("..data/one.yaml")
    gw = start([], manifest=mount / "one.yaml", args=["--log-level", "debug"])
    for folder in (mount, old):
        (folder / "other.yaml").write_text("beside")
        (folder / ".one.yaml.swp").write_text("beside")
    # Watches tell in order: when this one is seen, those above have been passed over.
    (old / "one.yaml").write_text(dump(serving(two[0])))
    eventually(lambda: touched(gw) == 1)
    never(lambda: touched(gw) != 1 or generation(gw) != 1, 0.3)
    (mount / "..data_tmp").symlink_to("..v2")
    (mount / "..data_tmp").rename(mount / "..data")
    eventually(lambda: gw.get().body == b"two")
    assert generation(gw) == 2
    (mount / "..v3").mkdir()
    (mount / "..v3" / "one.yaml").write_text(dump(serving(two[0])))
    (mount / "..data_tmp").symlink_to("..v3")
    (mount / "..data_tmp").rename(mount / "..data")
    eventually(lambda: gw.get().body == b"one")


SHOPS = 10_000
ROUTES = 10


def shop(number, to):
    """One VirtualService, as text: ten thousand of them would keep a YAML library busy for long."""
    routes = "".join(
        f"""
    - matchers: [{{prefix: /{index}/, methods: [GET, POST]}}]
      routeAction: {{single: {{upstream: {{name: {to}, namespace: gloo-system}}}}}}
      options: {{timeout: 5s, prefixRewrite: /api/{index}/}}"""
        for index in range(ROUTES)
    )
    return f"""apiVersion: gateway.solo.io/v1
kind: VirtualService
metadata: {{name: shop-{number}, namespace: gloo-system}}
spec:
  virtualHost:
    domains: [shop-{number}.test]
    routes:{routes}
"""


def processor_seconds(gw):
    fields = Path(f"/proc/{gw.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.serial
@pytest.mark.skipif(bool(SANITIZED), reason="measures time and memory")
def test_ten_thousand_virtual_services_load_and_change_under_traffic(start, two, tmp_path):
    many = tmp_path / "many"
    many.mkdir()
    (many / "base.yaml").write_text(dump([gateway(), upstream("one", two[0]), upstream("two", two[1])]))
    for number in range(SHOPS):
        (many / f"shop-{number}.yaml").write_text(shop(number, "one"))
    gw = start([], manifest=many)
    # Loading keeps one thread busy, so that on a quiet machine this is the time it takes; on a busy
    # one it waits for others, which are not to be measured.
    assert processor_seconds(gw) < 5
    assert gw.memory_bytes() < 1 << 30

    stop = threading.Event()
    served, problems = [], []

    def load():
        try:
            with gw.client() as client:
                while not stop.is_set():
                    number = len(served) % SHOPS
                    response = client.request(target=f"/{number % ROUTES}/x", host=f"shop-{number}.test")
                    assert (response.status, response.body) in ((200, b"one"), (200, b"two"))
                    served.append(number)
        except Exception as error:  # handed to the main thread
            problems.append(repr(error))

    def seconds_until_live(to):
        temporary = many / ".new"
        temporary.write_text(shop(4242, to))
        begin = time.monotonic()
        temporary.rename(many / "shop-4242.yaml")
        eventually(lambda: client.request(target="/3/x", host="shop-4242.test").body == to.encode(), 30)
        return time.monotonic() - begin

    thread = threading.Thread(target=load)
    thread.start()
    with gw.client() as client:
        took = [seconds_until_live(to) for to in ("two", "one", "two", "one", "two")]
    stop.set()
    thread.join()
    assert problems == []
    assert len(served) > 100
    # The best of them: others may have had the machine during the rest.
    assert min(took) < 1, took
