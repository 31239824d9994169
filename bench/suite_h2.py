"""HTTP/2 and TLS: beside Envoy, nginx, nghttpx and HAProxy, and what a copy over HTTP/2 costs against one over HTTP/1."""

import random
import statistics
from dataclasses import replace

from measure import driver, measure, ratios, shown, table
from proxies import Proxy, Wiring, make_certificate

TITLE = "What HTTP/2 and TLS cost"
GATEWAYS = ("gnomon", "envoy", "nginx", "nghttpx", "haproxy")
PEERS = ("envoy", "nginx", "nghttpx")  # whose best is the measure
SCENARIOS = {
    "HTTP/2 to HTTP/1": Wiring("h2", "h1"),
    "HTTP/2 to HTTP/2": Wiring("h2", "h2"),
    "HTTP/2 over TLS to HTTP/1": Wiring("tls", "h1"),
    "HTTP/2 over TLS to HTTP/2": Wiring("tls", "h2"),
    "HTTP/1 over TLS to HTTP/1": Wiring("https", "h1"),
}
LOADS = {"get": "GET, answer 1 KiB", "post": "POST 4 KiB, answer 1 KiB", "large": "GET, answer 100 KiB"}
ABOUT = """Clients keep 8 connections of 8 streams full, or 64 connections over HTTP/1. TLS is 1.3 with AES-128-GCM and a P-256
key; handshakes come before anything is measured. The best is whichever of Envoy, nginx and nghttpx has the least median;
nginx speaks no HTTP/2 with backends. HAProxy stands beside them. `on` is a shadow with 100 % of the requests over HTTP/1,
`on-piped` the same with pipelining of depth 16, `on-h2` one over HTTP/2.
"""
MOST_OFF, MOST_ON, MOST_COPY = 1.0, 1.4, 0.5
CONNECTIONS, STREAMS = 8, 8  # HTTP/1 has as many connections as these make together
COPYING = ("off", "on", "on-piped", "on-h2")
# (what is said of it, what the client speaks, connections, streams on each)
COPY_LOADS = [
    ("HTTP/1, 64 connections", "h1", 64, 1),
    (f"HTTP/2, {CONNECTIONS} connections of {STREAMS} streams", "h2", CONNECTIONS, STREAMS),
]


def candidates(gateways, wiring):
    """What is compared: gnomon also with a shadow, whose copies go over either version, and pipelined."""
    made = [("gnomon", mirror) for mirror in COPYING] if "gnomon" in gateways else []
    # nginx speaks no HTTP/2 with backends.
    return made + [(kind, "off") for kind in gateways if kind != "gnomon" and not (kind == "nginx" and wiring.live == "h2")]


def best_peer(results):
    """The key of the cheapest, and None where there is no peer."""
    cost = {}
    for kind in PEERS:
        cpu = [r["cpu_us"] for r in results.get(f"{kind} off", []) if r["cpu_us"]]
        if cpu:
            cost[f"{kind} off"] = statistics.median(cpu)
    return min(cost, key=cost.get) if cost else None


def report(title, load, results, live):
    parts = [f"### {title}: {LOADS[load]}\n", table(results), ""]
    best = best_peer(results)
    if best is None:
        return "\n".join(parts)
    name = best.split()[0]
    parts += ["| ratio of CPU time per request | median [95 % interval] | limit |", "|---|---|---|"]
    rows = [
        (f"no shadow, against the best, {name}", "gnomon off", best, MOST_OFF),
        # Where the live side speaks HTTP/2, so does its shadow, as a rule.
        (f"100 % shadow over HTTP/1, against {name} without any", "gnomon on", best, MOST_ON if live == "h1" else None),
        (f"100 % shadow over HTTP/1, pipelined, against {name} without any", "gnomon on-piped", best, MOST_ON if live == "h1" else None),
        ("the same, against one that is not pipelined", "gnomon on-piped", "gnomon on", None),
        (f"100 % shadow over HTTP/2, against {name} without any", "gnomon on-h2", best, MOST_ON),
        ("no shadow, against HAProxy", "gnomon off", "haproxy off", None),
    ]
    for what, of, against, limit in rows:
        values = ratios(results, of, against)
        if values:
            parts.append(f"| {what} | {shown(values)} | {limit if limit and load == 'get' else ''} |")
    return "\n".join(parts) + "\n"


def copy_costs(results):
    """(over HTTP/1, pipelined, over HTTP/2) in us for each round."""
    rounds = [r for r in zip(*(results[f"gnomon {mirror}"] for mirror in COPYING)) if all(one["cpu_us"] for one in r)]
    return [tuple(one["cpu_us"] - none["cpu_us"] for one in copying) for none, *copying in rounds]


def share(costs, which):
    """Of HTTP/1's cost that another way needs, with its 95 % interval: of medians, as single rounds may be near zero."""

    def of(draw):
        return statistics.median(cost[which] for cost in draw) / statistics.median(cost[0] for cost in draw)

    draws = sorted(of(random.choices(costs, k=len(costs))) for _ in range(1000))
    return f"{of(costs):.2f} [{draws[25]:.2f}, {draws[974]:.2f}]"


def report_copies(rows):
    parts = ["### A copy over HTTP/2 against one over HTTP/1\n"]
    parts += ["What 100 % shadowing adds to a request, GET, answer 1 KiB; the live backend speaks HTTP/1.\n"]
    parts += ["| clients | over HTTP/1, us | pipelined, us | share | over HTTP/2, us | share | limit |", "|---|---|---|---|---|---|---|"]
    for what, costs in rows:
        one, piped, two = (shown([cost[i] for cost in costs], "{:.1f}") for i in range(3))
        parts.append(f"| {what} | {one} | {piped} | {share(costs, 1)} | {two} | {share(costs, 2)} | {MOST_COPY} |")
    return "\n".join(parts) + "\n"


def run_copies(bench, say):
    rows = []
    for what, client, connections, streams in COPY_LOADS:
        proxies = [Proxy("gnomon", mirror, bench.folder, bench.ports, bench.args.bin, Wiring(client)) for mirror in COPYING]
        try:
            load, drive = driver(bench, client, connections, streams, "get")
            rows.append((what, copy_costs(measure(load, proxies, drive, bench.args.rounds))))
        finally:
            for proxy in proxies:
                proxy.stop()
    say(report_copies(rows))


def run(bench, say):
    args = bench.args
    make_certificate(bench.folder)
    for title, plain in SCENARIOS.items():
        if args.match not in title:
            continue
        wiring = replace(plain, folder=bench.folder)
        proxies = []
        try:
            for kind, mirror in candidates(bench.gateways, wiring):
                proxies.append(Proxy(kind, mirror, bench.folder, bench.ports, args.bin, wiring))
            for kind in ["get"] if args.quick else LOADS:
                load, drive = driver(bench, wiring.client, CONNECTIONS, STREAMS, kind)
                say(report(title, kind, measure(load, proxies, drive, args.rounds), wiring.live))
        finally:
            for proxy in proxies:
                proxy.stop()
    if "gnomon" in bench.gateways and args.match in "copy":
        run_copies(bench, say)
