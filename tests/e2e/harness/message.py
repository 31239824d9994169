"""HTTP/1.1 messages as the tests read them off a socket: strict about framing, silent about the rest."""

import dataclasses
import socket
import zlib

BODY_KEPT_MAX = 1 << 20  # of larger bodies only length and checksum are kept
READ_BYTES = 1 << 18


class Closed(Exception):
    """The peer ended the connection where a message should have gone on. `how` is eof or reset."""

    def __init__(self, how):
        super().__init__(how)
        self.how = how


@dataclasses.dataclass
class Body:
    kept: bytes = b""
    length: int = 0
    crc: int = 0

    def add(self, data):
        self.length += len(data)
        self.crc = zlib.crc32(data, self.crc)
        if self.length <= BODY_KEPT_MAX:
            self.kept += data


@dataclasses.dataclass
class Message:
    start_line: str
    headers: list  # (name, value) in order, as received
    raw_head: bytes
    body: bytes = b""
    body_length: int = 0
    body_crc: int = 0
    trailers: list = dataclasses.field(default_factory=list)
    complete: bool = False

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name):
        """The value of a field that occurs at most once."""
        values = self.all(name)
        assert len(values) <= 1, f"{name} occurs {len(values)} times in {self.raw_head!r}"
        return values[0] if values else None

    def take(self, body):
        self.body, self.body_length, self.body_crc = body.kept, body.length, body.crc


class Request(Message):
    connection = 0  # number of the backend's connection that it came on

    @property
    def method(self):
        return self.start_line.split(" ")[0]

    @property
    def target(self):
        return self.start_line.split(" ")[1]

    @property
    def version(self):
        return self.start_line.split(" ")[2]

    @property
    def host(self):
        return self.header("host")


class Response(Message):
    @property
    def status(self):
        return int(self.start_line.split(" ")[1])

    @property
    def version(self):
        return self.start_line.split(" ")[0]


def fields(lines):
    found = []
    for line in lines:
        name, colon, value = line.partition(":")
        assert colon and name and name == name.strip(), f"bad field line {line!r}"
        found.append((name, value.strip(" \t")))
    return found


class Reader:
    """Bytes of a socket, read as messages. `seen` is everything that came, up to a bound."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""
        self.seen = bytearray()
        self.seen_bytes = 0
        self.end = None  # eof or reset, once the peer has ended it

    def more(self):
        try:
            data = self.sock.recv(READ_BYTES)
        except TimeoutError:
            raise AssertionError(f"nothing came within {self.sock.gettimeout()} s after {bytes(self.buffer[-200:])!r}") from None
        except OSError:
            self.end = "reset"
            raise Closed("reset") from None
        if not data:
            self.end = "eof"
            raise Closed("eof")
        self.seen_bytes += len(data)
        if len(self.seen) < BODY_KEPT_MAX:
            self.seen += data
        self.buffer += data

    def until(self, mark):
        searched = 0
        while (at := self.buffer.find(mark, searched)) < 0:
            searched = max(0, len(self.buffer) - len(mark) + 1)
            self.more()
        found, self.buffer = self.buffer[:at], self.buffer[at + len(mark) :]
        return found

    def exactly(self, count, into):
        while count > 0:
            if not self.buffer:
                self.more()
            piece, self.buffer = self.buffer[:count], self.buffer[count:]
            into.add(piece)
            count -= len(piece)

    def head(self, kind):
        raw = self.until(b"\r\n\r\n")
        assert b"\n" not in raw.replace(b"\r\n", b""), f"bare LF in {raw!r}"
        start, *rest = raw.decode("latin-1").split("\r\n")
        return kind(start, fields(rest), raw + b"\r\n\r\n")

    def chunked(self, message, body):
        while True:
            size = int(self.until(b"\r\n").partition(b";")[0], 16)
            if size == 0:
                break
            self.exactly(size, body)
            assert self.until(b"\r\n") == b"", "chunk does not end where its size says"
        while line := self.until(b"\r\n"):
            message.trailers += fields([line.decode("latin-1")])

    def body_of(self, message, until_close):
        body = Body()
        try:
            if message.header("transfer-encoding") is not None:
                assert message.header("transfer-encoding").lower() == "chunked"
                assert message.header("content-length") is None, "two framings at once"
                self.chunked(message, body)
            elif message.header("content-length") is not None:
                self.exactly(int(message.header("content-length")), body)
            elif until_close:
                self.rest(body)
            message.complete = True
        finally:
            message.take(body)

    def rest(self, body):
        while True:
            body.add(self.buffer)
            self.buffer = b""
            try:
                self.more()
            except Closed as closed:
                if closed.how == "eof":
                    return
                raise

    def request(self):
        message = self.head(Request)
        self.body_of(message, until_close=False)
        return message

    def response(self, method="GET"):
        """A final or interim response. A body that is cut short raises Closed."""
        message = self.head(Response)
        if method == "HEAD" or message.status < 200 or message.status in (204, 304):
            message.complete = True
        else:
            self.body_of(message, until_close=True)
        return message


def abort(sock):
    """Closes with RST instead of FIN."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    sock.close()
