#!/usr/bin/python3
"""Mirrors a million requests, then a million whose clients leave at random points, and looks at what stays behind.

Fails if memory has grown, a descriptor is left, a copy is still in flight, or the counters do not add up.
"""

import argparse
import contextlib
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from harness.config import gateway, route, shadowing, upstream, virtual_service  # noqa: E402
from harness.gateway import BINARY, SANITIZED, Gateway  # noqa: E402
from harness.wait import eventually  # noqa: E402
from measure import Backend, Load  # noqa: E402

CONNECTIONS = 64
MIX = (("get", 6), ("post", 3), ("large", 1))  # tenths of the requests
MEMORY_SLACK_BYTES = 2 << 20  # what an allocator may keep for itself; a leak of 3 bytes a request is more


def drive(load, port, verb, requests):
    for kind, tenths in MIX:
        result = load.run(verb, port, CONNECTIONS, kind, max(CONNECTIONS, requests * tenths // 10))
        if verb == "count":
            assert result["errors"] == result["stalled"] == 0, result
    load.tell(f"close {port}")


def soak(load, gw, verb, requests):
    """Memory is compared from after a first twentieth: by then pools and buffers have their size."""
    drive(load, gw.port, verb, max(requests // 20, 20 * CONNECTIONS))
    before = gw.settle(timeout_s=60)
    memory = gw.memory_bytes()
    begin = time.monotonic()
    drive(load, gw.port, verb, requests)
    seconds = time.monotonic() - begin
    after = gw.settle(timeout_s=60)
    memory_after = gw.memory_bytes()

    def moved(name, **labels):
        return int(after.total(name, **labels) - before.total(name, **labels))

    names = ("gnomon_requests_received_total", "gnomon_shadow_requests_total", "gnomon_shadow_copied_total")
    counted = ", ".join(f"{name} +{moved(name)}" for name in names)
    print(f"{verb}: {requests} in {seconds:.0f} s; memory {memory >> 10} -> {memory_after >> 10} KiB; {counted}", flush=True)
    if not SANITIZED:
        assert memory_after - memory <= MEMORY_SLACK_BYTES, "memory has grown"
    # Every route is shadowed, so whatever was received was copied or has a reason.
    assert moved("gnomon_requests_received_total") == moved("gnomon_shadow_requests_total")
    if verb == "count":
        expected = sum(max(CONNECTIONS, requests * tenths // 10) for _, tenths in MIX)
        assert moved("gnomon_requests_total") == moved("gnomon_requests_received_total") == expected
        assert moved("gnomon_shadow_copied_total") > 0


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("--requests", type=int, default=1_000_000, help="of each kind")
    args.add_argument("--workers", type=int, default=2)
    args = args.parse_args()
    programs = BINARY.parent / "bench"
    with tempfile.TemporaryDirectory(prefix="gnomon-soak-") as folder, contextlib.ExitStack() as running:

        def stopping(thing):
            running.callback(thing.stop)
            return thing

        live, shadow = (stopping(Backend(programs / "gnomon_bench_backend")) for _ in range(2))
        load = stopping(Load(programs / "gnomon_bench_load"))
        resources = [
            gateway(),
            upstream("primary", ("127.0.0.1", live.port)),
            upstream("shadow", ("127.0.0.1", shadow.port)),
            virtual_service(route(shadow=shadowing())),
        ]
        gw = stopping(Gateway(Path(folder), resources, workers=args.workers))
        descriptors = gw.descriptors()
        for verb in ("count", "leave"):
            soak(load, gw, verb, args.requests)
        # With the backends gone no pool has a reason to keep a connection: every descriptor more than at the start is lost.
        live.stop()
        shadow.stop()
        eventually(lambda: gw.descriptors() <= descriptors, 30)
        print(f"descriptors: {descriptors} before, {gw.descriptors()} after")
    print("soak: nothing stayed behind")
    return 0


if __name__ == "__main__":
    sys.exit(main())
