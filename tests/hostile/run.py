#!/usr/bin/python3
"""Runs the table of hostile messages against the gateway.

usage: tests/hostile/run.py [-v] [WORD...]       words select rows whose name contains one of them
"""

import argparse
import contextlib
import re
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1] / "e2e")]

import cases  # noqa: E402
from cases import Accepted, Either, Refused  # noqa: E402
from harness import Backend, Gateway, patience  # noqa: E402
from harness.backend import ok  # noqa: E402
from harness.config import gateway, route, upstream, virtual_service  # noqa: E402
from harness.message import Closed  # noqa: E402

ANSWER_S = patience(3)
QUIET_S = patience(0.15)
BROKEN = (400, 408, 413, 414, 431, 505)  # after these nobody knows where the next request starts
TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


class Bench:
    """One gateway, one backend, and a way to see what one row did to them."""

    def __init__(self, folder):
        self.saying = None  # what the backend says next, instead of its own answer
        self.backend = Backend(self.script)
        routes = virtual_service(route("/"), route(matchers=[{"regex": ".*"}]))
        self.gateway = Gateway(folder, [gateway(), upstream("primary", self.backend), routes])

    def stop(self):
        self.gateway.stop()
        self.backend.stop()

    def script(self, connection):
        while (request := connection.request()) is not None:
            saying = self.saying
            if saying is not None and request.target != "/clean":
                connection.send(saying.said)
                if saying.closes:
                    return
            else:
                connection.send(ok(b"" if request.method == "HEAD" else f"clean {request.target}".encode()))

    def settle(self):
        """Everything that earlier bytes set off has reached the backend once this request has."""
        with self.gateway.client() as client:
            response = client.request("GET", "/clean")
            assert response.body == b"clean /clean", f"another request was answered with {response.body!r}"

    @contextlib.contextmanager
    def watching(self):
        """Yields a function that returns the whole requests that came since, after checking every head that came."""
        heads, whole = len(self.backend.heads), len(self.backend.requests)

        def seen():
            self.settle()
            for request in self.backend.heads[heads:]:
                check_forwarded(request)
            return [r for r in self.backend.requests[whole:] if r.target != "/clean"]

        yield seen


def check_forwarded(request):
    """What holds for every head that the gateway sends on."""
    assert "evil" not in request.target.partition("?")[0] or request.target.startswith("//evil"), f"smuggled: {request.target}"
    assert len(request.all("host")) == 1, f"Host: {request.all('host')}"
    assert not (request.all("content-length") and request.all("transfer-encoding")), "two framings"
    assert len(request.all("content-length")) <= 1 and len(request.all("transfer-encoding")) <= 1
    assert b"\0" not in request.raw_head
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", request.raw_head), "bare CR or LF"
    assert request.version == "HTTP/1.1"
    for name, _ in request.headers:
        assert TOKEN.fullmatch(name.encode("latin-1")), f"field name {name!r}"


def converse(client, pieces, half_close):
    """Sends all pieces; what the gateway refuses to take any more is not an error."""
    with contextlib.suppress(OSError):
        for piece in pieces:
            client.send(piece)  # without Nagle's delay: each piece is a segment of its own
        if half_close:
            client.finish()


def read_answers(client, count, method):
    """Up to `count` final answers, and whether the gateway ended the connection."""
    client.sock.settimeout(ANSWER_S)
    finals, interim = [], 0
    try:
        while len(finals) < count:
            response = client.read(method)
            if response.status >= 200 or response.status == 101:
                finals.append(response)
            else:
                interim += 1
        client.sock.settimeout(ANSWER_S if count and finals[-1].status in BROKEN else QUIET_S)
        while True:
            client.reader.more()
    except Closed:
        ended = True
    except AssertionError:
        ended = False
    return finals, interim, ended


def refused(expected, finals, ended, requests, waited):
    assert requests == [], f"{len(requests)} whole requests reached the backend: {requests[0].raw_head[:200]}"
    if finals:
        assert finals[0].status in expected.statuses, f"status {finals[0].status}"
    else:
        assert ended, f"neither answered nor closed within {waited:.1f} s"
        assert expected.silent or expected.statuses == Either.statuses, "closed without an answer"
    # Where the message itself was sound, as with 405 or 417, the next one may follow.
    assert ended or finals[0].status not in BROKEN, "the connection stayed open"


def accepted(expected, finals, interim, ended, requests):
    assert finals, "no answer"
    assert 200 <= finals[0].status < 300, f"status {finals[0].status}"
    assert len(requests) in expected.requests, f"{len(requests)} requests reached the backend"
    assert expected.interim or not interim, "interim answer"
    assert ended or not expected.closes, "the connection stayed open"
    for request in requests:
        assert request.body == expected.body, f"body {request.body[:100]!r}"
        assert expected.target in (None, request.target), f"target {request.target!r}"
        for name, values in expected.fields.items():
            assert request.all(name) == list(values), f"{name}: {request.all(name)}"


def run_request(bench, case):
    method = "HEAD" if case.sent.startswith(b"HEAD ") else "GET"
    with bench.watching() as seen, bench.gateway.client() as client:
        begin = time.monotonic()
        converse(client, [case.sent], case.half_close)
        finals, interim, ended = read_answers(client, 1, method)
        waited = time.monotonic() - begin
        requests = seen()
        if isinstance(case.expected, Accepted):
            accepted(case.expected, finals, interim, ended, requests)
        elif isinstance(case.expected, Refused) or not finals or finals[0].status >= 400:
            refused(Refused(case.expected.statuses, getattr(case.expected, "silent", True)), finals, ended, requests, waited)
        else:
            accepted(case.expected.accepted, finals, interim, ended, requests)


def run_sequence(bench, case):
    with bench.watching() as seen, bench.gateway.client() as client:
        converse(client, case.pieces, half_close=False)
        client.sock.settimeout(ANSWER_S)
        statuses = []
        with contextlib.suppress(Closed, AssertionError):
            for n in range(len(case.statuses or case.targets[0])):
                first_is_head = case.pieces[0].startswith(b"HEAD") and n == 0
                response = client.read_final("HEAD" if first_is_head else "GET")
                statuses.append(response.status)
        targets = tuple(r.target for r in seen())
        assert targets in case.targets, f"the backend got {targets}"
        if case.statuses:
            assert tuple(statuses) == case.statuses, f"answers {statuses}"


def run_answer(bench, case):
    bench.saying = case
    try:
        with bench.gateway.client() as client:
            client.sock.settimeout(ANSWER_S)
            client.send(f"{case.method} /t HTTP/1.1\r\nHost: a.example\r\n\r\n".encode())
            response = None
            try:
                response = client.read_final(case.method)
            except Closed:
                pass
            judge_answer(case, response, bytes(client.reader.seen))
            bench.saying = None
            if client.reader.end is None:
                # The same connection, and then others: nothing of this answer may turn up there.
                with contextlib.suppress(Closed, OSError):
                    assert client.request("GET", "/clean").body == b"clean /clean", "poisoned"
    finally:
        bench.saying = None
    for _ in range(3):
        bench.settle()


def judge_answer(case, response, seen):
    status = response.status if response else None
    for word in case.absent:
        assert word not in seen, f"the client saw {word!r}"
    if case.expected == "bad":
        assert status is not None and 500 <= status < 600, f"status {status}"
    elif case.expected == "passes":
        assert status == 200, f"status {status}"
        assert response.body == case.body, f"body {response.body!r}"
    elif case.expected == "cut":
        assert response is None or status >= 500, "a truncated message was made to look whole"


RUNNERS = ((cases.requests, run_request), (cases.sequences, run_sequence), (cases.answers, run_answer))
ROWS = [(f"{run.__name__.removeprefix('run_')}/{case.name}", case, run) for table, run in RUNNERS for case in table]
assert len({name for name, _, _ in ROWS}) == len(ROWS), "two rows of a name"


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("-v", action="store_true", help="name the rows that pass, too")
    args.add_argument("words", nargs="*")
    args = args.parse_args()
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="gnomon-hostile-") as folder:
        bench = Bench(Path(folder))
        for name, case, run in ROWS:
            if args.words and not any(word in name for word in args.words):
                continue
            try:
                run(bench, case)
            except (AssertionError, OSError, Closed, ValueError) as error:
                failed += 1
                print(f"FAIL {name} ({case.why}): {error}", flush=True)
            else:
                passed += 1
                if args.v:
                    print(f"ok   {name}")
        bench.stop()
    print(f"hostile: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
