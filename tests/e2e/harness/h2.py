"""HTTP/2 frames by hand, and every way in which an HTTP/2 shadow can be bad."""

import contextlib
import socket
import struct

from harness.message import Closed

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS = 1, 1, 4
ENHANCE_YOUR_CALM = 11


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def settings(**values):
    names = {"table": 1, "push": 2, "streams": 3, "window": 4, "frame": 5, "list": 6, "connect": 8}
    return frame(SETTINGS, payload=b"".join(struct.pack(">HI", names[name], value) for name, value in values.items()))


def literal(name, value):
    """A field of HPACK that uses no table and no Huffman code."""

    def text(data):
        data = data.encode("latin-1") if isinstance(data, str) else data
        if len(data) < 127:
            return bytes([len(data)]) + data
        rest, size = len(data) - 127, b"\x7f"
        while rest >= 128:
            size += bytes([rest % 128 + 128])
            rest //= 128
        return size + bytes([rest]) + data

    return b"\x00" + text(name) + text(value)


def head(stream, fields, end=True):
    block = b"".join(literal(name, value) for name, value in fields)
    return frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, block)


def wide_open():
    """Windows that nothing in a test fills."""
    most = (1 << 31) - 1
    return settings(window=most, streams=100) + frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", most - 65535))


class Frames:
    """Reads frames from a socket."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""

    def exactly(self, size):
        while len(self.buffer) < size:
            data = self.sock.recv(65536)
            if not data:
                raise Closed("eof")
            self.buffer += data
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def next(self):
        """Type, flags, stream and payload; raises Closed at the end."""
        start = self.exactly(9)
        return start[3], start[4], struct.unpack(">I", start[5:])[0], self.exactly(int.from_bytes(start[:3], "big"))

    def until(self, kind, wanted=lambda *_: True):
        while True:
            got = self.next()
            if got[0] == kind and wanted(*got):
                return got


class Caller:
    """A client of the gateway that says exactly the frames it is told to."""

    def __init__(self, port, hello=None):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.frames = Frames(self.sock)
        self.send(PREFACE + (settings() if hello is None else hello))

    def send(self, data):
        self.sock.sendall(data)

    def ending(self):
        """All frames up to the end of the connection."""
        got = []
        with contextlib.suppress(Closed, OSError):
            while True:
                got.append(self.frames.next())
        return got

    def close(self):
        self.sock.close()


def greet(connection, hello=None):
    frames = Frames(connection.sock)
    frames.exactly(len(PREFACE))
    connection.send(settings() if hello is None else hello)
    return frames


def hung(connection):
    """Speaks not a word."""
    connection.swallow()


def never_updating(connection):
    """Takes what its windows let through, and opens them no further. Never answers."""
    greet(connection)
    connection.swallow()


def closed_window(connection):
    greet(connection, settings(window=0))
    connection.swallow()


def no_streams(connection):
    """Allows none."""
    greet(connection, settings(streams=0))
    connection.swallow()


def goaway_at_once(connection):
    greet(connection)
    connection.send(frame(GOAWAY, payload=struct.pack(">II", 0, 0)))
    connection.swallow()


def resetting(connection):
    frames = greet(connection)
    while True:
        _, _, stream, _ = frames.until(HEADERS)
        connection.send(frame(RST_STREAM, 0, stream, struct.pack(">I", 2)))


def refusing(connection):
    frames = greet(connection)
    while True:
        _, _, stream, _ = frames.until(HEADERS)
        connection.send(frame(RST_STREAM, 0, stream, struct.pack(">I", 7)))


def flooding(kind, payload=b""):
    def script(connection):
        greet(connection)
        burst = frame(kind, 0, 0, payload) * 5000
        while not connection.backend.stopping.is_set():
            connection.send(burst)

    return script


def endless_head(connection):
    frames = greet(connection)
    _, _, stream, _ = frames.until(HEADERS)
    connection.send(frame(HEADERS, 0, stream, literal(":status", "200")))
    more = frame(CONTINUATION, 0, stream, literal("x-evil", "EVIL" * 1000))
    while not connection.backend.stopping.is_set():
        connection.send(more)


def endless_body(connection):
    """As much as the windows allow, and the windows are opened as it goes."""
    frames = greet(connection)
    _, _, stream, _ = frames.until(HEADERS)
    connection.send(head(stream, [(":status", "200")], end=False))
    while not connection.backend.stopping.is_set():
        connection.send(frame(DATA, 0, stream, b"EVIL" * 2048))


def http1(connection):
    connection.sock.recv(4096)
    connection.send(b"HTTP/1.1 400 EVIL\r\nConnection: close\r\n\r\n")


def unread(connection):
    connection.hold()


FAULTS = {
    "hung": hung,
    "never_updating": never_updating,
    "closed_window": closed_window,
    "no_streams": no_streams,
    "goaway_at_once": goaway_at_once,
    "resetting": resetting,
    "refusing": refusing,
    "ping_flood": flooding(PING, b"8 bytes!"),
    "settings_flood": flooding(SETTINGS),
    "window_flood": flooding(WINDOW_UPDATE, struct.pack(">I", 1)),
    "unknown_flood": flooding(0x42, b"?"),
    "endless_head": endless_head,
    "endless_body": endless_body,
    "http1": http1,
    "unread": unread,
}
