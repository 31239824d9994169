#!/usr/bin/python3
"""Runs a gateway that was built to record a profile, under every kind of load that the bench knows."""

import os
import sys
import tempfile
from pathlib import Path

from bench import KINDS, Backend, Load
from proxies import Backends, Proxy

SLICE_MS = 700


def main():
    binary, profiles = map(Path, sys.argv[1:])
    os.environ["LLVM_PROFILE_FILE"] = f"{profiles}/%p.profraw"
    programs = binary.parent / "bench"
    live, shadow = (Backend(programs / "gnomon_bench_backend") for _ in range(2))
    hung = Backend(programs / "gnomon_bench_backend", "hung")
    load = Load(programs / "gnomon_bench_load")
    running = [live, shadow, hung, load]
    try:
        with tempfile.TemporaryDirectory(prefix="gnomon-train-") as folder:
            for mirror in ("off", "on", "hung"):
                proxy = Proxy("gnomon", mirror, Path(folder), Backends(live.port, shadow.port, hung.port), binary)
                running.append(proxy)
                for kind in KINDS:
                    for connections in (1, 8, 64):
                        load.run("slice", proxy.port, connections, kind, SLICE_MS)
                        load.tell(f"close {proxy.port}")
                running.remove(proxy)
                proxy.stop()
    finally:
        for thing in reversed(running):
            thing.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
