"""`gnomon check`: every problem at once, with its place, without starting anything."""

import json
import re
import subprocess

import pytest

from harness.config import dump, gateway, mirrored, route, shadow_test, shadowing, upstream, virtual_service
from harness.gateway import BINARY

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
