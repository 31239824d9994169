#!/usr/bin/env python3
"""Shows what a shadow is: a gateway, a live pet store, and its next version that gets a copy of the traffic.

`./x demo` builds the gateway and runs this. Ctrl-C stops everything; with --once it stops by itself.
"""

import argparse
import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
DEADLINE_S = 30


class Child:
    """A program of the demo, and the lines that it prints."""

    started = []  # all of them, in order

    def __init__(self, name, *command):
        self.name = name
        self.lines = []
        self.pending = b""
        # A session of its own: Ctrl-C reaches this script alone, which then stops them in order.
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
        Child.started.append(self)

    def wait_for(self, pattern):
        """The first line printed that matches."""
        end = time.monotonic() + DEADLINE_S
        while True:
            for line in self.lines:
                if match := re.search(pattern, line):
                    return match
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))
            data = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not data:
                raise SystemExit(f"{self.name} did not start: waited for {pattern!r}, got {self.lines}")
            *whole, self.pending = (self.pending + data).split(b"\n")
            self.lines += [line.decode() for line in whole]

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def start_petstore(name, version):
    child = Child(
        name, sys.executable, str(HERE / "petstore" / "server.py"), "--name", name, "--version", str(version), "--port", "0"
    )
    return child, int(child.wait_for(r"^listening on .*:(\d+)$").group(1))


def write_manifests(folder, ports):
    """The example manifests, with the ports that are free today in place of 8081 and 8082."""
    virtual_service = (HERE / "shadowing" / "virtual-service.yaml").read_text()
    upstreams = (HERE / "shadowing" / "upstreams.yaml").read_text()
    for standard, actual in zip((8081, 8082), ports):
        upstreams = upstreams.replace(f"port: {standard}", f"port: {actual}")
    (folder / "virtual-service.yaml").write_text(virtual_service)
    (folder / "upstreams.yaml").write_text(upstreams)


def start_gateway(binary, folder, listen):
    child = Child("gnomon", binary, "run", "-c", str(folder), "--listen", listen, "--admin", "127.0.0.1:0", "--workers", "1")
    port = int(child.wait_for(r"^listening on \S*:(\d+)").group(1))
    admin = int(child.wait_for(r"^admin on \S*:(\d+)").group(1))
    child.wait_for(r"^ready$")
    return child, port, admin


def fetch(url, body=None, **headers):
    request = urllib.request.Request(url, body and body.encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.status, answer.headers.get("X-Petstore"), answer.read().decode().strip()


def seen_by(port, count):
    """What a pet store was asked, once that is `count` requests: a copy may arrive after the client's answer."""
    end = time.monotonic() + DEADLINE_S
    while True:
        seen = json.loads(fetch(f"http://127.0.0.1:{port}/_seen")[2])
        if len(seen) >= count:
            return seen
        if time.monotonic() > end:
            raise SystemExit(f"expected {count} requests, saw {seen}")
        time.sleep(0.02)


def shadow_counters(admin):
    """The shadow's counters, once the last copy is answered."""
    end = time.monotonic() + DEADLINE_S
    while True:
        lines = fetch(f"http://127.0.0.1:{admin}/metrics")[2].splitlines()
        waiting = [line for line in lines if re.match(r"gnomon_shadow_in_flight\b.* [1-9]", line)]
        if not waiting or time.monotonic() > end:
            return [line for line in lines if re.match(r"gnomon_(shadow|requests)_\w*total\b", line) and not line.endswith(" 0")]
        time.sleep(0.02)


def show_traffic(gateway_port):
    base = f"http://127.0.0.1:{gateway_port}/petstore/pets"
    calls = [(base, None), (base + "/1", None), (base, '{"name": "Bello", "kind": "dog"}')]
    print("The client sent three requests for shop.example.com and got:\n")
    for url, body in calls:
        status, server, answer = fetch(url, body, Host="shop.example.com")
        print(f"  {'POST' if body else 'GET ':4} {url[url.index('/petstore') :]}")
        print(f"       {status} from {server}: {answer}")
    return len(calls)


def show_copies(live_port, shadow_port, count):
    for title, port in (("petstore, the live one, was asked", live_port), ("petstore-v2, the shadow, was asked", shadow_port)):
        print(f"\n{title}:\n")
        for seen in seen_by(port, count):
            print(f"  {seen['method']:4} {seen['path']}  Host: {seen['host']}  {seen['body']}".rstrip())
    print("\nSame requests, and a Host that ends in -shadow. What petstore-v2 answered went to nobody.")


def show_what_to_try(gateway_port, admin_port, shadow_port):
    print("\nThe gateway's counters:\n")
    for line in shadow_counters(admin_port):
        print(f"  {line}")
    print(
        f"""
Try it:

  curl -i http://127.0.0.1:{gateway_port}/petstore/pets
  curl -d '{{"name": "Kiwi"}}' http://127.0.0.1:{gateway_port}/petstore/pets
  curl http://127.0.0.1:{shadow_port}/_seen      # what the shadow got
  curl http://127.0.0.1:{admin_port}/metrics
  curl http://127.0.0.1:{admin_port}/clusters
""",
        flush=True,
    )


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("--once", action="store_true", help="stop after the tour")
    args.add_argument("--listen", default="127.0.0.1:0", help="where the gateway listens (default: any free port)")
    args.add_argument("--bin", default=os.environ.get("GNOMON_BIN", str(ROOT / "build" / "release" / "gnomon")))
    args = args.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with tempfile.TemporaryDirectory(prefix="gnomon-demo-") as folder:
            _, live_port = start_petstore("petstore", 1)
            _, shadow_port = start_petstore("petstore-v2", 2)
            write_manifests(Path(folder), (live_port, shadow_port))
            gateway, port, admin = start_gateway(args.bin, Path(folder), args.listen)
            count = show_traffic(port)
            show_copies(live_port, shadow_port, count)
            show_what_to_try(port, admin, shadow_port)
            if not args.once:
                print("Ctrl-C stops everything.", flush=True)
                gateway.process.wait()
    except KeyboardInterrupt:
        print("\nstopping")
    finally:
        codes = {child.name: child.stop() for child in reversed(Child.started)}
    return 1 if codes.get("gnomon") else 0


if __name__ == "__main__":
    sys.exit(main())
