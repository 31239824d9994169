"""HTTP/1 on both sides, beside nginx, HAProxy and Envoy; and what a shadow that hangs does to each."""

from measure import measure, ratios, shown, table
from proxies import Proxy

TITLE = "What a request costs"
KINDS = {"get": "GET, answer 1 KiB", "post": "POST 4 KiB, answer 1 KiB", "large": "GET, answer 100 KiB"}
ABOUT = ""
GATEWAYS = ("gnomon", "nginx", "haproxy", "envoy")
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


def run(bench, say):
    """Measures all of it; `say` gets each table when it is ready."""
    args = bench.args
    proxies = {}
    for kind, mirror in dict.fromkeys(HEALTHY + STUCK):
        if kind in bench.gateways:
            proxies[kind, mirror] = bench.keep(Proxy(kind, mirror, bench.folder, bench.ports, args.bin))

    def compare(which, kind, connections):
        def drive(proxy):
            return bench.load.run("slice", proxy.port, connections, kind, args.slice_ms)

        chosen = [proxies[one] for one in which if one in proxies]
        return measure(bench.load, chosen, drive, args.rounds)

    for kind in ["get"] if args.quick else KINDS:
        for connections in [64] if args.quick else (1, 8, 64):
            say(report_healthy(kind, connections, compare(HEALTHY, kind, connections)))
    for connections in [64] if args.quick else (1, 8, 64):
        say(report_hung(connections, compare(STUCK, "get", connections)))
