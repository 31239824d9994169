#!/usr/bin/env python3
"""A small pet store to put behind a gateway. Needs nothing but Python 3.

GET  /petstore/pets        the pets
GET  /petstore/pets/ID     one of them
POST /petstore/pets        add one; the answer is the pet with its id
GET  /healthz            200, and nothing noted
GET  /_seen                what this server was asked lately, with the Host it was asked for

Version 2 answers a little differently: it adds a `status` to every pet and sorts by name.
"""

import argparse
import collections
import json
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SEEN_MAX = 100


class Store:
    def __init__(self, version):
        self.version = version
        self.lock = threading.Lock()
        self.pets = [{"id": 1, "name": "Rex", "kind": "dog"}, {"id": 2, "name": "Mia", "kind": "cat"}]
        self.seen = collections.deque(maxlen=SEEN_MAX)

    def shown(self, pet):
        return {**pet, "status": "available"} if self.version >= 2 else pet

    def list(self):
        with self.lock:
            pets = sorted(self.pets, key=lambda pet: pet["name"]) if self.version >= 2 else list(self.pets)
        return [self.shown(pet) for pet in pets]

    def find(self, number):
        return next((pet for pet in self.list() if str(pet["id"]) == number), None)

    def add(self, fields):
        with self.lock:
            pet = {"id": len(self.pets) + 1, "name": str(fields["name"]), "kind": str(fields.get("kind", "pet"))}
            self.pets.append(pet)
        return self.shown(pet)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path == "/_seen":
            return self.answer(200, list(self.store.seen))
        if path == "/healthz":
            return self.answer(200, "well")
        self.note(b"")
        if path == "/petstore/pets":
            return self.answer(200, self.store.list())
        pet = self.store.find(path.removeprefix("/petstore/pets/"))
        return self.answer(200, pet) if pet else self.answer(404, {"error": "no such pet"})

    def do_POST(self):
        body = self.read_body()
        self.note(body)
        if self.path.partition("?")[0] != "/petstore/pets":
            return self.answer(404, {"error": "nothing to post to here"})
        try:
            pet = self.store.add(json.loads(body))
        except (ValueError, KeyError, TypeError):
            return self.answer(400, {"error": "want a JSON object with a name"})
        return self.answer(201, pet)

    def read_body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def note(self, body):
        self.store.seen.append(
            {
                "method": self.command,
                "path": self.path,
                "host": self.headers.get("Host", ""),
                "request_id": self.headers.get("X-Request-Id", ""),
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "body": body.decode("utf-8", "replace"),
            }
        )

    def answer(self, status, value):
        body = json.dumps(value).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Petstore", f"{self.server.name} v{self.store.version}")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        if self.server.verbose:
            super().log_message(*args)

    @property
    def store(self):
        return self.server.store


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address, name, version, verbose):
        super().__init__(address, Handler)
        self.name = name
        self.verbose = verbose
        self.store = Store(version)

    def handle_error(self, request, client_address):
        # A peer that went away is not worth a stack trace.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("--name", default="petstore")
    args.add_argument("--version", type=int, default=1)
    args.add_argument("--host", default="127.0.0.1")
    args.add_argument("--port", type=int, default=8081, help="0: any free port")
    args.add_argument("--verbose", action="store_true", help="print a line for each request")
    args = args.parse_args()
    server = Server((args.host, args.port), args.name, args.version, args.verbose)
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: sys.exit(0))
    if args.port == 0:
        print(f"listening on {server.server_address[0]}:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
