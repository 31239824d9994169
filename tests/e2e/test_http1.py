"""HTTP/1.1 as a client and a backend see it through the gateway."""

import contextlib
import re
import threading

import pytest
from harness import SANITIZED, Backend, eventually, patience
from harness.backend import answer, echo, ok
from harness.client import chunk, request_bytes
from harness.config import gateway, route, upstream, virtual_service
from harness.message import Closed

MIB = 1 << 20


def to(backend, **options):
    return [gateway(), upstream("primary", backend), virtual_service(route(**options))]


@pytest.fixture
def scripted(start, closing):
    """A gateway in front of one backend with this script."""

    def make(script, args=(), **options):
        backend = closing(Backend(script))
        return start(to(backend, **options), args=args), backend

    return make


# ---- connections


def test_keep_alive_serves_many_requests_over_one_connection_each_way(start, primary):
    gw = start(to(primary))
    with gw.client() as client:
        for n in range(20):
            assert client.request("GET", f"/{n}").body == b"ok"
    assert [r.target for r in primary.requests] == [f"/{n}" for n in range(20)]
    assert {r.connection for r in primary.requests} == {0}


def test_pipelined_requests_are_answered_in_order(scripted):
    gw, backend = scripted(answer(lambda r: ok(r.target.encode())))
    with gw.client() as client:
        client.send(b"".join(request_bytes("POST", f"/{n}", body=b"x" * n) for n in range(30)))
        assert [client.read().body for _ in range(30)] == [f"/{n}".encode() for n in range(30)]
    assert [len(r.body) for r in backend.requests] == list(range(30))


def test_connection_close_is_honoured(start, primary):
    gw = start(to(primary))
    with gw.client() as client:
        response = client.request(headers=["Connection: close"])
        assert response.header("connection") == "close"
        assert client.ended() == "eof"


def test_client_that_half_closes_still_gets_its_answer(scripted):
    gw, _ = scripted(answer(ok(b"late")))
    with gw.client() as client:
        client.send(request_bytes())
        client.finish()
        assert client.read().body == b"late"
        assert client.ended() == "eof"


def test_request_is_repeated_when_a_pooled_connection_was_closed(scripted):
    def one_each(connection):
        connection.request()
        connection.send(ok(b"once"))

    gw, _ = scripted(one_each)
    with gw.client() as client:
        assert [client.request().body for _ in range(10)] == [b"once"] * 10


# ---- versions and forms


def test_http10_gets_an_answer_and_a_close(start, primary):
    gw = start(to(primary))
    with gw.client() as client:
        response = client.request(version="HTTP/1.0", host="x")
        assert response.status == 200
        assert client.ended() == "eof"
    assert primary.requests[0].version == "HTTP/1.1"


def test_http10_never_gets_chunks(scripted):
    def chunked(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(b"abc") + b"0\r\n\r\n")
        connection.swallow()

    gw, _ = scripted(chunked)
    with gw.client() as client:
        response = client.request(version="HTTP/1.0")
        assert response.header("transfer-encoding") is None
        assert response.body == b"abc"


def test_absolute_form_routes_by_its_own_authority(scripted):
    gw, backend = scripted(answer(echo))
    with gw.client() as client:
        assert client.request("GET", "http://shop.test/a?b", host="shop.test").status == 200
    assert (backend.requests[0].target, backend.requests[0].host) == ("/a?b", "shop.test")


def test_asterisk_form_of_options(scripted):
    gw, backend = scripted(answer(ok()))
    with gw.client() as client:
        assert 200 <= client.request("OPTIONS", "*").status < 300
    assert all(r.target == "*" for r in backend.requests)


@pytest.mark.parametrize("bad", [[], ["Host: a", "Host: b"], ["Host: a b"], ["Host: a/b"]])
def test_bad_host_is_400_and_closes(start, primary, bad):
    gw = start(to(primary))
    with gw.client() as client:
        assert client.request(host=None, headers=bad).status == 400
        client.ended()
    assert primary.heads == []


# ---- bodies


def test_chunked_body_and_trailers_go_both_ways(scripted):
    def with_trailers(connection):
        request = connection.request()
        assert request.body == b"hello world"
        connection.send(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
            + chunk(b"got ") + chunk(request.body) + b"0\r\nX-Sum: down\r\n\r\n"
        )
        connection.swallow()

    gw, backend = scripted(with_trailers)
    with gw.client() as client:
        client.send(
            request_bytes("POST", "/", ["Transfer-Encoding: chunked", "TE: trailers", "Trailer: X-Sum"])
            + chunk(b"hello ") + chunk(b"world") + b"0\r\nX-Sum: up\r\n\r\n"
        )
        response = client.read()
    assert (response.body, response.trailers) == (b"got hello world", [("X-Sum", "down")])
    assert backend.requests[0].trailers == [("X-Sum", "up")]


def test_body_streams_before_it_is_complete(scripted):
    """Neither side has to finish for the other to see what has been sent so far."""
    seen = threading.Event()

    def talk(connection):
        connection.head()
        assert connection.reader.until(b"\r\n") == b"4"
        assert connection.reader.until(b"\r\n") == b"ping"
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(b"pong"))
        assert seen.wait(10)
        connection.send(chunk(b"end") + b"0\r\n\r\n")
        connection.swallow()

    gw, _ = scripted(talk)
    with gw.client() as client:
        client.send(request_bytes("POST", "/", ["Transfer-Encoding: chunked"]) + chunk(b"ping"))
        client.reader.until(b"\r\n\r\n")
        assert client.reader.until(b"\r\n") == b"4"
        assert client.reader.until(b"\r\n") == b"pong"
        seen.set()
        client.send(b"0\r\n\r\n")
        assert client.reader.until(b"0\r\n\r\n") == b"3\r\nend\r\n"


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_statuses_without_a_body_have_none(scripted, status):
    gw, _ = scripted(answer(f"HTTP/1.1 {status}\r\nX-A: 1\r\n\r\n".encode()))
    with gw.client() as client:
        first, second = client.request(), client.request()
    assert [r.status for r in (first, second)] == [int(status[:3])] * 2
    assert first.header("transfer-encoding") is None


def test_head_has_the_length_and_no_body(scripted):
    gw, _ = scripted(answer(lambda r: b"HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n" if r.method == "HEAD" else ok(b"x")))
    with gw.client() as client:
        response = client.request("HEAD")
        assert (response.status, response.header("content-length")) == (200, "12345")
        assert client.request("GET").body == b"x"


def test_answer_that_ends_with_its_connection_is_reframed(scripted):
    def until_close(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\n\r\nall of it")

    gw, _ = scripted(until_close)
    with gw.client() as client:
        assert client.request().body == b"all of it"


@pytest.mark.parametrize("framing", [b"Content-Length: 10", b"Transfer-Encoding: chunked"])
def test_truncated_answer_never_looks_complete(scripted, framing):
    def cut(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n" + (chunk(b"abc") if b"chunked" in framing else b"abc"))

    gw, _ = scripted(cut)
    with gw.client() as client, pytest.raises(Closed):
        response = client.request()
        assert response.status == 502, "complete answer made of half a one"
        raise Closed("answered 502 instead")


def test_truncated_upload_is_never_complete_at_the_backend(scripted):
    gw, backend = scripted(answer(ok()))
    framings = (b"Content-Length: 100\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
    for n, framing in enumerate(framings, 1):
        with gw.client() as client:
            client.send(b"POST / HTTP/1.1\r\nHost: x\r\n" + framing)
            backend.wait_heads(n)
    eventually(lambda: len(backend.cut) == 2)
    assert backend.requests == []


# ---- expectations, interim answers, early answers


def test_100_continue_comes_from_the_backend(scripted):
    asked, allow = threading.Event(), threading.Event()

    def careful(connection):
        message = connection.head()
        assert message.header("expect").lower() == "100-continue"
        asked.set()
        assert allow.wait(10)
        connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.reader.body_of(message, until_close=False)
        connection.send(ok(message.body))
        connection.swallow()

    gw, _ = scripted(careful)
    with gw.client() as client:
        client.send(request_bytes("POST", "/", ["Expect: 100-continue", "Content-Length: 5"]))
        assert asked.wait(10)
        allow.set()
        assert client.read().status == 100
        client.send(b"hello")
        assert client.read().body == b"hello"


def test_417_instead_of_100_reaches_the_client(scripted):
    gw, _ = scripted(lambda c: (c.head(), c.send(ok(status="417 No", headers=["Connection: close"]))))
    with gw.client() as client:
        client.send(request_bytes("POST", "/", ["Expect: 100-continue", "Content-Length: 5"]))
        assert client.read().status == 417


def test_early_hints_are_passed_on(scripted):
    gw, _ = scripted(answer(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok(b"x")))
    with gw.client() as client:
        client.send(request_bytes())
        first = client.read()
        assert (first.status, first.header("link")) == (103, "</a>")
        assert client.read().body == b"x"


def test_early_answer_to_an_upload_reaches_the_client(scripted):
    def refuses(connection):
        connection.head()
        connection.send(ok(b"too big", status="413 Too Big", headers=["Connection: close"]))
        connection.finish()
        connection.swallow()

    gw, _ = scripted(refuses)
    with gw.client() as client:
        client.send(request_bytes("POST", "/", [f"Content-Length: {64 * MIB}"]) + b"x" * 65536)
        response = client.read()
    assert (response.status, response.body) == (413, b"too big")


# ---- upgrades


def upgrade_echo(connection):
    request = connection.head()
    assert request.header("upgrade") == "echo"
    assert "upgrade" in request.header("connection").lower()
    connection.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nhello ")
    while data := connection.reader.buffer or connection.sock.recv(65536):
        connection.reader.buffer = b""
        connection.send(data.upper())
    connection.send(b"BYE")


def test_upgrade_passes_bytes_both_ways_and_half_closes(scripted):
    gw, _ = scripted(upgrade_echo)
    with gw.client() as client:
        response = client.request(headers=["Upgrade: echo", "Connection: Upgrade"])
        assert (response.status, response.header("upgrade")) == (101, "echo")
        assert client.exactly(6) == b"hello "
        client.send(b"\0abc\xff")
        assert client.exactly(5) == b"\0ABC\xff"
        client.finish()
        assert client.rest() == b"BYE"


def test_refused_upgrade_is_an_ordinary_answer(scripted):
    gw, _ = scripted(answer(ok(b"no", status="426 Upgrade Required")))
    with gw.client() as client:
        assert client.request(headers=["Upgrade: echo", "Connection: Upgrade"]).status == 426
        assert client.request().status == 426


def test_websocket_works_through_the_gateway(start, closing):
    asyncio = pytest.importorskip("asyncio")
    websockets = pytest.importorskip("websockets")

    async def talk():
        async def echo_messages(socket, *_):
            async for message in socket:
                await socket.send(message)

        async with websockets.serve(echo_messages, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            gw = start([gateway(), upstream("primary", ("127.0.0.1", port)), virtual_service(route())])
            async with websockets.connect(f"ws://127.0.0.1:{gw.port}/chat", max_size=None) as socket:
                for message in ("hello", b"\0" * 70000, "x" * MIB):
                    await socket.send(message)
                    assert await socket.recv() == message

    asyncio.run(talk())


# ---- fields


def test_hop_by_hop_fields_stay_on_their_hop(scripted):
    gw, backend = scripted(
        answer(ok(b"x", headers=["Connection: X-Down", "X-Down: 1", "Keep-Alive: timeout=5", "X-Stays: 1"]))
    )
    with gw.client() as client:
        response = client.request(
            headers=["Connection: X-Up, keep-alive", "X-Up: 1", "Keep-Alive: 5", "Proxy-Connection: x", "TE: gzip", "X-Stays: 1"]
        )
    request = backend.requests[0]
    for name in ("x-up", "keep-alive", "proxy-connection", "te", "connection"):
        assert request.all(name) == [], name
    assert request.all("x-stays") == ["1"]
    assert response.all("x-down") == response.all("keep-alive") == []
    assert response.all("x-stays") == ["1"]


def test_forwarded_fields_and_request_id_are_added(scripted):
    gw, backend = scripted(answer(ok()))
    with gw.client() as client:
        client.request()
        client.request(headers=["X-Forwarded-For: 10.0.0.1", "X-Request-Id: mine", "X-Forwarded-Proto: https"])
    fresh, given = backend.requests
    assert fresh.header("x-forwarded-for") == "127.0.0.1"
    assert fresh.header("x-forwarded-proto") == "http"
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", fresh.header("x-request-id"))
    assert ", ".join(given.all("x-forwarded-for")).replace(",", ", ").split(", ")[0] == "10.0.0.1"
    assert ", ".join(given.all("x-forwarded-for")).endswith("127.0.0.1")
    assert given.header("x-request-id") == "mine"


def test_connection_cannot_name_away_what_the_gateway_adds(scripted):
    gw, backend = scripted(answer(ok()))
    gw.get(headers=["Connection: X-Forwarded-For, X-Request-Id, close", "X-Forwarded-For: 1.2.3.4"])
    assert backend.requests[0].header("x-forwarded-for").endswith("127.0.0.1")
    assert backend.requests[0].header("x-request-id")


def test_order_case_and_repetition_of_fields_survive(scripted):
    gw, backend = scripted(answer(ok(headers=["Set-Cookie: a", "X-One: 1", "set-cookie: b"])))
    response = gw.get(headers=["Zeta: 1", "alpha: 2", "ZETA: 3"])
    assert [(n, v) for n, v in backend.requests[0].headers if n.lower() in ("zeta", "alpha")] == [
        ("Zeta", "1"),
        ("alpha", "2"),
        ("ZETA", "3"),
    ]
    assert response.all("set-cookie") == ["a", "b"]


# ---- limits


@pytest.mark.parametrize(
    ("head", "statuses"),
    [
        (b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", (414, 431, 400)),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000 + b"\r\n\r\n", (431,)),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: 1\r\n" * 5_000 + b"\r\n", (431,)),
    ],
    ids=["start-line", "field", "count"],
)
def test_heads_beyond_the_limits_are_refused(start, primary, head, statuses):
    gw = start(to(primary))
    with gw.client() as client:
        try:
            client.send(head)
        except OSError:
            pass  # refused before all of it was sent
        assert client.read().status in statuses
    assert primary.heads == []


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_bodies_beyond_the_limit_are_refused(start, primary, framing):
    gw = start(to(primary), args=("--request-body-max", "64Ki"))
    with gw.client() as client:
        assert client.request("POST", "/fits", body=b"b" * 65536).status == 200
    body = b"b" * 65537
    framed = b"Content-Length: 65537\r\n\r\n" + body
    if framing == "chunked":
        framed = b"Transfer-Encoding: chunked\r\n\r\n" + chunk(body[:40000]) + chunk(body[40000:]) + chunk(b"")
    with gw.client() as client:
        client.send(b"POST /large HTTP/1.1\r\nHost: x\r\n" + framed)
        assert client.read_final().status == 413
    assert [r.target for r in primary.requests] == ["/fits"]



def test_head_that_never_ends_times_out(start, primary):
    gw = start(to(primary), args=["--header-timeout", "300ms"])
    with gw.client() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        assert b" 408 " in client.rest()[:20] or client.reader.end
    assert primary.heads == []


def test_a_byte_now_and_then_does_not_hold_a_head_open(start, primary):
    gw = start(to(primary), args=["--header-timeout", "400ms"])
    with gw.client() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")

        def dripped():
            try:
                client.send(b"a")
                return False
            except OSError:
                return True

        eventually(dripped, patience(5))


def test_idle_connection_is_closed(start, primary):
    gw = start(to(primary), args=["--idle-timeout", "300ms"])
    with gw.client() as client, gw.client() as silent:
        client.request()
        assert client.ended() == "eof"
        silent.rest()
        assert silent.reader.end


def test_upload_that_stalls_times_out(start, primary):
    gw = start(to(primary), args=["--request-timeout", "400ms"])
    with gw.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
        client.rest()
        assert client.reader.end
    eventually(lambda: primary.cut)
    assert primary.requests == []


# ---- large bodies


@pytest.mark.serial
@pytest.mark.skipif(bool(SANITIZED), reason="a sanitizer keeps freed memory")
@pytest.mark.parametrize("direction", ["upload", "download"])
def test_memory_stays_flat_when_one_side_is_slow(scripted, direction):
    """The fast side is held back instead of being stored."""
    go = threading.Event()
    size = 64 * MIB

    def slow(connection):
        message = connection.head()
        if direction == "upload":
            assert go.wait(20)
            connection.reader.body_of(message, until_close=False)
            assert message.body_length == size
            connection.send(ok())
        else:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            for _ in range(64):
                connection.send(b"d" * MIB)
        connection.swallow()

    gw, _ = scripted(slow)
    before = gw.memory_bytes()
    with gw.client(receive_buffer=65536) as client:
        if direction == "upload":
            client.send(request_bytes("POST", "/", [f"Content-Length: {size}"]))
            sent = fill(client.sock, b"u" * 65536, size)
            assert sent < 48 * MIB, "nobody holds the sender back"
            assert gw.memory_bytes() - before < 8 * MIB
            go.set()
            for at in range(sent, size, MIB):
                client.send(b"u" * min(MIB, size - at))
            assert client.read().status == 200
        else:
            client.send(request_bytes())
            eventually(lambda: steady(gw, before))
            response = client.read()
            assert response.body_length == size
    assert gw.memory_bytes() - before < 8 * MIB


def fill(sock, data, at_most):
    """Sends until the other side has not taken anything for a while; bytes sent."""
    timeout = sock.gettimeout()
    sock.settimeout(0.5)
    sent = 0
    try:
        while sent < at_most:
            sent += sock.send(data[: at_most - sent])
    except TimeoutError:
        pass
    finally:
        sock.settimeout(timeout)
    return sent


def steady(gw, before):
    assert gw.memory_bytes() - before < 8 * MIB
    return True


@pytest.mark.parametrize("chunked", [False, True])
def test_64_mib_pass_whole_both_ways(scripted, chunked):
    gw, backend = scripted(answer(lambda r: ok(str(r.body_crc).encode())))
    size = (8 if SANITIZED else 64) * MIB
    block = bytes(range(256)) * 256
    head = ["Transfer-Encoding: chunked"] if chunked else [f"Content-Length: {size}"]
    with gw.client() as client:
        client.send(request_bytes("POST", "/", head))
        for _ in range(size // len(block)):
            client.send(chunk(block) if chunked else block)
        if chunked:
            client.send(b"0\r\n\r\n")
        response = client.read()
    assert backend.requests[0].body_length == size
    assert response.body == str(backend.requests[0].body_crc).encode()


def test_many_clients_at_once(start, primary):
    gw = start(to(primary), workers=2)
    clients = [gw.client() for _ in range(100)]
    try:
        for round_number in range(3):
            for client in clients:
                client.send(request_bytes("GET", f"/{round_number}"))
            assert all(client.read().status == 200 for client in clients)
    finally:
        for client in clients:
            client.close()
    assert len(primary.requests) == 300


@pytest.mark.parametrize("paused", [True, False], ids=["upload-paused", "answer-awaited"])
def test_client_that_resets_is_forgotten_at_once(start, closing, paused):
    def never_answers(connection):
        connection.hold() if paused else connection.request() and connection.swallow()

    backend = closing(Backend(never_answers, receive_buffer=4096))
    gw = start([gateway(), upstream("primary", backend), virtual_service(route(timeout="0s"))])
    client = gw.client()
    if paused:
        client.send(request_bytes("POST", headers=[f"Content-Length: {64 << 20}"]))
        client.sock.settimeout(0.5)
        with contextlib.suppress(TimeoutError):
            while True:
                client.send(b"u" * 65536)
    else:
        client.send(request_bytes())
        backend.wait_heads(1)
    assert gw.metrics().total("gnomon_requests_active") == 1
    client.reset()
    eventually(lambda: gw.metrics().total("gnomon_requests_active") == 0)
