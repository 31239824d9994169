"""What a shadow may never do: each promise of docs/SHADOW_SAFETY.md against every kind of bad shadow.

Limits on time are far above what the machine's own noise does and far below what waiting for a shadow would
cost: the shadows here hold on for seconds.
"""

import contextlib
import json
import re
import signal
import statistics
import threading
import time

import bench
import pytest
from harness import SANITIZED, Backend, Refused, eventually, never, patience
from harness.backend import answer, ok
from harness.client import chunk, request_bytes
from harness.config import gateway, mirrored, route, shadowing, upstream, virtual_service
from harness.faults import NAMES, STUCK, bad_backend, hung, never_reading
from harness.gateway import BINARY
from harness.h2 import DATA, END_STREAM, FAULTS, HEADERS, RST_STREAM, greet, wide_open
from harness.message import Closed

MIB = 1 << 20
PROGRAMS = BINARY.parent / "bench"
# A stuck shadow would cost each of these requests its whole time-out, a second at the very least.
PROMPT_S = patience(0.3)
NO_BUDGET = {"request": {"timeout": "30s"}}
LIVE = b"HTTP/1.1 201 Made\r\nServer: live\r\nX-Odd:  two words \r\nContent-Length: 7\r\nX-Last: 1\r\n\r\nprimary"


@pytest.fixture(params=NAMES)
def bad(request, closing):
    return closing(bad_backend(request.param))


@pytest.fixture(params=STUCK)
def stuck(request, closing):
    return closing(bad_backend(request.param))


@pytest.fixture
def live(closing):
    """A live backend whose every byte is known."""
    return closing(Backend(answer(LIVE)))


# ---- the client's time


def test_next_request_is_not_delayed(start, live, bad):
    """Twenty small requests one after the other on one connection, then one on a fresh connection."""
    gw = start(mirrored(live, bad))
    with gw.client() as client:
        for _ in range(20):
            response, seconds = client.timed("POST", body=b"hello")
            assert response.body == b"primary"
            assert seconds < PROMPT_S
    with gw.client() as client:
        response, seconds = client.timed("GET")
        assert response.body == b"primary" and seconds < PROMPT_S
    assert gw.metrics().total("gnomon_shadow_copied_total") > 0, "the shadow was never met"


def test_end_of_connection_is_not_delayed(start, live, bad):
    gw = start(mirrored(live, bad))
    for version, headers in (("HTTP/1.1", ["Connection: close"]), ("HTTP/1.0", [])):
        with gw.client() as client:
            begin = time.monotonic()
            assert client.request(headers=headers, version=version).body == b"primary"
            client.ended()
            assert time.monotonic() - begin < PROMPT_S


def test_first_and_last_byte_of_a_streamed_answer_are_not_delayed(start, closing, stuck):
    """What the live backend sends arrives at once, piece by piece, while the shadow holds on."""

    seen = []

    def paced(connection):
        while connection.request() is not None:
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(b"first"))
            eventually(lambda: seen)
            connection.send(chunk(b"last") + b"0\r\n\r\n")

    gw = start(mirrored(closing(Backend(paced)), stuck))
    with gw.client() as client:
        begin = time.monotonic()
        client.send(request_bytes())
        client.reader.until(b"5\r\nfirst\r\n")
        assert time.monotonic() - begin < PROMPT_S
        seen.append(True)
        begin = time.monotonic()
        client.reader.until(b"0\r\n\r\n")
        assert time.monotonic() - begin < PROMPT_S


def test_pipelined_requests_are_not_delayed(start, live, stuck):
    gw = start(mirrored(live, stuck))
    with gw.client() as client:
        begin = time.monotonic()
        client.send(request_bytes("POST", body=b"x") * 50)
        assert all(client.read().status == 201 for _ in range(50))
        assert time.monotonic() - begin < patience(1)


def test_many_connections_are_not_delayed(start, live, stuck):
    gw = start(mirrored(live, stuck), workers=2)
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(gw.client()) for _ in range(64)]
        rounds = []
        for _ in range(5):
            begin = time.monotonic()
            for client in clients:
                client.send(request_bytes())
            assert all(client.read().status == 201 for client in clients)
            rounds.append(time.monotonic() - begin)
        # One copy that holds a worker up holds up every round.
        assert statistics.median(rounds) < PROMPT_S, rounds


@pytest.mark.serial
@pytest.mark.skipif(bool(SANITIZED), reason="measures time")
@pytest.mark.parametrize("connections", [1, 64])
def test_latency_with_a_hung_shadow_is_that_without_mirroring(start, closing, connections):
    """Short slices of load on two gateways in turn, by the programs of bench/: what is compared are ratios within a round."""
    live, hung = (closing(bench.Backend(PROGRAMS / "gnomon_bench_backend", *args)) for args in ([], ["hung"]))
    load = closing(bench.Load(PROGRAMS / "gnomon_bench_load"))
    live, hung = ("127.0.0.1", live.port), ("127.0.0.1", hung.port)
    plain = start([gateway(), upstream("primary", live), virtual_service(route())])
    copying = start(mirrored(live, hung, test=NO_BUDGET))
    load.run("count", copying.port, connections, "get", 2000)

    at_most(1.10, lambda: latency_ratios(load, copying, plain, connections))


def latency_ratios(load, of, against, connections, kind="get"):
    """Of p50 and of p99, medians over rounds in each of which both gateways get a short slice of load."""
    rounds = []
    for n in range(15):
        pair = {}
        for gw in (against, of) if n % 2 else (of, against):
            pair[gw] = load.run("slice", gw.port, connections, kind, 100)
            assert pair[gw]["errors"] == pair[gw]["stalled"] == 0
        rounds.append([pair[of][what] / pair[against][what] for what in ("p50", "p99")])
    return [statistics.median(values) for values in zip(*rounds)]


def at_most(limit, ratios):
    """The machine's noise may spoil one attempt; waiting for the shadow spoils all of them."""
    attempts = []
    while len(attempts) < 8 and not (attempts and max(attempts[-1]) <= limit):
        attempts.append(ratios())
    assert max(attempts[-1]) <= limit, attempts


def numbers(closing, first):
    """Answers at once, with a list of numbers that is another for each `first`."""
    backend = closing(bench.Backend(PROGRAMS / "gnomon_bench_backend", "numbers", str(first)))
    return "127.0.0.1", backend.port


COMPARED = {"name": "trial", "compare": {"mode": "strict"}}
# Rules that are looked for everywhere make work for the comparer and none for the worker.
LABOURED = {"name": "trial", "compare": {"rules": [{"path": f"$..field{i}", "ignore": True} for i in range(100)]}}


@pytest.mark.serial
@pytest.mark.skipif(bool(SANITIZED), reason="measures time")
@pytest.mark.parametrize("connections", [1, 64])
def test_latency_with_answers_compared_is_that_of_copies_alone(start, closing, connections):
    """Equal answers, which the comparer keeps up with: a copy costs time, comparing what it answers hardly any."""
    live, shadow = numbers(closing, 1), numbers(closing, 1)
    load = closing(bench.Load(PROGRAMS / "gnomon_bench_load"))
    copying = start(mirrored(live, shadow, test={"name": "trial"}))
    comparing = start(mirrored(live, shadow, test=COMPARED))
    load.run("count", comparing.port, connections, "get", 2000)
    at_most(1.25, lambda: latency_ratios(load, comparing, copying, connections))
    assert comparing.metrics().total("gnomon_shadow_compared_total") > 0


@pytest.mark.serial
@pytest.mark.skipif(bool(SANITIZED), reason="measures time")
@pytest.mark.parametrize(("kind", "refusal"), [("get", "queue_full"), ("large", "budget_bytes")])
def test_latency_with_comparers_saturated_is_that_of_copies_alone(start, closing, kind, refusal):
    """Answers that differ everywhere, more than one comparer can take: the queue refuses small ones, bodies of large ones are let go."""
    live, shadow = numbers(closing, 1), numbers(closing, 10**15)
    load = closing(bench.Load(PROGRAMS / "gnomon_bench_load"))
    copying = start(mirrored(live, shadow, test={"name": "trial"}))
    limits = {"bufferBytes": "1Gi" if kind == "get" else "8Mi"}
    comparing = start(mirrored(live, shadow, test={**LABOURED, "limits": limits}), args=["--compare-threads", "1"])

    def refused():
        metrics = comparing.metrics()
        shed = metrics.total("gnomon_shadow_shed_total") if kind == "large" else 0
        return shed + metrics.total("gnomon_shadow_uncompared_total", reason=refusal)

    def saturated_ratios():
        eventually(lambda: load.run("slice", comparing.port, 64, kind, 200) and refused() > 0, patience(30))
        before, copied = refused(), comparing.metrics().total("gnomon_shadow_copied_total")
        ratios = latency_ratios(load, comparing, copying, 64, kind)
        share = (refused() - before) / (comparing.metrics().total("gnomon_shadow_copied_total") - copied)
        assert share > 0.5, "the comparer was meant to be behind"
        return ratios

    at_most(1.35, saturated_ratios)


# ---- the client's upload


def upload(gw, target, size, framing="length"):
    """Seconds for an upload in small writes, and its answer."""
    block = b"u" * 65536
    chunked = framing == "chunked"
    head = ["Transfer-Encoding: chunked"] if chunked else [f"Content-Length: {size}"]
    with gw.client() as client:
        begin = time.monotonic()
        client.send(request_bytes("POST", target, head))
        for _ in range(size // len(block)):
            client.send(chunk(block) if chunked else block)
        if chunked:
            client.send(b"0\r\n\r\n")
        response = client.read_final()
        return response, time.monotonic() - begin


def test_upload_is_never_held_up(start, live, bad):
    """No bad shadow makes the gateway stop reading from the client: 8 MiB pass, whole."""
    gw = start(mirrored(live, bad, test={"limits": {"bufferBytes": 2 * MIB}}))
    response, seconds = upload(gw, "/", 8 * MIB)
    assert response.body == b"primary"
    assert seconds < patience(2)
    assert live.requests[0].body_length == 8 * MIB


@pytest.mark.serial
@pytest.mark.skipif(bool(SANITIZED), reason="measures time and memory")
@pytest.mark.parametrize(("name", "limit"), [("never_reading", 1.25), ("blackhole", 1.25), ("reads_all", 1.8)])
def test_large_upload_takes_as_long_as_without_mirroring(start, live, closing, name, limit):
    """Five pairs of 64 MiB in small writes. The best pair tells: noise slows some of them, waiting slows all.

    A shadow that reads it all has the same bytes pass through the same two processors once more, and that is all.
    """
    if name == "reads_all":
        # In a process of its own: in this one it would take time from the client.
        shadow = ("127.0.0.1", closing(bench.Backend(PROGRAMS / "gnomon_bench_backend", "hung")).port)
    else:
        shadow = closing(bad_backend(name))
    gw = start(mirrored(live, shadow, test={"limits": {"bufferBytes": 8 * MIB}}))
    upload(gw, "/live", 64 * MIB)
    before = gw.memory_bytes()
    ratios = []
    for _ in range(5):
        plain = upload(gw, "/live", 64 * MIB)[1]
        copied = upload(gw, "/", 64 * MIB)[1]
        ratios.append(copied / plain)
        assert gw.memory_bytes() - before < 8 * MIB * 1.1 + 4 * MIB
    assert min(ratios) < limit, ratios


@pytest.mark.serial
@pytest.mark.skipif(bool(SANITIZED), reason="measures time")
def test_large_transfers_go_on_beside_shadows_that_never_stop_talking(start, closing):
    """Forty answers without end keep the background lane busy; live bytes do not wait behind them."""
    body = b"d" * (16 * MIB)
    live = closing(Backend(answer(lambda r: ok(body if r.method == "GET" else b"primary"))))
    gw = start(mirrored(live, closing(bad_backend("chatty")), test=NO_BUDGET))
    with gw.client() as client:
        for _ in range(40):
            assert client.request("POST", "/", body=b"x").body == b"primary"
    for target in ("/live", "/"):
        assert upload(gw, target, 32 * MIB)[1] < 4
        with gw.client() as client:
            response, seconds = client.timed("GET", target)
            assert response.body_length == len(body)
            assert seconds < 4
    assert gw.metrics().total("gnomon_shadow_in_flight") >= 20, "they were meant to be talking all the while"


# ---- the client's bytes


def test_not_a_byte_of_the_answer_changes(start, live, bad):
    gw = start(mirrored(live, bad))
    answers = {}
    for target in ("/live", "/"):
        with gw.client() as client:
            for _ in range(5):
                client.send(request_bytes("POST", target, ["X-Request-Id: fixed"], b"hello"))
            for _ in range(5):
                client.read()
            client.finish()
            client.rest()
            answers[target] = without_times(client.reader.seen)
    assert answers["/"] == answers["/live"]
    assert b"EVIL" not in answers["/"]


def without_times(data):
    return re.sub(rb"(?i)\r\n(date|x-envoy-upstream-service-time): [^\r]*", b"", bytes(data))


def test_the_live_request_is_not_changed_either(start, live, stuck):
    gw = start(mirrored(live, stuck))
    for target in ("/live", "/"):
        gw.get(target, headers=["X-Request-Id: fixed", "X-A: 1"])
    plain, copied = (r.raw_head.partition(b"\r\n")[2] for r in live.wait_requests(2))
    assert plain == copied


def test_shadow_answer_never_replaces_a_failed_live_one(start, closing):
    gw = start(mirrored(closing(Refused()), closing(bad_backend("healthy"))))
    response = gw.get()
    assert response.status in (502, 503)
    assert b"EVIL" not in response.body


def test_stray_second_answer_is_not_taken_for_the_next_copy_s(start, live, closing):
    shadow = closing(bad_backend("two_answers"))
    gw = start(mirrored(live, shadow))
    with gw.client() as client:
        for _ in range(10):
            assert client.request().body == b"primary"
            metrics = gw.settle()  # so that the next copy finds the connection idle, were it kept
    assert metrics.total("gnomon_shadow_copied_total") == metrics.total("gnomon_shadow_answered_total") == 10
    # A connection on which more came than was asked for is not used again.
    assert [len(c.requests) for c in shadow.connections] == [1] * 10


# ---- the access log


def test_access_log_line_is_neither_late_nor_longer(start, live, bad, tmp_path):
    path = tmp_path / "access.log"
    gw = start(mirrored(live, bad), args=["--access-log", str(path), "--access-log-format", "json"])
    for n in range(3):
        begin = time.monotonic()
        assert gw.get(f"/{n}").status == 201

        def written():
            lines = path.read_text().splitlines() if path.exists() else []
            return next((json.loads(line) for line in lines if json.loads(line).get("path") == f"/{n}"), None)

        entry = eventually(written, patience(1.5))
        assert time.monotonic() - begin < patience(1.5)
        assert entry["duration_ms"] < PROMPT_S * 1000


# ---- memory, descriptors and connections


@pytest.mark.serial
@pytest.mark.skipif(bool(SANITIZED), reason="a sanitizer keeps freed memory")
@pytest.mark.parametrize("name", ["hung", "never_reading", "blackhole", "h2_hung", "h2_never_updating"])
def test_memory_stays_within_the_shadow_budget(start, live, closing, name):
    """1200 copies of 64 KiB would be 75 MiB: they stay below 8 MiB and a tenth."""
    budget = 8 * MIB
    gw = start(mirrored(live, closing(bad_backend(name)), test={**NO_BUDGET, "limits": {"bufferBytes": budget}}))
    body = b"b" * 65536
    with gw.client() as client:
        for _ in range(50):
            client.request("POST", "/live", body=body)
        before = gw.memory_bytes()
        for _ in range(1200):
            assert client.request("POST", "/", body=body).status == 201
    # 2 MiB for what connections and their bookkeeping take, and 1 more for streams, which is not the copies' own.
    aside = (3 if name.startswith("h2_") else 2) * MIB
    assert gw.memory_bytes() - before < budget * 1.1 + aside
    if name == "blackhole":
        # To the others the kernel still takes this much for each connection.
        assert gw.metrics().lost("budget_bytes") > 0


@pytest.mark.serial
@pytest.mark.skipif(bool(SANITIZED), reason="a sanitizer keeps freed memory")
def test_small_copies_do_not_pin_what_large_requests_were_read_into(start, live, closing):
    """Between two copies of 100 bytes passes a live body of 60 KiB: a copy that held on to its block would hold that."""
    gw = start(mirrored(live, closing(bad_backend("blackhole")), test={**NO_BUDGET, "limits": {"bufferBytes": 8 * MIB}}))
    with gw.client() as client:
        for _ in range(50):
            client.request("POST", "/live", body=b"b" * 61440)
        before = gw.memory_bytes()
        for _ in range(600):
            client.request("POST", "/", body=b"s" * 100)
            client.request("POST", "/live", body=b"b" * 61440)
    assert gw.metrics().total("gnomon_shadow_copied_total") > 400
    assert gw.memory_bytes() - before < 8 * MIB * 1.1 + 2 * MIB


@pytest.mark.serial
@pytest.mark.skipif(bool(SANITIZED), reason="a sanitizer keeps freed memory")
def test_upload_in_small_pieces_does_not_pin_what_was_read_between_them(start, live, closing):
    """What a shadow does not take of an upload waits: without the large requests it was read amongst."""
    gw = start(mirrored(live, closing(bad_backend("never_reading")), test={**NO_BUDGET, "limits": {"bufferBytes": 32 * MIB}}))
    piece, pieces = b"u" * 2048, 5120
    with gw.client() as client, gw.client() as uploader:
        for _ in range(50):
            client.request("POST", "/live", body=b"b" * 12288)
        before = gw.memory_bytes()
        uploader.send(request_bytes("POST", "/", [f"Content-Length: {len(piece) * pieces}"]))
        for _ in range(pieces):
            uploader.send(piece)
            client.request("POST", "/live", body=b"b" * 12288)
        held = gw.metrics().total("gnomon_shadow_buffered_bytes")
        assert held > 2 * MIB, "the kernel has taken it all"
        assert gw.memory_bytes() - before < held * 1.1 + 3 * MIB
        assert uploader.read_final().body == b"primary"


@pytest.mark.serial
@pytest.mark.skipif(bool(SANITIZED), reason="a sanitizer keeps freed memory")
@pytest.mark.parametrize("name", ["endless_body", "giant_head", "interim_flood", "h2_endless_body", "h2_ping_flood"])
def test_answer_without_end_takes_no_memory(start, live, closing, name):
    gw = start(mirrored(live, closing(bad_backend(name)), test={"request": {"timeout": "500ms"}}))
    gw.get("/live")
    before = gw.memory_bytes()
    with gw.client() as client:
        for _ in range(20):
            assert client.request().body == b"primary"
    gw.settle()
    assert gw.memory_bytes() - before < 8 * MIB


def test_tls_connections_of_copies_are_charged(start, live, closing):
    """Each takes its 56 KiB of the budget, however little of a request it holds."""
    test = {**NO_BUDGET, "limits": {"bufferBytes": 256 * 1024}}
    gw = start(mirrored(live, closing(bad_backend("handshake_hung")), test=test))
    with gw.client() as client:
        for _ in range(10):
            assert client.request().body == b"primary"
    eventually(lambda: gw.metrics().lost("budget_bytes") == 6)
    metrics = gw.metrics()
    assert metrics.total("gnomon_shadow_in_flight") == 4
    assert 4 * 56 * 1024 <= metrics.total("gnomon_shadow_buffered_bytes") <= 256 * 1024


@pytest.mark.serial
@pytest.mark.skipif(bool(SANITIZED), reason="a sanitizer keeps freed memory")
def test_tls_connections_of_copies_stay_within_the_budget(start, live, closing):
    """A thousand handshakes that come to no end would be 42 MiB."""
    budget = 8 * MIB
    test = {**NO_BUDGET, "limits": {"bufferBytes": budget}}
    gw = start(mirrored(live, closing(bad_backend("handshake_hung")), test=test))
    with gw.client() as client:
        for _ in range(50):
            client.request("POST", "/live", body=b"b" * 1000)
        before = gw.memory_bytes()
        for _ in range(1000):
            assert client.request("POST", "/", body=b"b" * 1000).status == 201
    assert gw.memory_bytes() - before < budget * 1.1 + 2 * MIB
    metrics = gw.metrics()
    assert metrics.lost("budget_bytes") > 0 and metrics.total("gnomon_shadow_in_flight") > 100


@pytest.mark.parametrize("name", STUCK)
def test_descriptors_are_left_for_the_live_side(start, live, closing, name):
    """With 128 descriptors in all and every copy stuck, all live requests on fresh connections are served."""
    gw = start(mirrored(live, closing(bad_backend(name)), test=NO_BUDGET), open_files=128)
    for _ in range(300):
        assert gw.get().body == b"primary"
    # One at a time would get by with the one descriptor that the client before has just given back.
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(gw.client()) for _ in range(16)]
        assert all(client.request().body == b"primary" for client in clients)


def test_connections_of_the_live_upstream_are_its_own(start, live, closing):
    """Live and shadow name the same Upstream, which allows one connection: copies do not take it."""

    def only_copies_hang(connection):
        while (request := connection.request()) is not None:
            if request.header("x-gnomon-shadow") is not None:
                return connection.swallow()
            connection.send(LIVE)

    backend = closing(Backend(only_copies_hang))
    gw = start(
        [
            gateway(),
            upstream("other", live),
            upstream("primary", backend, circuitBreakers={"maxConnections": 1, "maxRequests": 1}),
            virtual_service(
                route("/other", to="other", shadow=shadowing("primary")), route(shadow=shadowing("primary"))
            ),
        ]
    )
    # The copy is there first, and stays: what there is of connections and requests would be its own.
    gw.get("/other")
    backend.wait_requests(1)
    with gw.client() as client:
        for _ in range(10):
            response, seconds = client.timed()
            assert response.status == 201 and seconds < PROMPT_S


def test_no_descriptor_stays_behind(start, live, bad):
    gw = start(mirrored(live, bad, test={"request": {"timeout": "300ms"}}))
    gw.get("/live")
    gw.metrics()
    before = gw.descriptors()
    for _ in range(3):
        for _ in range(10):
            gw.get()
        gw.settle()
    # Live and shadow pools keep a few idle connections, no more than ten of copies that are under way at once; thirty
    # stuck copies would be thirty.
    eventually(lambda: gw.descriptors() < before + 15, patience(5))
    assert len(live.connections) <= 31


# ---- reload, drain, stop


@pytest.mark.parametrize("name", STUCK)
def test_reload_is_not_delayed(start, live, closing, name):
    shadow = closing(bad_backend(name))
    gw = start(mirrored(live, shadow, test=NO_BUDGET))
    with gw.client() as client:
        for _ in range(10):
            client.request()
        begin = time.monotonic()
        gw.write([gateway(), upstream("primary", live), virtual_service(route())])
        assert gw.reload()[0] == 200
        assert client.request().status == 201
        assert time.monotonic() - begin < patience(1)


@pytest.mark.parametrize("name", STUCK)
def test_stopping_waits_for_a_shadow_no_longer_than_its_grace(start, live, closing, name):
    gw = start(mirrored(live, closing(bad_backend(name)), test=NO_BUDGET), args=["--shadow-grace", "300ms"])
    for _ in range(20):
        gw.get()
    gw.check_sums()
    begin = time.monotonic()
    gw.signal(signal.SIGTERM)
    assert gw.wait_exit() == 0
    assert time.monotonic() - begin < 0.3 + patience(1)


def test_grace_lets_a_copy_finish(start, live, closing):
    """A copy that is answered within the grace counts as answered: the shadow gets it whole."""
    go = threading.Event()

    def slow(connection):
        connection.request()
        go.wait(10)
        connection.send(ok(b"EVIL"))
        connection.swallow()

    shadow = closing(Backend(slow))
    gw = start(mirrored(live, shadow, test=NO_BUDGET), args=["--shadow-grace", "10s"])
    gw.get()
    shadow.wait_requests(1)
    begin = time.monotonic()
    gw.signal(signal.SIGTERM)
    never(lambda: not gw.alive())
    go.set()
    assert gw.wait_exit() == 0
    assert time.monotonic() - begin < patience(5)


# ---- cut, never completed; not retried; not copied again


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_cut_copy_is_reset_and_never_looks_complete(start, live, closing, framing):
    """A shadow that starts to read after its copy was cut finds a broken connection, not an end of message."""
    go = threading.Event()
    ends = []

    def late_reader(connection):
        go.wait(20)
        try:
            connection.request()
        except AssertionError:
            pass
        ends.append(connection.reader.end)

    shadow = closing(Backend(late_reader, receive_buffer=4096))
    gw = start(mirrored(live, shadow, test={**NO_BUDGET, "limits": {"bufferBytes": MIB}}))
    assert upload(gw, "/", 16 * MIB, framing)[0].body == b"primary"
    eventually(lambda: gw.metrics().lost("budget_bytes") == 1)
    go.set()
    eventually(lambda: ends)
    assert ends == ["reset"]
    assert shadow.requests == []


def test_copy_cut_on_a_connection_that_another_shares_holds_up_nobody(start, live, closing):
    """Over HTTP/2 a frame of the cut copy is made and cannot leave while the shadow reads nothing. Then it reads on."""
    begun, go = threading.Event(), threading.Event()
    seen = []

    def late_reader(connection):
        frames = greet(connection, wide_open())
        frames.until(HEADERS)
        begun.set()
        go.wait(20)
        with contextlib.suppress(Closed, OSError):
            while True:
                seen.append(frames.next()[:3])

    shadow = closing(Backend(late_reader))
    shadow.http2 = True
    gw = start(mirrored(live, shadow, test={**NO_BUDGET, "limits": {"bufferBytes": MIB}}))
    with gw.client() as other:
        other.send(request_bytes("POST", "/other", ["Content-Length: 8"]) + b"half")
        assert begun.wait(10)
        assert upload(gw, "/", 16 * MIB)[0].body == b"primary"
        eventually(lambda: gw.metrics().lost("budget_bytes") == 1)
        go.set()
        eventually(lambda: any(kind == RST_STREAM for kind, *_ in seen))
        assert len(shadow.connections) == 1
        for n in range(5):
            assert gw.get(f"/live/{n}").body == b"primary"
        other.send(b"half")
        assert other.read_final().body == b"primary"
    assert sum(kind == RST_STREAM for kind, *_ in seen) == 1


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_client_that_goes_away_takes_its_copy_along(start, live, closing, framing):
    shadow = closing(Backend())
    gw = start(mirrored(live, shadow))
    client = gw.client()
    if framing == "chunked":
        client.send(request_bytes("POST", "/", ["Transfer-Encoding: chunked"]) + chunk(b"half"))
    else:
        client.send(request_bytes("POST", "/", ["Content-Length: 1000"]) + b"half")
    shadow.wait_heads(1)
    client.close()
    eventually(lambda: shadow.cut and live.cut)
    assert shadow.requests == live.requests == []
    assert gw.settle().lost("client_abort") == 1


def test_copy_outlives_a_client_that_had_sent_it_all(start, live, closing):
    shadow = closing(Backend())
    gw = start(mirrored(live, shadow))
    for _ in range(5):
        with gw.client() as client:
            client.send(request_bytes("POST", "/", body=b"whole"))
            live.wait_heads(1)
    eventually(lambda: len(live.heads) == 5)
    metrics = gw.settle()
    assert metrics.total("gnomon_shadow_requests_total") == 5
    assert all(r.body == b"whole" for r in shadow.requests)


@pytest.mark.parametrize("name", ["close_at_once", "reset_at_once", "reset_mid_body", "error_500", "truncated", "garbage"])
def test_copy_is_never_sent_again(start, live, closing, name):
    shadow = closing(bad_backend(name))
    gw = start(mirrored(live, shadow))
    for n in range(10):
        assert gw.get(f"/{n}").body == b"primary"
    gw.settle()
    heads = re.findall(rb"GET /(\d) HTTP", b"".join(bytes(c.reader.seen) for c in shadow.connections))
    assert len(heads) == len(set(heads))
    assert len(shadow.connections) <= 10


@pytest.mark.parametrize("name", ["resetting", "refusing", "goaway_at_once"])
def test_copy_is_never_sent_again_over_http2(start, live, closing, name):
    """Not even one that the shadow says it has not looked at, as a live request is."""
    shadow = closing(Backend(FAULTS[name]))
    shadow.http2 = True
    gw = start(mirrored(live, shadow))
    for n in range(10):
        assert gw.get(f"/{n}").body == b"primary"
    metrics = gw.settle()
    copied = metrics.total("gnomon_shadow_copied_total")
    assert 0 < copied == metrics.total("gnomon_shadow_failed_total")
    # Begun at all, that is: a connection that says GOAWAY first may end before it is used.
    assert metrics.total("gnomon_upstream_requests_total", leg="shadow") <= copied


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_client_that_goes_away_takes_its_http2_copy_along(start, live, closing, framing):
    """The shadow sees its stream reset, with CANCEL, and not its end."""
    seen = []

    def script(connection):
        frames = greet(connection)
        with contextlib.suppress(Closed, OSError):
            while True:
                seen.append(frames.next())

    shadow = closing(Backend(script))
    shadow.http2 = True
    gw = start(mirrored(live, shadow))
    client = gw.client()
    if framing == "chunked":
        client.send(request_bytes("POST", "/", ["Transfer-Encoding: chunked"]) + chunk(b"half"))
    else:
        client.send(request_bytes("POST", "/", ["Content-Length: 1000"]) + b"half")
    eventually(lambda: any(kind == DATA for kind, *_ in seen))
    client.close()
    eventually(lambda: any(kind == RST_STREAM for kind, *_ in seen))
    assert not any(kind in (HEADERS, DATA) and flags & END_STREAM for kind, flags, *_ in seen)
    assert gw.settle().lost("client_abort") == 1


def test_copy_that_meets_a_closing_pooled_connection_is_counted(start, live, closing):
    def one_each(connection):
        connection.request()
        connection.send(ok(b"EVIL"))

    shadow = closing(Backend(one_each))
    gw = start(mirrored(live, shadow))
    with gw.client() as client:
        for _ in range(30):
            assert client.request().body == b"primary"
    metrics = gw.settle()
    assert metrics.total("gnomon_shadow_copied_total") == 30
    assert metrics.total("gnomon_shadow_answered_total") == len(shadow.requests) or metrics.lost("reset") > 0


# ---- every loss is counted with its reason


def test_lost_connect_fail(start, live, closing):
    gw = start(mirrored(live, closing(Refused())))
    gw.get()
    assert gw.settle().lost("connect_fail") == 1


def test_lost_tls(start, live, closing):
    gw = start(mirrored(live, closing(bad_backend("handshake_garbage"))))
    gw.get()
    metrics = gw.settle()
    assert metrics.lost("tls") == 1
    assert metrics.total("gnomon_upstream_tls_failures_total", leg="shadow", reason="protocol") == 1


def test_lost_breaker_open(start, live, closing):
    """A shadow that cannot be reached is left alone for a while."""
    gw = start(mirrored(live, closing(Refused())))
    with gw.client() as client:
        for _ in range(200):
            assert client.request().body == b"primary"
    metrics = gw.settle()
    assert metrics.lost("breaker_open") > 0
    assert metrics.lost("connect_fail") + metrics.lost("breaker_open") == 200


def test_lost_reset(start, live, closing):
    gw = start(mirrored(live, closing(bad_backend("reset_mid_body"))))
    gw.get()
    assert gw.settle().lost("reset") == 1


def test_lost_protocol(start, live, closing):
    gw = start(mirrored(live, closing(bad_backend("garbage"))))
    gw.get()
    assert gw.settle().lost("protocol") == 1


def test_lost_response_limit(start, live, closing):
    gw = start(mirrored(live, closing(bad_backend("endless_body")), test=NO_BUDGET))
    gw.get()
    assert gw.settle().lost("response_limit") == 1


@pytest.mark.parametrize(
    ("reason", "headers"),
    [
        ("method", []),
        ("marked", ["X-Gnomon-Shadow: 1"]),
        ("upgrade", ["Upgrade: echo", "Connection: Upgrade"]),
    ],
    ids=["method", "marked", "upgrade"],
)
def test_lost_before_it_was_begun(start, live, closing, reason, headers):
    methods = ["POST"] if reason == "method" else ["GET"]
    gw = start(mirrored(live, closing(Backend()), test={"request": {"methods": methods}}))
    assert gw.get(headers=headers).body == b"primary"
    metrics = gw.settle()
    assert metrics.lost(reason) == metrics.total("gnomon_shadow_requests_total") == 1


def test_lost_timeout(start, live, closing):
    gw = start(mirrored(live, closing(Backend(hung)), test={"request": {"timeout": "200ms"}}))
    gw.get()
    assert gw.settle().lost("timeout") == 1


def test_lost_timeout_counts_the_whole_exchange(start, live, closing):
    """A byte now and then does not keep a copy alive."""
    gw = start(mirrored(live, closing(bad_backend("trickling")), test={"request": {"timeout": "300ms"}}))
    gw.get()
    assert gw.settle().lost("timeout") == 1


def test_lost_budget_bytes(start, live, closing):
    shadow = closing(Backend(never_reading, receive_buffer=4096))
    gw = start(mirrored(live, shadow, test={**NO_BUDGET, "limits": {"bufferBytes": MIB}}))
    upload(gw, "/", 16 * MIB)
    assert gw.settle().lost("budget_bytes") == 1


def test_lost_budget_inflight(start, live, closing):
    gw = start(mirrored(live, closing(Backend(hung)), test={**NO_BUDGET, "limits": {"inFlight": 3}}))
    with gw.client() as client:
        for _ in range(10):
            client.request()
    metrics = gw.metrics()
    assert metrics.lost("budget_inflight") == 7
    assert metrics.total("gnomon_shadow_in_flight") == 3


def test_lost_rate(start, live, closing):
    gw = start(mirrored(live, closing(Backend()), test={"limits": {"requestsPerSecond": 5}}))
    with gw.client() as client:
        client.send(request_bytes() * 100)
        assert all(client.read().status == 201 for _ in range(100))
    metrics = gw.settle()
    assert metrics.lost("rate") >= 80
    assert metrics.total("gnomon_shadow_copied_total") >= 1


def test_lost_no_host(start, live):
    """An Upstream without a single endpoint."""
    gw = start(
        [
            gateway(),
            upstream("primary", live),
            upstream("shadow", ("no-such-host.invalid", 80)),
            virtual_service(route(shadow=shadowing())),
        ]
    )
    eventually(lambda: gw.get().status == 201 and gw.metrics().lost("no_host") > 0)


def test_lost_client_abort_and_primary_rejected(start, closing):
    """A live backend that turns an upload down takes the copy with it: both saw the same bytes."""

    def refuses(connection):
        connection.head()
        connection.send(ok(b"primary", status="413 Too Big", headers=["Connection: close"]))
        connection.finish()
        connection.swallow()

    shadow = closing(Backend())
    gw = start(mirrored(closing(Backend(refuses)), shadow))
    with gw.client() as client:
        client.send(request_bytes("POST", "/", ["Content-Length: 100000"]) + b"x" * 1000)
        assert client.read().status == 413
    assert gw.settle().lost("primary_rejected") == 1
    assert shadow.requests == []


def test_sampled_out_is_counted(start, live, closing):
    gw = start(mirrored(live, closing(Backend()), percentage=0))
    for _ in range(5):
        gw.get()
    metrics = gw.settle()
    assert metrics.lost("sampled_out") == metrics.total("gnomon_shadow_requests_total") == 5


def test_every_request_is_accounted_for_under_a_mixture_of_everything(start, live, closing):
    """Aborts, uploads and pipelines against a shadow that changes its mind: the sums still add up exactly."""
    shadow = closing(Backend())
    gw = start(
        mirrored(live, shadow, percentage=70, test={"request": {"timeout": "300ms"}, "limits": {"inFlight": 5}}), workers=2
    )
    scripts = [bad_backend(name) for name in NAMES if name not in ("refused", "blackhole")]
    for backend in scripts:
        closing(backend)
    sent = 0
    for n, backend in enumerate(scripts * 2):
        shadow.script = backend.script
        with gw.client() as client, gw.client() as leaver:
            client.send(request_bytes("POST", f"/{n}", body=b"x" * 1000) * 10)
            leaver.send(request_bytes("POST", f"/{n}", ["Content-Length: 100"]) + b"half")
            assert all(client.read().status == 201 for _ in range(10))
            sent += 11
        live.wait_requests(10 * (n + 1))
    metrics = gw.settle()
    assert metrics.total("gnomon_shadow_requests_total") in range(sent - len(scripts) * 2, sent + 1)
