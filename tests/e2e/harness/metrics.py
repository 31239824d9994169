"""Prometheus text (exposition format 0.0.4), parsed strictly, and the sums that must add up."""

import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)')
_SAMPLE = re.compile(rf"^({NAME})(?:\{{(.*)\}})? (\S+)$")


def parse_labels(text):
    labels = {}
    at = 0
    while at < len(text):
        match = _LABEL.match(text, at)
        assert match, f"bad labels: {text}"
        assert match[1] not in labels, f"label twice: {text}"
        labels[match[1]] = re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), match[2])
        at = match.end()
    return labels


class Metrics:
    def __init__(self, text):
        assert text.endswith("\n"), "the last line has no end"
        self.samples = {}  # (name, sorted labels) -> value
        self.types = {}
        self.helps = {}
        for line in text.splitlines():
            self.read(line)

    def read(self, line):
        if not line:
            return
        if line.startswith("# HELP "):
            name, _, words = line[7:].partition(" ")
            assert name not in self.helps, f"HELP twice: {name}"
            self.helps[name] = words
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert name not in self.types, f"TYPE twice: {name}"
            assert kind in ("counter", "gauge", "histogram", "summary", "untyped"), line
            self.types[name] = kind
        elif not line.startswith("#"):
            match = _SAMPLE.match(line)
            assert match, f"bad sample: {line!r}"
            key = (match[1], tuple(sorted(parse_labels(match[2] or "").items())))
            assert key not in self.samples, f"sample twice: {line}"
            assert self.family(match[1]) in self.types, f"no TYPE before {line}"
            self.samples[key] = float(match[3])

    def family(self, name):
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        return base if self.types.get(base) in ("histogram", "summary") else name

    def select(self, name, **labels):
        """{labels: value} of the samples that have at least these labels."""
        return {
            key[1]: value
            for key, value in self.samples.items()
            if key[0] == name and labels.items() <= dict(key[1]).items()
        }

    def total(self, name, **labels):
        return sum(self.select(name, **labels).values())

    def shadows(self):
        """The shadow labels that occur."""
        return sorted({dict(key[1])["shadow"] for key in self.samples if "shadow" in dict(key[1])})

    def check_sums(self):
        """Nothing is lost in silence: every request of a shadow is accounted for exactly once."""
        for shadow in self.shadows():
            asked = self.total("gnomon_shadow_requests_total", shadow=shadow)
            copied = self.total("gnomon_shadow_copied_total", shadow=shadow)
            dropped = self.select("gnomon_shadow_dropped_total", shadow=shadow)
            assert asked == copied + sum(dropped.values()), f"{shadow}: {asked} asked, {copied} copied, dropped {dropped}"
            answered = self.total("gnomon_shadow_answered_total", shadow=shadow)
            failed = self.select("gnomon_shadow_failed_total", shadow=shadow)
            waiting = self.total("gnomon_shadow_in_flight", shadow=shadow)
            assert copied == answered + sum(failed.values()) + waiting, (
                f"{shadow}: {copied} copied, {answered} answered, {waiting} in flight, failed {failed}"
            )

    def lost(self, reason, shadow=None):
        """Copies dropped or failed for a reason."""
        labels = {"reason": reason} | ({"shadow": shadow} if shadow else {})
        return self.total("gnomon_shadow_dropped_total", **labels) + self.total("gnomon_shadow_failed_total", **labels)
