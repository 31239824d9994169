"""Backends that do what a script says, however rude, and remember every byte they got."""

import contextlib
import socket
import threading

from harness.message import Closed, Reader, Request, abort
from harness.wait import eventually

LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}


def ok(body=b"ok", status="200 OK", headers=()):
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def answer(reply):
    """A script: answers each request with reply(request), or with the bytes given."""

    def serve(connection):
        while (request := connection.request()) is not None:
            connection.send(reply(request) if callable(reply) else reply)

    return serve


def echo(request):
    """The head as it came, then the body."""
    return ok(request.raw_head + request.body)


def answer_ok(request):
    return ok(b"" if request.method == "HEAD" else b"ok")


class Connection:
    """One accepted connection, driven by a script in a thread of its own."""

    def __init__(self, backend, sock, number):
        self.backend = backend
        self.sock = sock
        self.number = number
        self.reader = Reader(sock)
        self.requests = []

    def head(self):
        """The next request's head alone, or None at the end of the connection."""
        try:
            return self.reader.head(Request)
        except Closed:
            return None

    def request(self):
        """The next request, whole, or None when the connection ends instead. Recorded either way, once it has a head."""
        message = self.head()
        if message is None:
            return None
        message.connection = self.number
        self.requests.append(message)
        if message.header("expect") and self.backend.continues:
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.backend.record(message, started=True)
        try:
            self.reader.body_of(message, until_close=False)
        except Closed:
            self.backend.record(message, cut=True)
            return None
        self.backend.record(message)
        return message

    def send(self, data):
        self.sock.sendall(data)

    def finish(self):
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        abort(self.sock)

    def hold(self):
        """Keeps the connection open, without reading, until the backend stops."""
        self.backend.stopping.wait()

    def swallow(self):
        """Reads and forgets, until the peer ends it."""
        with contextlib.suppress(Closed):
            while True:
                self.reader.buffer = b""
                self.reader.more()


class Backend:
    """Listens on a free port, or on a Unix socket; `script(connection)` serves each connection. Scripts may be replaced
    while it runs."""

    def __init__(self, script=None, family=socket.AF_INET, receive_buffer=0, continues=True, path=None):
        self.script = script or answer(answer_ok)
        self.continues = continues
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.heads = []  # requests whose head came
        self.requests = []  # requests that came whole
        self.cut = []  # requests that broke off
        self.connections = []
        self.listener = socket.socket(socket.AF_UNIX if path else family)
        if receive_buffer:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.listener.bind(path or (LOOPBACK[family], 0))
        self.listener.listen(1024)
        self.host, self.port = (path, 0) if path else self.listener.getsockname()[:2]
        self.acceptor = threading.Thread(target=self.accept, daemon=True)
        self.acceptor.start()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            if self.stopping.is_set():
                sock.close()
                return
            if sock.family != socket.AF_UNIX:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                connection = Connection(self, sock, len(self.connections))
                self.connections.append(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        # The peer may go away at any point of any script.
        with contextlib.suppress(OSError, Closed):
            self.script(connection)
        with contextlib.suppress(OSError):
            connection.sock.close()

    def record(self, message, started=False, cut=False):
        with self.lock:
            (self.heads if started else self.cut if cut else self.requests).append(message)

    def wait_requests(self, count, timeout_s=10.0):
        """The requests, once `count` of them have come whole."""
        eventually(lambda: len(self.requests) >= count, timeout_s)
        return self.requests

    def wait_heads(self, count, timeout_s=10.0):
        eventually(lambda: len(self.heads) >= count, timeout_s)
        return self.heads

    def stop(self):
        self.stopping.set()
        # Wakes the acceptor, which close() alone does not.
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.lock:
            connections = list(self.connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)
        self.acceptor.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Refused:
    """A port that answers a connection with RST: bound, so that nobody else gets it, but not listening."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.host, self.port = self.socket.getsockname()
        self.requests = self.heads = self.cut = ()

    def stop(self):
        self.socket.close()


class Blackhole:
    """A port on which the handshake is never finished: its accept queue is full and nobody empties it."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(0)
        self.host, self.port = self.listener.getsockname()
        self.requests = self.heads = self.cut = ()
        self.pending = []
        for _ in range(4):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex((self.host, self.port))
            self.pending.append(sock)

    def stop(self):
        for sock in (*self.pending, self.listener):
            sock.close()
