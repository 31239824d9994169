"""Trials as pipelines and other programs ask about them: the verbs against any answer, the API, and its hooks."""

import json

import pytest
from harness import Backend
from harness.backend import answer, ok
from harness.gateway import patience
from harness.wait import eventually
from test_trials import NAME, begin, compared, gnomon, json_answer, send, trial, verdict  # noqa: F401


def admin_of(gateway):
    return ("--admin", f"127.0.0.1:{gateway.admin_port}")


def test_a_verdict_over_nothing_but_unread_answers_is_printed(begin, closing):  # noqa: F811
    """Memory was too short for every comparison: there is a limit that was reached, and nothing that counts as compared."""
    primary, candidate = (closing(Backend(json_answer(lambda request, text=text: text * 300_000))) for text in "ab")
    gateway = begin(trial(primary, candidate, limits={"bufferBytes": "256Ki"}, verdict={"latency": False}))
    send(gateway, 10)
    seen = eventually(lambda: (v := verdict(gateway))["coverage"]["excluded"].get("unread") == 10 and v, patience(15))
    assert seen["coverage"]["compared"] == 0
    assert seen["limits"]["memoryPressure"] == {"count": 10, "share": 1.0, "control": seen["limits"]["memoryPressure"]["control"]}
    for form in ("text", "markdown", "json", "junit"):
        found = gnomon("verdict", *admin_of(gateway), "--format", form)
        assert found.returncode == 3, found
        if form in ("text", "markdown"):
            assert "memoryPressure in 10 (1e+02 %)" in found.stdout or "memoryPressure in 10 (100 %)" in found.stdout


VERDICT = {"test": NAME, "ruling": "PASS", "coverage": {"compared": 1, "seen": 1, "share": 1}}
UNREADABLE = [
    {},
    {"ruling": None},
    {"ruling": 5},
    VERDICT | {"coverage": []},
    VERDICT | {"coverage": {"share": "all"}},
    VERDICT | {"limits": {"depth": {"count": -1}}},
    VERDICT | {"checks": [5]},
    VERDICT | {"fields": "none"},
    VERDICT | {"epoch": {"number": 1.5}},
]


@pytest.fixture
def answering(closing):
    """A gateway that gives one answer to whatever it is asked."""

    def begin(body, status="200 OK"):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        return ("--admin", f"127.0.0.1:{closing(Backend(answer(ok(body, status)))).port}")

    return begin


@pytest.mark.parametrize("body", UNREADABLE, ids=json.dumps)
def test_a_verdict_that_cannot_be_read_is_no_verdict(body, answering):
    found = gnomon("verdict", NAME, *answering(body), "--wait", "1m")
    assert found.returncode == 4 and found.stdout == "", found
    assert "the gateway answered something that this version cannot read" in found.stderr


@pytest.mark.parametrize("form", ["text", "markdown", "junit", "json"])
def test_a_verdict_may_lack_what_is_no_ruling(form, answering):
    nothing = dict.fromkeys(("reason", "change", "coverage", "epoch", "checks", "fields", "rules", "limits", "endpoints", "elapsedSeconds"))
    for body in (VERDICT | nothing, {"ruling": "PASS"}, VERDICT | {"limits": {"depth": {"count": 1, "share": None, "control": None}}}):
        found = gnomon("verdict", NAME, *answering(body), "--format", form)
        assert found.returncode == 0 and "PASS" in found.stdout + form.replace("junit", "PASS"), found


@pytest.mark.parametrize(
    "body",
    [
        {"fields": 5},
        {"fields": [None, 5]},
        {"fields": [{"path": []}]},
        {"fields": [{"count": "many"}]},
        {"fields": [{"path": "$.a"}], "samples": {}},
        {"fields": [{"path": "$.a"}], "samples": [{"sample": [1]}]},
        {"fields": [{"path": "$.a"}], "samples": [{"sample": {"request": {"headers": [["a"]]}, "live": {"headers": [["a", 1]]}}}]},
    ],
    ids=json.dumps,
)
def test_differences_that_cannot_be_read_are_not_shown(body, answering):
    admin = answering(body)
    for flags in (("--sample", 1), ("--sample", 1, "--as-curl")) if "samples" in body else ((),):
        found = gnomon("differences", NAME, *admin, *flags)
        assert found.returncode == 4 and found.stdout == "", found
        assert "the gateway answered something that this version cannot read" in found.stderr


@pytest.mark.parametrize("verb", ["verdict", "differences"])
@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"<html>", b"null", b"5", b"[]", b'"x"', b'{"tests": null}', b'{"tests": [5]}', b'{"tests": {}}'),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="deep"),
    ],
)
def test_no_answer_makes_a_verb_abort(verb, body, answering):
    for status in ("200 OK", "500 Oops"):
        found = gnomon(verb, *answering(body, status))
        assert found.returncode in (2, 4) and found.stderr.startswith("gnomon: "), found


@pytest.mark.parametrize("detail", [None, 5, [], {}])
def test_a_refusal_without_words_is_one(detail, answering):
    found = gnomon("verdict", NAME, *answering({"detail": detail}, "404 Not Found"))
    assert found.returncode in (2, 4) and found.stderr.startswith("gnomon: "), found


@pytest.mark.parametrize("number", [3, 1000, 1001, 4_000_000_000])
def test_a_difference_that_is_none_has_no_sample(number, begin, closing):  # noqa: F811
    primary, candidate = (closing(Backend(json_answer(lambda request, v=v: {"a": v, "b": v}))) for v in (1, 2))
    gateway = begin(trial(primary, candidate))
    send(gateway, 5)
    compared(gateway, 5)
    found = gnomon("differences", *admin_of(gateway), "--sample", number)
    assert found.returncode == 1 and f"no difference number {number}" in found.stderr, found


def test_a_difference_beyond_those_that_are_listed_is_said_to_be(answering):
    admin = answering({"fields": [{"path": "$.a"}] * 1000, "total": 1500})
    for number, complaint in ((1001, "only the first 1000"), (1501, "no difference number 1501")):
        found = gnomon("differences", NAME, *admin, "--sample", number)
        assert found.returncode == 1 and complaint in found.stderr, found
