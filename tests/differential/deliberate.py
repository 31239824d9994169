"""The differences that are meant: each a row of docs/ENVOY_DIFFERENCES.md, with the words there in `row`."""

import dataclasses
import re
from collections.abc import Callable

ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
UNSAFE = re.compile(r'["<>^`{|}]')


def normalized(path):
    """As Envoy has it with normalize_path: escapes that need not be are undone, those that are missing are made, then
    dot segments are removed. Slashes are never merged. None where Envoy refuses the path."""
    if "%00" in path:
        return None

    def plain(match):
        byte = chr(int(match[1], 16))
        return byte if byte.isascii() and (byte.isalnum() or byte in "-._~") else match[0]

    segments = []
    escaped = UNSAFE.sub(lambda match: f"%{ord(match[0]):02X}", ESCAPE.sub(plain, path))
    parts = escaped.split("/")[1:]
    for number, part in enumerate(parts):
        last = number + 1 == len(parts)
        if part == "..":
            segments = segments[:-1]
        elif part != ".":
            segments.append(part)
            continue
        if last:
            segments.append("")
    return "/" + "/".join(segments)


def path_of(case):
    return case.target.partition("?")[0]


def has_body(case):
    return bool(case.body) or case.chunks is not None


def hops(values):
    return [hop.strip() for value in values or [] for hop in value.split(",") if hop.strip()]


def one_hop_more(case, difference):
    envoy, gnomon = hops(difference.envoy), hops(difference.gnomon)
    # The copy's last hop is the gateway.
    at = len(envoy) if difference.where == "live" else len(envoy) - 1
    return difference.where != "answer" and gnomon == [*envoy[:at], "127.0.0.1", *envoy[at:]]


def answered_here(outcome):
    return not outcome.live


OWN_TEXTS = {
    b"cannot connect to upstream",
    b"no such upstream",
    b"upstream closed the connection without a response",
    b"upstream sent an invalid response",
}


def own_text(_, difference, outcome):
    own = outcome.answer is not None and outcome.answer.body in OWN_TEXTS
    # An answer to HEAD has the text's length alone.
    own = own or (outcome.status == 503 and answered_here(outcome))
    what = ("body", "header content-length", "header content-type")
    return own and difference.where == "answer" and difference.what in what


def slash_added(_, difference, __):
    """Envoy sends on a path that does not begin with a slash, and keeps one that would be rewritten to nothing."""
    path = difference.gnomon if difference.what == "path" else ""
    return path.startswith("/") and difference.envoy == path[1:]


def rewritten_to_nothing(case, difference, _):
    return case.target.startswith("/vanish") and difference.what in ("path", "header x-envoy-original-path")


def asks_for(protocol):
    return lambda case, *_: f"Upgrade: {protocol}" in case.headers


@dataclasses.dataclass
class Rule:
    row: str
    # (case, difference, gnomon's outcome)
    applies: Callable


def header(name, holds=lambda case, difference: True, where=("live", "copy", "answer")):
    def applies(case, difference, _):
        return difference.what == f"header {name}" and difference.where in where and holds(case, difference)

    return applies


def other_scheme(case, difference, _):
    """Envoy believes the client's x-forwarded-proto, and so do its redirects."""
    if not case.has("x-forwarded-proto"):
        return False
    if difference.what == "header location":
        return difference.envoy == [re.sub("^http:", "https:", value) for value in difference.gnomon]
    return difference.what == "header x-forwarded-proto" and difference.gnomon == ["http"]


def refers_oddly(case, difference):
    """A Referer that no browser sends: with user information or a fragment, or that is no address."""
    return difference.envoy is None and bool(re.search(r"@|#|^about:", difference.gnomon[0]))


RULES = [
    Rule("Paths are not normalised", lambda case, d, _: normalized(path_of(case)) != path_of(case)),
    Rule("The client's address is appended to `x-forwarded-for`", header("x-forwarded-for", one_hop_more)),
    Rule("`x-forwarded-proto` of a client is replaced", other_scheme),
    Rule("Copies carry `x-gnomon-shadow: true`", header("x-gnomon-shadow", lambda case, d: d.envoy is None, ("copy",))),
    Rule(
        "Trailers are passed on",
        lambda case, d, _: d.what == "trailers" and d.envoy == {} and bool(d.gnomon),
    ),
    Rule(
        "An answer before the request's end does not close the connection",
        header("connection", lambda case, d: has_body(case) and (d.envoy, d.gnomon) == (["close"], None), ("answer",)),
    ),
    Rule(
        "Fields that an answer's `Connection` names are not passed on",
        header("x-hop", lambda case, d: d.gnomon is None, ("answer",)),
    ),
    Rule(
        "Own answers to HEAD say how long the answer to GET is",
        lambda case, d, outcome: case.method == "HEAD"
        and answered_here(outcome)
        and (d.where, d.what) in {("answer", "header content-length"), ("answer", "header transfer-encoding")},
    ),
    Rule(
        "Answers to HEAD do not have `transfer-encoding`",
        header("transfer-encoding", lambda case, d: case.method == "HEAD" and d.gnomon is None, ("answer",)),
    ),
    Rule("`Proxy` is not passed on", header("proxy", lambda case, d: d.gnomon is None, ("live", "copy"))),
    Rule(
        "`TE: trailers` is named in `Connection`",
        header("connection", lambda case, d: case.has("te") and (d.envoy, d.gnomon) == (None, ["te"]), ("live", "copy")),
    ),
    Rule(
        "`Expect: 100-continue` is passed on",
        header("expect", lambda case, d: (d.envoy, d.gnomon) == (None, ["100-continue"]), ("live",)),
    ),
    Rule("`Referer` is passed on whatever it says", header("referer", refers_oddly, ("live", "copy"))),
    Rule("Own error answers have other texts", own_text),
    Rule("A rewritten path begins with a slash", slash_added),
    Rule("A path rewritten to nothing is `/`", rewritten_to_nothing),
    Rule("Methods need not be known", lambda case, *_: case.method == "get"),
    Rule("An empty port in the host is none", lambda case, *_: case.host.endswith(":")),
    Rule("Upgrades are not copied, and may be declined with a body", asks_for("websocket")),
    Rule("Upgrades other than WebSocket are passed on", asks_for("foo/2")),
]


def judge(case, found, outcome):
    """What is not meant, in words, and the rows of what is. `outcome` is gnomon's."""
    complaints = []
    rows = set()
    for difference in found:
        row = next((rule.row for rule in RULES if rule.applies(case, difference, outcome)), None)
        if row is None:
            complaints.append(str(difference))
        else:
            rows.add(row)
    return complaints, rows
