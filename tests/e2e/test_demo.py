"""The demo a newcomer runs first."""

import os
import re
import signal
import subprocess
import sys

import pytest
from harness.gateway import BINARY, ROOT

DEMO = [sys.executable, str(ROOT / "examples" / "demo")]
NOISE = ("viewedAt", "placedAt", "tags", "order")


def environment(folder):
    return {**os.environ, "GNOMON_BIN": str(BINARY), "TMPDIR": str(folder)}


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    run = subprocess.run([*DEMO, "--once"], capture_output=True, text=True, timeout=180, env=environment(folder))
    assert run.returncode == 0, run.stdout + run.stderr
    assert list(folder.iterdir()) == []
    return run.stdout


def test_demo_shows_what_client_and_shadow_got(shown):
    tour, _ = shown.split("Same requests.")
    live, shadow = tour.split("petstore-v2, the shadow, was asked")
    assert "200 from petstore v1" in live and "from petstore-v2" not in live
    assert len(re.findall(r"Host: shop\.example\.com(?:$|  )", live, re.M)) == 3
    assert len(re.findall(r"Host: shop\.example\.com-shadow", live)) == 3
    assert len(re.findall(r"Host: shop\.example\.com-shadow", shadow)) == 3


def test_verdict_turns_to_fail_and_names_four_causes_and_no_noise(shown):
    _, verdict = shown.split("proven against petstore-v2\n")
    looks, verdict = verdict.split("\nFAIL: ")
    assert re.findall(r"UNDECIDED|FAIL", looks)[0] == "UNDECIDED"
    assert looks.rstrip().endswith("FAIL       renamed, rounding, failures, slow")
    findings, noise = verdict.split("\nNoise, ")
    assert re.findall(r"^  (\d)\. ", findings, re.M) == ["1", "2", "3", "4"]
    assert not [name for name in NOISE if re.search(rf"\$\S*\.{name}\b", findings)]
    assert {path.rpartition(".")[2] for path in re.findall(r"  (\$\S*)", noise)} == set(NOISE)
    assert re.search(r"Clients got \d{3,} answers, 0 of them errors\.", noise)
    assert "gnomon differences" in noise and "--sample 1" in noise


def heed_ctrl_c():
    """Whoever runs the tests in the background of a script has it ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_stops_all_of_it(tmp_path):
    demo = subprocess.Popen(
        DEMO, stdout=subprocess.PIPE, text=True, env=environment(tmp_path), start_new_session=True, preexec_fn=heed_ctrl_c
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
    assert list(tmp_path.iterdir()) == []


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]
