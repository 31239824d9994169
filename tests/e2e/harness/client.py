"""A client of raw bytes: sends what it is told to send, reads responses strictly."""

import contextlib
import socket
import time

from harness.message import Closed, Reader, abort

TIMEOUT_S = 20.0


def request_bytes(method="GET", target="/", headers=(), body=None, host="shop.test", version="HTTP/1.1"):
    lines = [f"{method} {target} {version}"]
    if host is not None:
        lines.append(f"Host: {host}")
    lines += headers
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


class Client:
    def __init__(self, port, host="127.0.0.1", timeout_s=TIMEOUT_S, receive_buffer=0):
        self.sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(timeout_s)
        self.sock.connect((host, port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = Reader(self.sock)

    def send(self, data):
        self.sock.sendall(data)

    def read(self, method="GET"):
        """The next response, interim ones included."""
        return self.reader.response(method)

    def read_final(self, method="GET"):
        while (response := self.read(method)).status < 200 and response.status != 101:
            pass
        return response

    def request(self, method="GET", target="/", headers=(), body=None, host="shop.test", version="HTTP/1.1"):
        """Sends one request and reads its answer."""
        self.send(request_bytes(method, target, headers, body, host, version))
        return self.read_final(method)

    def timed(self, *args, **kwargs):
        """The answer and the seconds that it took."""
        start = time.monotonic()
        response = self.request(*args, **kwargs)
        return response, time.monotonic() - start

    def exactly(self, count):
        """That many bytes outside of any message, as after an upgrade."""
        while len(self.reader.buffer) < count:
            self.reader.more()
        data, self.reader.buffer = self.reader.buffer[:count], self.reader.buffer[count:]
        return data

    def rest(self):
        """Everything up to the end of the connection, however it ends."""
        with contextlib.suppress(Closed):
            while True:
                self.reader.more()
        data, self.reader.buffer = self.reader.buffer, b""
        return data

    def ended(self):
        """Waits for the connection to end; how it did (eof or reset). Fails if bytes come instead."""
        with contextlib.suppress(Closed):
            self.reader.more()
            raise AssertionError(f"expected the end, got {self.reader.buffer[:200]!r}")
        return self.reader.end

    def finish(self):
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        abort(self.sock)

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
