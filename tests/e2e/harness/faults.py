"""Every way in which a shadow can be bad. Whatever it sends says EVIL, so that a byte of it is noticed anywhere."""

import socket

from harness import h2
from harness.backend import Backend, Blackhole, Refused, answer, ok
from harness.message import Closed

EVIL = b"EVIL" * 4096


def healthy(connection):
    answer(ok(b"EVIL"))(connection)


def error_500(connection):
    answer(ok(b"EVIL", status="500 Oh No"))(connection)


def close_at_once(connection):
    pass


def reset_at_once(connection):
    connection.reset()


def hung(connection):
    """Reads all, never answers."""
    connection.request()
    connection.swallow()


def never_reading(connection):
    connection.hold()


def reset_mid_body(connection):
    """RST while the copy is still on its way."""
    connection.sock.recv(200)
    connection.reset()


def trickling(connection):
    """Answers so slowly that only a limit on the whole exchange ends it."""
    if connection.request() is None:
        return
    for byte in ok(b"EVIL" * 100):
        connection.send(bytes([byte]))
        if connection.backend.stopping.wait(0.05):
            return


def garbage(connection):
    if connection.request() is not None:
        connection.send(b"\0\1\2 EVIL is not a status line\r\n\r\n")


def tls_on_plain_port(connection):
    connection.head()
    connection.send(b"\x15\x03\x03\x00\x02\x02\x46")


def endless_body(connection):
    """Sends as long as anyone reads."""
    if connection.request() is None:
        return
    connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not connection.backend.stopping.is_set():
        connection.send(b"%x\r\n%s\r\n" % (len(EVIL), EVIL))


def chatty(connection):
    """An answer without end of which every byte is work: one-byte chunks."""
    if connection.request() is None:
        return
    connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunks = b"1\r\nE\r\n" * 10_000
    while not connection.backend.stopping.is_set():
        connection.send(chunks)


def giant_head(connection):
    if connection.request() is None:
        return
    connection.send(b"HTTP/1.1 200 OK\r\n")
    while not connection.backend.stopping.is_set():
        connection.send(b"X-Evil: EVIL\r\n" * 1000)


def interim_flood(connection):
    if connection.request() is None:
        return
    while not connection.backend.stopping.is_set():
        connection.send(b"HTTP/1.1 103 Early Hints\r\nX: EVIL\r\n\r\n" * 500)


def two_answers(connection):
    answer(ok(b"EVIL") * 2)(connection)


def truncated(connection):
    if connection.request() is not None:
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nEVIL")


def truncated_head(connection):
    if connection.request() is not None:
        connection.send(b"HTTP/1.1 200 OK\r\nX-Ev")


def early_answer(connection):
    """Answers before the body has come, and stops reading."""
    if connection.head() is None:
        return
    connection.send(b"HTTP/1.1 413 EVIL\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    connection.finish()
    try:
        connection.sock.recv(1)
    except Closed:
        pass


def switches_protocols(connection):
    """Says 101 to a copy that never asked."""
    if connection.request() is not None:
        connection.send(b"HTTP/1.1 101 EVIL\r\nUpgrade: evil\r\nConnection: upgrade\r\n\r\nEVIL")
        connection.swallow()


def handshake_hung(connection):
    """Takes the ClientHello and never says a word."""
    connection.swallow()


def handshake_garbage(connection):
    """Answers the ClientHello with a record that is none."""
    connection.sock.recv(200)
    connection.send(b"\x16\x03\x03\x00\x04EVIL")
    connection.swallow()


SCRIPTS = {
    script.__name__: script
    for script in (
        healthy,
        error_500,
        close_at_once,
        reset_at_once,
        hung,
        never_reading,
        reset_mid_body,
        trickling,
        garbage,
        tls_on_plain_port,
        endless_body,
        chatty,
        giant_head,
        interim_flood,
        two_answers,
        truncated,
        truncated_head,
        early_answer,
        switches_protocols,
        handshake_hung,
        handshake_garbage,
    )
}
# Spoken to by HTTP/2. Every other one of harness.h2 meets the tests there.
HTTP2 = {
    f"h2_{name}": script
    for name, script in {**h2.FAULTS, "handshake_hung": handshake_hung}.items()
    if name in ("hung", "never_updating", "goaway_at_once", "resetting", "ping_flood", "endless_body", "handshake_hung")
}
SCRIPTS |= HTTP2
# Spoken to by TLS.
SECURE = {"handshake_hung", "handshake_garbage", "h2_handshake_hung"}
NAMES = [*SCRIPTS, "refused", "blackhole"]

# The ones that hold on to what they got: the rest fail quickly and free everything.
STUCK = [
    "hung",
    "never_reading",
    "trickling",
    "blackhole",
    "handshake_hung",
    "h2_hung",
    "h2_never_updating",
    "h2_handshake_hung",
]


def bad_backend(name):
    if name == "refused":
        return Refused()
    if name == "blackhole":
        return Blackhole()
    backend = Backend(SCRIPTS[name], family=socket.AF_INET, receive_buffer=4096 if name == "never_reading" else 0)
    backend.tls = name in SECURE
    backend.http2 = name in HTTP2
    return backend
