"""Clients may take their share of the descriptors and no more: backends, admin API and reloads have theirs."""

import contextlib
import struct
import threading

from harness import Backend, eventually
from harness.backend import answer, ok
from harness.client import request_bytes
from harness.config import dump, gateway, route, upstream, virtual_service
from harness.h2 import DATA, END_STREAM, GOAWAY, Caller, head

OPEN_FILES = 256
SHARE = 64  # of them for clients: a quarter is for copies, a quarter the gateway's own, half of the rest for backends


def serving(backend, other):
    return [
        gateway(),
        upstream("primary", backend),
        upstream("other", other),
        virtual_service(route("/other", to="other"), route("/")),
    ]


def refused(gw):
    return gw.metrics().total("gnomon_listener_refusals_total", reason="descriptors")


def test_clients_that_send_nothing_cannot_take_what_others_need(start, primary, closing):
    other = closing(Backend(answer(ok(b"fresh"))))
    gw = start(serving(primary, other), open_files=OPEN_FILES)
    with gw.client() as known, contextlib.ExitStack() as stack:
        assert known.request().status == 200
        silent = [stack.enter_context(gw.client()) for _ in range(SHARE - 1)]
        eventually(lambda: gw.metrics().total("gnomon_client_connections_active") == SHARE)
        # In the middle of a request, as an idle connection would make room for one of these.
        known.send(request_bytes("POST", "/", body=b"x")[:-1])
        eventually(lambda: gw.metrics().total("gnomon_requests_active") == 1)
        late = [stack.enter_context(gw.client()) for _ in range(2 * SHARE)]
        assert all(client.ended() for client in late)
        assert refused(gw) == 2 * SHARE
        assert gw.metrics().total("gnomon_client_connections_active") == SHARE
        # The admin API answers, a reload opens files and sockets, and a live request gets a connection of its own.
        gw.write(dump(serving(primary, other)) + "\n# changed\n")
        assert gw.reload()[0] == 200
        known.send(b"x")
        assert known.read().status == 200
        assert known.request("GET", "/other").body == b"fresh"
        for client in silent:
            client.close()
        eventually(lambda: gw.get("/other").body == b"fresh")


def test_the_longest_idle_clients_make_room_for_new_ones(start, primary):
    gw = start(serving(primary, primary), open_files=OPEN_FILES)
    with contextlib.ExitStack() as stack:
        clients = []
        for _ in range(2 * SHARE):
            clients.append(stack.enter_context(gw.client()))
            assert clients[-1].request().status == 200
        assert refused(gw) == 0
        assert gw.metrics().total("gnomon_client_connections_active") <= SHARE
        assert clients[0].ended()
        assert clients[-1].request().status == 200


def test_idle_http2_clients_make_room_too(start, primary):
    gw = start(serving(primary, primary), open_files=OPEN_FILES)
    fields = [(":method", "GET"), (":scheme", "http"), (":authority", "a.example"), (":path", "/")]
    with contextlib.ExitStack() as stack:
        clients = []
        for _ in range(2 * SHARE):
            clients.append(stack.enter_context(contextlib.closing(Caller(gw.port))))
            clients[-1].send(head(1, fields))
            clients[-1].frames.until(DATA, lambda _, flags, *__: flags & END_STREAM)
        assert refused(gw) == 0
        assert gw.metrics().total("gnomon_client_connections_active") <= SHARE
        assert clients[0].ending()[-1] == (GOAWAY, 0, 0, struct.pack(">II", 1, 0))


def test_busy_clients_are_not_closed_for_new_ones(start, closing):
    gate = threading.Event()

    def gated(connection):
        while connection.request() is not None:
            gate.wait(30)
            connection.send(ok(b"late"))

    backend = closing(Backend(gated))
    gw = start(serving(backend, backend), open_files=OPEN_FILES)
    with contextlib.ExitStack() as stack:
        busy = [stack.enter_context(gw.client()) for _ in range(SHARE)]
        for client in busy:
            client.send(request_bytes())
        backend.wait_requests(SHARE)
        late = stack.enter_context(gw.client())
        assert late.ended()
        assert gw.reload()[0] == 200
        assert refused(gw) == 1
        gate.set()
        assert all(client.read().body == b"late" for client in busy)


def test_a_low_soft_limit_is_raised(start, primary):
    gw = start(serving(primary, primary), open_files=f"{OPEN_FILES // 4}:{4 * OPEN_FILES}")
    assert gw.metrics().total("process_max_fds") == 4 * OPEN_FILES
