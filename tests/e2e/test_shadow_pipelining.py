"""Copies that share connections of HTTP/1, where a ShadowTest asks for it: nothing of it reaches the live side, and every
copy has one outcome."""

import collections
import contextlib
import os
import random
import select
import shutil
import socket
import subprocess
import threading
import time

import pytest
from harness import Backend, eventually, patience
from harness.backend import answer, ok
from harness.client import chunk, request_bytes
from harness.config import gateway, mirrored, route, shadow_test, shadowing, upstream, virtual_service
from harness.faults import HTTP2, NAMES, bad_backend, hung
from harness.pki import Pki

DEPTH = 8
PROMPT_S = patience(0.3)
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
SPOKEN_BY_HTTP1 = [name for name in NAMES if name not in HTTP2]


def piped(primary, shadow, **test):
    return mirrored(primary, shadow, test={"pipelining": {"depth": DEPTH}, "request": {"timeout": "2s"}, **test})


def ask_at_once(gw, targets):
    """As many live requests under way at the same time; their answers."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(gw.client()) for _ in targets]
        for client, target in zip(clients, targets):
            client.send(request_bytes(target=target))
        return [client.read() for client in clients]


def prove(gw, shadow):
    """One whole exchange, after which the shadow's connection is known to go on."""
    gw.get("/first")
    shadow.wait_requests(1)
    gw.settle()


class Gate:
    """A shadow's script that reads `count` further requests on a connection before it answers them, in order."""

    def __init__(self, count=DEPTH):
        self.count = count

    def __call__(self, connection):
        if connection.request() is None:
            return
        connection.send(ok(b"first"))
        while True:
            taken = []
            for _ in range(self.count):
                if (request := connection.request()) is None:
                    return
                taken.append(request)
            self.reply(connection, taken)

    def reply(self, connection, taken):
        connection.send(b"".join(ok(request.target.encode()) for request in taken))


def test_copies_share_a_connection_up_to_the_depth(start, primary, closing):
    """The shadow answers none before it has all of them, which without sharing would be never."""
    shadow = closing(Backend(Gate()))
    gw = start(piped(primary, shadow))
    prove(gw, shadow)
    targets = [f"/{n}" for n in range(DEPTH)]
    assert all(response.body == b"ok" for response in ask_at_once(gw, targets))
    metrics = gw.settle()
    assert metrics.total("gnomon_shadow_answered_total") == DEPTH + 1
    assert len(shadow.connections) == 1
    assert sorted(request.target for request in shadow.requests[1:]) == targets


def test_without_the_field_no_copy_waits_behind_another(start, primary, closing):
    shadow = closing(Backend(Gate()))
    gw = start(mirrored(primary, shadow, test={"request": {"timeout": "500ms"}}))
    prove(gw, shadow)
    ask_at_once(gw, [f"/{n}" for n in range(DEPTH)])
    metrics = gw.settle()
    assert metrics.lost("timeout") > 0 and metrics.lost("pipeline") == 0
    assert all(len(connection.requests) <= 2 for connection in shadow.connections)


def test_bodies_of_every_kind_keep_their_bounds(start, primary, closing):
    shadow = closing(Backend())
    gw = start(piped(primary, shadow))
    prove(gw, shadow)
    sent = collections.Counter()
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(gw.client()) for _ in range(6)]
        for n in range(60):
            client, body = clients[n % 6], f"{n}:".encode() * (n * n)
            if n % 3 == 0:
                client.send(request_bytes("POST", f"/{n}", ["Transfer-Encoding: chunked"]))
                client.send(b"".join(chunk(body[at : at + 5000]) for at in range(0, len(body), 5000)) + b"0\r\n\r\n")
            else:
                client.send(request_bytes("POST", f"/{n}", body=body))
            sent[f"/{n}", body] += 1
        for n in range(60):
            assert clients[n % 6].read().status == 200
    assert gw.settle().total("gnomon_shadow_answered_total") == 61
    assert collections.Counter((r.target, r.body) for r in shadow.requests if r.target != "/first") == sent


def test_upload_that_is_still_coming_holds_up_no_other_copy(start, primary, closing):
    shadow = closing(Backend())
    gw = start(piped(primary, shadow))
    prove(gw, shadow)
    with gw.client() as client:
        client.send(request_bytes("POST", "/up", ["Content-Length: 8"]) + b"half")
        shadow.wait_heads(2)
        gw.get("/beside")
        assert shadow.wait_requests(2)[1].target == "/beside"
        client.send(b"more")
        assert client.read().status == 200
    assert shadow.wait_requests(3)[2].body == b"halfmore"
    assert gw.settle().total("gnomon_shadow_answered_total") == 3


# ---- shadows that go wrong


@pytest.mark.parametrize("name", SPOKEN_BY_HTTP1)
def test_live_requests_beside_a_bad_shadow(start, closing, name):
    """Prompt and unchanged, and every copy is accounted for (which start() looks at)."""
    live = closing(Backend(answer(ok(b"primary"))))
    gw = start(piped(live, closing(bad_backend(name))))
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(gw.client()) for _ in range(8)]
        for _ in range(10):
            begin = time.monotonic()
            for client in clients:
                client.send(request_bytes("POST", body=b"hello"))
            assert all(client.read().body == b"primary" for client in clients)
            assert time.monotonic() - begin < PROMPT_S
    assert gw.metrics().total("gnomon_shadow_requests_total") == 80


def test_shadow_that_never_answers_is_at_fault_once_for_each_connection(start, primary, closing):
    """Those behind the first are late on its account, and each at its own time."""

    def stalls(connection):
        connection.request()
        connection.send(ok(b"EVIL"))
        hung(connection)

    shadow = closing(Backend(stalls))
    gw = start(piped(primary, shadow, request={"timeout": "400ms"}))
    prove(gw, shadow)
    ask_at_once(gw, [f"/{n}" for n in range(DEPTH)])
    metrics = gw.settle()
    assert len(shadow.connections) == 1
    assert (metrics.lost("timeout"), metrics.lost("pipeline")) == (1, DEPTH - 1)


def test_those_behind_a_closing_answer_are_lost_and_not_sent_again(start, primary, closing):
    class Closing(Gate):
        def reply(self, connection, taken):
            connection.send(ok(b"EVIL", headers=["Connection: close"]))

    shadow = closing(Backend(Closing()))
    made = piped(primary, shadow)
    made[2]["spec"]["outlierDetection"] = {"interval": "10s", "consecutive5xx": 3, "maxEjectionPercent": 100}
    gw = start(made)
    prove(gw, shadow)
    ask_at_once(gw, [f"/{n}" for n in range(DEPTH)])
    metrics = gw.settle()
    assert metrics.total("gnomon_shadow_answered_total") == 2
    assert metrics.lost("pipeline") == DEPTH - 1
    assert len(shadow.heads) == DEPTH + 1, "a copy was sent twice"
    assert metrics.lost("reset") == 0
    assert metrics.total("gnomon_upstream_ejections_total", leg="shadow") == 0, "held against the shadow's host"


def test_answers_in_the_wrong_order_reach_nobody(start, primary, closing):
    """Nothing of HTTP/1 says whose answer is whose; what is certain is that no client gets one."""

    class Backwards(Gate):
        def reply(self, connection, taken):
            connection.send(b"".join(ok(b"EVIL" * (n + 1)) for n, _ in enumerate(reversed(taken))))

    shadow = closing(Backend(Backwards()))
    gw = start(piped(primary, shadow))
    prove(gw, shadow)
    assert all(response.body == b"ok" for response in ask_at_once(gw, [f"/{n}" for n in range(DEPTH)]))
    assert gw.settle().total("gnomon_shadow_answered_total") == DEPTH + 1


@pytest.mark.parametrize("seed", range(3))
def test_shadow_that_closes_at_random(start, primary, closing, seed):
    """At any byte of any answer, with a FIN or a reset. No copy comes twice, and each has one outcome."""
    dice = random.Random(seed)
    lock = threading.Lock()

    def moody(connection):
        while (request := connection.request()) is not None:
            reply = ok(b"EVIL" * 100, headers=["Connection: close"] if (closes := dice.random() < 0.05) else [])
            with lock:
                cut = dice.randrange(len(reply)) if dice.random() < 0.05 else None
            connection.send(reply[:cut])
            if cut is not None and dice.random() < 0.5:
                return connection.reset()
            if closes or cut is not None:
                return None
        return None

    shadow = closing(Backend(moody))
    gw = start(piped(primary, shadow), workers=2)
    count = 0
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(gw.client()) for _ in range(16)]
        for _ in range(40):
            for client in clients:
                client.send(request_bytes("POST", f"/{count}", body=b"x" * dice.randrange(3000)))
                count += 1
            assert all(client.read().body == b"ok" for client in clients)
    metrics = gw.settle()
    assert metrics.total("gnomon_shadow_requests_total") == count
    assert metrics.total("gnomon_shadow_answered_total") > count / 4
    assert metrics.lost("pipeline") > 0
    seen = collections.Counter(request.target for request in shadow.heads)
    assert max(seen.values()) == 1, "a copy was sent twice"


def test_client_that_goes_away_takes_only_its_own_copy_along(start, primary, closing):
    """Half an upload is cut by a reset of its connection; copies on others go on."""
    shadow = closing(Backend())
    gw = start(piped(primary, shadow))
    prove(gw, shadow)
    client = gw.client()
    client.send(request_bytes("POST", "/up", ["Content-Length: 100"]) + b"half")
    shadow.wait_heads(2)
    client.close()
    eventually(lambda: shadow.cut)
    ask_at_once(gw, [f"/{n}" for n in range(DEPTH)])
    metrics = gw.settle()
    assert metrics.lost("client_abort") == 1
    assert metrics.total("gnomon_shadow_answered_total") == DEPTH + 1
    assert all(request.target != "/up" for request in shadow.requests), "it looks complete"


def test_memory_is_given_back_by_a_shadow_that_reads_nothing(start, primary, closing):
    def first_only(connection):
        connection.request()
        connection.send(ok())
        connection.hold()

    shadow = closing(Backend(first_only, receive_buffer=4096))
    gw = start(piped(primary, shadow, request={"timeout": "30s"}, limits={"bufferBytes": 1 << 20}))
    prove(gw, shadow)
    for n in range(5):
        with gw.client() as client:
            assert client.request("POST", f"/{n}", body=b"x" * (8 << 20)).status == 200
        assert gw.metrics().total("gnomon_shadow_buffered_bytes") <= 1 << 20
    assert gw.metrics().lost("budget_bytes") > 0


# ---- configuration


def test_reload_changes_the_depth(start, primary, closing):
    shadow = closing(Backend(Gate(4)))
    gw = start(piped(primary, shadow))
    prove(gw, shadow)
    gw.write(piped(primary, shadow, pipelining={"depth": 4}))
    assert gw.reload()[0] == 200
    gw.get("/second")
    shadow.wait_requests(2)
    gw.settle()
    ask_at_once(gw, [f"/{n}" for n in range(4)])
    assert gw.settle().total("gnomon_shadow_answered_total") == 6
    assert len(shadow.connections) == 2, "a depth has connections of its own"


def test_control_is_pipelined_and_the_live_requests_beside_it_are_not(start, closing):
    """Both go to the primary: what was read on a connection before an answer tells them apart."""
    waiting = {}

    def script(connection):
        while (request := connection.request()) is not None:
            kind = "control" if request.header("x-gnomon-shadow") else "live"
            more = connection.reader.buffer.count(b" HTTP/1.1\r\n")
            waiting[kind] = max(waiting.get(kind, 0), more)
            if kind == "control" and more == 0 and connection.requests[1:]:
                ready, _, _ = select.select([connection.sock], [], [], 0.02)
                if ready:
                    connection.reader.more()
            connection.send(ok(b"same"))

    primary = closing(Backend(script))
    shadow = closing(Backend(answer(ok(b"same"))))
    gw = start(piped(primary, shadow, control={}))
    prove(gw, shadow)

    def one_waited():  # on a busy machine each may come alone
        ask_at_once(gw, [f"/{n}" for n in range(DEPTH)])
        gw.settle()
        return waiting["control"] > 0

    eventually(one_waited, patience(20))
    for _ in range(10):
        ask_at_once(gw, [f"/{n}" for n in range(DEPTH)])
    gw.settle()
    assert waiting["live"] == 0


# ---- nginx


class Nginx:
    """Answers everything with 200; its log says on which connection, and as its which request, each came."""

    def __init__(self, folder, identity=None, requests=1000):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.host, self.port = probe.getsockname()
        self.tls = identity is not None
        self.log_path = folder / "nginx.log"
        secure = f"ssl_certificate {identity.cert}; ssl_certificate_key {identity.key};" if identity else ""
        paths = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (folder / "nginx.conf").write_text(
            f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
            f"http {{ {paths} log_format at '$connection $connection_requests $request_uri $status';\n"
            f"access_log {self.log_path} at; keepalive_requests {requests};\n"
            f"server {{ listen 127.0.0.1:{self.port}{' ssl' if identity else ''}; {secure}\n"
            "location / { return 200 'EVIL'; } } }\n"
        )
        self.process = subprocess.Popen([NGINX, "-p", folder, "-c", folder / "nginx.conf"], stderr=subprocess.DEVNULL)
        eventually(self.listens)

    def listens(self):
        with contextlib.suppress(OSError), socket.create_connection((self.host, self.port)):
            return True
        return False

    def served(self):
        """(connection, number there, target, status) of each request."""
        return [line.split() for line in self.log_path.read_text().splitlines()]

    def stop(self):
        self.process.kill()
        self.process.wait()


def drive(gw, rounds, connections=32):
    """As many live requests at once, again and again; how many in all."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(gw.client()) for _ in range(connections)]
        for n in range(rounds):
            for i, client in enumerate(clients):
                client.send(request_bytes(target=f"/{n}/{i}"))
            assert all(client.read().body == b"ok" for client in clients)
    return rounds * connections


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
@pytest.mark.parametrize("secure", [False, True], ids=["clear", "tls"])
def test_nginx(start, primary, closing, tmp_path, secure):
    identity = Pki(tmp_path).identity("shadow.test") if secure else None
    nginx = closing(Nginx(tmp_path, identity, requests=100_000))
    gw = start(piped(primary, nginx))
    count = drive(gw, 50)
    metrics = gw.settle()
    assert metrics.total("gnomon_shadow_answered_total", code_class="2xx") == count
    served = eventually(lambda: len(found := nginx.served()) == count and found)
    assert len({target for _, _, target, _ in served}) == count
    assert {status for *_, status in served} == {"200"}
    # A connection that was filled served many; with one request at a time they would be spread evenly.
    busiest = collections.Counter(connection for connection, *_ in served).most_common(1)[0][1]
    assert busiest > 2 * count / 32


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
def test_nginx_that_closes_after_a_hundred_requests(start, primary, closing, tmp_path):
    """Its own default is a thousand. What it closes on is lost and counted; Upstreams can stay below it."""
    nginx = closing(Nginx(tmp_path, requests=100))
    gw = start(piped(primary, nginx))
    count = drive(gw, 50)
    metrics = gw.settle()
    answered = metrics.total("gnomon_shadow_answered_total")
    assert answered == len(nginx.served())
    assert answered + metrics.lost("pipeline") + metrics.lost("reset") == count
    assert metrics.lost("pipeline") > 0

    made = piped(primary, nginx)
    made[2]["spec"]["connectionConfig"] = {"maxRequestsPerConnection": 100}
    careful = start(made)
    count = drive(careful, 50)
    assert careful.settle().total("gnomon_shadow_answered_total") == count
