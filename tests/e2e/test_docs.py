"""What the documentation shows is tried out.

A fenced block is run when the line before it is `<!-- run -->`: yaml goes through `gnomon check`, sh through a
shell in the project's root with `gnomon` on the PATH. `docs/SHADOW_SAFETY.md` names tests, which must exist.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest
from harness.gateway import BINARY, ROOT

BLOCK = re.compile(r"^<!-- run -->\n```(\w+)\n(.*?)^```$", re.M | re.S)
PAGES = [path for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))) if path.exists()]
EXAMPLES = [
    pytest.param(kind, text, id=f"{page.name}:{page.read_text().count(chr(10), 0, page.read_text().index(text))}")
    for page in PAGES
    for kind, text in BLOCK.findall(page.read_text())
]


@pytest.mark.parametrize(("kind", "text"), EXAMPLES)
def test_example_works(kind, text, tmp_path):
    if kind == "yaml":
        (tmp_path / "example.yaml").write_text(text)
        command = [str(BINARY), "check", str(tmp_path)]
    else:
        command = ["bash", "-euo", "pipefail", "-c", text]
    run = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PATH": f"{BINARY.parent}:{os.environ['PATH']}"},
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_proof_in_shadow_safety_exists():
    tests = "".join(path.read_text() for path in (ROOT / "tests" / "e2e").glob("test_*.py"))
    page = ROOT / "docs" / "SHADOW_SAFETY.md"
    named = set(re.findall(r"`(test_\w+)`", page.read_text()))
    assert named
    missing = [name for name in named if f"def {name}(" not in tests]
    assert missing == []


def test_tests_named_in_the_documentation_exist():
    for page in PAGES:
        for file, name in re.findall(r"`((?:tests/e2e/)?test_\w+\.py)(?:::| )?`?\s*`?(test_\w+)?", page.read_text()):
            path = ROOT / "tests" / "e2e" / Path(file).name
            assert path.exists(), f"{page.name} names {file}"
            if name:
                assert f"def {name}(" in path.read_text(), f"{page.name} names {file} {name}"


def test_relative_links_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
