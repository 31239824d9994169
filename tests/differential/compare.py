"""What became of a request at a gateway, and where two gateways differ."""

import collections
import dataclasses
import email.utils
import re
import time


@dataclasses.dataclass
class Outcome:
    status: int
    answer: object  # the response as the client saw it
    live: list  # (backend, request), each attempt
    copies: list


@dataclasses.dataclass
class Difference:
    """`where` is live, copy or answer; `what` a part of the message, such as path or `header x-a`."""

    where: str
    what: str
    envoy: object
    gnomon: object

    def __str__(self):
        return f"{self.where}: {self.what}: Envoy {self.envoy!r}, gnomon {self.gnomon!r}"


UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
# What each gateway says of itself; httpConnectionManagerSettings have a say in it.
NOT_COMPARED = {"server"}


def is_now(text):
    try:
        return abs(email.utils.parsedate_to_datetime(text).timestamp() - time.time()) < 3600
    except ValueError:
        return False


GENERATED = {
    "date": is_now,
    "x-request-id": UUID.fullmatch,
    "x-envoy-upstream-service-time": re.compile("[0-9]+").fullmatch,
}


def header_lists(fields):
    """{name: values}, with a placeholder where a gateway made up the value."""
    lists = collections.defaultdict(list)
    for name, value in fields:
        name = name.lower()
        generated = GENERATED.get(name, lambda _: False)
        if name not in NOT_COMPARED:
            lists[name].append("generated" if generated(value) else value)
    return {name: sorted(values) for name, values in lists.items()}


def parts(message):
    """A message as {part: value}."""
    out = {f"header {name}": values for name, values in header_lists(message.headers).items()}
    out["body"] = message.body
    out["trailers"] = header_lists(message.trailers)
    return out


def request_parts(entry):
    backend, request = entry
    out = parts(request)
    out["backend"] = backend
    out["method"] = request.method
    out["path"] = request.target
    out["authority"] = out.pop("header host", None)
    return out


def between(where, envoy, gnomon):
    for what in sorted(envoy.keys() | gnomon.keys()):
        if envoy.get(what) != gnomon.get(what):
            yield Difference(where, what, envoy.get(what), gnomon.get(what))


def differences(envoy, gnomon):
    if envoy.status != gnomon.status:
        yield Difference("answer", "status", envoy.status, gnomon.status)
    if envoy.answer is not None and gnomon.answer is not None:
        yield from between("answer", parts(envoy.answer), parts(gnomon.answer))
    for where, ours, theirs in (("live", gnomon.live, envoy.live), ("copy", gnomon.copies, envoy.copies)):
        if len(ours) != len(theirs):
            yield Difference(where, "count", len(theirs), len(ours))
        for number, (their, our) in enumerate(zip(theirs, ours)):
            for difference in between(where, request_parts(their), request_parts(our)):
                # Envoy tells a retry how much is left of the time.
                if number == 0 or difference.what != "header x-envoy-expected-rq-timeout-ms":
                    yield difference
