"""Hostile and odd things that HTTP/2 clients say, as frames, each with what must become of it before an HTTP/1 backend.

`refused`: no request reaches the backend as a whole one, and the client hears of it by a status of 4xx, a reset of
its stream or the end of the connection. `accepted`: the client gets 200, and the backend has seen exactly `sees`.
`ended`: the connection is over. Other streams and other connections are served in any case.
"""

from dataclasses import dataclass

from harness.h2 import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PING,
    PRIORITY,
    PUSH,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    frame,
    head,
    literal,
)

METHOD, SCHEME, AUTHORITY, PATH = (":method", "GET"), (":scheme", "http"), (":authority", "a.example"), (":path", "/p")
GET = [METHOD, SCHEME, AUTHORITY, PATH]
POST = [(":method", "POST"), *GET[1:]]


@dataclass(frozen=True)
class Case:
    frames: bytes
    outcome: str  # refused, accepted or ended
    sees: tuple = ()  # lines that the backend must get, in lower case
    never: tuple = ()  # ... must not get
    body: bytes = b""


def refused(*fields, base=GET, end=True, then=b""):
    return Case(head(1, [*base, *fields], end) + then, "refused")


def instead(**pseudo):
    """A GET with other pseudo-header fields; None leaves one out."""
    names = {"method": METHOD, "scheme": SCHEME, "authority": AUTHORITY, "path": PATH}
    return [(f":{n}", pseudo.get(n, old[1])) for n, old in names.items() if pseudo.get(n, old[1]) is not None]


def data(payload, end=True):
    return frame(DATA, END_STREAM if end else 0, 1, payload)


CASES = {
    # Bytes that would end a line, a field or a request in HTTP/1.
    "break-in-value": refused(("x", "1\r\ninjected: 1")),
    "lf-in-value": refused(("x", "1\ninjected: 1")),
    "nul-in-value": refused(("x", "1\0")),
    "break-in-name": refused(("x: 1\r\ninjected", "1")),
    "colon-in-name": refused(("x:y", "1")),
    "space-in-name": refused(("x ", "1")),
    "high-byte-in-name": refused(("x\xe9", "1")),
    "break-in-method": Case(head(1, instead(method="GET /evil HTTP/1.1\r\nHost: a\r\n\r\nGET")), "refused"),
    "space-in-method": Case(head(1, instead(method="GET /evil")), "refused"),
    "empty-method": Case(head(1, instead(method="")), "refused"),
    "break-in-path": Case(head(1, instead(path="/ HTTP/1.1\r\nx: y\r\n\r\n")), "refused"),
    "tab-in-path": Case(head(1, instead(path="/a\tb")), "refused"),
    "break-in-authority": Case(head(1, instead(authority="a.example\r\nx: y")), "refused"),
    "slash-in-authority": Case(head(1, instead(authority="a.example/evil")), "refused"),
    "break-in-scheme": Case(head(1, instead(scheme="http\r\nx")), "refused"),
    # Framing that HTTP/1 would believe.
    "chunked": refused(("transfer-encoding", "chunked"), base=POST, end=False, then=data(b"0\r\n\r\nGET /evil")),
    "length-short": refused(("content-length", "2"), base=POST, end=False, then=data(b"hello")),
    "length-long": refused(("content-length", "50"), base=POST, end=False, then=data(b"hello")),
    "length-and-no-body": refused(("content-length", "5"), base=POST),
    "length-twice": refused(("content-length", "5"), ("content-length", "5"), base=POST, end=False, then=data(b"hello")),
    "length-negative": refused(("content-length", "-1"), base=POST, end=False, then=data(b"hello")),
    "length-hex": refused(("content-length", "0x5"), base=POST, end=False, then=data(b"hello")),
    "length-huge": refused(("content-length", "9" * 30), base=POST, end=False, then=data(b"hello")),
    "connection": refused(("connection", "x-a"), ("x-a", "1")),
    "te-in-connection": refused(("connection", "te"), ("te", "trailers")),
    "upgrade": refused(("upgrade", "websocket"), ("connection", "upgrade")),
    "proxy-connection": refused(("proxy-connection", "keep-alive")),
    "te-chunked": refused(("te", "chunked")),
    # Who is meant.
    "host-differs": refused(("host", "evil.example")),
    "host-twice": Case(head(1, [*instead(authority=None), ("host", "a.example"), ("host", "b.example")]), "refused"),
    "nobody": Case(head(1, instead(authority=None)), "refused"),
    "authority-empty": Case(head(1, instead(authority="")), "refused"),
    "user-information": Case(head(1, instead(authority="u@a.example")), "refused"),
    "path-absolute": Case(head(1, instead(path="http://evil.example/")), "refused"),
    "path-fragment": Case(head(1, instead(path="/p#f")), "refused"),
    "path-star": Case(head(1, instead(path="*")), "refused"),
    "method-connect": Case(head(1, [(":method", "CONNECT"), (":authority", "a.example:80")], end=False), "refused"),
    "connect-with-path": Case(head(1, instead(method="CONNECT"), end=False), "refused"),
    "protocol-of-a-get": refused((":protocol", "websocket")),
    "trailer-with-path": Case(
        head(1, POST, end=False) + data(b"a", end=False) + head(1, [(":path", "/evil")]), "refused"
    ),
    "trailer-with-length": Case(
        head(1, POST, end=False) + data(b"a", end=False) + head(1, [("content-length", "9")]), "refused"
    ),
    "trailer-goes-on": Case(
        head(1, POST, end=False) + data(b"a", end=False) + head(1, [("x", "1")], end=False), "refused"
    ),
    "fields-of-number": refused(*[("x", "1")] * 120),
    "crumbs-of-number": refused(*[("cookie", "a")] * 120),
    "fields-of-size": refused(*[("x", "1" * 3000)] * 25),
    # What is fine.
    "get": Case(head(1, GET), "accepted", sees=("get /p http/1.1", "host: a.example")),
    "host-alone": Case(head(1, [*instead(authority=None), ("host", "b.example")]), "accepted", sees=("host: b.example",)),
    "host-agrees": Case(head(1, [*GET, ("host", "A.example:80")]), "accepted", sees=("host: a.example",)),
    "crumbs": Case(head(1, [*GET, ("cookie", "a=1"), ("cookie", "b=2")]), "accepted", sees=("cookie: a=1; b=2",)),
    "te-trailers": Case(head(1, [*GET, ("te", "trailers")]), "accepted"),
    "proxy": Case(head(1, [*GET, ("proxy", "evil")]), "accepted", never=("proxy:",)),
    "length": Case(
        head(1, [*POST, ("content-length", "5")], end=False) + data(b"hello"), "accepted", ("content-length: 5",), (), b"hello"
    ),
    "no-length": Case(
        head(1, POST, end=False) + data(b"hel", end=False) + data(b"lo"), "accepted", ("transfer-encoding: chunked",), (), b"hello"
    ),
    "trailers": Case(
        head(1, POST, end=False) + data(b"hello", end=False) + head(1, [("x-t", "1"), ("host", "evil.example")]),
        "accepted",
        never=("x-t: 1", "host: evil"),
        body=b"hello",
    ),
    "padded": Case(
        head(1, POST, end=False) + frame(DATA, END_STREAM | 8, 1, b"\x03hello\0\0\0"), "accepted", body=b"hello"
    ),
    "head-in-pieces": Case(
        frame(HEADERS, END_STREAM, 1, b"".join(literal(*field) for field in GET[:2]))
        + frame(CONTINUATION, END_HEADERS, 1, b"".join(literal(*field) for field in GET[2:])),
        "accepted",
        sees=("get /p http/1.1",),
    ),
    # Frames out of place.
    "data-first": Case(frame(DATA, 0, 1, b"x"), "ended"),
    "even-stream": Case(head(2, GET), "ended"),
    "stream-zero": Case(head(0, GET), "ended"),
    "push": Case(frame(PUSH, END_HEADERS, 1, b"\0\0\0\2" + b"".join(literal(*field) for field in GET)), "ended"),
    "lone-continuation": Case(frame(CONTINUATION, END_HEADERS, 1, b""), "ended"),
    "interrupted-head": Case(frame(HEADERS, 0, 1, b"") + frame(PING, 0, 0, bytes(8)), "ended"),
    "bad-hpack": Case(frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\xff\xff\xff\xff\xff\xff\xff"), "ended"),
    "index-beyond": Case(frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\xfe"), "ended"),
    "short-ping": Case(frame(PING, 0, 0, b"short"), "ended"),
    "ping-on-a-stream": Case(frame(PING, 0, 1, bytes(8)), "ended"),
    "settings-of-odd-size": Case(frame(SETTINGS, 0, 0, b"12345"), "ended"),
    "settings-window": Case(frame(SETTINGS, 0, 0, b"\0\4\xff\xff\xff\xff"), "ended"),
    "settings-many": Case(frame(SETTINGS, 0, 0, b"\0\3\0\0\0\1" * 200), "ended"),
    "window-zero": Case(frame(WINDOW_UPDATE, 0, 0, bytes(4)), "ended"),
    "window-overflow": Case(frame(WINDOW_UPDATE, 0, 0, b"\x7f\xff\xff\xff"), "ended"),
    "reset-of-nothing": Case(frame(RST_STREAM, 0, 1, bytes(4)), "ended"),
    "frame-too-large": Case(head(1, POST, end=False) + data(b"x" * 16385), "ended"),
    "goaway-on-a-stream": Case(frame(GOAWAY, 0, 1, bytes(8)), "ended"),
    "priority-of-itself": Case(frame(PRIORITY, 0, 1, b"\0\0\0\1\0") + head(3, GET), "ended"),
}
