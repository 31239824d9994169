"""The soak at a size that fits a test run; `./x soak` does the million."""

import os
import subprocess
import sys

from harness.gateway import BINARY, ROOT


def test_soak_at_small_size_leaves_nothing_behind():
    run = subprocess.run(
        [sys.executable, str(ROOT / "bench" / "soak.py"), "--requests", "5000"],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "GNOMON_BIN": str(BINARY)},
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "nothing stayed behind" in run.stdout
