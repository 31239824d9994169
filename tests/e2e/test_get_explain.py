"""`gnomon get` and `gnomon explain`: what a configuration holds, and what becomes of a request."""

import json
import subprocess

import pytest
import yaml
from harness.config import dump, gateway, metadata, reference, route, shadowing, upstream, virtual_service
from harness.gateway import BINARY

HOST = ("127.0.0.1", 1)


def run(*args):
    return subprocess.run([str(BINARY), *map(str, args)], capture_output=True, text=True, timeout=20)


@pytest.fixture
def manifests(tmp_path):
    (tmp_path / "shop.yaml").write_text(
        dump(
            [
                gateway(port=8080),
                upstream("primary", HOST),
                upstream("shadow", HOST),
                virtual_service(
                    {
                        "name": "pets",
                        "matchers": [{"prefix": "/pets"}],
                        "delegateAction": {"ref": reference("pets")},
                        "options": {"shadowing": shadowing(percentage=25), "timeout": "3s"},
                    },
                    domains=["shop.test"],
                ),
            ]
        )
    )
    (tmp_path / "pets.yaml").write_text(
        dump(
            [
                {
                    "apiVersion": "gateway.solo.io/v1",
                    "kind": "RouteTable",
                    "metadata": metadata("pets"),
                    "spec": {"routes": [route("/pets", name="all", prefixRewrite="/animals")]},
                }
            ]
        )
    )
    return tmp_path


def test_tables_show_what_is_copied(manifests):
    told = run("get", "vs", manifests)
    assert told.returncode == 0, told.stderr
    assert "VIRTUAL SERVICE" in told.stdout
    assert "pets: /pets -> gloo-system.pets (route table), 25% copied to gloo-system.shadow" in told.stdout
    assert "Accepted" in told.stdout
    assert "/pets -> gloo-system.primary (upstream)" in run("get", "rt", manifests).stdout
    assert "- 127.0.0.1:1" in run("get", "us", manifests).stdout
    assert "pets.yaml:1" in run("get", "routetable", manifests, "-o", "wide").stdout
    assert run("get", "ug", manifests).returncode == 0


def test_yaml_and_json_are_the_resources(manifests):
    told = json.loads(run("get", "us", manifests, "-o", "json").stdout)
    assert [one["metadata"]["name"] for one in told] == ["primary", "shadow"]
    read = list(yaml.safe_load_all(run("get", "us", manifests, "-o", "yaml").stdout))
    assert read == told
    (alone,) = yaml.safe_load_all(run("get", "us", manifests, "shadow", "-o", "yaml").stdout)
    assert alone == told[1]


def test_what_get_prints_can_be_served(manifests, tmp_path_factory):
    copy = tmp_path_factory.mktemp("copy")
    for kind in ("vs", "us", "rt"):
        (copy / f"{kind}.yaml").write_text(run("get", kind, manifests, "-o", "yaml").stdout)
    told = run("check", copy)
    assert told.returncode == 0, told.stdout + told.stderr


def test_get_says_what_it_cannot_do(manifests):
    assert run("get", "pods", manifests).returncode == 2
    assert run("get", "vs", manifests / "nowhere").returncode == 2
    missing = run("get", "vs", manifests, "nobody")
    assert missing.returncode == 1
    assert "nobody" in missing.stderr
    for verb in ("get", "explain"):
        told = run(verb, "--help")
        assert told.returncode == 0
        assert "Examples:" in told.stdout


def test_explain_names_parent_and_child(manifests):
    told = run("explain", "-c", manifests, "--host", "shop.test", "--path", "/pets/1")
    assert told.returncode == 0, told.stderr
    for words in (
        "VirtualService gloo-system.default, virtualHost.routes[0] \"pets\"",
        "RouteTable gloo-system.pets, routes[0] \"all\"",
        "pets.yaml:8",
        "prefixRewrite: RouteTable gloo-system.pets",
        "timeout, shadowing: VirtualService gloo-system.default",
        "GET /animals/1, Host: shop.test",
        "100% of requests: primary_gloo-system",
        "25% of requests: shadow_gloo-system",
        "Host: shop.test-shadow",
    ):
        assert words in told.stdout, f"{words}:\n{told.stdout}"


def test_explain_writes_json(manifests):
    told = run("explain", "-c", manifests, "--host", "shop.test", "--path", "/pets", "--json")
    (listener,) = json.loads(told.stdout)["listeners"]
    assert listener["virtualService"] == "gloo-system.default"
    assert [origin["resource"] for origin in listener["route"]["origins"]] == [
        "VirtualService gloo-system.default",
        "RouteTable gloo-system.pets",
    ]


def test_explain_ends_with_1_where_nothing_matches_and_2_where_nothing_can(manifests):
    assert run("explain", "-c", manifests, "--host", "other.test", "--path", "/pets").returncode == 1
    assert run("explain", "-c", manifests, "--host", "shop.test", "--path", "/dogs").returncode == 1
    assert run("explain", "-c", manifests, "--host", "shop.test", "--path", "dogs").returncode == 2
    assert run("explain", "-c", manifests, "--host", "shop.test", "--header", "nonsense").returncode == 2
    (manifests / "bad.yaml").write_text("kind: Gatewy\n")
    told = run("explain", "-c", manifests, "--host", "shop.test", "--path", "/pets")
    assert told.returncode == 2
    assert "bad.yaml:1" in told.stderr
