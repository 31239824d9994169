"""The configurations in examples/, each between real pet stores, and what their READMEs show."""

import re
import subprocess
import sys
from collections import Counter

import pytest
import yaml
from harness import Backend, config, eventually, never
from harness.gateway import ROOT

EXAMPLES = ROOT / "examples"
FOLDERS = sorted(path.parent for path in EXAMPLES.glob("*/virtual-service.yaml"))
STORES = {8081: ("petstore", "1"), 8082: ("petstore-v2", "2")}
SHOWN = re.compile(r"^<!-- shown -->\n```console\n(.*?)^```$", re.M | re.S)


def on_ports(folder, ports):
    """The example's resources: Upstreams on the ports given, the Gateway on any."""
    resources = [resource for file in sorted(folder.glob("*.yaml")) for resource in yaml.safe_load_all(file.read_text())]
    for resource in resources:
        for host in resource["spec"].get("static", {}).get("hosts", ()):
            host["port"] = ports[host["port"]]
        if resource["kind"] == "Gateway":
            resource["spec"]["bindPort"] = 0
    if not any(resource["kind"] == "Gateway" for resource in resources):
        resources.append(config.gateway())
    return resources


def backends_of(closing, *scripts):
    """Scripted backends in place of the pet stores."""
    made = [closing(Backend(*scripts)) for _ in STORES]
    return made, dict(zip(STORES, (backend.port for backend in made), strict=True))


class Store:
    """A pet store as the READMEs start it."""

    def __init__(self, name, version):
        server = EXAMPLES / "petstore" / "server.py"
        command = [sys.executable, str(server), "--name", name, "--version", version, "--port", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().rpartition(":")[2])

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()


def commands_of(readme):
    """Commands that are shown with their output, and the output."""
    for block in SHOWN.findall(readme):
        for part in block.split("$ ")[1:]:
            command, _, output = part.partition("\n")
            yield command, output


def matches(shown, got):
    """Whether it is what is shown, where ... stands for digits."""
    return re.fullmatch(re.escape(shown).replace(re.escape("..."), r"[\d.]*"), got)


def run(command, ports):
    for written, real in ports.items():
        command = command.replace(f"127.0.0.1:{written}/", f"127.0.0.1:{real}/")
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    return done.stdout.replace("\r\n", "\n")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_readme_shows_what_happens(folder, start, closing):
    ports = {port: closing(Store(*arguments)).port for port, arguments in STORES.items()}
    gw = start(on_ports(folder, ports))
    ports[8080] = gw.port
    commands = list(commands_of((folder / "README.md").read_text()))
    assert commands
    for command, shown in commands:
        if "/_seen" in command:  # of a copy, which nobody waits for
            eventually(lambda: matches(shown, run(command, ports)))  # noqa: B023
        else:
            got = run(command, ports)
            assert matches(shown, got), f"{command}\n{got}"


def test_every_example_is_listed_and_tried():
    listed = re.findall(r"\]\(([\w-]+)/README\.md\)", (EXAMPLES / "README.md").read_text())
    assert sorted(listed) == [folder.name for folder in FOLDERS]
    guides = (ROOT / "docs" / "guides.md").read_text()
    assert [name for name in listed if f"../examples/{name}/README.md" not in guides] == []


def drawn(gw, target, count=400):
    """How many of the requests each backend got."""
    with gw.client() as client:
        return Counter(client.request("GET", target).header("x-canary") for _ in range(count))


def test_canary_gets_about_a_tenth(start, closing):
    (live, canary), ports = backends_of(closing)
    gw = start(on_ports(EXAMPLES / "canary", ports))
    marks = drawn(gw, "/petstore/pets")
    # Fewer than 10 or more than 80 of 400 come about once in 10^8 runs.
    assert 10 <= marks["drawn"] <= 80
    assert len(canary.requests) == marks["drawn"]
    assert len(live.requests) == 400 - marks["drawn"]


def test_both_routes_share_the_weights_of_the_group(start, closing):
    (live, trial), ports = backends_of(closing)
    gw = start(on_ports(EXAMPLES / "upstream-groups", ports))
    for target in ("/petstore/pets", "/shop/pets"):
        before = len(trial.requests)
        drawn(gw, target, 200)
        assert 15 <= len(trial.requests) - before <= 90, target
    assert {request.target for request in live.requests} == {"/petstore/pets"}


def test_aborted_requests_reach_no_backend(start, closing):
    (live, _), ports = backends_of(closing)
    gw = start(on_ports(EXAMPLES / "faults", ports))
    assert gw.get("/petstore", headers=["x-trial: gone"]).status == 503
    never(lambda: live.requests)


def test_refused_requests_reach_no_backend(start, closing):
    (live, _), ports = backends_of(closing)
    gw = start(on_ports(EXAMPLES / "rate-limits", ports), workers=2)
    answers = Counter(gw.client().request("POST", "/petstore/pets", body=b"{}").status for _ in range(10))
    assert answers == {200: 3, 429: 7}
    assert len(live.requests) == 3


def test_requests_go_on_when_a_host_stops(start, closing):
    stores = [closing(Backend()) for _ in STORES]
    gw = start(on_ports(EXAMPLES / "health-checks", dict(zip(STORES, (s.port for s in stores), strict=True))))
    assert {gw.get("/petstore/pets").status for _ in range(20)} == {200}
    stores[0].stop()
    assert {gw.get("/petstore/pets").status for _ in range(40)} == {200}
    gw.wait_log("host is unhealthy")
