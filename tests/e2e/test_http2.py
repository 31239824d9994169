"""HTTP/2 with clients, backends and shadows, by tools that are not ours: curl, nghttp, h2load, nghttpd, h2spec."""

import base64
import contextlib
import os
import re
import shutil
import socket
import struct
import subprocess
import threading

import hpack
import pytest
from harness import SANITIZED, Backend, eventually, patience
from harness.backend import answer, ok
from harness.config import gateway, mirrored, route, upstream, virtual_service
from harness.h2 import (
    ACK,
    DATA,
    END_STREAM,
    ENHANCE_YOUR_CALM,
    FAULTS,
    GOAWAY,
    HEADERS,
    PING,
    PREFACE,
    PRIORITY,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    Caller,
    Frames,
    frame,
    greet,
    head,
    never_updating,
    settings,
    wide_open,
)
from harness.pki import Pki

MIB = 1 << 20
REQUEST = [(":method", "GET"), (":scheme", "http"), (":authority", "a.example"), (":path", "/")]
POST = [(":method", "POST"), *REQUEST[1:]]


def run(*command, **kwargs):
    return subprocess.run(list(map(str, command)), capture_output=True, timeout=patience(60), **kwargs)


def curl(gw, *args, target="/"):
    made = run("curl", "-sS", "--http2-prior-knowledge", *args, f"http://127.0.0.1:{gw.port}{target}")
    assert made.returncode == 0, made.stderr
    return made.stdout


def plain(backend, http2=False, manager=None):
    made = [gateway(), upstream("primary", backend, **({"useHttp2": True} if http2 else {})), virtual_service(route("/"))]
    if manager:
        made[0]["spec"]["httpGateway"] = {"options": {"httpConnectionManagerSettings": manager}}
    return made


def with_h2_shadow(primary, shadow, **test):
    made = mirrored(primary, shadow, test=test or None)
    made[2]["spec"]["useHttp2"] = True
    return made


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Nghttpd:
    """nghttpd with a folder to serve; with an `identity` of harness.pki behind TLS."""

    def __init__(self, folder, identity=None):
        self.host, self.port = "127.0.0.1", free_port()
        self.log_path = folder / "nghttpd.log"
        (folder / "hello").write_text("hello\n")
        (folder / "large").write_bytes(bytes(range(256)) * 8192)
        self.log_file = self.log_path.open("wb")
        secure = [identity.key, identity.cert] if identity else []
        options = ["-v", "-a", self.host, "-d", folder, *([] if identity else ["--no-tls"])]
        command = ["nghttpd", *map(str, [*options, self.port, *secure])]
        self.process = subprocess.Popen(command, stdout=self.log_file, stderr=self.log_file)
        eventually(self.listens)

    def listens(self):
        with contextlib.suppress(OSError), socket.create_connection((self.host, self.port)):
            return True
        return False

    def log(self):
        return self.log_path.read_text(errors="replace")

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.log_file.close()


@pytest.fixture
def nghttpd(tmp_path, closing):
    return closing(Nghttpd(tmp_path))


# ---- behind TLS


@pytest.fixture
def pki(tmp_path):
    return Pki(tmp_path)


@pytest.fixture
def secure_nghttpd(tmp_path, closing, pki):
    return closing(Nghttpd(tmp_path, pki.identity("backend.test")))


def secured(made, identity):
    made[0]["spec"]["ssl"] = True
    made[-1]["spec"]["sslConfig"] = {"sslFiles": identity.files()}
    return made


def behind_tls(made, at, pki):
    made[at]["spec"] |= {"useHttp2": True, "sslConfig": {"sni": "backend.test", "sslFiles": {"rootCa": str(pki.ca)}}}
    return made


def secure_curl(gw, pki, *args, target="/"):
    where = ["--resolve", f"shop.test:{gw.port}:127.0.0.1", "--cacert", pki.ca]
    made = run("curl", "-sS", *where, *args, "-w", "\n%{http_version}", f"https://shop.test:{gw.port}{target}")
    assert made.returncode == 0, made.stderr
    return made.stdout.rpartition(b"\n")


@pytest.mark.parametrize("version", [b"2", b"1.1"])
def test_version_is_agreed_on_in_the_handshake(start, closing, pki, version):
    backend = closing(Backend())
    gw = start(secured(plain(backend), pki.identity("shop.test")))
    option = "--http2" if version == b"2" else "--http1.1"
    assert secure_curl(gw, pki, option) == (b"ok", b"\n", version)
    assert backend.wait_requests(1)[0].header("x-forwarded-proto") == "https"


@pytest.mark.parametrize("tls", [False, True])
def test_http_health_check_over_http2(start, request, pki, tls):
    backend = request.getfixturevalue("secure_nghttpd" if tls else "nghttpd")
    made = plain(backend, http2=True)
    if tls:
        behind_tls(made, 1, pki)
    times = {"timeout": "5s", "interval": "0.05s", "noTrafficInterval": "0.05s", "healthyThreshold": 1, "unhealthyThreshold": 1}
    made[1]["spec"]["healthChecks"] = [{**times, "httpHealthCheck": {"path": "/hello", "useHttp2": True}}]
    gw = start(made)
    assert gw.metrics().total("gnomon_upstream_hosts_healthy", leg="primary") == 1
    made[1]["spec"]["healthChecks"][0]["httpHealthCheck"]["path"] = "/missing"
    gw.write(made)
    assert gw.reload()[0] == 200
    assert gw.metrics().total("gnomon_upstream_hosts_healthy", leg="primary") == 0
    assert "GET" in backend.log()


def test_client_decides_among_what_its_virtual_service_offers(start, closing, pki):
    made = secured(plain(closing(Backend())), pki.identity("shop.test"))
    made[-1]["spec"]["sslConfig"]["alpnProtocols"] = ["http/1.1"]
    gw = start(made)
    assert secure_curl(gw, pki, "--http2")[2] == b"1.1"


def test_http2_behind_tls_on_both_sides(start, pki, secure_nghttpd, tmp_path):
    made = behind_tls(plain(secure_nghttpd), 1, pki)
    gw = start(secured(made, pki.identity("shop.test")))
    body, _, version = secure_curl(gw, pki, "--http2", target="/large")
    assert (body, version) == ((tmp_path / "large").read_bytes(), b"2")
    loaded = run("h2load", "-n", 1000, "-c", 4, "-m", 25, f"https://127.0.0.1:{gw.port}/hello")
    assert "1000 succeeded, 0 failed, 0 errored" in loaded.stdout.decode(), loaded


def test_shadow_speaks_http2_behind_tls(start, closing, pki, secure_nghttpd):
    primary = closing(Backend())
    gw = start(behind_tls(mirrored(primary, secure_nghttpd), 2, pki))
    for _ in range(20):
        assert gw.get("/hello").body == b"ok"
    assert gw.settle().total("gnomon_shadow_answered_total", code_class="2xx") == 20
    assert ":authority: shop.test-shadow" in secure_nghttpd.log()


def test_what_a_client_claims_about_its_scheme_is_not_believed(start, closing):
    backend = closing(Backend())
    gw = start(plain(backend))
    caller = closing(Caller(gw.port))
    caller.send(head(1, [(":method", "GET"), (":scheme", "https"), *REQUEST[2:]]))
    assert backend.wait_requests(1)[0].header("x-forwarded-proto") == "http"


# ---- clients


def test_curl_to_an_http1_backend(start, closing):
    backend = closing(Backend())
    gw = start(plain(backend))
    assert curl(gw) == b"ok"
    assert curl(gw, "-X", "POST", "--data-binary", "hello", "-H", "cookie: a=1", "-H", "te: trailers", target="/p?q") == b"ok"
    got = backend.wait_requests(2)[1]
    assert (got.method, got.target, got.body_length) == ("POST", "/p?q", 5)
    assert got.header("host") == f"127.0.0.1:{gw.port}"
    assert b"HTTP/2 200" in curl(gw, "-I")


def test_large_bodies_both_ways(start, closing, tmp_path):
    body = os.urandom(4 * MIB)
    backend = closing(Backend(answer(ok(body))))
    gw = start(plain(backend))
    (tmp_path / "up").write_bytes(body)
    assert curl(gw, "-T", tmp_path / "up") == body
    assert backend.wait_requests(1)[0].body_length == len(body)


@pytest.mark.parametrize("http2", [False, True])
def test_h2load(start, closing, nghttpd, http2):
    backend = nghttpd if http2 else closing(Backend())
    gw = start(plain(backend, http2))
    made = run("h2load", "-n", 2000, "-c", 4, "-m", 25, f"http://127.0.0.1:{gw.port}/hello").stdout.decode()
    assert "2000 succeeded, 0 failed, 0 errored" in made, made


def test_many_streams_of_one_connection(start, nghttpd):
    gw = start(plain(nghttpd, http2=True))
    made = run("nghttp", "-n", "-m", 50, "--stat", f"http://127.0.0.1:{gw.port}/large").stdout.decode()
    assert len(re.findall(r" 200 .*/large", made)) == 50, made
    assert gw.metrics().total("gnomon_upstream_connections_total", upstream="primary_gloo-system") == 1


def test_http1_client_to_an_http2_backend(start, nghttpd, tmp_path):
    gw = start(plain(nghttpd, http2=True))
    assert gw.get("/hello").body == b"hello\n"
    fetched = run("curl", "-sS", "--limit-rate", "20M", f"http://127.0.0.1:{gw.port}/large").stdout
    assert fetched == (tmp_path / "large").read_bytes()
    with gw.client() as client:
        assert client.request("POST", "/hello", body=b"x" * 100_000).status == 200


@pytest.mark.skipif(not shutil.which("h2spec"), reason="needs h2spec, a program in Go")
def test_h2spec(start, closing):
    gw = start(plain(closing(Backend()), manager={"codecType": "HTTP2"}))
    made = run("h2spec", "-h", "127.0.0.1", "-p", gw.port, "generic", "hpack", "http2").stdout.decode()
    assert re.search(r"\b0 failed", made), made


@pytest.mark.skipif(not shutil.which("h2spec"), reason="needs h2spec, a program in Go")
def test_h2spec_over_tls(start, closing, tmp_path):
    identity = Pki(tmp_path).identity("shop.test")
    secure = gateway()
    secure["spec"]["ssl"] = True
    service = virtual_service(route("/"))
    service["spec"]["sslConfig"] = {"sslFiles": identity.files()}
    gw = start([secure, upstream("primary", closing(Backend())), service])
    made = run("h2spec", "-t", "-k", "-h", "127.0.0.1", "-p", gw.port, "generic", "hpack", "http2").stdout.decode()
    assert re.search(r"\b0 failed", made), made


# ---- what clients may not do


FLOODS = {
    "resets": lambda: b"".join(
        head(n, REQUEST) + frame(RST_STREAM, 0, n, struct.pack(">I", 8)) for n in range(1, 2001, 2)
    ),
    "resets_of_ours": lambda: b"".join(
        head(n, POST, end=False) + frame(WINDOW_UPDATE, 0, n, b"\x7f\xff\xff\xff") for n in range(1, 8001, 2)
    ),
    "settings": lambda: settings() * 20_000,
    "pings": lambda: frame(PING, payload=bytes(8)) * 20_000,
    "priorities": lambda: frame(PRIORITY, 0, 1, bytes([0, 0, 0, 3, 1])) * 20_000,
    "windows": lambda: frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 1)) * 20_000,
    "empty_data": lambda: head(1, POST, end=False) + frame(DATA, 0, 1) * 20_000,
    "continuations": lambda: frame(HEADERS, 0, 1, b"") + frame(9, 0, 1, b"") * 20_000,
}


@pytest.mark.parametrize("flood", FLOODS)
def test_floods_end_the_connection_and_are_counted(start, closing, flood):
    gw = start(plain(closing(Backend(FAULTS["hung"]))))
    caller = closing(Caller(gw.port))
    with contextlib.suppress(OSError):
        caller.send(FLOODS[flood]())
    caller.ending()
    assert eventually(lambda: gw.metrics().total("gnomon_client_floods_total") == 1)


def test_unknown_frames_are_passed_over(start, closing):
    gw = start(plain(closing(Backend())))
    caller = closing(Caller(gw.port))
    caller.send(frame(0x42, 0xFF, 0, b"?") * 20_000 + head(1, REQUEST))
    assert caller.frames.until(DATA)[3] == b"ok"


def test_a_flood_is_told_to_calm_down(start, closing):
    gw = start(plain(closing(Backend())))
    caller = closing(Caller(gw.port))
    # Just enough: what is sent beyond would be answered with a reset, which may overtake the frame.
    caller.send(frame(PING, ACK, payload=bytes(8)) * 1100)
    kind, _, _, payload = caller.ending()[-1]
    assert (kind, payload[4:8]) == (GOAWAY, struct.pack(">I", ENHANCE_YOUR_CALM))


def test_a_client_that_opens_no_window_holds_back_only_its_stream(start, closing):
    backend = closing(Backend(answer(ok(b"x" * MIB))))
    gw = start(plain(backend, manager={"streamIdleTimeout": "1s"}))
    caller = closing(Caller(gw.port, settings(window=0)))
    caller.send(head(1, REQUEST))
    # The head came, its body may not; in the end the stream is reset.
    assert caller.frames.until(HEADERS)[2] == 1
    assert caller.frames.until(RST_STREAM)[2] == 1


def test_partial_preface_times_out(start, closing):
    gw = start(plain(closing(Backend()), manager={"requestHeadersTimeout": "0.5s"}))
    with socket.create_connection(("127.0.0.1", gw.port), timeout=20) as sock:
        sock.sendall(PREFACE[:18])
        assert sock.recv(100) == b""


def test_preface_in_pieces(start, closing):
    gw = start(plain(closing(Backend())))
    with socket.create_connection(("127.0.0.1", gw.port), timeout=20) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in PREFACE + settings() + head(1, REQUEST):
            sock.sendall(bytes([byte]))
        frames = Frames(sock)
        assert frames.until(HEADERS)[2] == 1
        assert frames.until(DATA)[3] == b"ok"


def test_early_answer_ends_the_upload(start, closing):
    def early(connection):
        connection.head()
        connection.send(ok(b"enough"))
        connection.hold()

    gw = start(plain(closing(Backend(early))))
    caller = closing(Caller(gw.port))
    caller.send(head(1, POST, end=False) + frame(DATA, 0, 1, b"a beginning"))
    assert caller.frames.until(DATA, lambda kind, flags, *_: flags & END_STREAM)[3] == b"enough"
    assert caller.frames.until(RST_STREAM)[3] == bytes(4)


def test_backend_that_answers_early_and_reads_on(start, closing):
    """A frame of the upload is made and cannot leave when the answer makes it void."""
    full, answered, reset = threading.Event(), threading.Event(), threading.Event()

    def early(connection):
        frames = greet(connection, wide_open())
        _, _, stream, _ = frames.until(HEADERS)
        full.wait(20)
        connection.send(head(stream, [(":status", "413"), ("content-length", "0")]))
        answered.wait(20)
        frames.until(RST_STREAM)
        reset.set()
        while True:
            _, _, stream, _ = frames.until(HEADERS)
            connection.send(head(stream, [(":status", "200"), ("content-length", "0")]))

    backend = closing(Backend(early))
    gw = start(plain(backend, http2=True))
    with socket.create_connection(("127.0.0.1", gw.port), timeout=patience(1)) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n")
        with contextlib.suppress(TimeoutError):
            while True:
                client.send(b"x" * 65536)
        full.set()
        client.settimeout(20)
        assert client.recv(100).startswith(b"HTTP/1.1 413 ")
        answered.set()
        assert reset.wait(20)
        assert gw.get().status == 200
    assert len(backend.connections) == 1


@pytest.mark.parametrize("status", [b"204", b"304"])
@pytest.mark.parametrize("trailers", [False, True])
def test_answer_without_a_body_by_its_status_ends_with_its_head(start, closing, status, trailers):
    """However an HTTP/2 backend ends it."""

    def script(connection):
        frames = greet(connection)
        while True:
            _, _, stream, _ = frames.until(HEADERS)
            end = head(stream, [("x-t", "1")]) if trailers else frame(DATA, END_STREAM, stream)
            connection.send(head(stream, [(":status", status), ("x-path", str(stream))], end=False) + end)

    gw = start(plain(closing(Backend(script)), http2=True))
    with socket.create_connection(("127.0.0.1", gw.port), timeout=20) as client:
        got = b""
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        while got.count(b"\r\n\r\n") < 3:
            got += client.recv(65536)
        assert b"0\r\n\r\n" not in got and b"transfer-encoding" not in got
        assert [line.split(b" ")[:2] for line in got.split(b"\r\n\r\n")[:3]] == [[b"HTTP/1.1", status]] * 3


def test_drain_says_goaway_and_lets_streams_end(start, closing):
    def patient(connection):
        connection.request()
        told.wait(20)
        connection.send(ok(b"late"))
        connection.finish()

    told = threading.Event()
    backend = closing(Backend(patient))
    gw = start(plain(backend))
    caller = closing(Caller(gw.port))
    caller.send(head(1, REQUEST))
    backend.wait_heads(1)
    gw.signal(15)
    assert struct.unpack(">I", caller.frames.until(GOAWAY)[3][:4])[0] == 2**31 - 1
    _, _, _, payload = caller.frames.until(PING, lambda kind, flags, *_: not flags & ACK)
    caller.send(frame(PING, ACK, payload=payload))
    assert caller.frames.until(GOAWAY)[3][:4] == struct.pack(">I", 1)
    told.set()
    seen = caller.ending()
    assert b"late" in [got[3] for got in seen if got[0] == DATA]


# ---- backends


def test_requests_behind_a_goaway_are_sent_again(start, closing):
    """What a backend has not seen, by its own word, goes to the next connection."""

    def leaving(connection):
        frames = greet(connection)
        _, _, stream, _ = frames.until(HEADERS)
        if connection.number == 0:
            connection.send(frame(GOAWAY, payload=struct.pack(">II", 0, 0)))
            return connection.swallow()
        connection.send(head(stream, [(":status", "204")]))
        return connection.swallow()

    gw = start(plain(closing(Backend(leaving)), http2=True))
    assert gw.get("/").status == 204


@pytest.mark.parametrize("how", ["goaway", "refused"])
@pytest.mark.parametrize("body", [b"", b"hello"])
def test_unseen_requests_are_sent_again_with_their_bodies(start, closing, how, body):
    """Also those that may not be repeated once the backend has looked at them, such as every call of gRPC."""
    refused = threading.Event()

    def refuse(connection, stream):
        said = frame(GOAWAY, payload=struct.pack(">II", 0, 0))
        connection.send(said if how == "goaway" else frame(RST_STREAM, 0, stream, struct.pack(">I", 7)))
        refused.set()

    def refusing_once(connection):
        frames, held = greet(connection), {}
        while True:
            kind, flags, stream, payload = frames.next()
            if kind == HEADERS:
                held[stream] = b""
            if stream not in held or kind not in (HEADERS, DATA):
                continue
            if kind == DATA:
                held[stream] += payload
            if not refused.is_set() and bool(body) == (kind == DATA):
                refuse(connection, stream)
                del held[stream]
            elif flags & END_STREAM:
                connection.send(head(stream, [(":status", "200")], end=False) + frame(DATA, END_STREAM, stream, held[stream] + b"!"))

    gw = start(plain(closing(Backend(refusing_once)), http2=True))
    caller = closing(Caller(gw.port))
    caller.send(head(1, POST, end=not body) + (frame(DATA, 0, 1, body[:3]) if body else b""))
    assert refused.wait(patience(10))
    if body:
        caller.send(frame(DATA, END_STREAM, 1, body[3:]))
    assert (":status", "200") in hpack.Decoder().decode(caller.frames.until(HEADERS)[3])
    assert caller.frames.until(DATA)[3] == body + b"!"


def test_a_request_too_large_to_keep_is_not_sent_again(start, closing):
    def refusing_late(connection):
        frames, seen = greet(connection, wide_open()), 0
        while seen <= MIB:
            _, _, stream, payload = frames.until(DATA)
            seen += len(payload)
        connection.send(frame(RST_STREAM, 0, stream, struct.pack(">I", 7)))
        connection.swallow()

    backend = closing(Backend(refusing_late))
    gw = start(plain(backend, http2=True))
    with gw.client() as client:
        assert client.request("POST", "/", body=b"x" * 2 * MIB).status == 503
    assert gw.metrics().total("gnomon_upstream_requests_total") == 1


def test_broken_answer_of_a_backend_ends_only_its_stream(start, closing):
    def backend_script(connection):
        frames, decoder = greet(connection), hpack.Decoder()
        while True:
            _, _, stream, block = frames.until(HEADERS)
            bad = (":path", "/bad") in decoder.decode(block)
            connection.send(head(stream, [(":status", "200"), ("connection", "close")] if bad else [(":status", "204")]))

    backend = closing(Backend(backend_script))
    gw = start(plain(backend, http2=True))
    with gw.client() as client:
        for _ in range(3):
            assert client.request("GET", "/ok").status == 204
            assert client.request("GET", "/bad").status == 502
    assert len(backend.connections) == 1


# ---- upgrades

CONNECT = [(":method", "CONNECT"), (":protocol", "websocket"), *REQUEST[1:]]


def echoing_upgrade(connection):
    message = connection.head()
    key = message.header("sec-websocket-key")
    assert message.method == "GET"
    assert message.header("upgrade") == "websocket"
    assert len(base64.b64decode(key)) == 16
    connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n")
    while data := connection.reader.buffer or connection.sock.recv(100):
        connection.reader.buffer = b""
        connection.send(data.upper())
    connection.finish()


def echoing_connect(connection):
    frames = greet(connection, settings(connect=1))
    _, _, stream, block = frames.until(HEADERS)
    assert {(":method", "CONNECT"), (":protocol", "websocket")} <= set(hpack.Decoder().decode(block))
    connection.send(head(stream, [(":status", "200")], end=False))
    while True:
        _, flags, _, payload = frames.until(DATA)
        connection.send(frame(DATA, flags & END_STREAM, stream, payload.upper()))


@pytest.mark.parametrize("http2", [False, True])
def test_extended_connect(start, closing, http2):
    gw = start(plain(closing(Backend(echoing_connect if http2 else echoing_upgrade)), http2))
    caller = closing(Caller(gw.port))
    # What comes before the answer waits for it.
    caller.send(head(1, CONNECT, end=False) + frame(DATA, 0, 1, b"early"))
    _, flags, _, block = caller.frames.until(HEADERS)
    answer = dict(hpack.Decoder().decode(block))
    assert answer[":status"] == "200"
    assert "sec-websocket-accept" not in answer
    assert not flags & END_STREAM
    assert caller.frames.until(DATA)[3] == b"EARLY"
    caller.send(frame(DATA, 0, 1, b"more"))
    assert caller.frames.until(DATA)[3] == b"MORE"
    caller.send(frame(DATA, END_STREAM, 1, b""))
    assert caller.frames.until(DATA, lambda kind, flags, *_: flags & END_STREAM)


def test_extended_connect_that_a_backend_answers_without_switching(start, closing):
    """Any 2xx would tell the client that its tunnel is open."""
    gw = start(plain(closing(Backend(answer(ok(b"<html>no websocket here</html>"))))))
    caller = closing(Caller(gw.port))
    caller.send(head(1, CONNECT, end=False))
    _, _, _, block = caller.frames.until(HEADERS)
    assert dict(hpack.Decoder().decode(block))[":status"] == "502"
    # Others say what they have always said.
    with gw.client() as client:
        upgrade = "Connection: upgrade\r\nUpgrade: websocket\r\n"
        client.send(f"GET / HTTP/1.1\r\nHost: a\r\n{upgrade}\r\n".encode())
        assert client.read().status == 200


def test_http1_upgrade_to_an_http2_backend(start, closing):
    gw = start(plain(closing(Backend(echoing_connect)), http2=True))
    key = "dGhlIHNhbXBsZSBub25jZQ=="
    with gw.client() as client:
        client.send(
            b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: " + key.encode() + b"\r\n\r\n"
        )
        got = b""
        while b"\r\n\r\n" not in got:
            got += client.sock.recv(4096)
        assert got.startswith(b"HTTP/1.1 101 ")
        # The example of RFC 6455.
        assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in got
        client.send(b"hello")
        assert client.exactly(5) == b"HELLO"


# ---- protocolSelection


class Either:
    """A backend that takes either version, and says which it was."""

    def __init__(self, hold=None):
        self.seen = []
        self.hold = hold  # until then the first connection is not answered

    def __call__(self, connection):
        http2 = connection.sock.recv(3, socket.MSG_PEEK) == b"PRI"
        if self.hold and connection.number == 0:
            self.hold.wait(patience(20))
        if not http2:
            self.seen.append(1)
            return answer(ok(b"http1"))(connection)
        frames = greet(connection)
        while True:
            _, _, stream, _ = frames.until(HEADERS)
            self.seen.append(2)
            connection.send(head(stream, [(":status", "200")], end=False) + frame(DATA, END_STREAM, stream, b"http2"))


def test_backends_and_shadows_are_spoken_to_as_the_client_speaks(start, closing):
    live, shadow = Either(), Either()
    made = mirrored(closing(Backend(live)), closing(Backend(shadow)))
    for at in (1, 2):
        made[at]["spec"]["protocolSelection"] = "USE_DOWNSTREAM_PROTOCOL"
    gw = start(made)
    assert gw.get("/").body == b"http1"
    assert curl(gw) == b"http2"
    assert gw.get("/").body == b"http1"
    assert gw.settle().total("gnomon_shadow_answered_total") == 3
    for backend in (live, shadow):
        assert backend.seen.count(2) == 1 and 1 in backend.seen


@pytest.mark.parametrize("http2", [False, True])
def test_reload_that_changes_the_version_leaves_no_connection_of_the_other(start, closing, http2):
    hold, got = threading.Event(), []
    backend = closing(Backend(Either(hold)))
    gw = start(plain(backend, http2=http2))
    held = threading.Thread(target=lambda: got.append(gw.get("/").body))
    held.start()
    eventually(lambda: backend.connections)
    gw.write(plain(backend, http2=not http2))
    assert gw.reload()[0] == 200
    before, after = (b"http2", b"http1") if http2 else (b"http1", b"http2")
    assert gw.get("/").body == after
    hold.set()
    held.join()
    assert got == [before]
    eventually(lambda: gw.metrics().total("gnomon_upstream_connections_active") == 1)
    assert [gw.get("/").body for _ in range(3)] == [after] * 3
    assert len(backend.connections) == 2


# ---- shadows


@pytest.mark.parametrize("client_http2", [False, True])
def test_copies_share_a_connection(start, closing, nghttpd, client_http2):
    primary = closing(Backend())
    gw = start(with_h2_shadow(primary, nghttpd))
    if client_http2:
        assert curl(gw, target="/hello") == b"ok"
    else:
        assert gw.get("/hello", host="a.example:80").body == b"ok"
    run("h2load", "-n", 100, "-c", 1, "-m", 20, f"http://127.0.0.1:{gw.port}/hello")
    metrics = gw.settle()
    assert metrics.total("gnomon_shadow_answered_total") == 101
    assert metrics.total("gnomon_upstream_connections_total", leg="shadow") <= 3
    host = f"127.0.0.1-shadow:{gw.port}" if client_http2 else "a.example-shadow:80"
    assert f":authority: {host}" in nghttpd.log()


@pytest.mark.parametrize("fault", FAULTS)
def test_live_requests_beside_a_bad_http2_shadow(start, closing, fault):
    shadow = closing(Backend(FAULTS[fault]))
    live = closing(Backend(answer(ok(b"primary"))))
    gw = start(with_h2_shadow(live, shadow, request={"timeout": "1s"}, limits={"bufferBytes": 2 * MIB}))
    with gw.client() as client:
        for _ in range(20):
            response, seconds = client.timed("POST", body=b"hello")
            assert response.body == b"primary"
            assert seconds < patience(0.3)
        response, seconds = client.timed("POST", body=b"x" * 8 * MIB)
        assert response.body == b"primary"
        assert seconds < patience(2)
    gw.settle()


def test_shadow_that_opens_no_window_is_cut_at_the_budget(start, closing):
    resets = []

    def script(connection):
        frames = greet(connection)
        with contextlib.suppress(Exception):
            while True:
                resets.append(frames.until(RST_STREAM))

    shadow = closing(Backend(script))
    gw = start(with_h2_shadow(closing(Backend()), shadow, request={"timeout": "30s"}, limits={"bufferBytes": MIB}))
    with gw.client() as client:
        assert client.request("POST", body=b"x" * 16 * MIB).status == 200
    assert gw.settle().lost("budget_bytes") == 1
    assert eventually(lambda: len(resets) == 1)


@pytest.mark.serial
@pytest.mark.skipif(bool(SANITIZED), reason="measures memory")
def test_memory_beside_a_shadow_that_opens_no_window(start, closing):
    shadow = closing(Backend(never_updating))
    gw = start(with_h2_shadow(closing(Backend()), shadow, request={"timeout": "30s"}, limits={"bufferBytes": 4 * MIB}))
    with gw.client() as client:
        client.request("POST", body=b"x" * 4 * MIB)
        before = gw.memory_bytes()
        for _ in range(20):
            assert client.request("POST", body=b"x" * 4 * MIB).status == 200
    assert gw.memory_bytes() - before < 12 * MIB


def test_http2_settings_frame_comes_first(start, closing):
    gw = start(plain(closing(Backend()), manager={"http2ProtocolOptions": {"maxConcurrentStreams": 7}}))
    caller = closing(Caller(gw.port))
    kind, _, _, payload = caller.frames.next()
    assert kind == SETTINGS
    assert struct.pack(">HI", 3, 7) in payload
