"""What comparing the answers adds to a request that is mirrored, on the worker and on all threads."""

import statistics

from measure import driver, measure, ratios, shown
from proxies import Proxy, Wiring

TITLE = "What a trial costs"
GATEWAYS = ("gnomon",)
MOST = 1.15  # of the worker's time, comparing against copying alone
ABOUT = """All 100 % of the requests are copied, and all answers are 1 KiB and equal. `on` is a shadow that nobody compares, `trial` the
same shadow under a ShadowTest with `compare` and no control, `control` one with a control for every request, which is a
third request to serve. CPU time in the first column is that of the worker's thread alone, which is the one that serves clients; the
comparer's thread, of low priority, runs on processor 1 among load generator and backends. Compared is the share of the copied
requests whose answers the comparer took; of the others they were let go, and counted.
"""
# (clients to live backend, copies over)
SCENARIOS = {
    "HTTP/1 to HTTP/1, copies over HTTP/1": (Wiring("h1", "h1"), ""),
    "HTTP/1 to HTTP/1, copies over HTTP/2": (Wiring("h1", "h1"), "-h2"),
    "HTTP/2 to HTTP/1, copies over HTTP/1": (Wiring("h2", "h1"), ""),
    "HTTP/2 to HTTP/2, copies over HTTP/2": (Wiring("h2", "h2"), "-h2"),
}
# (connections, streams on each) of an HTTP/2 client; an HTTP/1 client has as many connections as these make together
LOADS = ((1, 1), (1, 8), (8, 8))


def counted(proxy):
    """Copies begun, and those whose answers went to the comparer."""
    text = proxy.metrics()
    return [
        sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name) and 'trial"' in line)
        for name in ("gnomon_shadow_copied_total{", "gnomon_shadow_compared_total{")
    ]


def compared_share(before, after):
    copied, compared = (new - old for old, new in zip(before, after))
    return f"{100 * compared / copied:.0f} %" if copied else "-"


def report(title, load, results, compared):
    lines = [f"### {title}: GET, answer 1 KiB, {load}\n"]
    lines += ["| mirror | worker, CPU us/request | all threads | requests/s | p50 us | p99 us | errors | unanswered | compared |"]
    lines += ["|---|---|---|---|---|---|---|---|---|"]
    for key, rounds in results.items():
        cells = [shown([r[what] for r in rounds if r[what]], "{:.2f}") for what in ("worker_us", "cpu_us")]
        cells.append(f"{statistics.median(r['requests'] / r['seconds'] for r in rounds):.0f}")
        cells += [f"{statistics.median(r[what] for r in rounds):.0f}" for what in ("p50", "p99")]
        cells += [f"{sum(r[what] for r in rounds):.0f}" for what in ("errors", "stalled")]
        lines.append(f"| {key.split()[1]} | {' | '.join(cells)} | {compared[key]} |")
    on, trial, control = results
    lines += ["", "| ratio of CPU time per request | worker [95 % interval] | limit | all threads |", "|---|---|---|---|"]
    for what, of, limit in (("compared against copied alone", trial, MOST), ("with a control against copied alone", control, "")):
        worker, whole = (shown(ratios(results, of, on, part), "{:.3f}") for part in ("worker_us", "cpu_us"))
        lines.append(f"| {what} | {worker} | {limit} | {whole} |")
    return "\n".join(lines) + "\n"


def run_scenario(bench, say, title, wiring, version):
    args = bench.args
    proxies = []
    try:
        for mirror in ("on", "trial", "control"):
            proxies.append(Proxy("gnomon", mirror + version, bench.folder, bench.ports, args.bin, wiring))
        for connections, streams in [LOADS[-1]] if args.quick else LOADS:
            load, drive = driver(bench, wiring.client, connections, streams, "get")
            before = {proxy.key: counted(proxy) for proxy in proxies}
            results = measure(load, proxies, drive, args.rounds)
            compared = {proxy.key: compared_share(before[proxy.key], counted(proxy)) for proxy in proxies}
            at_once = connections * streams
            said = f"{at_once} connection{'s' if at_once > 1 else ''}" if wiring.client == "h1" else f"{connections} x {streams} streams"
            say(report(title, said, results, compared))
    finally:
        for proxy in proxies:
            proxy.stop()


def run(bench, say):
    for title, (wiring, version) in SCENARIOS.items():
        if bench.args.match in title:
            run_scenario(bench, say, title, wiring, version)
