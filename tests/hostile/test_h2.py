"""The HTTP/2 part of the hostile table: one test for each row, with one gateway for all."""

import contextlib

import h2_cases
import pytest
from harness import Backend, Gateway, eventually
from harness.backend import answer, ok
from harness.config import gateway, route, upstream, virtual_service
from harness.h2 import GOAWAY, HEADERS, RST_STREAM, Caller, head
from harness.message import Closed

GET_LAST = [(":method", "GET"), (":scheme", "http"), (":authority", "a.example"), (":path", "/last")]
OK = b"\x88"  # :status 200, indexed


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    backend = Backend(answer(ok(b"ok")))
    gw = Gateway(
        tmp_path_factory.mktemp("h2"), [gateway(), upstream("primary", backend), virtual_service(route("/"))]
    )
    yield gw, backend
    gw.stop()
    backend.stop()


def outcome(caller):
    """What became of stream 1: its status, reset, or ended."""
    with contextlib.suppress(Closed, OSError):
        while True:
            kind, _, stream, payload = caller.frames.next()
            if kind == GOAWAY:
                return "ended"
            if stream == 1 and kind == RST_STREAM:
                return "reset"
            if stream == 1 and kind == HEADERS:
                return "200" if payload.startswith(OK) else "refused"
    return "ended"


def still_serves(caller):
    """A stream that was refused harms no other."""
    caller.send(head(101, GET_LAST))
    kind, _, _, payload = caller.frames.until(HEADERS, lambda kind, flags, stream, payload: stream == 101)
    return kind == HEADERS and payload[:1] in (OK, b"\xbe", b"\xbf", b"\xc0", b"\xc1", b"\xc2")


@pytest.mark.parametrize("name", h2_cases.CASES)
def test_row(bench, name):
    gw, backend = bench
    case = h2_cases.CASES[name]
    before = len(backend.requests)
    caller = Caller(gw.port)
    try:
        with contextlib.suppress(OSError):
            caller.send(case.frames)
        got = outcome(caller)
        if case.outcome == "ended":
            assert got == "ended"
        elif case.outcome == "refused":
            assert got in ("refused", "reset", "ended")
        else:
            assert got == "200"
        if case.outcome == "accepted":
            assert still_serves(caller)
    finally:
        caller.close()
    # Whatever it was, the next client is served; and its request is the only one, or the row's was before.
    assert gw.get("/after").status == 200
    seen = [request for request in backend.requests[before:] if request.target not in ("/after", "/last")]
    if case.outcome != "accepted":
        assert not seen
        return
    assert len(seen) == 1
    request = eventually(lambda: seen[0])
    lines = [f"{request.method} {request.target} http/1.1".lower()]
    lines += [f"{name}: {value}".lower() for name, value in request.headers]
    for line in case.sees:
        assert line in lines
    for line in case.never:
        assert not any(found.startswith(line) for found in lines)
    assert request.body == case.body
