#!/usr/bin/python3
"""Processor time per request and latency of gnomon beside nginx, HAProxy, Envoy and nghttpx, in one run.

All gateways of a comparison run at once; an idle one costs nothing. In every round each gets one short slice of load,
in an order drawn anew, so that noise of the machine that lasts longer than a slice meets all of them alike. Compared
are the ratios within a round; given are their median and its 95 % interval (bootstrap).

The gateways share processor 0, one at a time; load generator and backends have processor 1.
"""

import argparse
import os
import platform
import re
import sys
import tempfile
import time
from pathlib import Path

import suite_h1
import suite_h2
import suite_trial
from measure import Backend, Load
from proxies import Backends, available, version

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "RESULTS.md"
SUITES = {"h1": suite_h1, "h2": suite_h2, "trial": suite_trial}


class Bench:
    """What all suites need: load generators, backends, and a folder. Stops what it was given to keep."""

    def __init__(self, args, folder):
        self.args = args
        self.folder = Path(folder)
        self.gateways = ()
        self.running = []
        programs = args.bin.parent / "bench"
        live, shadow = (self.keep(Backend(programs / "gnomon_bench_backend")) for _ in range(2))
        hung = self.keep(Backend(programs / "gnomon_bench_backend", "hung"))
        self.ports = Backends(live.port, shadow.port, hung.port)
        self.load = self.keep(Load(programs / "gnomon_bench_load"))
        self.load_h2 = self.keep(Load(programs / "gnomon_bench_load_h2"))

    def keep(self, thing):
        self.running.append(thing)
        return thing

    def stop(self):
        while self.running:
            self.running.pop().stop()


def introduction(args, suite, name, kinds, missing):
    versions = ", ".join(f"{kind} {version(kind, args.bin)}" for kind in kinds)
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    load = os.getloadavg()[0]
    shared = f"\nOther work had the machine too, with a load average of {load:.0f} at the start." if load > 2 else ""
    absent = f"\nNot installed here and left out: {', '.join(missing)}." if missing else ""
    return f"""# {suite.TITLE}

{time.strftime("%d %B %Y")}; {versions}. {cpu}, {os.cpu_count()} processors, Linux {platform.release()}.
{args.rounds} rounds of {args.slice_ms} ms slices. Written by `./x bench --suite {name}{" --quick" if args.quick else ""}`.{absent}{shared}

{built(args.bin)}, the others are as their makers package them. Every gateway has one worker on processor 0; load generator and backends run on processor 1. CPU time is that of all threads
of the gateway's process, user and system. Ratios are taken within a round. On loopback a sender also pays for
the receiver's side of TCP, so ratios carry over to other machines and microseconds do not. Latency is that of a
closed loop at saturation: good for comparing only. Unanswered are requests that had no answer a second after their slice.
{suite.ABOUT}"""


def built(binary):
    return f"gnomon is built by `./x build{' pgo' if binary.parent.name == 'pgo' else ''}`"


def put_part(file, text):
    """Replaces what the file has under the same title, or appends."""
    parts = re.split(r"^(?=# )", file.read_text() if file.exists() else "", flags=re.M)
    title = text.partition("\n")[0]
    kept = [part.rstrip() + "\n" for part in parts if part.strip()]
    titles = [part.partition("\n")[0] for part in kept]
    if title in titles:
        kept[titles.index(title)] = text
    else:
        kept.append(text)
    file.write_text("\n".join(kept))


def run_suite(args, name, folder):
    suite = SUITES[name]
    named = [kind for kind in suite.GATEWAYS if kind in args.only.split(",")]
    wanted = [kind for kind in named if available(kind)]
    missing = [kind for kind in named if kind not in wanted]
    for kind in missing:
        print(f"{kind} is not installed and left out")
    parts = [introduction(args, suite, name, wanted, missing)]

    def say(text):
        parts.append(text)
        print(text, flush=True)

    bench = Bench(args, folder)
    bench.gateways = wanted
    try:
        suite.run(bench, say)
    finally:
        bench.stop()
    put_part(args.output, "\n".join(parts))


def go_first():
    """Ahead of other sessions, where the scheduler groups processes by session and allows it."""
    try:
        os.setsid()
        Path("/proc/self/autogroup").write_text("-15")
    except OSError:
        pass


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("--suite", choices=[*SUITES, "all"], default="all", help="h1: HTTP/1; h2: HTTP/2 and TLS; trial: comparing")
    args.add_argument("--quick", action="store_true", help="GET over 64 connections or streams alone, few rounds")
    args.add_argument("--match", default="", help="of the suites h2 and trial, only comparisons whose title contains this (or: copy)")
    args.add_argument("--rounds", type=int)
    args.add_argument("--slice-ms", type=int, default=180)
    args.add_argument("--bin", type=Path, default=ROOT / "build" / "release" / "gnomon")
    args.add_argument("--only", default="gnomon,nginx,haproxy,envoy,nghttpx")
    args.add_argument("--output", type=Path, default=RESULTS)
    args = args.parse_args()
    args.rounds = args.rounds or (10 if args.quick else 25)
    go_first()
    for name in SUITES if args.suite == "all" else [args.suite]:
        with tempfile.TemporaryDirectory(prefix="gnomon-bench-") as folder:
            run_suite(args, name, folder)
    print(f"written to {args.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
