#!/usr/bin/python3
"""Processor time per request and latency of gnomon beside nginx, HAProxy and Envoy, in one run.

All gateways run at once; an idle one costs nothing. In every round each gets one short slice of load, in an
order drawn anew, so that noise of the machine that lasts longer than a slice meets all of them alike. Compared are
the ratios within a round; given are their median and its 95 % interval (bootstrap).

The gateways share processor 0, one at a time; load generator and backends have processor 1.
"""

import argparse
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from proxies import PEER_CPU, Backends, Proxy, available, pinned, version

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "RESULTS.md"
KINDS = {"get": "GET, answer 1 KiB", "post": "POST 4 KiB, answer 1 KiB", "large": "GET, answer 100 KiB"}
HEALTHY = [("gnomon", "off"), ("gnomon", "on"), ("nginx", "off"), ("nginx", "on"), ("haproxy", "off"), ("envoy", "off"), ("envoy", "on")]
STUCK = [("gnomon", "off"), ("gnomon", "hung"), ("nginx", "off"), ("nginx", "hung"), ("envoy", "off"), ("envoy", "hung")]
# (what, of, against, must be at most); only for GET over 64 connections is a limit promised
RATIOS = [
    ("no shadow, against HAProxy", "gnomon off", "haproxy off", 1.0),
    ("100 % shadow, against nginx `mirror`", "gnomon on", "nginx on", 0.35),
    ("100 % shadow, against HAProxy without any", "gnomon on", "haproxy off", 1.3),
    ("100 % shadow, against Envoy's", "gnomon on", "envoy on", None),
    ("shadow on against off", "gnomon on", "gnomon off", 1.8),
]
SETTLE_S = 0.01  # for what is under way at the end of a slice


class Load:
    """The load generator; see load.cc for what it is told."""

    FIELDS = ("requests", "seconds", "p50", "p99", "max", "errors", "stalled")

    def __init__(self, program):
        self.process = subprocess.Popen(
            [str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=pinned(PEER_CPU)
        )

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().split()

    def run(self, verb, port, connections, kind, amount):
        return dict(zip(self.FIELDS, map(float, self.tell(f"{verb} {port} {connections} {kind} {amount}"))))

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


class Backend:
    def __init__(self, program, *args):
        self.process = subprocess.Popen([str(program), *args], stdout=subprocess.PIPE, text=True, preexec_fn=pinned(PEER_CPU))
        self.port = int(self.process.stdout.readline())

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def one_slice(load, proxy, kind, connections, slice_ms):
    before = proxy.cpu_ns()
    result = load.run("slice", proxy.port, connections, kind, slice_ms)
    time.sleep(SETTLE_S)
    used_us = (proxy.cpu_ns() - before) / 1000
    result["cpu_us"] = used_us / result["requests"] if result["requests"] else None
    return result


def measure(load, proxies, kind, connections, rounds, slice_ms):
    """{key: one result for each round}."""
    for proxy in proxies:
        one_slice(load, proxy, kind, connections, slice_ms)  # connections and caches get warm
    results = {proxy.key: [] for proxy in proxies}
    for _ in range(rounds):
        for proxy in random.sample(proxies, len(proxies)):
            results[proxy.key].append(one_slice(load, proxy, kind, connections, slice_ms))
    for proxy in proxies:
        load.tell(f"close {proxy.port}")
    return results


def ratios(results, of, against, what="cpu_us"):
    if of not in results or against not in results:
        return []
    pairs = zip(results[of], results[against])
    return [a[what] / b[what] for a, b in pairs if a[what] and b[what]]


def interval(values):
    """Median and the 95 % interval of the median."""
    draws = sorted(statistics.median(random.choices(values, k=len(values))) for _ in range(1000))
    return statistics.median(values), draws[25], draws[974]


def shown(values, form="{:.2f}"):
    if not values:
        return "-"
    median, low, high = interval(values)
    return f"{form} [{form}, {form}]".format(median, low, high)


def table(results):
    lines = [
        "| gateway | mirror | CPU us/request | least | requests/s | p50 us | p99 us | errors | unanswered |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for key, rounds in results.items():
        cpu = [r["cpu_us"] for r in rounds if r["cpu_us"]]
        middle = {name: statistics.median(r[name] for r in rounds) for name in ("p50", "p99")}
        rate = statistics.median(r["requests"] / r["seconds"] for r in rounds)
        errors, stalled = (int(sum(r[name] for r in rounds)) for name in ("errors", "stalled"))
        least = f"{min(cpu):.1f}" if cpu else "-"
        kind, mirror = key.split()
        lines.append(
            f"| {kind} | {mirror} | {shown(cpu, '{:.1f}')} | {least} | {rate:.0f} | {middle['p50']:.0f} | {middle['p99']:.0f} "
            f"| {errors} | {stalled} |"
        )
    return "\n".join(lines)


def report_healthy(kind, connections, results):
    parts = [f"### {KINDS[kind]}, {connections} connection{'s' if connections > 1 else ''}\n", table(results), ""]
    parts += ["| ratio of CPU time per request | median [95 % interval] | limit |", "|---|---|---|"]
    for name, of, against, limit in RATIOS:
        values = ratios(results, of, against)
        if values:
            promised = f"{limit}" if limit and (kind, connections) == ("get", 64) else ""
            parts.append(f"| {name} | {shown(values)} | {promised} |")
    return "\n".join(parts) + "\n"


def report_hung(connections, results):
    parts = [f"### Hung shadow, GET, {connections} connection{'s' if connections > 1 else ''}\n", table(results), ""]
    parts += ["| hung shadow against no shadow | p50 | p99 | requests |", "|---|---|---|---|"]
    for kind in dict.fromkeys(key.split()[0] for key in results):
        cells = [shown(ratios(results, f"{kind} hung", f"{kind} off", what)) for what in ("p50", "p99", "requests")]
        parts.append(f"| {kind} | {' | '.join(cells)} |")
    return "\n".join(parts) + "\n"


def introduction(args, kinds):
    versions = ", ".join(f"{kind} {version(kind, args.bin)}" for kind in kinds)
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return f"""# What a request costs

{time.strftime("%d %B %Y")}; {versions}. {cpu}, {os.cpu_count()} processors, Linux {platform.release()}.
{args.rounds} rounds of {args.slice_ms} ms slices. Written by `./x bench{" --quick" if args.quick else ""}`.

gnomon is built by `./x build pgo`, the others are as their makers package them. Every gateway has one worker on processor 0; load generator and backends run on processor 1. CPU time is that of all threads
of the gateway's process, user and system. Ratios are taken within a round. On loopback a sender also pays for
the receiver's side of TCP, so ratios carry over to other machines and microseconds do not. Latency is that of a
closed loop at saturation: good for comparing only. Unanswered are requests that had no answer a second after their slice.
"""


def go_first():
    """Ahead of other sessions, where the scheduler groups processes by session and allows it."""
    try:
        os.setsid()
        Path("/proc/self/autogroup").write_text("-15")
    except OSError:
        pass


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("--quick", action="store_true", help="GET over 64 connections alone, few rounds")
    args.add_argument("--rounds", type=int)
    args.add_argument("--slice-ms", type=int, default=180)
    args.add_argument("--bin", type=Path, default=ROOT / "build" / "release" / "gnomon")
    args.add_argument("--only", default="gnomon,nginx,haproxy,envoy")
    args.add_argument("--output", type=Path, default=RESULTS)
    args = args.parse_args()
    args.rounds = args.rounds or (10 if args.quick else 25)
    wanted = [kind for kind in args.only.split(",") if available(kind)]
    programs = args.bin.parent / "bench"
    go_first()

    parts = [introduction(args, wanted)]
    running = []
    try:
        with tempfile.TemporaryDirectory(prefix="gnomon-bench-") as folder:
            live, shadow = (Backend(programs / "gnomon_bench_backend") for _ in range(2))
            hung = Backend(programs / "gnomon_bench_backend", "hung")
            running += [live, shadow, hung]
            ports = Backends(live.port, shadow.port, hung.port)
            load = Load(programs / "gnomon_bench_load")
            running.append(load)
            proxies = {}
            for kind, mirror in dict.fromkeys(HEALTHY + STUCK):
                if kind in wanted:
                    proxies[kind, mirror] = Proxy(kind, mirror, Path(folder), ports, args.bin)
                    running.append(proxies[kind, mirror])
            for kind in ["get"] if args.quick else KINDS:
                for connections in [64] if args.quick else (1, 8, 64):
                    chosen = [proxies[which] for which in HEALTHY if which in proxies]
                    results = measure(load, chosen, kind, connections, args.rounds, args.slice_ms)
                    parts.append(report_healthy(kind, connections, results))
                    print(parts[-1], flush=True)
            for connections in [64] if args.quick else (1, 8, 64):
                chosen = [proxies[which] for which in STUCK if which in proxies]
                results = measure(load, chosen, "get", connections, args.rounds, args.slice_ms)
                parts.append(report_hung(connections, results))
                print(parts[-1], flush=True)
    finally:
        for thing in reversed(running):
            thing.stop()
    args.output.write_text("\n".join(parts))
    print(f"written to {args.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
