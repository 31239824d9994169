#!/usr/bin/env python3
"""A small pet store to put behind a gateway. Needs nothing but Python 3.

GET  /petstore/pets        the pets
GET  /petstore/pets/ID     one of them
POST /petstore/pets        add one; the answer is the pet with its id
POST /petstore/orders      what the pets of {"pets": [ID, ...]} cost; nothing is kept
GET  /healthz            200, and nothing noted
GET  /_seen                what this server was asked lately, with the Host it was asked for

Version 2 answers a little differently: it adds a `status` to every pet and sorts by name. That is meant. With --broken it
also has four faults that are not: `kind` is called `species`, prices are cut where they were rounded, a few answers are
500, and a few are late.

Both versions have what makes two answers to one question differ though nothing is wrong: times, ids, a list in any order.
"""

import argparse
import collections
import json
import math
import random
import signal
import sys
import threading
import time
import uuid
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SEEN_MAX = 100
TAX = 1.19
TAGS = ("chipped", "house-trained", "vaccinated", "young")
PETS = (
    ("Rex", "dog", 249.9),
    ("Mia", "cat", 120.75),
    ("Otto", "parrot", 89.3),
    ("Bubbles", "goldfish", 4.85),
    ("Pepper", "rabbit", 31.15),
    ("Zora", "cat", 135.4),
)


class Faults:
    """What is wrong with a version, in fixed shares of its answers."""

    FAILS = 0.015
    LATE = 0.08
    LATE_S = 0.4

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lock = threading.Lock()

    def strike(self):
        """Whether this answer fails; some it only delays."""
        with self.lock:
            drawn = self.random.random()
        if self.FAILS <= drawn < self.FAILS + self.LATE:
            time.sleep(self.LATE_S)
        return drawn < self.FAILS


class Store:
    def __init__(self, version, broken):
        self.version = version
        self.broken = broken
        self.faults = Faults(seed=version)
        self.lock = threading.Lock()
        self.pets = [{"id": i, "name": name, "kind": kind, "net": net} for i, (name, kind, net) in enumerate(PETS, 1)]
        self.seen = collections.deque(maxlen=SEEN_MAX)

    def price(self, net):
        cents = net * TAX * 100
        return (math.floor(cents) if self.broken else round(cents)) / 100

    def shown(self, pet):
        shown = {"id": pet["id"], "name": pet["name"], ("species" if self.broken else "kind"): pet["kind"]}
        shown |= {"price": self.price(pet["net"]), "tags": random.sample(TAGS, len(TAGS)), "viewedAt": now()}
        return shown | {"status": "available"} if self.version >= 2 else shown

    def list(self):
        with self.lock:
            pets = sorted(self.pets, key=lambda pet: pet["name"]) if self.version >= 2 else list(self.pets)
        return [self.shown(pet) for pet in pets]

    def find(self, number):
        return next((pet for pet in self.list() if str(pet["id"]) == number), None)

    def add(self, fields):
        with self.lock:
            pet = {"id": len(self.pets) + 1, "name": str(fields["name"]), "kind": str(fields.get("kind", "pet")), "net": 50.0}
            self.pets.append(pet)
        return self.shown(pet)

    def order(self, fields):
        with self.lock:
            net = sum(pet["net"] for pet in self.pets if pet["id"] in fields["pets"])
        return {"order": str(uuid.uuid4()), "price": self.price(net), "placedAt": now()}


def now():
    return datetime.now(timezone.utc).isoformat(timespec="microseconds")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are written apart; the second would wait for the first to be acknowledged.
    disable_nagle_algorithm = True

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path == "/_seen":
            return self.answer(200, list(self.store.seen))
        if path == "/healthz":
            return self.answer(200, "well")
        self.note(b"")
        if self.strikes():
            return None
        if path == "/petstore/pets":
            return self.answer(200, self.store.list())
        pet = self.store.find(path.removeprefix("/petstore/pets/"))
        return self.answer(200, pet) if pet else self.answer(404, {"error": "no such pet"})

    def do_POST(self):
        body = self.read_body()
        self.note(body)
        if self.strikes():
            return None
        act = {"/petstore/pets": self.store.add, "/petstore/orders": self.store.order}.get(self.path.partition("?")[0])
        if not act:
            return self.answer(404, {"error": "nothing to post to here"})
        try:
            made = act(json.loads(body))
        except (ValueError, KeyError, TypeError):
            return self.answer(400, {"error": "want a JSON object with a name, or with a list of pets"})
        return self.answer(201, made)

    def strikes(self):
        if not self.store.broken or not self.store.faults.strike():
            return False
        self.answer(500, {"error": "out of treats"})
        return True

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

    def __init__(self, address, name, version, broken, verbose):
        super().__init__(address, Handler)
        self.name = name
        self.verbose = verbose
        self.store = Store(version, broken)

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
    args.add_argument("--broken", action="store_true", help="with the four faults")
    args.add_argument("--verbose", action="store_true", help="print a line for each request")
    args = args.parse_args()
    server = Server((args.host, args.port), args.name, args.version, args.broken, args.verbose)
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: sys.exit(0))
    if args.port == 0:
        print(f"listening on {server.server_address[0]}:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
