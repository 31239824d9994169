"""Starting, draining, stopping."""

import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest
from harness import Backend, Client, eventually, patience
from harness.backend import ok
from harness.client import request_bytes
from harness.config import dump, gateway, route, upstream, virtual_service
from harness.gateway import BINARY


def serving(backend):
    return [gateway(), upstream("primary", backend), virtual_service(route())]


@pytest.fixture
def gated(closing):
    """A backend that answers when its gate is opened."""

    def script(connection):
        while connection.request() is not None:
            connection.backend.gate.wait(20)
            connection.send(ok(b"late"))

    backend = Backend(script)
    backend.gate = threading.Event()
    return closing(backend)


def refused(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_sigterm_lets_live_requests_finish(start, gated):
    gw = start(serving(gated))
    with gw.client() as busy, gw.client() as idle:
        idle.send(b"")
        busy.send(request_bytes())
        gated.wait_requests(1)
        gw.signal(signal.SIGTERM)
        eventually(lambda: refused(gw.port))
        assert gw.alive()
        gated.gate.set()
        response = busy.read()
        assert response.body == b"late"
        assert response.header("connection") == "close"
        busy.ended()
        idle.ended()
    assert gw.wait_exit() == 0


def test_readiness_turns_false_while_draining(start, gated):
    gw = start(serving(gated))
    assert gw.admin("/ready")[0] == 200
    assert gw.admin("/healthz")[0] == 200
    with gw.client() as busy:
        busy.send(request_bytes())
        gated.wait_requests(1)
        gw.signal(signal.SIGTERM)
        eventually(lambda: gw.admin("/ready")[0] == 503)
        assert gw.admin("/healthz")[0] == 200
        gated.gate.set()
        assert busy.read().body == b"late"
    assert gw.wait_exit() == 0


def test_drain_ends_at_its_limit(start, gated):
    gw = start(serving(gated), args=["--drain-timeout", "300ms"])
    with gw.client() as busy:
        busy.send(request_bytes())
        gated.wait_requests(1)
        gw.signal(signal.SIGTERM)
        assert gw.wait_exit(patience(5)) == 0
        busy.rest()
        assert busy.reader.end


def test_idle_gateway_stops_at_once(start, primary):
    gw = start(serving(primary))
    with gw.client() as client:
        client.request()
        gw.signal(signal.SIGINT)
        assert gw.wait_exit(patience(3)) == 0


def test_environment_sets_what_flags_set(primary, tmp_path, closing):
    file = tmp_path / "gateway.yaml"
    file.write_text(dump(serving(primary)))
    process = subprocess.Popen(
        [str(BINARY), "run"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "GNOMON_CONFIG": str(file), "GNOMON_ADMIN": "127.0.0.1:0", "GNOMON_WORKERS": "1"},
    )
    try:
        lines = []
        for line in process.stdout:
            lines.append(line.strip())
            if lines[-1] == "ready":
                break
        port = int(next(line for line in lines if line.startswith("listening on")).split(" ")[2].rpartition(":")[2])
        with Client(port) as client:
            assert client.request().body == b"ok"
    finally:
        process.terminate()
        assert process.wait(10) == 0
        process.stdout.close()


def test_listen_overrides_the_address(start, primary):
    resources = [gateway(port=1), upstream("primary", primary), virtual_service(route())]
    gw = start(resources, args=["--listen", "127.0.0.1:0"])
    assert gw.get().status == 200


def test_gateway_resource_is_not_needed(start, primary):
    gw = start([upstream("primary", primary), virtual_service(route())], args=["--listen", "127.0.0.1:0"])
    assert gw.get().status == 200


def test_bad_configuration_stops_the_start_with_a_place(tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text("apiVersion: gateway.solo.io/v1\nkind: VirtualService\nmetadata: {name: x}\nspec: {virtualHst: {}}\n")
    run = subprocess.run(
        [str(BINARY), "run", "-c", str(file), "--admin", "127.0.0.1:0"], capture_output=True, text=True, timeout=20
    )
    assert run.returncode != 0
    assert "bad.yaml:4:" in run.stderr + run.stdout


def test_taken_port_is_said_plainly(primary, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        file = tmp_path / "gateway.yaml"
        file.write_text(dump([gateway(port=taken.getsockname()[1]), *serving(primary)[1:]]))
        run = subprocess.run(
            [str(BINARY), "run", "-c", str(file), "--admin", "127.0.0.1:0"], capture_output=True, text=True, timeout=20
        )
    assert run.returncode != 0
    assert "in use" in (run.stderr + run.stdout).lower()


def test_workers_share_the_load(start, primary):
    gw = start(serving(primary), workers=4)
    for _ in range(40):
        assert gw.get().status == 200


@pytest.mark.skipif(os.geteuid() != 0, reason="not root: every other test shows it already")
def test_root_is_not_needed(primary):
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        file = Path(folder) / "gateway.yaml"
        file.write_text(dump(serving(primary)))
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        if subprocess.run([*nobody, str(BINARY), "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
            pytest.skip("the build lies where nobody else may look")
        process = subprocess.Popen(
            [*nobody, str(BINARY), "run", "-c", str(file), "--admin", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True
        )
        assert any(line.strip() == "ready" for line in iter(process.stdout.readline, ""))
        process.terminate()
        assert process.wait(10) == 0
        process.stdout.close()


def run_and_fail(resources, tmp_path, *args):
    file = tmp_path / "gateway.yaml"
    file.write_text(dump(resources))
    command = [str(BINARY), "run", "-c", str(file), "--admin", "127.0.0.1:0", *args]
    run = subprocess.run(command, capture_output=True, text=True, timeout=20)
    return run.returncode, run.stderr + run.stdout


def test_errors_of_listen_name_the_flag(primary, tmp_path):
    code, said = run_and_fail(serving(primary), tmp_path, "--listen", "nowhere")
    assert (code, "--listen" in said, "nowhere" in said) == (2, True, True), said
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        code, said = run_and_fail(serving(primary), tmp_path, "--listen", address)
    assert code == 1
    assert re.search(rf"--listen: .*{address}.* in use", said), said


def test_listen_beside_two_listeners_is_an_error(primary, tmp_path):
    second = gateway(address="127.0.0.2")
    second["metadata"] = {"name": "second", "namespace": "gloo-system"}
    code, said = run_and_fail([*serving(primary), second], tmp_path, "--listen", "127.0.0.1:0")
    assert code == 2
    assert re.search(r"--listen .* only listener.* 2: .*127.0.0.1.*127.0.0.2", said), said
