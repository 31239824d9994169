"""The demo a newcomer runs first."""

import os
import re
import signal
import subprocess
import sys

from harness.gateway import BINARY, ROOT

DEMO = [sys.executable, str(ROOT / "examples" / "demo.py")]


def environment():
    return {**os.environ, "GNOMON_BIN": str(BINARY)}


def test_demo_shows_what_client_and_shadow_got(tmp_path):
    run = subprocess.run([*DEMO, "--once"], capture_output=True, text=True, timeout=60, env=environment())
    assert run.returncode == 0, run.stdout + run.stderr
    live, shadow = run.stdout.split("petstore-v2, the shadow, was asked")
    assert "200 from petstore v1" in live and "from petstore-v2" not in live
    assert live.count("Host: shop.example.com\n") + live.count("Host: shop.example.com  ") == 3
    assert len(re.findall(r"Host: shop\.example\.com-shadow", shadow)) == 3
    assert "gnomon_shadow_copied_total" in shadow
    assert "curl -i http://127.0.0.1:" in shadow


def heed_ctrl_c():
    """Whoever runs the tests in the background of a script has it ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_stops_all_of_it():
    demo = subprocess.Popen(
        DEMO, stdout=subprocess.PIPE, text=True, env=environment(), start_new_session=True, preexec_fn=heed_ctrl_c
    )
    for line in demo.stdout:
        if "Ctrl-C" in line:
            break
    children = children_of(demo.pid)
    assert len(children) == 3
    demo.send_signal(signal.SIGINT)
    assert demo.wait(30) == 0
    demo.stdout.close()
    assert not any(os.path.exists(f"/proc/{pid}") for pid in children)


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]
