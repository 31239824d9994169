import pytest

from harness import Gateway
from harness.gateway import BINARY


def pytest_collection_modifyitems(items):
    if not BINARY.exists():
        pytest.exit(f"no gateway at {BINARY}: build it first, or set GNOMON_BIN", returncode=2)


@pytest.fixture
def closing():
    """Stops whatever the test hands to it, in reverse order."""
    things = []

    def add(thing):
        things.append(thing)
        return thing

    yield add
    for thing in reversed(things):
        thing.stop() if hasattr(thing, "stop") else thing.close()


@pytest.fixture
def start(tmp_path_factory, closing):
    """Starts gateways. After the test each must still be alive, its counters must add up, and it must stop cleanly."""
    running = []

    def begin(resources, **kwargs):
        gateway = Gateway(tmp_path_factory.mktemp("gateway"), resources, **kwargs)
        running.append(gateway)
        return gateway

    yield begin
    complaints = []
    for gateway in running:
        try:
            if gateway.alive():
                gateway.check_sums()
        except (AssertionError, OSError) as error:
            complaints.append(error)
        try:
            gateway.stop()
        except AssertionError as error:
            complaints.append(error)
    assert not complaints, "\n".join(map(str, complaints))


@pytest.fixture
def primary(closing):
    """The live backend, whose answers the client must get."""
    from harness import Backend

    return closing(Backend())
