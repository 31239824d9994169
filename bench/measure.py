"""Slices of load in a random order over all gateways at once, and what is made of their results."""

import random
import statistics
import subprocess
import time

from proxies import PEER_CPU, pinned

SETTLE_S = 0.01  # for what is under way at the end of a slice


class Load:
    """A load generator; see load.cc and load_h2.cc for what they are told."""

    FIELDS = ("requests", "seconds", "p50", "p99", "max", "errors", "stalled")

    def __init__(self, program):
        self.process = subprocess.Popen(
            [str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=pinned(PEER_CPU)
        )

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().split()

    def run(self, verb, port, connections, kind, amount, *more):
        line = " ".join(map(str, (verb, port, connections, kind, amount, *more)))
        return dict(zip(self.FIELDS, map(float, self.tell(line))))

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


def one_slice(proxy, drive):
    """`drive` puts load on a gateway for the length of a slice and returns what the load generator says."""
    parts = {"cpu_us": None, "worker_us": "worker"} if proxy.kind == "gnomon" else {"cpu_us": None}
    before = {part: proxy.cpu_ns(thread) for part, thread in parts.items()}
    result = drive(proxy)
    time.sleep(SETTLE_S)
    for part, thread in parts.items():
        used_us = (proxy.cpu_ns(thread) - before[part]) / 1000
        result[part] = used_us / result["requests"] if result["requests"] else None
    return result


def driver(bench, client, connections, streams, kind):
    """The load generator for what the client speaks, and how to put a slice of load on a gateway."""
    if client in ("h1", "https"):
        load, more, connections = bench.load, ("tls" if client == "https" else "clear",), connections * streams
    else:
        load, more = bench.load_h2, (streams, "tls" if client == "tls" else "clear")
    return load, lambda proxy: load.run("slice", proxy.port, connections, kind, bench.args.slice_ms, *more)


def measure(load, proxies, drive, rounds):
    """{key: one result for each round}."""
    for proxy in proxies:
        one_slice(proxy, drive)  # connections and caches get warm
    results = {proxy.key: [] for proxy in proxies}
    for _ in range(rounds):
        for proxy in random.sample(proxies, len(proxies)):
            results[proxy.key].append(one_slice(proxy, drive))
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
