"""Hostile and merely odd messages, each with what must become of it.

Three kinds of row. `requests` are sent by a client and must be refused, accepted, or one of the two under
conditions. `sequences` are several messages, or one in pieces, on one connection. `answers` are what a backend says,
and what the client may see of it.

Whatever the row says, these hold for all of them and are checked by the runner: a request whose target
contains "evil" never reaches the backend as a request of its own, what reaches the backend has one
framing, one Host and clean lines, a refused connection is closed, and no answer of one client's
request is seen by another.

RFC numbers: 9110 semantics, 9112 HTTP/1.1. Rows without one are stricter than the standards ask, on purpose.
"""

from dataclasses import dataclass, field

HOST = b"Host: a.example"


@dataclass(frozen=True)
class Refused:
    """Answered with an error, or the connection closed without one; never a whole request at the backend."""

    statuses: tuple = (400,)
    silent: bool = False  # closing without an answer will do


@dataclass(frozen=True)
class Accepted:
    body: bytes = b""
    target: str | None = None
    fields: dict = field(default_factory=dict)  # name -> values at the backend; () means absent
    requests: tuple = (1,)  # how many may reach the backend
    closes: bool = False
    interim: bool = True  # the client may get a 1xx


@dataclass(frozen=True)
class Either:
    """Refusing is fine; accepting is fine if the backend sees exactly this."""

    accepted: Accepted = Accepted()
    statuses: tuple = tuple(range(400, 600))


@dataclass(frozen=True)
class Case:
    name: str
    sent: object  # bytes, or a tuple of pieces sent one by one
    expected: object
    why: str
    half_close: bool = False


@dataclass(frozen=True)
class Answer:
    name: str
    said: bytes
    expected: str  # bad: 5xx; passes: 200 with `body`; cut: never a complete message; safe: any, under the conditions
    why: str
    body: bytes = b"hello"
    method: str = "GET"
    closes: bool = False  # the backend closes after it
    absent: tuple = ()  # bytes that the client must not see


def get(*lines, target=b"/t", method=b"GET", version=b"HTTP/1.1", host=HOST):
    head = [b" ".join((method, target, version)), *([host] if host else []), *lines]
    return b"\r\n".join(head) + b"\r\n\r\n"


def post(*lines, body=b"hello", host=HOST):
    return get(*lines, method=b"POST", host=host) + body


def line(raw):
    """A request whose first line is given raw."""
    return raw + b"\r\n" + HOST + b"\r\n\r\n"


def chunks(raw, *lines):
    return post(b"Transfer-Encoding: chunked", *lines, body=raw)


def lengths(value):
    return post(b"Content-Length:" + value)


def codings(value):
    """The body reads as empty by its chunks, and as five bytes by its length."""
    return post(b"Transfer-Encoding:" + value, b"Content-Length: 5", body=b"0\r\n\r\n")


NO = Refused()
LENGTH = Refused((400, 413))
CODING = Refused((400, 422, 501))
CHUNK = Refused((400, 413, 431))
SMUGGLED = b"GET /evil HTTP/1.1\r\nHost: a.example\r\n\r\n"

baseline = [
    Case("plain-get", get(), Accepted(), "9112 3"),
    Case("sized-post", post(b"Content-Length: 5"), Accepted(b"hello"), "9112 6.2"),
    Case("chunked-post", chunks(b"5\r\nhello\r\n0\r\n\r\n"), Accepted(b"hello"), "9112 7.1"),
    Case("two-chunks", chunks(b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"), Accepted(b"hello"), "9112 7.1"),
    Case("head", get(method=b"HEAD"), Accepted(), "9110 9.3.2"),
    Case("empty-value", get(b"X-Nothing:"), Accepted(fields={"x-nothing": ("",)}), "9110 5.5"),
    Case("spaces-around-value", get(b"X-Pad: \t v \t"), Accepted(fields={"x-pad": ("v",)}), "9110 5.5"),
    Case("name-in-any-case", post(b"cOnTeNt-LeNgTh: 5"), Accepted(b"hello"), "9110 5.1"),
    Case("coding-in-any-case", post(b"transfer-encoding: CHUNKED", body=b"1\r\nx\r\n0\r\n\r\n"), Accepted(b"x"), "9112 7"),
    Case("chunk-size-in-both-cases", chunks(b"a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n"), Accepted(b"0123456789" * 2 + b"a"), "9112 7.1"),
    Case("chunk-extension", chunks(b'5;name=value;q="a;b"\r\nhello\r\n0;last\r\n\r\n'), Accepted(b"hello"), "9112 7.1.1: ignored"),
    Case("empty-line-before", b"\r\n" + get(), Accepted(), "9112 2.2: one SHOULD be skipped"),
    Case("target-of-8000", get(target=b"/" + b"p" * 7980), Accepted(target="/" + "p" * 7980), "9112 3: SHOULD support"),
    Case("absolute-target", get(target=b"http://a.example/t?q"), Accepted(target="/t?q", fields={"host": ("a.example",)}), "9112 3.2.2"),
    Case("absolute-target-no-path", get(target=b"http://a.example"), Accepted(target="/"), "9112 3.2.2, 9110 4.2.3"),
    Case("options-star", get(method=b"OPTIONS", target=b"*"), Accepted(requests=(0, 1)), "9112 3.2.4"),
    Case("high-bytes-in-value", get(b"X-Name: caf\xe9"), Either(Accepted(fields={"x-name": ("caf\xe9",)})), "9110 5.5: opaque, never stripped"),
    Case("unknown-method", get(method=b"BREW"), Accepted(), "9110 16.1: extensible"),
    Case("query-alone", get(target=b"/?"), Accepted(target="/?"), "9112 3.2.1: forwarded as it came"),
    Case("dots-are-resolved", get(target=b"/a/../b/./c"), Either(Accepted(target="/b/c")), "what is matched is what is forwarded"),
    Case("escaped-dots-are-dots", get(target=b"/a/%2e%2E/b"), Either(Accepted(target="/b")), "what is matched is what is forwarded"),
    Case("escaped-slashes-are-not-decoded", get(target=b"/a%2Fb%5c..%2F"), Either(Accepted(target="/a%2Fb%5c..%2F")), "what is matched is what is forwarded"),
    Case("escaped-nul-in-a-path", get(target=b"/a%2Fb%00%2e%2e"), Either(), "programs in C would see another path"),
    Case("double-slash-is-a-path", get(target=b"//evil.example/t"), Either(Accepted(target="//evil.example/t", fields={"host": ("a.example",)})), "9112 3.2.1"),
]

line_ends = [
    Case("lf-ends-request-line", b"GET /t HTTP/1.1\n" + HOST + b"\r\n\r\n", Either(), "9112 2.2: MAY"),
    Case("lf-ends-field", b"GET /t HTTP/1.1\r\n" + HOST + b"\nX: 1\r\n\r\n", Either(), "9112 2.2: MAY"),
    Case("lf-ends-head", b"GET /t HTTP/1.1\r\n" + HOST + b"\r\n\n", Either(), "9112 2.2: MAY"),
    Case("lf-hides-coding", post(b"X: a\nTransfer-Encoding: chunked", b"Content-Length: 5", body=b"0\r\n\r\n"), NO, "one line or two"),
    Case("lf-hides-length", post(b"X: a\nContent-Length: 40", b"Content-Length: 5"), NO, "one line or two"),
    Case("cr-ends-lines", b"GET /t HTTP/1.1\r" + HOST + b"\r\r", Refused(silent=True), "9112 2.2: CR alone ends nothing"),
    Case("cr-inside-value", get(b"X: a\rb"), NO, "9112 2.2: MUST be invalid"),
    Case("cr-hides-coding", post(b"X: a\rTransfer-Encoding: chunked", b"Content-Length: 5"), NO, "9112 2.2"),
    Case("cr-before-crlf", get(b"X: a\r"), NO, "9112 2.2"),
    Case("cr-starts-last-line", b"GET /t HTTP/1.1\r\n" + HOST + b"\r\n\rX: 1\r\n\r\n", NO, "an end of head for some"),
    Case("crs-in-version", line(b"GET /t HTTP/1.1\r\r"), NO, "9112 2.2"),
    Case("cr-in-target", line(b"GET /t\rX HTTP/1.1"), NO, "9112 2.2"),
    Case("many-empty-lines-before", b"\r\n" * 60_000 + get(), Refused((400, 408, 413, 431), silent=True), "bounded patience"),
]

control_bytes = [
    Case("nul-in-value", get(b"X: a\0b"), Either(Accepted(fields={"x": ("a b",)})), "9110 5.5: replace or refuse"),
    Case("nul-in-name", get(b"X\0Y: 1"), NO, "9110 5.6.2"),
    Case("nul-in-target", get(target=b"/t\0x"), NO, "9112 3.2"),
    Case("nul-in-method", get(method=b"G\0T"), Refused((400, 405, 501)), "9110 9.1"),
    Case("nul-in-host", get(host=b"Host: a\0.example"), NO, "9110 7.2"),
    Case("nul-before-everything", b"\0" + get(), NO, "9112 3"),
    *[
        Case(f"byte-{byte:02x}-in-value", get(b"X: a" + bytes([byte]) + b"b"), Either(Accepted(fields={"x": (f"a{chr(byte)}b",)})), "carried whole or refused")
        for byte in (0x01, 0x08, 0x0B, 0x0C, 0x1B, 0x7F)
    ],
    Case("escape-in-target", get(target=b"/\x1b[2J"), NO, "9112 3.2: log and terminal attacks"),
    Case("delete-in-target", get(target=b"/a\x7f"), NO, "9112 3.2"),
]

whitespace = [
    Case("space-before-colon", post(b"Content-Length : 5"), NO, "9112 5.1: MUST 400"),
    Case("tab-before-colon", post(b"Content-Length\t: 5"), NO, "9112 5.1"),
    Case("space-before-colon-of-coding", post(b"Transfer-Encoding : chunked", body=b"0\r\n\r\n"), NO, "9112 5.1"),
    Case("vertical-tab-before-colon", post(b"Content-Length\x0b: 5"), NO, "9110 5.6.2"),
    Case("space-before-first-field", b"POST /t HTTP/1.1\r\n X: 1\r\n" + HOST + b"\r\n\r\n", NO, "9112 2.2"),
    Case("tab-before-coding", b"POST /t HTTP/1.1\r\n\tTransfer-Encoding: chunked\r\n" + HOST + b"\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", NO, "9112 2.2"),
    Case("fold-in-ordinary-field", get(b"X: a\r\n b"), NO, "9112 5.2: refuse"),
    Case("fold-with-tab", get(b"X: a\r\n\tb"), NO, "9112 5.2"),
    Case("fold-of-coding", post(b"Transfer-Encoding:\r\n chunked", b"Content-Length: 5", body=b"0\r\n\r\n"), NO, "9112 5.2"),
    Case("fold-of-length", post(b"Content-Length: 5\r\n 0"), NO, "9112 5.2"),
    Case("fold-of-host", get(host=b"Host: a.example\r\n .evil"), NO, "9112 5.2"),
    Case("fold-of-nothing", get(b"X: a\r\n "), NO, "9112 5.2"),
]

field_syntax = [
    Case("no-name", get(b": value"), NO, "9112 5"),
    Case("no-colon", get(b"Word"), NO, "9112 5"),
    Case("space-for-colon", post(b"Content-Length 5"), NO, "9112 5"),
    Case("name-split-over-lines", post(b"Transfer-", b"Encoding: chunked", b"Content-Length: 5"), NO, "9112 5"),
    *[
        Case(f"name-with-{byte:02x}", get(b"X" + bytes([byte]) + b"Y: 1"), NO, "9110 5.6.2: not a token")
        for byte in b'()<>@,;\\"/[]?={} \x80\xff'
    ],
    Case("name-with-every-token-byte", get(b"!#$%&'*+-.^_`|~0aZ: 1"), Accepted(fields={"!#$%&'*+-.^_`|~0az": ("1",)}), "9110 5.6.2"),
]

request_line = [
    Case("two-spaces", line(b"GET  /t HTTP/1.1"), Either(), "9112 3: MAY"),
    Case("two-spaces-before-version", line(b"GET /t  HTTP/1.1"), Either(), "9112 3: MAY"),
    Case("tabs", line(b"GET\t/t\tHTTP/1.1"), Either(), "9112 3: MAY"),
    Case("space-at-the-end", line(b"GET /t HTTP/1.1 "), Either(), "9112 3: MAY"),
    Case("space-at-the-start", b" " + get(), NO, "9112 3"),
    Case("space-in-target", line(b"GET /a b HTTP/1.1"), NO, "9112 3.2: SHOULD 400"),
    Case("no-target", line(b"GET HTTP/1.1"), NO, "9112 3"),
    Case("no-version", line(b"GET /t"), NO, "9112 3: HTTP/0.9 is over"),
    Case("http09", b"GET /t\r\n\r\n", NO, "9112 3"),
    *[
        Case(f"version-{name}", line(b"GET /t " + version), Refused((400, 505)), "9112 2.3")
        for name, version in {
            "two": b"HTTP/2.0",
            "three-digits": b"HTTP/1.10",
            "no-minor": b"HTTP/1",
            "no-digits": b"HTTP/",
            "comma": b"HTTP/1,1",
            "lower": b"http/1.1",
            "space": b"HTTP /1.1",
            "inner-space": b"HTTP/1. 1",
            "suffix": b"HTTP/1.1a",
            "other": b"ICAP/1.0",
            "wraps-32-bits": b"HTTP/4294967297.1",
            "zero": b"HTTP/0.9",
            "nine": b"HTTP/9.9",
        }.items()
    ],
    Case("version-1.2", line(b"GET /t HTTP/1.2"), Either(), "9110 2.5: as 1.1, or 505"),
    Case("method-with-brackets", line(b"G[E]T /t HTTP/1.1"), Refused((400, 405, 501)), "9110 9.1"),
    Case("method-with-colon", line(b"GET: /t HTTP/1.1"), Refused((400, 405, 501)), "9110 9.1"),
    Case("method-in-lower-case", line(b"get /t HTTP/1.1"), Either(), "9110 9.1: another method than GET"),
    Case("method-without-end", b"M" * 100_000 + b" /t HTTP/1.1\r\n" + HOST + b"\r\n\r\n", Refused((400, 405, 414, 431, 501), silent=True), "bounded"),
    Case("high-bytes-in-target", get(target=b"/caf\xc3\xa9"), Either(Accepted(target="/caf\xc3\xa9")), "not a URI; never changed"),
    Case("backslash-in-target", get(target=b"/a\\..\\b"), Either(Accepted(target="/a\\..\\b")), "never turned into a slash"),
    Case("fragment-in-target", get(target=b"/t#x"), Either(Accepted(target="/t#x")), "9112 3.2: no fragment"),
    Case("tls-hello", b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + b"\x07" * 160, Refused((400,), silent=True), "not HTTP at all"),
    Case("http2-preface-almost", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r", Refused((400, 505)), "9113 3.4"),
    Case("junk-before-method", b"junk " + get(), NO, "9112 3"),
    Case("response-as-request", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Refused((400, 405, 501, 505)), "9112 3"),
]

host = [
    Case("none", get(host=None), NO, "9112 3.2: MUST 400"),
    Case("two-different", get(b"Host: evil.example"), NO, "9112 3.2: MUST 400"),
    Case("two-alike", get(HOST), NO, "9112 3.2: MUST 400"),
    Case("list", get(host=b"Host: a.example, evil.example"), NO, "9110 7.2"),
    Case("empty", get(host=b"Host:"), NO, "9110 7.2 with an origin that has one"),
    Case("userinfo", get(host=b"Host: user@a.example"), NO, "9110 4.2.4"),
    Case("path", get(host=b"Host: a.example/evil"), NO, "9110 7.2"),
    Case("query", get(host=b"Host: a.example?evil"), NO, "9110 7.2"),
    Case("space", get(host=b"Host: a example"), NO, "9110 7.2"),
    Case("port-of-letters", get(host=b"Host: a.example:http"), NO, "9110 7.2"),
    Case("port-too-large", get(host=b"Host: a.example:65536"), NO, "no such port"),
    Case("port-huge", get(host=b"Host: a.example:4294967376"), NO, "80, for who overflows"),
    Case("two-ports", get(host=b"Host: a.example:80:80"), NO, "9110 7.2"),
    Case("bracket-without-end", get(host=b"Host: [::1"), NO, "9110 7.2"),
    Case("text-after-bracket", get(host=b"Host: [::1]evil"), NO, "9110 7.2"),
    Case("empty-port", get(host=b"Host: a.example:"), Either(Accepted()), "3986 3.2.3 allows it"),
    Case("ipv6", get(host=b"Host: [2001:db8::1]:80"), Accepted(fields={"host": ("[2001:db8::1]:80",)}), "9110 7.2"),
    Case("absolute-form-wins", get(target=b"http://a.example/t", host=b"Host: b.example"), Either(Accepted(target="/t", fields={"host": ("a.example",)})), "9112 3.2.2: MUST replace"),
    Case("absolute-with-userinfo", get(target=b"http://u:p@a.example/t"), Either(Accepted(target="/t", fields={"host": ("a.example",)})), "9110 4.2.4: never forwarded"),
    Case("absolute-of-other-scheme", get(target=b"ftp://a.example/t"), Either(), "9112 3.2.2"),
    Case("absolute-without-authority", get(target=b"http:///t"), NO, "9110 4.2.1"),
    Case("http10-without", get(version=b"HTTP/1.0", host=None), Either(), "no Host then"),
    Case("authority-form-for-get", get(target=b"a.example:80"), NO, "9112 3.2.3"),
    Case("star-for-get", get(target=b"*"), NO, "9112 3.2.4"),
    Case("star-with-path", get(method=b"OPTIONS", target=b"*/t"), NO, "9112 3.2.4"),
    Case("target-without-slash", get(target=b"t"), NO, "9112 3.2.1"),
    Case("connect", get(method=b"CONNECT", target=b"a.example:80", host=b"Host: a.example:80"), Refused((400, 403, 404, 405, 501, 502)), "no tunnels to anywhere"),
    Case("trace", get(b"Authorization: Basic c2VjcmV0", method=b"TRACE"), Either(), "9110 9.3.8"),
]

length = [
    *[
        Case(f"value-{name}", lengths(value), LENGTH, "9110 8.6: digits only")
        for name, value in {
            "plus": b" +5",
            "minus": b" -5",
            "minus-zero": b" -0",
            "hex": b" 0x5",
            "hex-digits": b" a",
            "underscore": b" 0_5",
            "space-inside": b" 0 5",
            "fraction": b" 5.0",
            "exponent": b" 5e0",
            "semicolon": b" 5;",
            "letters-after": b" 5abc",
            "quoted": b' "5"',
            "nul-after": b" 5\0",
            "vertical-tab": b" \x0b5",
            "form-feed-after": b" 5\x0c",
            "no-break-space": b" \xa05",
            "empty": b"",
            "2-to-63": b" 9223372036854775808",
            "2-to-64": b" 18446744073709551616",
            "2-to-64-and-5": b" 18446744073709551621",
            "forty-digits": b" " + b"9" * 40,
            "list-of-two": b" 5, 6",
            "list-with-empty": b" 5,",
            "list-starts-empty": b" ,5",
        }.items()
    ],
    Case("twice-different", post(b"Content-Length: 5", b"Content-Length: 6"), LENGTH, "9112 6.3: MUST"),
    Case("twice-different-reversed", post(b"Content-Length: 6", b"Content-Length: 5"), LENGTH, "9112 6.3: MUST"),
    Case("twice-one-empty", post(b"Content-Length:", b"Content-Length: 5"), LENGTH, "9112 6.3"),
    Case("twice-alike", post(b"Content-Length: 5", b"Content-Length: 5"), Either(Accepted(b"hello", fields={"content-length": ("5",)})), "9112 6.3: one, or refuse"),
    Case("list-alike", lengths(b" 5, 5"), Either(Accepted(b"hello", fields={"content-length": ("5",)})), "9112 6.3: one, or refuse"),
    Case("leading-zeros", lengths(b" 005"), Either(Accepted(b"hello")), "decimal"),
    Case("not-octal", post(b"Content-Length: 010", body=b"0123456789"), Either(Accepted(b"0123456789")), "decimal"),
    Case("get-with-body", get(b"Content-Length: 5") + b"hello", Accepted(b"hello"), "9110 9.3.1: framed like any other"),
    Case("body-ends-early", post(b"Content-Length: 50"), Refused((400, 408), silent=True), "9112 8", half_close=True),
]

coding = [
    Case("coding-and-length", codings(b" chunked"), Either(Accepted(fields={"content-length": ()}, closes=True)), "9112 6.1: chunks win, or refuse"),
    Case("length-and-coding", post(b"Content-Length: 5", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"), Either(Accepted(fields={"content-length": ()}, closes=True)), "9112 6.1"),
    *[
        Case(f"coding-{name}", codings(value), CODING, "9112 6.1: chunked, once, last")
        for name, value in {
            "xchunked": b" xchunked",
            "chunkedx": b" chunkedx",
            "twice": b" chunked, chunked",
            "not-last": b" chunked, gzip",
            "alone-unknown": b" cow",
            "gzip-alone": b" gzip",
            "gzip-first": b" gzip, chunked",
            "identity": b" identity",
            "identity-after": b" chunked, identity",
            "parameter": b" chunked;q=1",
            "quoted": b' "chunked"',
            "nul": b" chunked\0",
            "vertical-tab-before": b" \x0bchunked",
            "vertical-tab-after": b" chunked\x0b",
            "form-feed": b" \x0cchunked",
            "no-break-space": b" \xa0chunked",
            "space-inside": b" chu nked",
            "slash": b" chunked/1",
            "empty": b"",
        }.items()
    ],
    Case("coding-on-two-lines", post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"), CODING, "9112 6.1"),
    Case("coding-unknown-on-second-line", post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: cow", body=b"0\r\n\r\n"), CODING, "9112 6.1"),
    Case("coding-unknown-on-first-line", post(b"Transfer-Encoding: cow", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"), CODING, "9112 6.1"),
    Case("coding-comma-first", codings(b" ,chunked"), Either(Accepted(fields={"content-length": ()}, closes=True)), "9110 5.6.1"),
    Case("coding-in-http10", get(b"Transfer-Encoding: chunked", method=b"POST", version=b"HTTP/1.0") + b"5\r\nhello\r\n0\r\n\r\n", Either(Accepted(b"hello", closes=True)), "9112 6.1: faulty framing"),
    Case("coding-in-http10-kept-alive", get(b"Connection: keep-alive", b"Transfer-Encoding: chunked", b"Content-Length: 5", method=b"POST", version=b"HTTP/1.0") + b"0\r\n\r\n", Either(Accepted(closes=True)), "9112 6.1"),
]

chunking = [
    *[
        Case(f"chunk-size-{name}", chunks(size + b"\r\nhello\r\n0\r\n\r\n"), CHUNK, "9112 7.1")
        for name, size in {
            "plus": b"+5",
            "minus": b"-5",
            "0x": b"0x5",
            "space-before": b" 5",
            "tab-before": b"\t5",
            "letter": b"g",
            "underscore": b"0_5",
            "comma": b"5,5",
            "nul": b"5\0",
            "empty": b"",
            "2-to-64": b"10000000000000005",
            "2-to-63": b"8000000000000005",
            "2-to-32-and-5": b"100000005g",
            "thousand-zeros": b"0" * 1000 + b"5",
        }.items()
    ],
    Case("chunk-space-after-size", chunks(b"5 \r\nhello\r\n0\r\n\r\n"), Either(Accepted(b"hello")), "9112 7.1.1: only before an extension"),
    Case("chunk-leading-zeros", chunks(b"0005\r\nhello\r\n000\r\n\r\n"), Either(Accepted(b"hello")), "9112 7.1"),
    Case("chunk-lf-after-size", chunks(b"5\nhello\r\n0\r\n\r\n"), NO, "9112 7.1: CRLF"),
    Case("chunk-lf-after-data", chunks(b"5\r\nhello\n0\r\n\r\n"), NO, "9112 7.1"),
    Case("chunk-lf-after-last", chunks(b"5\r\nhello\r\n0\n\r\n"), NO, "9112 7.1"),
    Case("chunk-lf-at-the-end", chunks(b"5\r\nhello\r\n0\r\n\n"), NO, "9112 7.1"),
    Case("chunk-cr-after-size", chunks(b"5\rhello\r\n0\r\n\r\n"), NO, "9112 7.1"),
    Case("chunk-crs-hide-a-size", chunks(b"5\r\r;XXXX\r\n2c\r\nY\r\n0\r\n\r\n" + SMUGGLED), NO, "9112 7.1"),
    Case("chunk-data-too-long", chunks(b"5\r\nhello!!\r\n0\r\n\r\n"), NO, "9112 7.1"),
    Case("chunk-data-too-short", chunks(b"6\r\nhello\r\n0\r\n\r\n"), Refused((400, 408), silent=True), "9112 7.1", half_close=True),
    Case("chunk-no-end-of-data", chunks(b"5\r\nhelloXX0\r\n\r\n"), NO, "9112 7.1"),
    Case("chunk-extension-with-cr", chunks(b"5;a\rb\r\nhello\r\n0\r\n\r\n"), NO, "9112 7.1.1"),
    Case("chunk-extension-with-lf", chunks(b"5;a\nb\r\nhello\r\n0\r\n\r\n"), NO, "9112 7.1.1"),
    Case("chunk-extension-with-nul", chunks(b"5;a\0b\r\nhello\r\n0\r\n\r\n"), NO, "9112 7.1.1"),
    Case("chunk-extension-huge", chunks(b"5;" + b"e" * 70_000 + b"\r\nhello\r\n0\r\n\r\n"), CHUNK, "9112 7.1.1: bounded"),
    Case("chunk-extensions-outweigh-data", chunks(b"1;" + b"e" * 200 + b"\r\nx\r\n" + (b"1;" + b"e" * 200 + b"\r\nx\r\n") * 5000 + b"0\r\n\r\n"), CHUNK, "9112 7.1.1: bounded in all"),
    Case("chunk-no-last", chunks(b"5\r\nhello\r\n"), Refused((400, 408), silent=True), "9112 8", half_close=True),
    Case("chunk-smuggles-behind-a-bad-size", chunks(b"5;\r\nhello\r\nxyz\r\n" + SMUGGLED), NO, "9112 7.1"),
]

trailers = [
    Case("trailer-passes", chunks(b"1\r\nx\r\n0\r\nX-Sum: 1\r\n\r\n"), Accepted(b"x"), "9110 6.5"),
    *[
        Case(f"trailer-{name}", chunks(b"1\r\nx\r\n0\r\n" + raw + b"\r\n\r\n"), Either(Accepted(b"x", fields=fields)), "9110 6.5.1: never part of the head")
        for name, raw, fields in (
            ("length", b"Content-Length: 40", {"content-length": ()}),
            ("coding", b"Transfer-Encoding: gzip", {"transfer-encoding": ("chunked",)}),
            ("host", b"Host: evil.example", {"host": ("a.example",)}),
            ("authorization", b"Authorization: Basic ZXZpbA==", {"authorization": ()}),
            ("forwarded-for", b"X-Forwarded-For: 6.6.6.6", {"x-forwarded-for": ("127.0.0.1",)}),
            ("connection", b"Connection: keep-alive", {}),
        )
    ],
    Case("trailer-space-before-colon", chunks(b"0\r\nX : 1\r\n\r\n"), NO, "9112 5.1"),
    Case("trailer-fold", chunks(b"0\r\nX: 1\r\n 2\r\n\r\n"), NO, "9112 5.2"),
    Case("trailer-no-colon", chunks(b"0\r\nword\r\n\r\n"), NO, "9112 5"),
    Case("trailer-nul", chunks(b"0\r\nX: a\0b\r\n\r\n"), Either(Accepted()), "9110 5.5"),
    Case("trailer-lf", chunks(b"0\r\nX: a\nY: b\r\n\r\n"), NO, "9112 2.2"),
    Case("trailer-not-a-line", chunks(b"0\r\nab"), Refused((400, 408), silent=True), "9112 7.1.2", half_close=True),
    Case("trailer-huge", chunks(b"0\r\nX: " + b"t" * 200_000 + b"\r\n\r\n"), CHUNK, "bounded"),
    Case("trailers-many", chunks(b"0\r\n" + b"X: 1\r\n" * 20_000 + b"\r\n"), CHUNK, "bounded"),
]

limits = [
    Case("target-huge", get(target=b"/" + b"p" * 200_000), Refused((400, 414, 431), silent=True), "bounded"),
    Case("value-huge", get(b"X: " + b"v" * 200_000), Refused((400, 413, 431), silent=True), "bounded"),
    Case("name-huge", get(b"N" * 200_000 + b": 1"), Refused((400, 413, 431), silent=True), "bounded"),
    Case("fields-many", get(*[b"X: 1"] * 20_000), Refused((400, 413, 431), silent=True), "bounded"),
    Case("head-without-end", get(*[b"X-%d: 1" % n for n in range(20_000)])[:-2], Refused((400, 413, 431), silent=True), "bounded"),
]

hop_by_hop = [
    Case("connection-names-a-field", get(b"Connection: close, X-Hop", b"X-Hop: 1"), Accepted(fields={"x-hop": (), "connection": ()}, closes=True), "9110 7.6.1: MUST"),
    Case("connection-twice", get(b"Connection: X-One", b"X-One: 1", b"Connection: X-Two", b"X-Two: 1"), Accepted(fields={"x-one": (), "x-two": ()}), "9110 7.6.1"),
    Case("keep-alive-fields", get(b"Keep-Alive: 5", b"Proxy-Connection: keep-alive"), Accepted(fields={"keep-alive": (), "proxy-connection": ()}), "9110 7.6.1"),
    Case("te-gzip", get(b"TE: gzip", b"Connection: TE"), Accepted(fields={"te": ()}), "9110 10.1.4"),
    Case("connection-names-host", get(b"Connection: close, Host"), Either(Accepted(fields={"host": ("a.example",)})), "end-to-end fields stay"),
    Case("connection-names-length", post(b"Connection: Content-Length", b"Content-Length: 5"), Either(Accepted(b"hello")), "framing stays"),
    Case("connection-names-coding", chunks(b"5\r\nhello\r\n0\r\n\r\n", b"Connection: Transfer-Encoding"), Either(Accepted(b"hello")), "framing stays"),
    Case("connection-names-forwarded-for", get(b"Connection: X-Forwarded-For", b"X-Forwarded-For: 6.6.6.6"), Either(Accepted(fields={"x-forwarded-for": ("127.0.0.1",)})), "ours comes after the removal"),
    Case("connection-names-thousands", get(b"Connection: " + b",".join(b"h%d" % n for n in range(2000))), Either(), "in linear time"),
    Case("proxy-field", get(b"Proxy: http://evil.example/"), Either(Accepted(fields={"proxy": ()})), "becomes HTTP_PROXY in a CGI"),
]

expectations = [
    Case("continue-with-body-at-once", post(b"Expect: 100-continue", b"Content-Length: 5"), Accepted(b"hello"), "9110 10.1.1"),
    Case("continue-in-http10", get(b"Expect: 100-continue", b"Content-Length: 5", method=b"POST", version=b"HTTP/1.0") + b"hello", Accepted(b"hello", interim=False), "9110 10.1.1: MUST ignore"),
    Case("continue-without-body", get(b"Expect: 100-continue"), Either(), "9110 10.1.1"),
    Case("unknown-expectation", post(b"Expect: 200-ok", b"Content-Length: 5"), Either(Accepted(b"hello")), "9110 10.1.1"),
    Case("upgrade-without-connection", get(b"Upgrade: websocket"), Accepted(fields={"upgrade": ()}), "9110 7.8"),
    Case("h2c-upgrade", get(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk"), Either(Accepted(fields={"http2-settings": ()})), "no tunnel past the gateway"),
    Case("upgrade-with-body", post(b"Connection: Upgrade", b"Upgrade: websocket", b"Content-Length: 5"), Either(Accepted(b"hello")), "9110 7.8"),
]

requests = [
    *baseline,
    *line_ends,
    *control_bytes,
    *whitespace,
    *field_syntax,
    *request_line,
    *host,
    *length,
    *coding,
    *chunking,
    *trailers,
    *limits,
    *hop_by_hop,
    *expectations,
]


@dataclass(frozen=True)
class Sequence:
    """`targets`: the requests that may reach the backend, in order; a tuple of alternatives."""

    name: str
    pieces: tuple
    targets: tuple
    why: str
    statuses: tuple | None = None  # of the answers, when they are certain


def second(target):
    return get(target=target)


sequences = [
    Sequence("pipeline", (get(target=b"/1") + get(target=b"/2") + get(target=b"/3"),), (("/1", "/2", "/3"),), "9112 9.3.2", (200, 200, 200)),
    Sequence("pipeline-with-bodies", (post(b"Content-Length: 5") + chunks(b"5\r\nhello\r\n0\r\n\r\n") + second(b"/2"),), (("/t", "/t", "/2"),), "9112 9.3.2", (200, 200, 200)),
    Sequence("empty-body-then-request", (post(b"Content-Length: 0", body=b"") + second(b"/2"),), (("/t", "/2"),), "9112 6.3", (200, 200)),
    Sequence("request-in-body-of-get", (get(b"Content-Length: %d" % len(SMUGGLED)) + SMUGGLED, second(b"/2")), (("/t", "/2"), ("/t",), ()), "9112 6.3: the body is a body"),
    Sequence("length-against-chunks", (post(b"Content-Length: 6", b"Transfer-Encoding: chunked", body=b"0\r\n\r\nG"), second(b"/2")), (("/t",), ()), "9112 6.1: closes, or refuses"),
    Sequence("chunks-against-length", (post(b"Transfer-Encoding: chunked", b"Content-Length: 4", body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)), second(b"/2")), (("/t",), ()), "9112 6.1"),
    Sequence("bad-second", (get() + b"not a request\r\n\r\n",), (("/t",), ()), "9112 9.3.2"),
    Sequence("nothing-after-close", (get(b"Connection: close") + second(b"/evil"),), (("/t",),), "9112 9.6", (200,)),
    Sequence("nothing-after-refusal", (get(b": x") + second(b"/evil"),), ((),), "9112 9.6", (400,)),
    Sequence("http10-closes", (get(version=b"HTTP/1.0") + second(b"/evil"),), (("/t",),), "9112 9.3", (200,)),
    Sequence("head-then-get", (get(method=b"HEAD", target=b"/1") + second(b"/2"),), (("/1", "/2"),), "9112 6.3", (200, 200)),
    Sequence("chunks-byte-by-byte", (get(b"Transfer-Encoding: chunked", method=b"POST"), *[bytes([b]) for b in b"5;x\r\nhello\r\n0\r\n\r\n"]), (("/t",),), "9112 7.1", (200,)),
    Sequence("head-byte-by-byte", tuple(bytes([b]) for b in get(b"X: 1")), (("/t",),), "9112 2.2", (200,)),
    Sequence("crlf-between-requests", (get() + b"\r\n" + second(b"/2"),), (("/t", "/2"), ("/t",)), "9112 2.2"),
    Sequence("body-in-pieces", (get(b"Content-Length: 5", method=b"POST"), b"he", b"llo" + second(b"/2")), (("/t", "/2"),), "9112 6.2", (200, 200)),
    Sequence("connect-then-request", (get(method=b"CONNECT", target=b"a.example:80", host=b"Host: a.example:80") + second(b"/evil"),), ((),), "9110 9.3.6: no tunnel, no second request"),
    Sequence("upgrade-then-request", (get(b"Connection: Upgrade", b"Upgrade: websocket") + second(b"/2"),), (("/t", "/2"), ("/t",)), "9110 7.8: refused by the backend, so still HTTP"),
]


def said(*lines, body=b"hello", status=b"HTTP/1.1 200 OK"):
    return b"\r\n".join((status, *lines)) + b"\r\n\r\n" + body


EVIL = said(b"Content-Length: 4", body=b"EVIL")
FIVE = b"Content-Length: 5"

answers = [
    Answer("plain", said(FIVE), "passes", "9112 4"),
    Answer("chunked", said(b"Transfer-Encoding: chunked", body=b"5\r\nhello\r\n0\r\n\r\n"), "passes", "9112 7.1"),
    Answer("until-close", said(), "passes", "9112 6.3", closes=True),
    Answer("no-reason-phrase", said(FIVE, status=b"HTTP/1.1 200 "), "passes", "9112 4"),
    Answer("early-hints-first", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + said(FIVE), "passes", "9110 15.2"),
    Answer("continue-unasked", b"HTTP/1.1 100 Continue\r\n\r\n" + said(FIVE), "passes", "9110 15.2.1"),
    Answer("http10-answer", said(FIVE, status=b"HTTP/1.0 200 OK"), "passes", "9110 2.5"),
    *[
        Answer(f"length-{name}", said(b"Content-Length: " + value), "bad", "9112 6.3: MUST 502")
        for name, value in {"letters": b"5x", "minus": b"-5", "plus": b"+5", "hex": b"0x5", "huge": b"9" * 30, "list": b"5, 6", "empty": b""}.items()
    ],
    Answer("length-twice", said(FIVE, b"Content-Length: 6"), "bad", "9112 6.3: MUST 502"),
    Answer("coding-unknown", said(b"Transfer-Encoding: cow"), "bad", "9112 6.1", closes=True),
    Answer("coding-twice", said(b"Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n"), "bad", "9112 6.1"),
    Answer("coding-not-last", said(b"Transfer-Encoding: chunked, gzip", body=b"0\r\n\r\n"), "bad", "9112 6.1", closes=True),
    Answer("coding-and-length", said(b"Transfer-Encoding: chunked", b"Content-Length: 99", body=b"5\r\nhello\r\n0\r\n\r\n"), "safe", "9112 6.3", absent=(b"Content-Length: 99",)),
    Answer("coding-in-http10", said(b"Transfer-Encoding: chunked", body=b"5\r\nhello\r\n0\r\n\r\n", status=b"HTTP/1.0 200 OK"), "safe", "9112 6.1"),
    Answer("chunk-size-letters", said(b"Transfer-Encoding: chunked", body=b"xyz\r\nhello\r\n0\r\n\r\n"), "cut", "9112 8"),
    Answer("chunk-size-plus", said(b"Transfer-Encoding: chunked", body=b"+5\r\nhello\r\n0\r\n\r\n"), "cut", "9112 8"),
    Answer("chunk-lf", said(b"Transfer-Encoding: chunked", body=b"5\nhello\n0\n\n"), "cut", "9112 7.1"),
    Answer("chunks-end-early", said(b"Transfer-Encoding: chunked", body=b"5\r\nhello\r\n"), "cut", "9112 8: MUST", closes=True),
    Answer("chunk-ends-early", said(b"Transfer-Encoding: chunked", body=b"50\r\nhello"), "cut", "9112 8: MUST", closes=True),
    Answer("length-ends-early", said(b"Content-Length: 50"), "cut", "9112 8: MUST", closes=True),
    Answer("surplus-answer", said(FIVE) + EVIL, "passes", "9112 9.2: never the next request's", absent=(b"EVIL",)),
    Answer("surplus-bytes", said(FIVE) + b"EVIL", "passes", "9112 9.2", absent=(b"EVIL",)),
    Answer("204-with-body", said(b"Content-Length: 4", body=b"EVIL", status=b"HTTP/1.1 204 No Content"), "safe", "9110 15.3.5", absent=(b"EVIL", b"Content-Length")),
    Answer("204-with-coding", said(b"Transfer-Encoding: chunked", body=b"4\r\nEVIL\r\n0\r\n\r\n", status=b"HTTP/1.1 204 No Content"), "safe", "9112 6.1", absent=(b"EVIL", b"ransfer-")),
    Answer("304-with-body", said(b"Content-Length: 4", body=b"EVIL", status=b"HTTP/1.1 304 Not Modified"), "safe", "9110 15.4.5", absent=(b"EVIL",)),
    Answer("head-with-body", said(b"Content-Length: 4", body=b"EVIL"), "safe", "9110 9.3.2", method="HEAD", absent=(b"EVIL",)),
    Answer("101-unasked", said(b"Connection: upgrade", b"Upgrade: x", body=b"EVIL", status=b"HTTP/1.1 101 Switching Protocols"), "bad", "9110 15.2.2"),
    Answer("interim-without-end", b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" * 3000 + said(FIVE), "safe", "9110 15.2: bounded"),
    Answer("version-3.7", said(FIVE, status=b"HTTP/3.7 200 OK"), "bad", "9112 2.3"),
    Answer("version-lower", said(FIVE, status=b"http/1.1 200 OK"), "bad", "9112 2.3"),
    Answer("status-four-digits", said(FIVE, status=b"HTTP/1.1 2000 OK"), "bad", "9112 4"),
    Answer("status-two-digits", said(FIVE, status=b"HTTP/1.1 20 OK"), "bad", "9112 4"),
    Answer("status-letters", said(FIVE, status=b"HTTP/1.1 abc OK"), "bad", "9112 4"),
    Answer("status-zero", said(FIVE, status=b"HTTP/1.1 000 OK"), "bad", "9110 15"),
    Answer("http09", b"<html>hello</html>", "bad", "9112 4", closes=True),
    Answer("other-protocol", b"SSH-2.0-OpenSSH_9.2\r\n", "bad", "9112 4", closes=True),
    Answer("nothing", b"", "bad", "9110 15.6.3", closes=True),
    Answer("half-a-head", b"HTTP/1.1 200 OK\r\nContent-Le", "bad", "9112 8", closes=True),
    Answer("nul-in-value", said(b"X: a\0b", FIVE), "safe", "9110 5.5", absent=(b"\0",)),
    Answer("fold", said(b"X: a\r\n b", FIVE), "safe", "9112 5.2", absent=(b"\n b",)),
    Answer("space-before-colon", said(b"X : a", FIVE), "safe", "9112 5.1", absent=(b"X :",)),
    Answer("no-name", said(b": a", FIVE), "safe", "9112 5", absent=(b"\n: a",)),
    Answer("bare-lf", said(b"X: a\nSet-Cookie: evil=1", FIVE), "safe", "9112 2.2", absent=(b"a\nSet",)),
    Answer("bare-cr", said(b"X: a\rSet-Cookie: evil=1", FIVE), "safe", "9112 2.2", absent=(b"a\rSet",)),
    Answer("value-huge", said(b"X: " + b"v" * 2_000_000, FIVE), "bad", "bounded"),
    Answer("fields-many", said(*[b"X: 1"] * 50_000, FIVE), "bad", "bounded"),
    Answer("hop-fields", said(b"Connection: close, X-Hop", b"X-Hop: 1", b"Keep-Alive: timeout=5", FIVE), "passes", "9110 7.6.1: MUST", absent=(b"X-Hop", b"Keep-Alive")),
    Answer("trailer-length", said(b"Transfer-Encoding: chunked", body=b"5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n"), "safe", "9110 6.5.1"),
]
