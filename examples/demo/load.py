"""Clients of the pet store, each with a connection that it keeps."""

import http.client
import json
import random
import threading
import time

CLIENTS = 6
REQUESTS_PER_SECOND = 120  # all of them together, if the machine keeps up


class Load:
    """Sends requests from when it is entered until it is left."""

    def __init__(self, port):
        self.port = port
        self.stopping = threading.Event()
        self.answers = 0
        self.errors = 0
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.client, args=(random.Random(seed),), daemon=True) for seed in range(CLIENTS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(10)

    def client(self, draw):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        pause = CLIENTS / REQUESTS_PER_SECOND
        due = time.monotonic() + draw.random() * pause
        while not self.stopping.wait(max(0, due - time.monotonic())):
            self.count(ask(connection, draw))
            due = max(due + pause, time.monotonic())
        connection.close()

    def count(self, well):
        with self.lock:
            self.answers += 1
            self.errors += not well


def ask(connection, draw):
    """One request; whether it was answered well."""
    method, path, body = request(draw)
    try:
        connection.request(method, path, body, {"Host": "shop.example.com"})
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        return False
    return answer.status < 400


def request(draw):
    what = draw.random()
    if what < 0.2:
        return "GET", "/petstore/pets", None
    if what < 0.8:
        return "GET", f"/petstore/pets/{draw.randint(1, 6)}", None
    return "POST", "/petstore/orders", json.dumps({"pets": draw.sample(range(1, 7), 2)})
