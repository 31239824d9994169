#!/usr/bin/python3
"""Runs a gateway that was built to record a profile, under every kind of load that the bench knows."""

import os
import sys
import tempfile
from pathlib import Path

import suite_h1
import suite_h2
from measure import Backend, Load
from proxies import Backends, Proxy, Wiring, make_certificate

SLICE_MS = 700
SLICE_H2_MS = 400


def train_h1(load, proxy):
    transport = "tls" if proxy.wiring.secure else "clear"
    for kind in suite_h1.KINDS:
        for connections in (1, 8, 64):
            load.run("slice", proxy.port, connections, kind, SLICE_MS, transport)
            load.tell(f"close {proxy.port}")


def train_h2(load, proxy):
    transport = "tls" if proxy.wiring.secure else "clear"
    for kind in suite_h2.LOADS:
        for connections, streams in ((1, 1), (8, 8), (2, 32)):
            load.run("slice", proxy.port, connections, kind, SLICE_H2_MS, streams, transport)
            load.tell(f"close {proxy.port}")


def wirings(folder):
    """What is driven how: (wiring, mirror)."""
    made = [(Wiring(), mirror) for mirror in ("off", "on", "on-h2", "hung", "trial", "control")]
    made.append((Wiring("https", "h1", folder), "off"))
    for client in ("h2", "tls"):
        for live in ("h1", "h2"):
            made += [(Wiring(client, live, folder), mirror) for mirror in suite_h2.COPYING]
    made += [(Wiring("h2", "h1", folder), "trial"), (Wiring("h2", "h2", folder), "trial-h2")]
    return made


def main():
    binary, profiles = map(Path, sys.argv[1:])
    os.environ["LLVM_PROFILE_FILE"] = f"{profiles}/%p.profraw"
    programs = binary.parent / "bench"
    live, shadow = (Backend(programs / "gnomon_bench_backend") for _ in range(2))
    hung = Backend(programs / "gnomon_bench_backend", "hung")
    load, load_h2 = Load(programs / "gnomon_bench_load"), Load(programs / "gnomon_bench_load_h2")
    running = [live, shadow, hung, load, load_h2]
    ports = Backends(live.port, shadow.port, hung.port)
    try:
        with tempfile.TemporaryDirectory(prefix="gnomon-train-") as folder:
            make_certificate(Path(folder))
            for wiring, mirror in wirings(Path(folder)):
                proxy = Proxy("gnomon", mirror, Path(folder), ports, binary, wiring)
                running.append(proxy)
                if wiring.client in ("h1", "https"):
                    train_h1(load, proxy)
                else:
                    train_h2(load_h2, proxy)
                running.remove(proxy)
                proxy.stop()
    finally:
        for thing in reversed(running):
            thing.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
