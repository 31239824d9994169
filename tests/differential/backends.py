"""Backends that answer as the request says and remember what they got."""

import collections
import threading

from harness import Backend, Refused
from harness.backend import ok
from traffic import KEY

DATE = "date: Thu, 01 Jan 2026 00:00:00 GMT"
CHUNKS = b"3\r\nabc\r\n5\r\ndefgh\r\n0\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
ANSWERS = {
    "plain": ok(b"answer", headers=["X-Kind: plain", DATE]),
    "chunked": CHUNKED + b"\r\n" + CHUNKS + b"\r\n",
    "trailers": CHUNKED + b"Trailer: x-sum\r\n\r\n" + CHUNKS + b"X-Sum: 8\r\n\r\n",
    "empty": ok(b""),
    "no-content": b"HTTP/1.1 204 No Content\r\nX-Kind: none\r\n\r\n",
    "conflict": ok(b"twice", "409 Conflict"),
    "bad-gateway": ok(b"", "502 Bad Gateway"),
    "hints": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok(b"answer"),
    "error": ok(b"broken", "500 Broken"),
    "busy": ok(b"busy", "503 Busy", ["Retry-After: 0"]),
    "repeated": ok(b"answer", headers=["Set-Cookie: a=1", "Set-Cookie: b=2", "X-Answer: 1", "x-answer: 2", "X-Order: backend"]),
    "headers": ok(
        b"answer",
        headers=[
            "Server: real/1.0",
            "X-Internal: 1",
            "X-Powered-By: test",
            "X-Empty:",
            "Vary: Origin",
            "Cache-Control: public",
            "Via: 1.1 inner",
            "X-Envoy-Upstream-Service-Time: 99",
            "X-Envoy-Attempt-Count: 9",
            "x-envoy-overloaded: true",
            "x-envoy-decorator-operation: op",
            "x-envoy-degraded: 1",
            "x-envoy-immediate-health-check-fail: ",
            "X-Request-Id: from-backend",
            "Access-Control-Allow-Origin: https://backend.test",
            "Access-Control-Expose-Headers: x-other",
            "Keep-Alive: timeout=5",
            "Connection: keep-alive, x-hop",
            "X-Hop: 1",
            "Date: never",
        ],
    ),
    "moved": ok(b"", "302 Found", ["Location: http://inside.test/x"]),
    "not-modified": b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 6\r\n\r\n',
    "close": ok(b"bye", headers=["Connection: close"]),
    "until-close": b"HTTP/1.1 200 OK\r\nX-Kind: endless\r\n\r\nuntil the end",
    "unauthorized": ok(b"who?", "401 Unauthorized", ["WWW-Authenticate: Basic", "Proxy-Authenticate: Basic"]),
    "unknown-status": ok(b"odd", "299 Strange Reason"),
}
# Answers that are none: what is sent before the connection is closed.
BROKEN = {
    "nothing": b"",
    "garbage": b"this is not HTTP\r\n\r\n",
    "half-a-head": b"HTTP/1.1 200 OK\r\nX-Kind: ha",
    "two-lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
}
NAMES = ("first", "second", "shadow")


def without_body(answer):
    return answer[: answer.index(b"\r\n\r\n") + 4]


class Fleet:
    """One gateway's backends. `seen[key]` are the requests of a case, as (backend, request) in the order of their end."""

    def __init__(self):
        self.lock = threading.Lock()
        self.seen = collections.defaultdict(list)
        self.backends = {name: Backend(self.script(name)) for name in NAMES}
        self.refusing = Refused()

    def by_name(self):
        return {**self.backends, "refusing": self.refusing}

    def script(self, name):
        def serve(connection):
            while (request := connection.request()) is not None:
                key = request.header(KEY)
                with self.lock:
                    self.seen[key].append((name, request))
                    tries = sum(backend == name for backend, _ in self.seen[key])
                kind = request.header("x-answer") if name != "shadow" else "plain"
                if kind.startswith("busy-"):
                    # Unwell for so many tries.
                    kind = "busy" if tries <= int(kind[5:]) else "plain"
                if kind in BROKEN:
                    return connection.send(BROKEN[kind])
                answer = ANSWERS[kind]
                connection.send(without_body(answer) if request.method == "HEAD" else answer)
                # An answer to HEAD does not say that its connection ends: a gateway might use it while it does.
                if kind == "close" or (kind == "until-close" and request.method != "HEAD"):
                    return

        return serve

    def stop(self):
        for backend in self.backends.values():
            backend.stop()
        self.refusing.stop()
