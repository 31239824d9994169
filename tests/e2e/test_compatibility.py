"""docs/GLOO_COMPATIBILITY.md against the schemas of the code, and against what `gnomon check` says."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from harness.gateway import BINARY, ROOT
from harness.pki import Pki

PAGE = ROOT / "docs" / "GLOO_COMPATIBILITY.md"
FOLDER = Path(__file__).parent
# Of a Gateway, but used in compatibility.yaml.
ELSEWHERE = {"bindAddress", "ssl", "virtualServices", "virtualServiceSelector", "virtualServiceNamespaces", "virtualServiceExpressions", "maxDirectResponseBodySizeBytes"}
# Schemas of gnomon's own kind, and those without fields.
NOT_GLOO = {"ShadowTest", "ShadowTarget", "ShadowDestination", "SamplingKey", "Sampling", "HeaderEdits", "ShadowRequest"}
NOT_GLOO |= {"ShadowLimits", "ShadowPipelining", "GrpcCompareSpec"}
NOT_GLOO |= {"ControlSpec", "CompareSpec", "CompareRuleSpec", "ToleranceSpec", "ArraySpec", "RedactRuleSpec", "VerdictSpec"}
NOT_READ = {
    *("Settings", "SettingsDiscovery", "SecretOptions", "SecretSource", "VaultSource"),
    *("StagedTransformations", "Transformations", "TransformationStage", "RequestTransform", "ResponseTransform"),
    *("Transformation", "TransformationTemplate", "TransformationExtractor"),
    *("KubeDestination", "ConsulDestination", "KubeUpstream", "ConsulUpstream", "ConsulQueryOptions"),
    *("Tracing", "ZipkinTracing", "DatadogTracing", "OpenTelemetryTracing"),
}
EMPTY = {"RandomChoice", "Maglev", "NoFields"}

DESCRIBE = re.compile(r"void describe\(Schema<(\w+)>& (?:s|/\*s\*/)\) \{(.*?)\n?\}\n", re.S)
TABLE = re.compile(r"^<!-- schema: (\w+) -->\n\|.*\n\|.*\n((?:\|.*\n)+)", re.M)
ROW = re.compile(r"^\| `(\w+)` \| (\w+) \|", re.M)


def names_given_to(call, body):
    """Names in s.call("a", ...), in s.call<Shape>("a") and in s.call({"a", "b"}, ...)."""
    single = re.findall(rf's\.{call}(?:<\w+>)?\(\s*"(\w+)"', body)
    lists = re.findall(rf"s\.{call}\(\s*\{{(.*?)\}}", body, re.S)
    return {*single, *(name for text in lists for name in re.findall(r'"(\w+)"', text))}


def schemas():
    """By schema: its fields, and which statuses the page may give them."""
    found = {}
    for file in sorted((ROOT / "src" / "config").glob("*.cc")):
        if file.name.endswith("_test.cc"):
            continue
        for name, body in DESCRIBE.findall(file.read_text()):
            served = names_given_to("field", body) | names_given_to("noted", body)
            found[name] = {
                **dict.fromkeys(served, {"works", "differs", "warns"}),
                **dict.fromkeys(names_given_to("unserved", body) | names_given_to("shaped", body) | names_given_to("told", body), {"warns"}),
                **dict.fromkeys(names_given_to("ignored", body), {"ignored"}),
            }
    return found


def tables():
    return {name: dict(ROW.findall(rows)) for name, rows in TABLE.findall(PAGE.read_text())}


SCHEMAS = schemas()
TABLES = tables()
# What listens is described as a whole or not at all.
HAS_LISTENER_OPTIONS = "ConnectionLimit" in SCHEMAS
LISTENER = list(TABLES)[list(TABLES).index("Gateway") : list(TABLES).index("Metadata")]


@pytest.mark.parametrize("name", TABLES)
def test_table_says_what_the_code_does(name):
    if name in LISTENER and not HAS_LISTENER_OPTIONS:
        pytest.skip("this version has no options of listeners yet")
    expected = SCHEMAS[name]
    assert set(TABLES[name]) == set(expected)
    wrong = {field: status for field, status in TABLES[name].items() if status not in expected[field]}
    assert not wrong


def test_every_field_of_gloo_is_on_the_page():
    assert set(SCHEMAS) - set(TABLES) - NOT_GLOO - NOT_READ - EMPTY == set()


def keys_of(node):
    if isinstance(node, dict):
        return set(node).union(*map(keys_of, node.values()))
    if isinstance(node, list):
        return set().union(*map(keys_of, node))
    return set()


@pytest.mark.parametrize("of_listeners", [False, True])
def test_fields_that_work_are_accepted_without_a_warning(of_listeners, tmp_path):
    if of_listeners and not HAS_LISTENER_OPTIONS:
        pytest.skip("this version has no options of listeners yet")
    file = FOLDER / ("compatibility_listener.yaml" if of_listeners else "compatibility.yaml")
    made = tmp_path / file.name
    pki = Pki(tmp_path)
    pki.staple(pki.identity("shop"))
    text = re.sub(r"\bPEM/(\w+\.\w+)", lambda m: json.dumps((tmp_path / m[1]).read_text()), file.read_text())
    made.write_text(text.replace("PKI/", f"{tmp_path}/"))
    used = keys_of(list(yaml.safe_load_all(file.read_text())))
    shown = {field for name, rows in TABLES.items() if (name in LISTENER) == of_listeners for field in working(rows)}
    assert shown - used - ELSEWHERE == set(), f"{file.name} does not use these"
    run = subprocess.run([str(BINARY), "check", "--json", str(made)], capture_output=True, text=True, timeout=20)
    problems = [problem for problem in json.loads(run.stdout)["problems"] if problem["severity"] != "note"]
    assert not problems
    assert run.returncode == 0


def working(rows):
    return {field for field, status in rows.items() if status == "works"}


@pytest.mark.parametrize("field", ["preconnectPolicy", "httpProxyHostname", "kube", "failover"])
def test_fields_that_warn_do(field, tmp_path):
    assert TABLES["Upstream"][field] == "warns"
    kind = {} if field == "kube" else {"static": {"hosts": [{"addr": "127.0.0.1", "port": 80}]}}
    manifest = {
        "apiVersion": "gloo.solo.io/v1",
        "kind": "Upstream",
        "metadata": {"name": "a", "namespace": "b"},
        "spec": {**kind, field: {}},
    }
    file = tmp_path / "file.yaml"
    file.write_text(yaml.safe_dump(manifest))
    run = subprocess.run([str(BINARY), "check", "--json", str(file)], capture_output=True, text=True, timeout=20)
    assert run.returncode == 0, run.stdout
    assert field in {problem["field"].rpartition(".")[2] for problem in json.loads(run.stdout)["problems"]}
