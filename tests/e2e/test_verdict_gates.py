"""Trials as pipelines and other programs ask about them: the verbs against any answer, the API, and its hooks."""

import contextlib
import http.client
import json
import os
import random
import re
import select
import socket
import sqlite3
import subprocess
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
import yaml
from harness import Backend
from harness.backend import answer, ok
from harness.gateway import BINARY, ROOT, patience
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


def ask(address, method, path, body=None, headers=()):
    connection = http.client.HTTPConnection(*address, timeout=patience(10))
    with contextlib.closing(connection):
        connection.request(method, path, body, dict(headers))
        found = connection.getresponse()
        return found.status, found.headers, found.read()


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


def hooks(gateway, candidate=None):
    query = f"?candidate={candidate}" if candidate else ""
    return [gateway.admin(f"/api/v1/tests/{NAME}/flagger/{hook}{query}", "POST")[0] for hook in ("confirm", "rollout", "rollback")]


def versioned(version):
    def reply(request):
        return ok(b'{"a": 1}', headers=("Content-Type: application/json", f"X-Version: {version[0]}"))

    return Backend(answer(reply))


def passed(gateway):
    return eventually(lambda: (v := verdict(gateway))["ruling"] == "PASS" and v, patience(15))


def test_nobody_gets_the_verdict_of_a_former_version(begin, closing):  # noqa: F811
    version = ["1.0+one"]
    primary, candidate = closing(Backend(json_answer(lambda request: {"a": 1}))), closing(versioned(version))
    easy = {"latency": False, "versionHeader": "x-version"}
    gateway = begin(trial(primary, candidate, compare={"ignoreHeaders": ["x-version"]}, verdict=easy))
    admin = admin_of(gateway)
    found = gnomon("verdict", *admin, "--candidate", "two")
    assert found.returncode == 3 and "two is not known to be on trial" in found.stdout
    send(gateway, 100)
    passed(gateway)
    assert gnomon("verdict", *admin).returncode == 0
    assert gnomon("verdict", *admin, "--candidate", "1.0+one").returncode == 0
    assert hooks(gateway, "1.0+one") == hooks(gateway, "1.0%2Bone") == [200, 200, 409]
    # What is to be deployed next has neither answered nor been announced.
    for form in ("text", "json", "junit", "markdown"):
        found = gnomon("verdict", *admin, "--candidate", "two", "--wait", "1s", "--format", form)
        assert found.returncode == 3 and "two is not on trial: 1.0+one is" in found.stdout, found
    assert hooks(gateway, "two") == [409, 200, 409]
    seen = gateway.admin_json(f"/api/v1/tests/{NAME}/verdict?candidate=two")
    assert seen["ruling"] == "UNDECIDED" and seen["asked"] == {"candidate": "two", "onTrial": False}
    command = [BINARY, "verdict", *admin, "--candidate", "two", "--wait", "60s"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as waiting:
        version[0] = "two"
        send(gateway, 100)
        text = waiting.communicate(timeout=patience(30))[0]
        assert waiting.returncode == 0 and "version two" in text
    assert gnomon("verdict", *admin, "--candidate", "1.0+one").returncode == 3
    assert hooks(gateway, "1.0+one") == [409, 200, 409] and hooks(gateway, "two") == [200, 200, 409]


def test_nobody_gets_the_verdict_of_a_candidate_that_was_announced_before(begin, closing):  # noqa: F811
    """A FAIL is no more the next one's than a PASS is."""
    primary, candidate = (closing(Backend(json_answer(lambda request, v=v: {"a": v}))) for v in (1, 2))
    gateway = begin(trial(primary, candidate, verdict={"candidate": "sha256:one"}))
    send(gateway, 100)
    eventually(lambda: verdict(gateway)["ruling"] == "FAIL", patience(15))
    admin = admin_of(gateway)
    assert gnomon("verdict", *admin, "--candidate", "sha256:one").returncode == 1
    assert gnomon("verdict", *admin, "--candidate", "sha256:two").returncode == 3
    assert hooks(gateway, "sha256:one") == [409, 409, 200]
    assert hooks(gateway, "sha256:two") == [409, 200, 409]
    gateway.write(trial(primary, candidate, verdict={"candidate": "sha256:two"}))
    assert gateway.reload()[0] == 200
    assert hooks(gateway, "sha256:one") == hooks(gateway, "sha256:two") == [409, 200, 409]
    found = gnomon("verdict", *admin, "--candidate", "sha256:one")
    assert found.returncode == 3 and "sha256:one is not on trial: sha256:two is" in found.stdout


def test_a_candidate_without_a_name_is_a_mistake(begin, closing):  # noqa: F811
    """Else a pipeline whose variable is empty would get the verdict of any candidate."""
    backend = closing(Backend())
    gateway = begin(trial(backend, backend))
    for query in ("?candidate=", "?candidate", "?x=1&candidate="):
        for path, method in (("verdict", "GET"), ("flagger/confirm", "POST"), ("flagger/rollout", "POST")):
            status, text = gateway.admin(f"/api/v1/tests/{NAME}/{path}{query}", method)
            assert status == 400 and "candidate" in json.loads(text)["detail"]
    for flags in (["--candidate", ""], ["--candidate="], ["--candidate"], ["--candidate=", "--wait", "1s"]):
        assert gnomon("verdict", *admin_of(gateway), *flags).returncode == 2, flags


def test_a_gateway_that_does_not_know_the_question_gives_no_answer(answering):
    found = gnomon("verdict", NAME, *answering(VERDICT), "--candidate", "two")
    assert found.returncode == 4 and "does not say whether that candidate is on trial" in found.stderr, found
    about = VERDICT | {"asked": {"candidate": "two", "onTrial": True}}
    assert gnomon("verdict", NAME, *answering(about), "--candidate", "two").returncode == 0
    assert gnomon("verdict", NAME, *answering(about), "--candidate", "three").returncode == 4


@pytest.mark.parametrize(
    ("method", "path", "headers", "bytes_sent", "status"),
    [
        ("GET", "/verdict", {"Host": "evil.example"}, 0, 403),
        ("POST", "/flagger/confirm", {"Host": "evil.example"}, 0, 403),
        ("POST", "/flagger/confirm", {"Origin": "http://evil.example"}, 0, 403),
        ("POST", "/epochs", {}, 4097, 413),
        ("POST", "/epochs", {"Expect": "100-continue"}, 4097, 413),
    ],
)
def test_what_the_api_refuses_is_a_problem_document(method, path, headers, bytes_sent, status, begin, closing):  # noqa: F811
    backend = closing(Backend())
    gateway = begin(trial(backend, backend))
    found, fields, text = ask(("127.0.0.1", gateway.admin_port), method, f"/api/v1/tests/{NAME}{path}", b"x" * bytes_sent, headers)
    problem = json.loads(text)
    assert found == problem["status"] == status and problem["detail"]
    assert fields["Content-Type"] == "application/problem+json"


def own_address():
    """One of this machine's that is no loopback address; None where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        with contextlib.suppress(OSError):
            sock.connect(("192.0.2.1", 9))  # sends nothing
            return sock.getsockname()[0]
    return None


OWN = pytest.param(own_address(), marks=pytest.mark.skipif(own_address() is None, reason="no network"), id="own")


@pytest.fixture
def open_to_others(start, closing):
    """A gateway with a trial, whose verdicts are to be had from other machines under a name."""

    def begin(candidate=1, at="0.0.0.0:0", args=()):
        primary, other = (closing(Backend(json_answer(lambda request, v=v: {"a": v}))) for v in (1, candidate))
        flags = ("--store", "none", "--api", at, "--api-host", "gnomon.gloo-system,gnomon", *args)
        return start(trial(primary, other, verdict={"candidate": "v2", "latency": False}), args=flags)

    return begin


@pytest.mark.parametrize("address", [OWN, "127.0.0.2"])
def test_other_machines_ask_for_verdicts_and_get_nothing_else(address, open_to_others):
    gateway = open_to_others()
    api = (address, gateway.announced("api")[0])
    base = f"/api/v1/tests/{NAME}"
    send(gateway, 100)
    passed(gateway)
    for host in ("gnomon.gloo-system", "GNOMON:19001", f"{api[0]}:{api[1]}", "localhost"):
        status, fields, text = ask(api, "GET", f"{base}/verdict?candidate=v2", headers={"Host": host})
        assert status == 200 and json.loads(text)["ruling"] == "PASS", text
        payload = json.dumps({"name": "petstore", "namespace": "gloo-system", "phase": "Progressing", "metadata": {}})
        told = {"Host": host, "Content-Type": "application/json"}
        for candidate, statuses in (("v2", [200, 200, 409]), ("v3", [409, 200, 409])):
            hooks = [f"{base}/flagger/{hook}?candidate={candidate}" for hook in ("confirm", "rollout", "rollback")]
            assert [ask(api, "POST", hook, payload, told)[0] for hook in hooks] == statuses
    assert gnomon("verdict", "--admin", f"{api[0]}:{api[1]}", "--candidate", "v2").returncode == 0
    for host in ("evil.example", "gnomon.gloo-system.evil.example"):
        status, fields, text = ask(api, "GET", f"{base}/verdict", headers={"Host": host})
        assert status == 403 and fields["Content-Type"] == "application/problem+json"
    reading = ("metrics", "config_dump", "clusters", "")
    for method, path in (("GET", f"{base}/samples"), ("POST", f"{base}/epochs"), ("POST", "/reload"), *(("GET", f"/{p}") for p in reading)):
        assert ask(api, method, path)[0] == 403, path
    # The admin API is what it was: on this machine alone, and under its names.
    admin = ("127.0.0.1", gateway.admin_port)
    assert ask(admin, "GET", f"{base}/samples")[0] == ask(admin, "GET", "/metrics")[0] == 200
    assert ask(admin, "GET", f"{base}/verdict", headers={"Host": "gnomon.gloo-system"})[0] == 403
    with pytest.raises(ConnectionRefusedError):
        ask((address, gateway.admin_port), "GET", f"{base}/verdict")
    assert verdict(gateway)["epoch"]["number"] == 1
    gateway.wait_log("whoever reaches the API can read verdicts; there is no authentication")


def test_who_holds_connections_to_the_verdicts_holds_up_nobody_else(open_to_others):
    gateway = open_to_others()
    address = ("127.0.0.1", gateway.announced("api")[0])
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(socket.create_connection(address)) for _ in range(70)]
        # There is room for 64; those beyond are closed.
        closed = eventually(lambda: sum(bool(select.select([one], [], [], 0)[0]) for one in held) >= 6, patience(10))
        assert closed and gateway.admin("/ready")[0] == 200 and gateway.get("/").status == 200
    eventually(lambda: ask(address, "GET", f"/api/v1/tests/{NAME}/verdict")[0] == 200, patience(10))


def test_nothing_is_open_to_others_unless_asked_for(begin, closing):  # noqa: F811
    backend = closing(Backend())
    gateway = begin(trial(backend, backend))
    assert gateway.announced("api") == [] and "authentication" not in gateway.log()


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--api-host", "gnomon"], "--api"),
        (["--api", "gnomon:19001"], "not an address"),
        (["--api", "19001"], "not an address"),
        (["--api", ":19001", "--api-host", "gnomon:19001"], "not a name"),
        (["--api", ":19001", "--api-host", "http://gnomon/"], "not a name"),
        (["--api", ":19001", "--api-host", ""], "not a name"),
    ],
)
def test_an_address_for_others_has_to_be_one(flags, complaint, tmp_path):
    found = gnomon("run", "-c", tmp_path, *flags)
    assert found.returncode == 2 and complaint in found.stderr + found.stdout, found


def test_rules_that_match_nothing_are_told_in_every_format(begin, closing):  # noqa: F811
    same = closing(Backend(json_answer(lambda request: {"a": random.random(), "b": 1})))
    paths = ("$.a", "$.mis_spelt", "header:x-none", "status")
    gateway = begin(trial(same, same, compare={"rules": [{"path": path, "ignore": True} for path in paths]}))
    found = {form: gnomon("verdict", *admin_of(gateway), "--format", form).stdout for form in ("text", "markdown", "junit")}
    assert not any("the rule" in text for text in found.values())  # nothing has been looked into
    send(gateway, 20)
    compared(gateway, 20)
    found = {form: gnomon("verdict", *admin_of(gateway), "--format", form).stdout for form in ("text", "markdown", "junit")}
    junit = ElementTree.fromstring(found["junit"].encode())
    for text in (found["text"], found["markdown"].replace("\\", ""), junit.findtext("system-out")):
        assert "the rule for $.mis_spelt has matched nothing that was read since the gateway started; bodies that are equal are" in text
        assert "the rule for header:x-none has matched nothing since the gateway started" in text
        assert "rule for $.a" not in text and "rule for status" not in text
    assert "Note: the rule for $.mis\\_spelt" in found["markdown"]
    assert len(junit.findall("testcase")) == int(junit.get("tests"))


@pytest.mark.parametrize(
    ("body", "comment"),
    [
        (None, None),
        (b"", None),
        (b'{"name": "Rex"}', "# its body of 15 bytes has not been kept: add --data-binary @FILE"),
        (iter([b"Rex"]), "# its body has not been kept: add --data-binary @FILE"),
    ],
    ids=["none", "empty", "sized", "chunked"],
)
def test_a_command_that_lacks_the_body_says_so(body, comment, begin, closing):  # noqa: F811
    primary, candidate = (closing(Backend(json_answer(lambda request, v=v: {"a": v}))) for v in (1, 2))
    gateway = begin(trial(primary, candidate, request={"methods": ["POST"]}))
    assert ask(("127.0.0.1", gateway.port), "POST", "/pets", body)[0] == 200
    compared(gateway, 1)
    flags = (*admin_of(gateway), "--sample", 1, "--as-curl")
    text = eventually(lambda: (found := gnomon("differences", *flags)).returncode == 0 and found.stdout, patience(10))
    lines = text.splitlines()
    assert lines[0].startswith("curl -X 'POST'") if comment is None else lines[0] == comment
    assert [line for line in lines if line.startswith("#")] == ([comment] if comment else [])
    # What is printed is one command for a shell.
    assert subprocess.run(["bash", "-n"], input=text, text=True, check=False).returncode == 0


@pytest.mark.parametrize("mode", ["hashed", "namesOnly", "off"])
def test_samples_keep_as_little_as_the_test_says(mode, begin, closing, tmp_path):  # noqa: F811
    primary, candidate = (closing(Backend(json_answer(lambda request, v=v: {"name": "c4n4ry", "n": v}))) for v in ("1111", "2222"))
    gateway = begin(trial(primary, candidate, samples=mode))
    send(gateway, 20, headers=["X-Owner: c4n4ry"])
    compared(gateway, 20)
    samples = [] if mode == "off" else eventually(lambda: gateway.admin_json(f"/api/v1/tests/{NAME}/samples")["samples"], patience(10))
    gateway.stop()
    with contextlib.closing(sqlite3.connect(tmp_path / "state" / "gnomon.db")) as store:
        assert bool(store.execute("SELECT count(*) FROM sample").fetchone()[0]) == (mode != "off")
    kept = b"".join(path.read_bytes() for path in (tmp_path / "state").iterdir())
    assert not any(value in kept for value in (b"c4n4ry", b"1111", b"2222"))
    for sample in (each["sample"] for each in samples):
        live, other = (json.loads(sample[leg]["body"]["text"]) for leg in ("live", "candidate"))
        owner = dict(sample["request"]["headers"])["X-Owner"]
        if mode == "hashed":
            # Equality is all that is left of values.
            assert live["name"] == other["name"] == owner != live["n"] != other["n"]
            assert all(re.fullmatch(r"redacted-[\w-]{16}", value) for value in (*live.values(), *other.values()))
        else:
            assert live == other == {"name": "redacted", "n": "redacted"} and owner == "redacted"


def on_a_terminal(*args, env=None):
    """What a command prints where its standard output is a terminal."""
    master, slave = os.openpty()
    with subprocess.Popen([BINARY, *map(str, args)], stdout=slave, stderr=subprocess.DEVNULL, env=os.environ | (env or {})) as process:
        os.close(slave)
        text = b""
        with contextlib.suppress(OSError):  # the other side is closed
            while piece := os.read(master, 65536):
                text += piece
        os.close(master)
    assert process.returncode == 0
    return text.decode()


def test_samples_have_colours_on_a_terminal_unless_it_is_told_otherwise(begin, closing):  # noqa: F811
    primary, candidate = (closing(Backend(json_answer(lambda request, v=v: {"a": v, "same": 1}))) for v in (1, 2))
    gateway = begin(trial(primary, candidate))
    send(gateway, 5)
    compared(gateway, 5)
    sample = ("differences", *admin_of(gateway), "--sample", 1)
    plain = eventually(lambda: (found := gnomon(*sample)).returncode == 0 and found.stdout, patience(10))
    assert "\x1b" not in plain
    coloured = on_a_terminal(*sample, env={"NO_COLOR": ""})
    differs, same = (next(line for line in coloured.splitlines() if word in line) for word in ('"a": 1', '"same"'))
    assert differs.startswith("\x1b[33m") and same.startswith("\x1b[2m")
    assert re.sub(r"\x1b\[\d+m", "", coloured).replace("\r\n", "\n") == plain
    assert "\x1b" not in on_a_terminal(*sample, "--no-color") + on_a_terminal(*sample, env={"NO_COLOR": "1"})


def blocks(page, heading):
    """The YAML below a heading of the documentation."""
    text = (ROOT / "docs" / page).read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [yaml.safe_load(each) for each in re.findall(r"```yaml\n(.*?)```", text, re.S) if "---" not in each]


def outcome(metric, value):
    """As Argo Rollouts measures: by conditions over `result`, which is what the path leads to."""
    for part in re.fullmatch(r"\{\$\.(.*)\}", metric["provider"]["web"]["jsonPath"])[1].split("."):
        value = value[part]
    success, failure = (re.fullmatch(r'result == "(\w+)"', metric[f"{of}Condition"])[1] == value for of in ("success", "failure"))
    return "Failed" if failure else "Successful" if success else "Inconclusive"


@pytest.mark.parametrize(("value", "ruling"), [(1, "PASS"), (2, "FAIL")])
def test_what_the_documentation_gives_to_flagger_and_argo_works(value, ruling, start, closing):
    command = blocks("operations.md", "Verdicts for other machines")[0]["args"]
    flags = [":0" if flag == ":19001" else flag for flag in command[command.index("--api") :]]
    primary, candidate = (closing(Backend(json_answer(lambda request, v=v: {"a": v}))) for v in (1, value))
    gateway = start(trial(primary, candidate, verdict={"candidate": "v2.1.0", "latency": False}), args=("--store", "none", *flags))
    template, run = blocks("api.md", "Argo Rollouts")
    (metric,) = template["metrics"]
    assert [arg["name"] for arg in template["args"]] == [arg["name"] for arg in run["analysis"]["args"]] == ["candidate"]
    assert "count" not in metric  # reached, it would be a success without a PASS
    hooks = {hook["type"]: hook["url"] for hook in blocks("api.md", "Flagger")[0]["webhooks"]}

    def asked(method, url, candidate="v2.1.0"):
        url = urlsplit(url.replace("{{args.candidate}}", candidate).replace("gloo-system.petstore-v2", NAME))
        assert url.port == 19001
        return ask(("127.0.0.1", gateway.announced("api")[0]), method, f"{url.path}?{url.query}", headers={"Host": url.netloc})

    def told():
        measured = asked("GET", metric["provider"]["web"]["url"])
        return outcome(metric, json.loads(measured[2])), {kind: asked("POST", url)[0] < 300 for kind, url in hooks.items()}

    assert told() == ("Inconclusive", {"confirm-promotion": False, "rollout": True, "rollback": False})
    send(gateway, 100)
    eventually(lambda: verdict(gateway)["ruling"] == ruling, patience(15))
    good = ruling == "PASS"
    assert told() == ("Successful" if good else "Failed", {"confirm-promotion": good, "rollout": good, "rollback": not good})
    assert outcome(metric, json.loads(asked("GET", metric["provider"]["web"]["url"], "v2.2.0")[2])) == "Inconclusive"
