"""Trials: the shadow's answers are compared with the live ones, beside a control, and end in a verdict."""

import base64
import contextlib
import http.client
import json
import random
import re
import socket
import sqlite3
import stat
import subprocess
import threading
import time
from xml.etree import ElementTree

import pytest

from harness import Backend, Gateway, config
from harness.backend import answer, ok
from harness.client import Client, chunk, request_bytes
from harness.gateway import BINARY, patience
from harness.shadow_verb import shadow_verb
from harness.wait import eventually

NAME = "gloo-system.trial"
COOKIE = "Set-Cookie: session=s3cr3t-cookie; Path=/"


def json_answer(make, status="200 OK", headers=()):
    def reply(request):
        body = json.dumps(make(request)).encode()
        return ok(b"" if request.method == "HEAD" else body, status, ("Content-Type: application/json", *headers))

    return answer(reply)


def pet(request):
    """An ordinary answer of the live version, with ordinary noise."""
    return {
        "id": request.target.rsplit("/", 1)[-1],
        "name": "Rex",
        "price": 12.5,
        "at": f"{random.random():.9f}",
    }


def trial(primary, candidate, args=(), start=None, control=100, **spec):
    spec.setdefault("verdict", {})
    easy = {"minRequests": 20, "minDuration": "0s", "maxMismatchRate": 0.5, "maxErrorRise": 0.5, "maxTailRise": 0.5}
    spec["verdict"] = easy | spec["verdict"]
    if control is not None:
        spec["control"] = {"percentage": control}
    return config.mirrored(primary, candidate, {"name": "trial", **spec})


@pytest.fixture
def begin(start, tmp_path):
    def begin(resources, **kwargs):
        return start(resources, args=("--store", str(tmp_path / "state" / "gnomon.db")), **kwargs)

    return begin


def verdict(gateway):
    return gateway.admin_json(f"/api/v1/tests/{NAME}/verdict")


def send(gateway, count, path="/pets/{}", method="GET", **kwargs):
    with gateway.client() as client:
        for i in range(count):
            assert client.request(method, path.format(i), **kwargs).status == 200


def compared(gateway, count):
    def enough():
        seen = verdict(gateway)
        assert seen["coverage"]["compared"] >= count, seen
        return seen

    return eventually(enough, patience(15))


def field_of(seen, path):
    return next((each for each in seen["fields"] if each["path"] == path), None)


def test_equal_versions_with_noise_pass(begin, closing):
    primary, candidate = (closing(Backend(json_answer(pet))) for _ in range(2))
    gateway = begin(trial(primary, candidate, verdict={"latency": False}))
    send(gateway, 300)
    seen = compared(gateway, 300)
    assert seen["ruling"] == "PASS", seen["reason"]
    noisy = field_of(seen, "$.at")
    assert noisy["counts"]["both"] == noisy["noise"] == 300
    assert seen["coverage"]["share"] == 1


def not_found_for_shadows(request):
    """A service that does not know the Host that copies have."""
    found = "-shadow" not in request.host
    return ok(b"{}", "200 OK" if found else "404 Not Found", ("Content-Type: application/json",))


def large_with_noise(letter):
    return json_answer(lambda request: {"at": random.random(), "text": letter * 1_500_000})


@pytest.mark.parametrize(
    ("primary", "candidate", "requests"),
    [
        (answer(not_found_for_shadows), answer(not_found_for_shadows), 300),
        (large_with_noise("a"), large_with_noise("b"), 60),
    ],
)
def test_nobody_passes_by_answers_that_could_not_be_seen(primary, candidate, requests, begin, closing):
    """Candidate and control both differ where nothing further is compared: they are alike, and that says nothing."""
    gateway = begin(trial(closing(Backend(primary)), closing(Backend(candidate)), verdict={"latency": False}))
    send(gateway, requests)

    def all_excluded():
        # On a busy machine some of the large ones find no room to wait in.
        seen = verdict(gateway)
        excluded = seen["coverage"]["excluded"]
        return sum(excluded.values()) == requests and excluded.get("blind", 0) > requests / 2 and seen

    seen = eventually(all_excluded, patience(30))
    assert seen["ruling"] == "UNDECIDED" and seen["coverage"]["compared"] == 0
    assert "could be compared" in seen["reason"]


@pytest.mark.parametrize(("letter", "ruling"), [("a", "PASS"), ("b", "UNDECIDED")])
def test_large_answers_do_not_drop_out_for_want_of_memory(letter, ruling, begin, closing):
    """Bodies that find no room are compared by digest: equal ones are equal, others stand in the way of PASS."""
    verdict_of = {"latency": False, "minRequests": 10, "maxExcludedShare": 1}
    primary, candidate = (closing(Backend(json_answer(lambda request, text=text: text * 1_000_000))) for text in ("a", letter))
    gateway = begin(trial(primary, candidate, limits={"bufferBytes": "512Ki"}, verdict=verdict_of))
    send(gateway, 100)

    def all_seen():
        seen = verdict(gateway)
        coverage = seen["coverage"]
        assert coverage["compared"] + sum(coverage["excluded"].values()) == 100
        return seen

    seen = eventually(all_seen, patience(15))
    assert seen["ruling"] == ruling, seen["reason"]
    assert gateway.metrics().total("gnomon_shadow_shed_total", shadow=NAME) > 50
    if ruling == "UNDECIDED":
        assert "memory was short" in seen["reason"] and seen["coverage"]["excluded"]["unread"] > 50
        assert gateway.metrics().total("gnomon_trial_requests_total", result="unread") == seen["coverage"]["excluded"]["unread"]
        kept = eventually(lambda: gateway.admin_json(f"/api/v1/tests/{NAME}/samples")["samples"], patience(10))
        assert kept[0]["sample"]["differences"]["limits"] == ["memoryPressure"]


def test_a_change_beyond_noise_fails_and_is_named(begin, closing):
    primary = closing(Backend(json_answer(pet)))
    candidate = closing(Backend(json_answer(lambda request: {**pet(request), "price": 12.49})))
    gateway = begin(trial(primary, candidate))
    send(gateway, 100)
    seen = compared(gateway, 100)
    assert seen["ruling"] == "FAIL"
    assert "$.price" in seen["reason"]
    found = field_of(seen, "$.price")
    assert found["proven"] and found["endpoint"] == "GET /pets/{}" and found["kind"] == "value"
    assert not field_of(seen, "$.at")["proven"]
    differences = gateway.admin_json(f"/api/v1/tests/{NAME}/differences?limit=1")
    assert [each["path"] for each in differences["fields"]] == ["$.price"]
    metrics = gateway.metrics()
    assert metrics.total("gnomon_trial_ruling", trial=NAME, ruling="FAIL") == 1
    assert metrics.total("gnomon_trial_requests_total", trial=NAME, result="different") == 100


def test_a_dead_candidate_is_the_loudest_finding(begin, closing):
    primary, dead = closing(Backend(json_answer(pet))), closing(Backend())
    dead.stop()
    gateway = begin(trial(primary, dead))
    send(gateway, 60)
    seen = eventually(lambda: (v := verdict(gateway))["ruling"] == "FAIL" and v, patience(15))
    assert "fail" in seen["reason"]
    assert seen["outcomes"]["candidate"]["connect_failed"] >= 20
    # Copies that were not sent are no evidence, and are counted.
    assert seen["coverage"]["excluded"]["breaker_open"] > 0


def test_without_a_control_a_trial_compares_with_the_live_answer(begin, closing):
    primary = closing(Backend(json_answer(lambda request: {"a": 1})))
    candidate = closing(Backend(json_answer(lambda request: {"a": 1, "b": 2})))
    gateway = begin(trial(primary, candidate, control=None, compare={"mode": "subset"}))
    send(gateway, 100)
    assert compared(gateway, 100)["ruling"] == "PASS"
    assert len(primary.requests) == 100


def flaky(share, seed, fail):
    """A version of which that share of the answers fails, whatever is asked."""
    luck = random.Random(seed)

    def serve(connection):
        while connection.request() is not None:
            if luck.random() >= share:
                connection.send(ok(b"{}", "200 OK", ("Content-Type: application/json",)))
            elif fail == "reset":
                return connection.reset()
            else:
                connection.send(ok(b"", "503 Service Unavailable"))

    return serve


@pytest.mark.parametrize("fail", ["503", "reset"])
@pytest.mark.parametrize(("share", "ruling"), [(0.1, "PASS"), (0.5, "FAIL")])
def test_without_a_control_a_version_is_held_against_first_attempts(share, ruling, fail, begin, closing):
    """The live request is sent again by the route's policy, its copy never is: an equal version looks no worse for it."""
    primary, candidate = closing(Backend(flaky(0.1, 1, fail))), closing(Backend(flaky(share, 2, fail)))
    resources = trial(primary, candidate, control=None)
    routes = resources[3]["spec"]["virtualHost"]["routes"]
    routes[1]["options"]["retries"] = {"retryOn": "5xx", "numRetries": 9}
    gateway = begin(resources)
    send(gateway, 400)
    seen = eventually(lambda: (v := verdict(gateway))["checks"][0]["pairs"] >= 380 and v, patience(15))
    assert seen["ruling"] == ruling, seen["reason"]
    lost = seen["checks"][0]["counts"]
    assert lost["controlOnly"] > 10 and lost["candidateOnly"] > 10
    assert {each["path"] for each in seen["fields"]} <= {"outcome"}
    if ruling == "FAIL":
        assert "fails where the live service does not" in seen["reason"] and ";" not in seen["reason"]


@pytest.mark.parametrize("control", [100, None])
def test_endpoints_that_fail_are_named(control, begin, closing):
    def fails_orders(request):
        failing = request.target.startswith("/orders")
        return ok(b"{}", "500 Oops" if failing else "200 OK", ("Content-Type: application/json",))

    primary = closing(Backend(json_answer(lambda request: {})))
    candidate = closing(Backend(answer(fails_orders)))
    gateway = begin(trial(primary, candidate, control=control, compare={"endpoints": ["/orders/{id}", "/pets/{id}"]}))
    for path in ("/pets/{}", "/orders/{}"):
        send(gateway, 15, path)
    seen = eventually(lambda: (v := verdict(gateway))["checks"][0]["pairs"] == 30 and v, patience(15))
    assert seen["ruling"] == "FAIL" and "most often at GET /orders/{id} (15 of 15)" in seen["reason"], seen["reason"]
    worst, other = seen["endpoints"]
    assert worst["endpoint"] == "GET /orders/{id}" and worst["failedAlone"] == worst["sampled"] == 15
    assert worst["failed"] == {"candidate": 15, "live": 0, "control": 0}
    assert other["compared"] == 15 and other["failed"]["candidate"] == 0
    assert seen["endpointsInAll"] == 2
    admin = ("--admin", f"127.0.0.1:{gateway.admin_port}")
    text = gnomon("verdict", *admin).stdout
    assert re.search(r"^\| GET /orders/\{id\} +\| 15 +\| \d+ +\| 15 +\| 0 +\| 0 +\|$", text, re.M), text
    assert "GET /pets/{id}" not in text
    assert re.search(r"^\| `GET /orders/\{id\}` \| 15 \|", gnomon("verdict", *admin, "--format", "markdown").stdout, re.M)


def test_rules_excuse_differences_and_say_when_they_never_do(begin, closing):
    primary = closing(Backend(json_answer(lambda request: {"price": 10.0, "tags": ["a", "b"]})))
    candidate = closing(Backend(json_answer(lambda request: {"price": 10.001, "tags": ["b", "a"]})))
    rules = [
        {"path": "$.price", "tolerance": {"relative": 0.01}},
        {"path": "$.tags", "array": {"mode": "set"}},
        {"path": "$.pirce", "ignore": True},
    ]
    gateway = begin(trial(primary, candidate, compare={"rules": rules}))
    send(gateway, 50)
    seen = compared(gateway, 50)
    assert seen["fields"] == []
    assert {rule["path"]: rule["selected"] > 0 for rule in seen["rules"]} == {
        "$.price": True,
        "$.tags": True,
        "$.pirce": False,
    }


def test_a_rule_that_cannot_be_is_refused_with_its_place(tmp_path, closing):
    primary = closing(Backend())
    manifest = tmp_path / "gateway.yaml"
    manifest.write_text(config.dump(trial(primary, primary, compare={"rules": [{"path": "$.a[", "ignore": True}]})))
    found = gnomon("check", manifest)
    assert found.returncode != 0
    assert "spec.compare.rules[0].path" in found.stderr + found.stdout


def test_evidence_survives_a_restart_and_new_rules_begin_anew(begin, start, closing, tmp_path):
    primary, candidate = (closing(Backend(json_answer(lambda request: {"a": 1}))) for _ in range(2))
    resources = trial(primary, candidate)
    gateway = begin(resources)
    send(gateway, 50)
    compared(gateway, 50)
    gateway.stop()
    gateway = begin(resources)
    seen = verdict(gateway)
    assert (seen["coverage"]["compared"], seen["epoch"]["number"]) == (50, 1)
    send(gateway, 10)
    compared(gateway, 60)
    gateway.write(trial(primary, candidate, compare={"rules": [{"path": "$.a", "ignore": True}]}))
    assert gateway.reload()[0] == 200
    seen = verdict(gateway)
    assert (seen["coverage"]["compared"], seen["epoch"]["number"]) == (0, 2)
    database = tmp_path / "state" / "gnomon.db"
    assert stat.S_IMODE(database.stat().st_mode) == 0o600


def test_a_new_version_of_the_candidate_begins_a_new_epoch(begin, closing):
    version = ["one"]
    primary = closing(Backend(json_answer(lambda request: {"a": 1}, headers=("X-Version: live",))))
    candidate = closing(
        Backend(answer(lambda r: ok(b'{"a": 1}', headers=("Content-Type: application/json", f"X-Version: {version[0]}"))))
    )
    gateway = begin(trial(primary, candidate, verdict={"versionHeader": "x-version"}))
    send(gateway, 10)
    assert compared(gateway, 10)["epoch"] | {"began": ""} == {
        "number": 1,
        "began": "",
        "cause": "the trial began",
        "version": "one",
        "candidate": "",
    }
    version[0] = "two"
    send(gateway, 5)

    def second_epoch():
        seen = verdict(gateway)
        assert seen["epoch"]["number"] == 2
        assert seen["coverage"]["compared"] == 5  # or a copy that is late gets the old one's answer
        return seen["epoch"]

    assert eventually(second_epoch, patience(10))["version"] == "two"
    version[0] = "one"  # the old one, while it is being replaced
    send(gateway, 5)
    seen = eventually(
        lambda: (v := verdict(gateway))["coverage"]["excluded"].get("former_version") == 5 and v, patience(10)
    )
    assert seen["epoch"]["number"] == 2
    assert seen["fields"] == []  # that it says another version is no difference


def test_former_versions_are_known_after_a_restart(begin, start, closing, tmp_path):
    """One pod of the version before is left: it does not take the trial back."""
    version = ["one"]
    primary = closing(Backend(json_answer(lambda request: {"a": 1})))
    candidate = closing(
        Backend(answer(lambda r: ok(b'{"a": 1}', headers=("Content-Type: application/json", f"X-Version: {version[0]}"))))
    )
    resources = trial(primary, candidate, verdict={"versionHeader": "x-version"})
    gateway = begin(resources)
    for version[0] in ("one", "two"):
        send(gateway, 5)
        compared(gateway, 5)
    eventually(lambda: verdict(gateway)["epoch"]["number"] == 2, patience(10))
    gateway.stop()
    again = begin(resources)
    version[0] = "one"
    send(again, 5)
    eventually(lambda: verdict(again)["coverage"]["excluded"].get("former_version") == 5, patience(10))
    version[0] = "two"
    send(again, 5)
    seen = compared(again, 10)
    assert (seen["epoch"]["number"], seen["epoch"]["version"]) == (2, "two")


def test_metrics_tell_the_candidates_times_from_the_controls(begin, closing):
    never = threading.Event()

    def late(request):
        never.wait(0.05)
        return ok(b"{}")

    primary, candidate = closing(Backend(answer(lambda request: ok(b"{}")))), closing(Backend(answer(late)))
    gateway = begin(trial(primary, candidate))
    send(gateway, 20)
    compared(gateway, 20)
    metrics = gateway.metrics()
    for measure in ("first_byte", "total"):
        told, spent = (
            {
                leg: metrics.total(f"gnomon_trial_latency_seconds_{what}", trial=NAME, leg=leg, measure=measure)
                for leg in ("candidate", "control")
            }
            for what in ("count", "sum")
        )
        assert told == {"candidate": 20, "control": 20}
        assert spent["candidate"] > 0.9 * 20 * 0.05 > spent["control"], measure


def test_an_operator_begins_a_new_epoch(begin, closing):
    primary, candidate = (closing(Backend(json_answer(lambda request: {"a": 1}))) for _ in range(2))
    gateway = begin(trial(primary, candidate))
    send(gateway, 10)
    compared(gateway, 10)
    status, text = gateway.admin(f"/api/v1/tests/{NAME}/epochs", "POST")
    assert status == 201 and json.loads(text)["epoch"]["number"] == 2
    assert verdict(gateway)["coverage"]["compared"] == 0


def test_another_candidate_begins_one_epoch_and_another_reload_none(begin, closing):
    """Under traffic: nobody waits or fails, and no request counts for two candidates."""
    primary = closing(Backend(json_answer(lambda request: {"a": 1})))
    old, new = (closing(Backend(json_answer(lambda request: {"a": 1}))) for _ in range(2))

    def install(gateway, candidate, digest, more=()):
        gateway.write([*trial(primary, candidate, verdict={"candidate": digest}), *more])
        assert gateway.reload()[0] == 200
        return verdict(gateway)["epoch"]

    gateway = begin(trial(primary, old, verdict={"candidate": "sha256:one"}))
    ended = threading.Event()
    statuses = []

    def ask():
        with gateway.client() as client:
            while not ended.is_set():
                statuses.append(client.request("GET", "/").status)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        compared(gateway, 20)
        unrelated = config.upstream("unrelated", ("127.0.0.1", 9))
        epoch = install(gateway, old, "sha256:one", [unrelated])
        assert (epoch["number"], epoch["candidate"]) == (1, "sha256:one")
        before = verdict(gateway)["coverage"]["compared"]
        assert before >= 20
        epoch = install(gateway, old, "sha256:two")
        assert (epoch["number"], epoch["candidate"]) == (2, "sha256:two")
        assert epoch["cause"] == "another candidate is on trial"
        compared(gateway, 20)
        epoch = install(gateway, new, "sha256:two")
        assert (epoch["number"], epoch["cause"]) == (3, "the candidate's Upstream was changed")
        seen = compared(gateway, 20)
        assert seen["epoch"]["number"] == 3
    finally:
        ended.set()
        asking.join()
    assert set(statuses) == {200}
    gateway.settle()

    # Only what the new one answered counts, once; a copy that was begun before and met it is excluded.
    def all_counted():
        coverage = verdict(gateway)["coverage"]
        excluded = sum(coverage["excluded"].values())
        assert coverage["compared"] <= len(new.requests) <= coverage["compared"] + excluded, (coverage, len(new.requests))
        return True

    eventually(all_counted, patience(10))
    assert verdict(gateway)["epoch"]["number"] == 3
    text = gnomon("verdict", "--admin", f"127.0.0.1:{gateway.admin_port}").stdout
    assert "epoch 3 (candidate sha256:two)" in text


def test_an_endpoint_that_matters_has_to_be_seen_before_pass(begin, closing):
    primary, candidate = (closing(Backend(json_answer(lambda request: {"a": 1}))) for _ in range(2))
    verdict_of = {"latency": False, "requiredEndpoints": ["POST /orders/{id}"]}
    resources = trial(primary, candidate, compare={"endpoints": ["/orders/{id}"]}, verdict=verdict_of)
    gateway = begin(resources)
    send(gateway, 1000)
    send(gateway, 9, path="/orders/{}", method="POST")
    seen = compared(gateway, 1009)
    assert seen["ruling"] == "UNDECIDED" and "POST /orders/{id}" in seen["reason"], seen["reason"]
    assert seen["coverage"]["missingEndpoints"] == ["POST /orders/{id}"]
    send(gateway, 1, path="/orders/{}", method="POST")
    assert compared(gateway, 1010)["ruling"] == "PASS"
    # What PASS waits for may change under way.
    verdict_of["minRequests"] = 1011
    gateway.write(trial(primary, candidate, compare={"endpoints": ["/orders/{id}"]}, verdict=verdict_of))
    assert gateway.reload()[0] == 200
    seen = verdict(gateway)
    assert (seen["ruling"], seen["epoch"]["number"], seen["coverage"]["compared"]) == ("UNDECIDED", 1, 1010)


def test_an_endpoint_that_is_always_excluded_stands_in_the_way_of_pass(begin, closing):
    """Its clients leave before the answer ends, so nothing of it is ever compared; but it was chosen."""

    def reply(request):
        if request.target == "/events":
            return b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
        return ok(b"{}", "200 OK", ("Content-Type: application/json",))

    primary, candidate = (closing(Backend(answer(reply))) for _ in range(2))
    gateway = begin(trial(primary, candidate, verdict={"latency": False}))
    send(gateway, 100)
    assert compared(gateway, 100)["ruling"] == "PASS"
    for _ in range(5):
        with gateway.client() as client:
            client.send(request_bytes("GET", "/events"))
            client.reader.until(b"half")
            client.reset()

    def all_seen():
        seen = verdict(gateway)
        events = [each for each in seen["endpoints"] if each["endpoint"] == "GET /events"]
        assert [each["excluded"] for each in events] == [5], seen["coverage"]
        assert seen["coverage"]["excluded"] == {"client_gone": 5}
        return seen, events[0]

    seen, events = eventually(all_seen, patience(15))
    assert seen["ruling"] == "UNDECIDED"
    assert "GET /events has not been compared 10 times (5 of its 5 requests were excluded)" in seen["reason"]
    assert (events["sampled"], events["compared"]) == (5, 0)


def test_what_was_excluded_stands_in_the_way_of_pass(begin, closing):
    """A candidate that takes one request at a time: what finds no room there says nothing about it."""
    slow = threading.Event()

    def reply(request):
        slow.wait(patience(20))
        return ok(b"{}", "200 OK", ("Content-Type: application/json",))

    primary = closing(Backend(json_answer(lambda request: {})))
    candidate = closing(Backend(answer(reply)))
    verdict_of = {"latency": False, "minRequests": 1}
    spec = {"control": None, "limits": {"inFlight": 1}}
    gateway = begin(trial(primary, candidate, verdict=verdict_of, **spec))
    send(gateway, 100)
    slow.set()
    seen = compared(gateway, 1)
    send(gateway, 1)
    seen = compared(gateway, 2)
    assert seen["ruling"] == "UNDECIDED" and "most of them as budget_inflight" in seen["reason"], seen["reason"]
    assert "limits.inFlight" in seen["change"] and 0.9 < seen["coverage"]["excludedShare"] < 1
    # That may change under way.
    verdict_of["maxExcludedShare"] = 1
    gateway.write(trial(primary, candidate, verdict=verdict_of, **spec))
    assert gateway.reload()[0] == 200
    send(gateway, 1)
    assert "budget_inflight" not in verdict(gateway)["reason"]
    assert verdict(gateway)["epoch"]["number"] == 1


@pytest.mark.parametrize("sampling", [{"key": {"header": "x-user"}}, None])
def test_no_client_has_more_than_its_share_of_the_evidence(sampling, begin, closing):
    """Told apart by the key of the sampling or, without one, by address: a robot asks as often as all others together."""
    primary, candidate = (closing(Backend(json_answer(pet))) for _ in range(2))
    spec = {"limits": {"clientShare": 0.05}} | ({"sampling": sampling} if sampling else {})
    gateway = begin(trial(primary, candidate, control=None, **spec))

    def ask(user, count):
        address = ("127.0.0.1" if sampling else f"127.0.7.{user}", 0)
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", gateway.port, source_address=address)) as client:
            for i in range(count):
                client.request("GET", f"/pets/{i % 7}", headers={"Host": "shop.test", "X-User": f"user-{user}"})
                answer = client.getresponse()
                assert answer.read() and answer.status == 200

    ask(1, 200)
    for user in range(2, 12):
        ask(user, 20)
    compared(gateway, 250)
    gateway.settle()
    coverage = verdict(gateway)["coverage"]
    assert coverage["excluded"] == {"client_share": 150} and coverage["compared"] == 250
    assert coverage["excludedShare"] == 0  # as the operator wants it
    assert coverage["differentRequests"] == 7 and 0.19 < coverage["busiestClientShare"] < 0.4
    by_robot = [request for request in candidate.requests if request.header("x-user") == "user-1"]
    assert len(by_robot) == 50
    assert gateway.metrics().total("gnomon_shadow_dropped_total", shadow=NAME, reason="client_share") == 150
    text = gnomon("verdict", "--admin", f"127.0.0.1:{gateway.admin_port}").stdout
    assert re.search(r"^about 7 different requests, \d\d % by the busiest client$", text, re.MULTILINE), text


def test_hooks_for_flagger_answer_by_the_ruling(begin, closing):
    value = [1]
    primary = closing(Backend(json_answer(lambda request: {"a": 1})))
    candidate = closing(Backend(json_answer(lambda request: {"a": value[0]})))
    gateway = begin(trial(primary, candidate, verdict={"latency": False}))

    def hooks():
        return [gateway.admin(f"/api/v1/tests/{NAME}/flagger/{hook}", "POST")[0] for hook in ("confirm", "rollout", "rollback")]

    assert hooks() == [409, 200, 409]
    send(gateway, 100)
    compared(gateway, 100)
    assert hooks() == [200, 200, 409]
    value[0] = 2
    send(gateway, 200)
    eventually(lambda: verdict(gateway)["ruling"] == "FAIL", patience(15))
    assert hooks() == [409, 409, 200]


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/api/v1/nothing", "GET", 404),
        ("/api/v1/tests/nobody", "GET", 404),
        (f"/api/v1/tests/{NAME}/nothing", "GET", 404),
        (f"/api/v1/tests/{NAME}/verdict", "POST", 405),
        (f"/api/v1/tests/{NAME}/epochs", "GET", 405),
        (f"/api/v1/tests/{NAME}/differences?limit=0", "GET", 400),
        (f"/api/v1/tests/{NAME}/differences?limit=1001", "GET", 400),
        (f"/api/v1/tests/{NAME}/samples?limit=many", "GET", 400),
        (f"/api/v1/tests/{NAME}/samples?path=$.a", "GET", 400),
    ],
)
def test_errors_are_problem_documents(begin, closing, path, method, status):
    backend = closing(Backend())
    gateway = begin(trial(backend, backend))
    found, text = gateway.admin(path, method)
    assert found == status
    problem = json.loads(text)
    assert problem["status"] == status and problem["detail"]


def ask(gateway, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", gateway.admin_port, timeout=patience(10))
    with contextlib.closing(connection):
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


@pytest.mark.parametrize(
    ("cause", "status"),
    [(None, 201), ("new image", 201), ("x" * 200, 201), ("x" * 201, 400), (5, 400)],
)
def test_the_cause_of_an_epoch_is_a_short_text(cause, status, begin, closing):
    backend = closing(Backend())
    gateway = begin(trial(backend, backend))
    body = None if cause is None else json.dumps({"cause": cause})
    found, _, text = ask(gateway, "POST", f"/api/v1/tests/{NAME}/epochs", body)
    assert found == status
    assert verdict(gateway)["epoch"]["number"] == (2 if status == 201 else 1)
    if status == 201:
        assert json.loads(text)["epoch"]["cause"] == (cause or "asked for")


def test_the_api_keeps_to_the_methods_that_it_names(begin, closing):
    backend = closing(Backend())
    gateway = begin(trial(backend, backend))
    path = f"/api/v1/tests/{NAME}"
    assert ask(gateway, "HEAD", f"{path}/verdict")[::2] == (200, b"")
    assert ask(gateway, "PUT", f"{path}/verdict")[1]["Allow"] == "GET, HEAD"
    assert ask(gateway, "GET", f"{path}/epochs")[1]["Allow"] == "POST"
    for body in ("[]", '"cause"', "{"):
        assert ask(gateway, "POST", f"{path}/epochs", body)[0] == 400
    assert verdict(gateway)["epoch"]["number"] == 1


def test_samples_are_those_of_the_epoch_that_goes_on(begin, closing):
    primary = closing(Backend(json_answer(lambda request: {"a": 1, "b": 1})))
    change = ["a"]
    candidate = closing(Backend(json_answer(lambda request: {"a": 1, "b": 1, change[0]: 2})))
    gateway = begin(trial(primary, candidate))

    def paths():
        return {each["field"]["path"] for each in gateway.admin_json(f"/api/v1/tests/{NAME}/samples")["samples"]}

    send(gateway, 5)
    eventually(lambda: paths() == {"$.a"}, patience(10))
    compared(gateway, 5)
    assert gateway.admin(f"/api/v1/tests/{NAME}/epochs", "POST")[0] == 201
    assert paths() == set()
    change[0] = "b"
    send(gateway, 5)
    eventually(lambda: paths() == {"$.b"}, patience(10))


def test_metrics_tell_what_became_of_the_requests(begin, closing):
    def sometimes(request):
        if request.target.endswith("7"):
            return ok(b"", "500 Oops")
        return ok(json.dumps({"a": 2 if request.target.endswith("1") else 1}).encode(), headers=("Content-Type: application/json",))

    dead = []
    primary = closing(Backend(json_answer(lambda request: {"a": 1})))
    candidate = closing(Backend(lambda connection: connection.reset() if dead else answer(sometimes)(connection)))
    gateway = begin(trial(primary, candidate, control=None, limits={"requestsPerSecond": 1000}))
    send(gateway, 50)
    compared(gateway, 45)

    def total(name, **labels):
        return gateway.metrics().total(f"gnomon_trial_{name}", trial=NAME, **labels)

    results = {name: total("requests_total", result=name) for name in ("equal", "different", "failed")}
    assert results == {"equal": 40, "different": 5, "failed": 5}
    assert total("log_evidence", check="errors") != 0
    # Without a control times are not judged.
    assert "total_median" not in gateway.admin("/metrics")[1]
    dead.append(True)
    for connection in list(candidate.connections):
        with contextlib.suppress(OSError):
            connection.reset()
    send(gateway, 20)
    eventually(lambda: total("requests_total", result="failed") > 5, patience(10))
    seen = verdict(gateway)
    assert total("requests_total", result="failed") == sum(
        count for outcome, count in seen["outcomes"]["candidate"].items() if outcome != "answered"
    )


def test_the_api_describes_itself(begin, closing):
    backend = closing(Backend())
    gateway = begin(trial(backend, backend))
    document = gateway.admin_json("/api/v1/openapi.json")
    assert document["openapi"].startswith("3.1")
    for found in re.findall(r'"\$ref": "#/components/(\w+)/(\w+)"', json.dumps(document)):
        assert found[1] in document["components"][found[0]], found
    schemas = document["components"]["schemas"]
    for path, schema in (("", "Summary"), ("/verdict", "Verdict"), ("/differences", "Differences"), ("/samples", "Samples")):
        described = set(schemas[schema]["properties"]) | set(schemas["Heading"]["properties"] if "allOf" in schemas[schema] else ())
        shown = set(gateway.admin_json(f"/api/v1/tests/{NAME}{path}"))
        assert shown <= described and described - shown <= {"next", "asked"}, (path, shown ^ described)
    for path, operations in document["paths"].items():
        for method in operations:
            status, _ = gateway.admin(path.replace("{name}", NAME), method.upper())
            assert status in (200, 201, 409), (path, method, status)


SECRET = "c4n4ry"


def test_nothing_that_is_redacted_is_kept_or_shown(begin, closing, tmp_path):
    """A marked value in every place where one may stand is nowhere: not in the API, the store, the metrics or the log."""

    def reply(other):
        return lambda request: ok(
            json.dumps({"a": other, "owner": {"email": f"{SECRET}-mail"}, "note": f"card {SECRET}-9999"}).encode(),
            headers=(
                "Content-Type: application/json",
                f"Set-Cookie: session={SECRET}-set-cookie",
                f"X-Internal: {SECRET}-internal",
            ),
        )

    primary = closing(Backend(answer(reply(1))))
    candidate = closing(Backend(answer(reply(2))))
    redact = [
        {"header": "x-internal"},
        {"path": "$.owner.email"},
        {"query": "token"},
        {"regex": f"{SECRET}-[0-9]+"},
    ]
    gateway = begin(trial(primary, candidate, redact=redact))
    headers = [
        f"Authorization: Bearer {SECRET}-bearer",
        f"Cookie: session={SECRET}-cookie",
        f"X-Internal: {SECRET}-request",
    ]
    send(gateway, 30, path=f"/pets/{{}}?token={SECRET}-query", headers=headers)
    compared(gateway, 30)

    def samples():
        found = gateway.admin_json(f"/api/v1/tests/{NAME}/samples")["samples"]
        assert any(sample["field"]["path"] == "$.a" for sample in found)
        return found

    shown = json.dumps(eventually(samples, patience(10)))
    assert "redacted-" in shown
    texts = [shown, json.dumps(verdict(gateway)), gateway.admin("/metrics")[1], gateway.admin("/config_dump")[1]]
    gateway.stop()
    texts.append(gateway.log())
    kept = b"".join(path.read_bytes() for path in (tmp_path / "state").iterdir())
    assert b"redacted-" in kept
    assert SECRET.encode() not in kept
    config_texts = f"{SECRET}-[0-9]+"
    for text in texts:
        assert SECRET not in text.replace(config_texts, ""), text


REDACT = [
    {"header": "x-internal"},
    {"header": "x-priv-*"},
    {"path": "$.mail"},
    {"path": "$[*].name"},
    {"form": "pin"},
    {"query": "token"},
    {"regex": f"{SECRET}-[0-9]+"},
]


def traces():
    """The mark as it would be written by whoever does not know what it is."""
    plain = SECRET.encode()
    # Of base64 the first and the last characters depend on what stands beside the mark.
    shifted = [base64.b64encode(b"\0" * n + plain)[-(-8 * n // 6) : 8 * (n + len(plain)) // 6] for n in range(3)]
    return [plain, plain.hex().encode(), b"".join(b"%%%02X" % c for c in plain), *shifted]


def secret_fields(who):
    """Fields of a head or of trailers; `who` makes those of the two versions differ."""
    return [
        f"X-Internal: {SECRET}-header-{who}",
        f"X-Priv-Text: {base64.b64encode(f'{SECRET}-{who}'.encode()).decode()}",
        f"X-Api-Key: {SECRET}-key-{who}",
        f"X-Link: https://ann:{SECRET}-pw-{who}@a.example/?token={SECRET}-url-{who}",
        f"X-Text: card {SECRET}-{9999 if who == 'old' else 1111} and on",
    ]


def secret_values(who):
    return {
        "password": f"{SECRET}-password-{who}",
        "pin": f"{SECRET}-pin-{who}",
        "mail": f"{SECRET}-mail-{who}",
        "note": f"card {SECRET}-{9999 if who == 'old' else 1111}",
        "next": f"https://a.example/?token={SECRET}-next-{who}",
        "kept": who,
    }


def form_of(who):
    def escaped(text):
        return "".join(f"%{ord(c):02X}" for c in text)

    body = "&".join(f"{name}={escaped(value)}" for name, value in secret_values(who).items())
    return "application/x-www-form-urlencoded", body.encode()


def multipart_of(who):
    parts = [
        f'--cut\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in secret_values(who).items()
    ]
    for name in ("upload", "secret"):
        parts.append(
            f'--cut\r\nContent-Disposition: form-data; name="{name}"; filename="a.bin"\r\n'
            f"Content-Type: application/octet-stream\r\n\r\n\0{SECRET}-file-{who}\r\n"
        )
    return "multipart/form-data; boundary=cut", ("".join(parts) + "--cut--\r\n").encode()


def chunked(start, fields, content_type, body, trailers):
    lines = [start, *fields, f"Content-Type: {content_type}", "Transfer-Encoding: chunked"]
    end = "".join(f"{line}\r\n" for line in trailers)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + chunk(body) + b"0\r\n" + end.encode() + b"\r\n"


def assert_nowhere(gateway, folder):
    """The mark is not in API, metrics, log, output of the verbs, store with its log of writes, or any other file."""
    admin = ["--admin", f"127.0.0.1:{gateway.admin_port}"]
    path = f"/api/v1/tests/{NAME}"
    eventually(lambda: gateway.admin_json(f"{path}/samples")["samples"], patience(10))
    asked = [path, "/api/v1/tests", *(f"{path}/{what}" for what in ("verdict", "samples?limit=1000", "differences?limit=1000"))]
    texts = {what: gateway.admin(what)[1] for what in [*asked, "/metrics", "/config_dump", "/stats", "/"]}
    commands = [["verdict", "--format", form] for form in ("text", "json", "junit", "markdown")]
    commands.append(["differences"])
    for number in range(1, len(json.loads(texts[f"{path}/samples?limit=1000"])["samples"]) + 1):
        commands += [["differences", "--sample", number], ["differences", "--sample", number, "--as-curl"]]
    for command in commands:
        found = gnomon(*command, *admin)
        texts[" ".join(map(str, command))] = found.stdout + found.stderr
    assert any("redacted-" in text for text in texts.values())

    def files():
        return {file: file.read_bytes() for place in (folder, gateway.folder) for file in place.rglob("*") if file.is_file()}

    kept = files()  # while the store's log of writes is there
    assert any(str(file).endswith("gnomon.db-wal") for file in kept)
    gateway.stop()
    kept |= {f"{file} at the end": data for file, data in files().items()}
    kept |= {name: text.encode() for name, text in texts.items()} | {"output": "\n".join(gateway.lines).encode()}
    assert any(b"redacted-" in data for name, data in kept.items() if ".db" in str(name))
    rule = f"{SECRET}-[0-9]+".encode()
    for name, data in kept.items():
        for trace in traces():
            at = data.replace(rule, b"").find(trace)
            assert at < 0, (name, trace, data.replace(rule, b"")[max(0, at - 200) : at + 200])


@pytest.mark.parametrize("body_of", [form_of, multipart_of])
def test_secrets_in_forms_and_trailers_are_nowhere(body_of, begin, closing, tmp_path):
    def reply(who):
        return lambda request: chunked("HTTP/1.1 200 OK", secret_fields(who), *body_of(who), secret_fields(who))

    primary, candidate = closing(Backend(answer(reply("old")))), closing(Backend(answer(reply("new"))))
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    gateway = begin(trial(primary, candidate, redact=REDACT), env={"TMPDIR": str(temporary)})
    start = f"POST /pets/7?token={SECRET}-query HTTP/1.1"
    request = chunked(start, ["Host: shop.test", "TE: trailers", *secret_fields("me")], *body_of("me"), secret_fields("me"))
    with gateway.client() as client:
        for _ in range(30):
            client.send(request)
            response = client.read_final()
            assert response.status == 200 and len(response.trailers) == len(secret_fields("old"))
    seen = compared(gateway, 30)
    # They were sent, and were seen to differ.
    assert len(candidate.requests[0].trailers) == len(secret_fields("me"))
    paths = {each["path"] for each in seen["fields"]}
    assert {"trailer:x-internal", "header:x-internal", "$.password", "$.pin", "$.kept"} <= paths, paths
    samples = eventually(lambda: gateway.admin_json(f"/api/v1/tests/{NAME}/samples")["samples"], patience(10))
    found = {each["path"]: each for each in samples[0]["sample"]["differences"]["list"]}
    assert found["$.kept"]["live"] == '"old"'
    # Who guesses a file can compute its digest.
    for name in ("$.upload.digest", "$.secret.digest") if body_of is multipart_of else ():
        assert found[name]["live"].startswith("redacted-"), found[name]
    assert_nowhere(gateway, tmp_path)


@pytest.mark.parametrize("described", [False, True])
def test_secrets_in_grpc_and_its_trailers_are_nowhere(described, begin, closing, pets, tmp_path):
    import grpc

    def metadata(who):
        fields = [line.split(": ", 1) for line in secret_fields(who)]
        return [(name.lower(), value) for name, value in fields] + [("x-priv-more-bin", f"\0{SECRET}-{who}".encode())]

    class Secretive(pets.Pets):
        def trailers(self, request):
            return metadata(self.who)

        def get(self, request, context):
            context.send_initial_metadata(metadata(self.who))
            return super().get(request, context)

    def service(who):
        values = {"name": f"{SECRET}-name-{who}", "password": f"{SECRET}-password-{who}", "price": 3 if who == "old" else 9}
        made = closing(Secretive(lambda request: pets.pet(**values).SerializeToString()))
        made.who = who
        return made

    spec = {"redact": [*REDACT, {"path": "$[*].1"}, {"path": "$[*].3"}]}
    if described:
        (tmp_path / "pets.pb").write_bytes(pets.descriptor_set().SerializeToString())
        spec = {"redact": REDACT, "compare": {"grpc": {"descriptorSet": str(tmp_path / "pets.pb")}}}
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    gateway = begin(trial(service("old"), service("new"), **spec), env={"TMPDIR": str(temporary)})
    message = pets.pet(name=f"{SECRET}-me", password=f"{SECRET}-me").SerializeToString()
    with grpc.insecure_channel(f"127.0.0.1:{gateway.port}") as channel:
        for _ in range(30):
            channel.unary_unary(pets.PATH)(message, timeout=patience(20), metadata=metadata("me"))
    paths = {each["path"] for each in compared(gateway, 30)["fields"]}
    assert {"trailer:x-internal", "header:x-internal", "$[*].price" if described else "$[*].2"} <= paths, paths
    assert_nowhere(gateway, tmp_path)


def test_live_answers_are_untouched_while_comparers_are_saturated(begin, closing):
    """Large answers that differ everywhere, on one comparer: whatever it cannot take is counted, and nobody waits."""
    big = {str(i): random.random() for i in range(20_000)}
    primary = closing(Backend(json_answer(lambda request: big)))
    candidate = closing(Backend(json_answer(lambda request: {key: value + 1 for key, value in big.items()})))
    gateway = begin(trial(primary, candidate, limits={"bufferBytes": "8Mi"}))
    threads = [threading.Thread(target=send, args=(gateway, 20)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gateway.settle(30)

    def all_accounted_for():
        metrics = gateway.metrics()
        copied, dropped, handed, uncompared = (
            metrics.total(f"gnomon_shadow_{what}_total", shadow=NAME) for what in ("copied", "dropped", "compared", "uncompared")
        )
        assert copied + dropped == 80
        assert handed + uncompared == copied
        return True

    eventually(all_accounted_for, patience(15))


# ---- gRPC


UNKNOWN = b"\x48\x01"  # field 9, which no description has


@pytest.fixture
def pets():
    pytest.importorskip("grpc")
    from harness import pets

    return pets


def call(pets, gateway, count):
    import grpc

    with grpc.insecure_channel(f"127.0.0.1:{gateway.port}") as channel:
        get = channel.unary_unary(pets.PATH)
        for _ in range(count):
            get(pets.pet(name="Rex").SerializeToString(), timeout=patience(20))


def test_fields_of_grpc_are_named_by_a_descriptor_set(begin, closing, pets, tmp_path):
    primary = closing(pets.Pets(lambda request: pets.pet(name="Rex", price=12.5, password="s3cr3t-old").SerializeToString()))
    candidate = closing(
        pets.Pets(lambda request: pets.pet(name="Rex", price=12.49, password="s3cr3t-new").SerializeToString() + UNKNOWN)
    )
    described = tmp_path / "pets.pb"
    described.write_bytes(pets.descriptor_set().SerializeToString())
    compare = {"grpc": {"descriptorSet": str(described)}}
    gateway = begin(trial(primary, candidate, compare=compare, redact=[{"path": "$[*].name"}]))
    call(pets, gateway, 30)
    seen = compared(gateway, 30)
    assert {(each["endpoint"], each["path"], each["kind"]) for each in seen["fields"]} == {
        (pets.PATH, "$[*].price", "value"),
        (pets.PATH, "$[*].password", "value"),
        (pets.PATH, "$[*].9", "added"),
    }
    samples = eventually(lambda: gateway.admin_json(f"/api/v1/tests/{NAME}/samples")["samples"], patience(10))
    shown = json.dumps(samples)
    # By the same names as they were compared by, values are redacted.
    assert "price" in shown and "Rex" not in shown and "s3cr3t" not in shown

    # The file is watched; another description is another rule.
    described.write_bytes(pets.descriptor_set(price="amount").SerializeToString())
    eventually(lambda: verdict(gateway)["epoch"]["number"] == 2, patience(15))
    call(pets, gateway, 10)
    seen = compared(gateway, 10)
    assert field_of(seen, "$[*].amount") and not field_of(seen, "$[*].price")

    # One that cannot be read changes nothing.
    described.write_bytes(b"not one")
    status, text = gateway.reload()
    assert status != 200
    assert "compare.grpc.descriptorSet" in text and "not a FileDescriptorSet" in text, text
    assert verdict(gateway)["epoch"]["number"] == 2


# ---- the verbs


def gnomon(*args, **kwargs):
    return subprocess.run([BINARY, *map(str, args)], capture_output=True, text=True, check=False, timeout=60, **kwargs)


def test_verdict_speaks_in_every_format_and_by_its_exit_code(begin, closing):
    name = ["Rex"]
    primary = closing(Backend(json_answer(pet)))
    candidate = closing(Backend(json_answer(lambda request: {**pet(request), "name": name[0]})))
    gateway = begin(trial(primary, candidate, verdict={"latency": False}))
    admin = ("--admin", f"127.0.0.1:{gateway.admin_port}")
    assert gnomon("verdict", *admin).returncode == 3
    send(gateway, 100)
    compared(gateway, 100)
    found = gnomon("verdict", NAME, *admin, "--wait", "10s")
    assert found.returncode == 0 and found.stdout.startswith("PASS"), found.stdout
    name[0] = "Max"
    send(gateway, 200)
    eventually(lambda: verdict(gateway)["ruling"] == "FAIL", patience(15))
    text = gnomon("verdict", *admin)
    assert text.returncode == 1 and "$.name" in text.stdout
    assert json.loads(gnomon("verdict", *admin, "--format", "json").stdout)["ruling"] == "FAIL"
    junit = ElementTree.fromstring(gnomon("verdict", *admin, "--format", "junit").stdout.encode())
    # The check that is worse, and the ruling.
    assert int(junit.get("failures")) == len(junit.findall(".//failure")) == 2 and len(junit) == int(junit.get("tests"))
    assert gnomon("verdict", *admin, "--format", "markdown").stdout.startswith("## ")
    assert gnomon("verdict", "gloo-system.nobody", *admin).returncode == 2


def test_waiting_for_a_verdict_outlives_a_restart():
    def reply(connection, ruling):
        body = json.dumps({"ruling": ruling}).encode()
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(patience(10))
        address = f"127.0.0.1:{server.getsockname()[1]}"
        command = [BINARY, "verdict", NAME, "--admin", address, "--wait", "60s", "--format", "json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as waiting:
            for ruling in ("UNDECIDED", None, "UNDECIDED", None, "FAIL"):
                with server.accept()[0] as connection:
                    if ruling:
                        reply(connection, ruling)
            assert json.loads(waiting.communicate(timeout=patience(10))[0])["ruling"] == "FAIL"
        assert waiting.returncode == 1


def test_verdict_says_when_nobody_answers(closing):
    dead = closing(Backend())
    dead.stop()
    found = gnomon("verdict", "--admin", f"127.0.0.1:{dead.port}")
    assert found.returncode == 4 and "127.0.0.1" in found.stderr


def test_verdict_tells_what_it_leaves_out(begin, closing):
    """Rules that match nothing, requests that are no evidence, and fields beyond those that fit."""
    primary = closing(Backend(json_answer(lambda request: {f"f{i}": 1 for i in range(12)})))
    candidate = closing(Backend(json_answer(lambda request: {f"f{i}": 2 for i in range(12)})))
    rules = [{"path": "$.f0", "ignore": True}, {"path": "$.misspelt", "ignore": True}]
    gateway = begin(trial(primary, candidate, compare={"rules": rules}, limits={"requestsPerSecond": 20}))
    send(gateway, 60)
    eventually(lambda: verdict(gateway)["coverage"]["excluded"].get("rate", 0) > 0 and compared(gateway, 1), patience(10))
    gateway.settle()
    admin = ("--admin", f"127.0.0.1:{gateway.admin_port}")
    text = gnomon("verdict", *admin).stdout
    assert re.search(r"no evidence, by reason: rate \d+", text), text
    assert "the rule for $.misspelt has matched nothing" in text and "rule for $.f0" not in text
    assert "and 3 more; `gnomon differences` lists them" in text
    junit = ElementTree.fromstring(gnomon("verdict", *admin, "--format", "junit").stdout.encode())
    assert int(junit.get("failures")) == len(junit.findall(".//failure"))
    # Numbers of differences go on beyond --limit, and begin with 1.
    assert gnomon("differences", *admin, "--limit", 2).stdout.count("$.f") == 2
    last = eventually(lambda: (s := gnomon("differences", *admin, "--limit", 2, "--sample", 11)).returncode == 0 and s, patience(10))
    assert "LIVE" in last.stdout and "\x1b" not in last.stdout
    assert gnomon("differences", *admin, "--sample", 0).returncode == 1


def test_verdict_tells_which_limits_comparisons_reached(begin, closing):
    """Answers above what is kept of a body are equal by their digest: that is counted and shown, though nothing differs."""
    same = closing(Backend(json_answer(lambda request: {"text": "x" * (5000 if "/large" in request.target else 5)})))
    gateway = begin(trial(same, same, compare={"bodyBytes": 1000}, verdict={"latency": False}))
    send(gateway, 30)
    send(gateway, 10, "/large/{}")
    seen = compared(gateway, 40)
    assert seen["limits"] == {"bodyCapture": {"count": 10, "share": 0.25, "control": 10}}
    metrics = gateway.metrics()
    for leg in ("candidate", "control"):
        assert metrics.total("gnomon_trial_limits_total", trial=NAME, leg=leg, limit="bodyCapture") == 10
    line = "a limit of comparing was reached: bodyCapture in 10 (25 %) and in 10 of the control"
    admin = ("--admin", f"127.0.0.1:{gateway.admin_port}")
    for form in ("text", "markdown"):
        assert line in gnomon("verdict", *admin, "--format", form).stdout


def test_verbs_want_a_name_where_there_are_several_tests(start, closing):
    backend = closing(Backend())
    resources = [*trial(backend, backend), config.shadow_test(name="other", control={}, shadow=config.shadowing())]
    gateway = start(resources)
    admin = ("--admin", f"127.0.0.1:{gateway.admin_port}")
    for verb in ("verdict", "differences"):
        found = gnomon(verb, *admin)
        assert found.returncode == 2 and "gloo-system.other" in found.stderr and NAME in found.stderr
    assert gnomon("verdict", "gloo-system.other", *admin).returncode == 3


@pytest.mark.parametrize("body", [b"hello", b"[]", b"{}"])
def test_verbs_know_a_stranger(body, closing):
    stranger = closing(Backend(answer(ok(body))))
    found = gnomon("verdict", "--admin", f"127.0.0.1:{stranger.port}")
    assert found.returncode == 4 and "no gnomon" in found.stderr


def test_differences_lists_shows_and_repeats(begin, closing):
    primary = closing(Backend(json_answer(lambda request: {"price": 1, "note": "\x1b[31m"})))
    candidate = closing(Backend(json_answer(lambda request: {"price": 2, "note": "\x1b[31m"})))
    gateway = begin(trial(primary, candidate))
    admin = ("--admin", f"127.0.0.1:{gateway.admin_port}")
    assert gnomon("differences", *admin).stdout == "no difference so far\n"
    send(gateway, 30, headers=["X-Quote: it's"])
    compared(gateway, 30)
    table = gnomon("differences", *admin)
    assert table.returncode == 0 and "$.price" in table.stdout
    sample = eventually(lambda: (s := gnomon("differences", *admin, "--sample", 1)).returncode == 0 and s, patience(10))
    assert "LIVE" in sample.stdout and "$.price value: 1 -> 2" in sample.stdout
    assert "\x1b[31m" not in sample.stdout
    curl = gnomon("differences", *admin, "--sample", 1, "--as-curl").stdout
    assert "curl -X 'GET'" in curl and "'\\''" in curl
    assert gnomon("differences", *admin, "--sample", 9).returncode == 1


def test_shadow_runs_a_trial_without_a_file(closing, tmp_path):
    primary = closing(Backend(json_answer(lambda request: {"a": 1, "at": random.random()})))
    candidate = closing(Backend(json_answer(lambda request: {"a": 2, "at": random.random()})))
    urls = [f"http://127.0.0.1:{backend.port}" for backend in (primary, candidate)]
    with shadow_verb(*urls, "--ignore", "$.at", "--sticky", "cookie:session", folder=tmp_path) as ports:
        with Client(ports["listening"]) as client:
            for _ in range(100):
                assert client.request("GET", "/").status == 200
        found = gnomon("verdict", "--admin", f"127.0.0.1:{ports['admin']}", "--wait", "20s")
    assert found.returncode == 1 and "$.a" in found.stdout, found.stdout + found.stderr
    assert "$.at" not in found.stdout
    assert list(tmp_path.iterdir()) == []


def test_names_from_the_network_stay_names(begin, closing):
    """A member's name that a terminal, a table or a report would act upon."""
    name = "\x1b]0;x\x07\u009b31m|`<img src=x>\uffff"
    primary, candidate = (closing(Backend(json_answer(lambda request, v=v: {name: v}))) for v in (1, 2))
    gateway = begin(trial(primary, candidate))
    send(gateway, 60)
    eventually(lambda: verdict(gateway)["ruling"] == "FAIL", patience(15))
    admin = ["--admin", f"127.0.0.1:{gateway.admin_port}"]
    eventually(lambda: gnomon("differences", *admin, "--sample", 1).returncode == 0, patience(15))
    outputs = {
        arguments: gnomon(*arguments, *admin).stdout
        for arguments in (
            ("verdict",),
            ("verdict", "--format", "markdown"),
            ("verdict", "--format", "junit"),
            ("differences",),
            ("differences", "--sample", "1"),
        )
    }
    for arguments, text in outputs.items():
        assert "31m" in text, arguments
        assert "\x1b" not in text and ("junit" in arguments or "\u009b" not in text), arguments
    sentences, _, tables = outputs["verdict", "--format", "markdown"].partition("| check")
    assert "<img" not in sentences and "`<img" not in tables and "|`" not in tables
    ElementTree.fromstring(outputs["verdict", "--format", "junit"].encode())


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--primary", "10.0.0.1:80", "--candidate", "http://a"], "begins with http://"),
        (["--primary", "http://a/path", "--candidate", "http://a"], "only a host and a port"),
        (["--primary", "http://a:0", "--candidate", "http://a"], "no port"),
        (["--primary", "http://a", "--candidate", "http://a", "--sticky", "moon"], "cookie:NAME"),
        (["--primary", "http://a"], "--candidate"),
    ],
)
def test_shadow_refuses_flags_that_cannot_be(flags, complaint):
    found = gnomon("shadow", *flags)
    assert found.returncode == 2 and complaint in found.stderr


def test_diff_takes_types_trailers_and_more_on_the_right(tmp_path):
    def write(name, text):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    # By the name: as a text these two would differ.
    assert gnomon("diff", write("a.xml", "<a x='1' y='2'/>"), write("b.xml", '<a y="2" x="1"></a>')).returncode == 0
    forms = write("a", "a=1&b=2"), write("b", "b=2&a=1")
    assert gnomon("diff", *forms).returncode == 1
    assert gnomon("diff", *forms, "--type", "application/x-www-form-urlencoded").returncode == 0
    deep = write("e.json", "[" * 300 + "1" + "]" * 300), write("f.json", "[" * 300 + "2" + "]" * 300)
    assert "reached a limit of comparing: depth" in gnomon("diff", *deep).stdout
    assert json.loads(gnomon("diff", *deep, "--json").stdout)["limits"] == ["depth"]
    more = write("c.json", '{"a": 1}'), write("d.json", '{"a": 1, "b": 2}')
    assert (gnomon("diff", *more).returncode, gnomon("diff", *more, "--subset").returncode) == (1, 0)
    message = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: {}\r\n\r\n"
    found = gnomon("diff", write("1", message.format(1)), write("2", message.format(2)))
    assert found.returncode == 1 and "trailer:x-sum" in found.stdout
    for rule in ("--key=$.a", "--tolerance=$.a=x", "--tolerance=$.a=2", "--ignore=a"):
        assert gnomon("diff", *more, rule).returncode == 2
    assert gnomon("diff", tmp_path, more[0]).returncode == 2


def test_diff_compares_files_and_messages(tmp_path):
    def write(name, text):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    left = write("a.json", '{"price": 1.0, "tags": ["a", "b"], "pets": [{"id": 1}, {"id": 2}]}')
    right = write("b.json", '{"price": 1.0001, "tags": ["b", "a"], "pets": [{"id": 2}, {"id": 1}]}')
    found = gnomon("diff", left, right, "--json")
    assert found.returncode == 1
    assert {each["path"] for each in json.loads(found.stdout)["differences"]} >= {"$.price", "$.tags"}
    rules = ["--tolerance", "$.price=0.001", "--set", "$.tags", "--key", "$.pets=id"]
    excused = gnomon("diff", left, right, *rules)
    assert excused.returncode == 0 and excused.stdout.startswith("equal\nexcused: $.price value, by the rule for $.price\n")
    assert gnomon("diff", left, right, "--ignore", "$.a[").returncode == 2
    head = "HTTP/1.1 {} OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}"
    table = gnomon("diff", write("1", head.format(200)), write("2", head.format(201)))
    assert table.returncode == 1 and "status" in table.stdout
    assert gnomon("diff", write("3", "HTTP/1.1 200 OK\r\nbad"), left).returncode == 2


def test_a_store_that_may_not_grow_costs_samples_and_no_traffic(closing, tmp_path):
    """Beyond a limit on the size of files the kernel sends SIGXFSZ, which ends who does not expect it."""
    primary, candidate = (closing(Backend(json_answer(pet))) for _ in range(2))
    gateway = Gateway(tmp_path, trial(primary, candidate), args=("--store", str(tmp_path / "gnomon.db")), file_bytes=100_000)
    try:
        send(gateway, 50)
        eventually(lambda: gateway.metrics().total("gnomon_store_failed_commits_total") > 0, patience(15))
        send(gateway, 50)
        compared(gateway, 100)
    finally:
        gateway.stop()


@pytest.mark.serial
def test_two_gateways_on_one_store_lose_no_evidence(start, closing, tmp_path):
    """The second serves and judges; it leaves the store alone until the first has ended, and then adds what it counted."""
    primary, candidate = (closing(Backend(json_answer(lambda request: {"a": 1}))) for _ in range(2))
    store = tmp_path / "state" / "gnomon.db"
    resources = trial(primary, candidate, control=None)
    first = Gateway(tmp_path, resources, args=("--store", str(store)))
    send(first, 30)
    compared(first, 30)
    eventually(lambda: verdict(first)["kept"] and kept_in(store) == 30, patience(15))

    second = start(resources, args=("--store", str(store)))
    send(second, 20)
    send(first, 5)
    seen = compared(second, 50)
    assert not seen["kept"]
    assert seen["notKeptBecause"].startswith(f"{store}.lock is locked by process {first.process.pid} on ")
    assert seen["notKeptBecause"] in gnomon("verdict", "--admin", f"127.0.0.1:{second.admin_port}").stdout
    assert second.metrics().total("gnomon_store_owned") == 0
    compared(first, 35)
    eventually(lambda: kept_in(store) == 35, patience(15))

    killed(first)
    seen = eventually(lambda: (v := verdict(second))["kept"] and v, patience(15))
    assert seen["coverage"]["compared"] == 55 and seen["epoch"]["number"] == 1
    assert second.metrics().total("gnomon_store_owned") == 1
    eventually(lambda: kept_in(store) == 55, patience(15))


def killed(gateway):
    gateway.process.kill()
    gateway.process.wait()
    gateway.reader.join()
    gateway.process.stdout.close()
    gateway.log_file.close()


def kept_in(store):
    with contextlib.closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as database:
        counters = database.execute("SELECT counters FROM epoch ORDER BY number DESC LIMIT 1").fetchone()
    return int(re.search(r"^differing (\d+)", counters[0], re.M).group(1)) if counters else 0


def test_a_gateway_that_is_killed_loses_at_most_a_second_of_evidence(closing, tmp_path):
    """SIGKILL in the middle of a trial, fifty times, on one store."""
    primary, candidate = (closing(Backend(json_answer(lambda request: {"a": 1}))) for _ in range(2))
    resources = trial(primary, candidate)
    database = tmp_path / "state" / "gnomon.db"
    rng = random.Random(11)
    floor = 0
    for _ in range(50):
        gateway = Gateway(tmp_path, resources, args=("--store", str(database)))
        found = verdict(gateway)["coverage"]["compared"]
        assert found >= floor
        seen = [(time.monotonic(), found)]
        end = time.monotonic() + rng.uniform(0.05, 1.6)
        with gateway.client() as client:
            while time.monotonic() < end:
                for _ in range(20):
                    assert client.request("GET", "/").status == 200
                seen.append((time.monotonic(), verdict(gateway)["coverage"]["compared"]))
        end = time.monotonic()
        killed(gateway)
        # A verdict is looked at twice a second, so what it said had been counted before.
        floor = max(count for at, count in seen if at <= end - 1 or at == seen[0][0])
        with contextlib.closing(sqlite3.connect(database)) as reading:
            assert reading.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert floor > 0
