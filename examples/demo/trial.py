"""The verdict on petstore-v2 as it develops, and which of the planted faults it names."""

import json
import time
import urllib.request

LIMIT_S = 120
LOOK_EVERY_S = 1
TEST = "gloo-system.petstore-v2"

# In the order in which they are told; `found_in` knows each by its evidence.
CAUSES = {
    "renamed": "the field `kind` is now called `species`",
    "rounding": "prices are another value: cut, where they were rounded",
    "failures": "a few answers are 500",
    "slow": "a few answers are late",
}
CHECKS = {"errors": "failures", "first_byte_tail": "slow", "total_tail": "slow"}


def cause_of(field):
    """The planted fault that a proven field shows; None, if it was not planted."""
    name = field["path"].rpartition(".")[2]
    if (name, field["kind"]) in (("kind", "removed"), ("species", "added")):
        return "renamed"
    if (name, field["kind"]) == ("price", "value"):
        return "rounding"
    return "failures" if field["path"] == "status" else None


def found_in(verdict):
    """What is proven: the planted faults by name, and whatever was not planted."""
    causes, others = set(), []
    for field in filter(lambda each: each["proven"], verdict["fields"]):
        cause = cause_of(field)
        causes.add(cause)
        if cause is None:
            others.append(f"{field['endpoint']} {field['path']} {field['kind']}")
    for check in filter(lambda each: each["proven"] and each["check"] != "mismatch", verdict["checks"]):
        causes.add(CHECKS.get(check["check"]))
        if check["check"] not in CHECKS:
            others.append(check["check"])
    return [cause for cause in CAUSES if cause in causes], others


def api(admin, what):
    with urllib.request.urlopen(f"http://127.0.0.1:{admin}/api/v1/tests/{TEST}/{what}", timeout=30) as answer:
        return json.load(answer)


def watch(admin):
    """Prints the verdict until it names every planted fault, or until the time is over. Whether it named just these."""
    begun = time.monotonic()
    print(f"  {'time':>6}  {'compared':>8}  {'verdict':<9}  proven against petstore-v2\n")
    while True:
        verdict = api(admin, "verdict")
        causes, others = found_in(verdict)
        spent = time.monotonic() - begun
        proven = ", ".join(causes + others) or "nothing"
        print(f"  {spent:4.0f} s  {verdict['coverage']['compared']:8}  {verdict['ruling']:<9}  {proven}", flush=True)
        complete = len(causes) == len(CAUSES) and verdict["ruling"] == "FAIL"
        if complete or others or spent > LIMIT_S:
            show_findings(verdict, causes, others)
            show_noise(api(admin, "differences?limit=100")["fields"])
            return complete and not others
        time.sleep(LOOK_EVERY_S)


def show_findings(verdict, causes, others):
    print(f"\n{verdict['ruling']}: {verdict['reason']}\n")
    for number, cause in enumerate(causes, 1):
        print(f"  {number}. {CAUSES[cause]}")
    for other in others:
        print(f"  and, though nobody planted it: {other}")
    missing = [CAUSES[cause] for cause in CAUSES if cause not in causes]
    if missing:
        print(f"\nNot proven: {'; '.join(missing)}.")


def show_noise(fields):
    print("\nNoise, which differs between two answers of petstore itself and so is held against nobody:\n")
    for field in fields:
        if not field["proven"] and field["noise"] > 0:
            where = f"{field['endpoint']}  {field['path']}  {field['kind']}"
            print(f"  {where:<58} {field['count']:5} times, petstore against itself {field['noise']:5}")
