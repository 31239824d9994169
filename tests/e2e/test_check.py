"""`gnomon check`: every problem at once, with its place, without starting anything."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from harness.config import dump, gateway, mirrored, route, shadow_test, shadowing, upstream, virtual_service
from harness.gateway import BINARY
from harness.pki import Pki

HOST = ("127.0.0.1", 1)


def check(path, *args):
    return subprocess.run([str(BINARY), "check", str(path), *args], capture_output=True, text=True, timeout=20)


@pytest.fixture
def checked(tmp_path):
    def run(resources, *args):
        file = tmp_path / "file.yaml"
        file.write_text(resources if isinstance(resources, str) else dump(resources))
        return check(file, *args)

    return run


def test_good_file_is_0_and_quiet_about_problems(checked):
    run = checked(mirrored(HOST, HOST))
    assert run.returncode == 0, run.stderr + run.stdout
    assert "error" not in (run.stdout + run.stderr).lower()


def test_examples_of_the_project_are_valid():
    from harness.gateway import ROOT

    run = check(ROOT / "examples" / "shadowing")
    assert run.returncode == 0, run.stderr + run.stdout


def test_all_problems_of_form_come_at_once_with_place_and_caret(checked):
    run = checked(
        """\
apiVersion: gateway.solo.io/v1
kind: VirtualService
metadata: {name: default, namespace: gloo-system}
spec:
  virtualHost:
    domain: ['*']
    routes:
    - matchers: [{prefix: /a}]
      routeActoin: {}
---
kind: Gatewy
"""
    )
    said = run.stdout + run.stderr
    assert run.returncode != 0
    for line in (6, 9, 11):
        assert re.search(rf"file\.yaml:{line}:\d+", said), f"line {line}: {said}"
    assert int(re.search(r"file\.yaml:9:(\d+)", said)[1]) == 7
    assert re.search(r"^\s*\^", said, re.M), said
    assert "routeActoin" in said


def test_all_problems_of_meaning_come_at_once(checked):
    run = checked(
        [
            gateway(),
            upstream("primary", HOST),
            virtual_service(
                route(matchers=[{"regex": "("}]), route("/a", "nobody"), route("/b", shadow=shadowing("gone"))
            ),
        ]
    )
    said = run.stdout + run.stderr
    assert run.returncode != 0
    for word in ("regex", "nobody", "gone"):
        assert word in said, said


@pytest.mark.parametrize(
    ("what", "resources"),
    {
        "percentage above 100": [*mirrored(HOST, HOST, percentage=101)],
        "negative percentage": [*mirrored(HOST, HOST, percentage=-1)],
        "percentage that is no number": [*mirrored(HOST, HOST, percentage=float("nan"))],
        "missing shadow upstream": [gateway(), upstream("primary", HOST), virtual_service(route(shadow=shadowing("gone")))],
        "shadowing without upstream": [
            gateway(),
            upstream("primary", HOST),
            virtual_service(route(shadow={"percentage": 5})),
        ],
        "shadowing on a direct response": [
            gateway(),
            upstream("shadow", HOST),
            virtual_service(route(to={"directResponseAction": {"status": 200}}, shadow=shadowing())),
        ],
        "shadow test of no route": [*mirrored(HOST, HOST), shadow_test(route="nowhere")],
        "two of a name": [*mirrored(HOST, HOST), upstream("primary", HOST)],
        "port out of range": [gateway(), upstream("primary", ("127.0.0.1", 70000)), virtual_service(route())],
        "domain twice": [
            *mirrored(HOST, HOST),
            virtual_service(route("/x", "primary"), name="other"),
        ],
        "duplicate key": "kind: Gateway\nkind: Gateway\n",
        "bad duration": [gateway(), upstream("primary", HOST, connectionConfig={"connectTimeout": "soon"}), virtual_service(route())],
    }.items(),
)
def test_problem_is_found(checked, what, resources):
    run = checked(resources)
    assert run.returncode != 0, what
    assert re.search(r"file\.yaml:\d+:\d+", run.stdout + run.stderr), run.stdout + run.stderr


def test_known_field_that_is_not_done_yet_is_a_named_warning(checked):
    resources = mirrored(HOST, HOST)
    resources[3]["spec"]["virtualHost"]["options"] = {"csrf": {}}
    run = checked(resources)
    assert run.returncode == 0, run.stderr
    assert re.search(r"file\.yaml:\d+:\d+.*csrf", run.stdout + run.stderr, re.S)


def messages(run, severity):
    return [problem["message"] for problem in json.loads(run.stdout)["problems"] if problem["severity"] == severity]


def test_manifest_with_tls_loads_and_says_what_does_not_happen(checked, tmp_path):
    secure = virtual_service(route(), name="secure")
    secure["spec"]["sslConfig"] = {"sslFiles": Pki(tmp_path).identity("a").files(), "sniDomains": ["a"]}
    fetched = virtual_service(route(), name="fetched")
    fetched["spec"]["sslConfig"] = {"sds": {"targetUri": "a"}}
    listeners = {name: gateway(port) for name, port in (("tls", 8443), ("tcp", 8000), ("hybrid", 8444))}
    for name, listener in listeners.items():
        listener["metadata"]["name"] = name
    listeners["tls"]["spec"]["ssl"] = True
    for name, kind in (("tcp", "tcpGateway"), ("hybrid", "hybridGateway")):
        del listeners[name]["spec"]["httpGateway"]
        listeners[name]["spec"][kind] = {}
    backends = [
        upstream("primary", HOST, sslConfig={"sni": "a"}),
        upstream("port", ("a.example.com", 443), dnsRefreshRate="5s"),
        upstream("fetched", HOST, sslConfig={"sds": {"targetUri": "a"}}),
    ]
    run = checked([gateway(), *listeners.values(), virtual_service(route("/")), secure, fetched, *backends], "--json")
    assert run.returncode == 0, run.stdout
    said = messages(run, "warning")
    assert sum("this Gateway is not opened" in line for line in said) == 2
    assert sum("this VirtualService gets no traffic" in line for line in said) == 1
    assert sum("requests get 503" in line for line in said) == 1


@pytest.mark.parametrize("spec", [{"ssl": True, "httpGateway": {}}, {"tcpGateway": {}}, {"hybridGateway": {}}])
def test_nothing_at_all_to_listen_on_is_said_and_not_run(checked, spec, tmp_path):
    only = gateway()
    only["spec"] = {"bindPort": 8443, **spec}
    run = checked([only], "--json")
    assert run.returncode == 0
    assert "none of the Gateways can be opened, so nothing would listen" in messages(run, "warning")
    manifest = tmp_path / "only.yaml"
    manifest.write_text(dump([only]))
    command = [BINARY, "run", "-c", manifest, "--admin", "127.0.0.1:0"]
    started = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert started.returncode == 2
    assert "none of the Gateways can be opened, so nothing would listen" in started.stderr


@pytest.mark.parametrize("text", ["${NAME}", "$(command)"])
def test_placeholder_that_was_left_in_is_named(checked, text):
    for resource in (
        virtual_service(domains=[f"{text}/a"]),
        virtual_service(name=text),
        virtual_service(route(to={"redirectAction": {"hostRedirect": f"{text} a"}})),
    ):
        problems = json.loads(checked([resource], "--json").stdout)["problems"]
        hints = [problem["hint"][:25] for problem in problems if problem["severity"] != "note"]
        assert "a placeholder was left in" in hints


EVERYTHING = Path(__file__).with_name("compatibility.yaml").read_text()
ODD_VALUES = ["~", "''", "[]", "{}", "[[{}]]", "-1", ".nan", "1e400", "18446744073709551616", "'('", "!", "*a", "&a [*a]", "|", "'\\0'", '"\\0"', "99999999999s", "%"]


def assert_judged(file):
    """It is served or it is not, and then for a reason; it neither crashes nor hangs."""
    run = check(file, "--json")
    said = json.loads(run.stdout)
    assert (run.returncode, bool(said["errors"])) in {(0, False), (2, True)}, run.stderr


def test_manifest_that_breaks_off_anywhere_is_judged(tmp_path):
    file = tmp_path / "file.yaml"
    for end in range(0, len(EVERYTHING), 97):
        file.write_text(EVERYTHING[:end])
        assert_judged(file)


@pytest.mark.parametrize("odd", ODD_VALUES)
def test_manifest_with_odd_values_is_judged(tmp_path, odd):
    for number, line in enumerate(EVERYTHING.splitlines()):
        key, colon, value = line.partition(": ")
        if not colon or value.startswith(("{", "[")) or number % 3:
            continue
        lines = EVERYTHING.splitlines()
        lines[number] = f"{key}: {odd}"
        (tmp_path / f"{number}.yaml").write_text("\n".join(lines))
    for file in sorted(tmp_path.glob("*.yaml")):
        assert_judged(file)


def test_json_lists_the_problems(checked):
    run = checked([*mirrored(HOST, HOST, percentage=101)], "--json")
    assert run.returncode != 0
    text = json.dumps(json.loads(run.stdout))
    assert "file.yaml" in text and "percentage" in text
    good = checked(mirrored(HOST, HOST), "--json")
    assert good.returncode == 0
    json.loads(good.stdout)


def test_tree_of_files_is_read(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.yaml").write_text(dump([gateway(), upstream("primary", HOST)]))
    (tmp_path / "deep" / "b.yml").write_text(dump([virtual_service(route())]))
    assert check(tmp_path).returncode == 0
    (tmp_path / "deep" / "b.yml").write_text(dump([virtual_service(route(to="gone"))]))
    run = check(tmp_path)
    assert "b.yml:" in run.stdout + run.stderr


def test_missing_file_is_an_error_of_its_own(tmp_path):
    run = check(tmp_path / "nowhere")
    assert run.returncode != 0
    assert "nowhere" in run.stdout + run.stderr


def test_help_is_0_and_an_unknown_flag_is_not():
    assert subprocess.run([str(BINARY), "--help"], capture_output=True, timeout=20).returncode == 0
    assert subprocess.run([str(BINARY), "run", "--nonsense"], capture_output=True, timeout=20).returncode != 0
