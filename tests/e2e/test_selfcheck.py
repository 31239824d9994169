"""`gnomon selfcheck`: a whole of its own, which starts gateway, services and clients itself."""

import json
import os
import re
import signal
import stat
import subprocess
from pathlib import Path

import pytest
from harness.gateway import BINARY, patience
from harness.wait import eventually

NAMES = """equal noise wrong-value renamed-field changed-type missing-field shorter-list rounded reordered-list
    missing-header changed-status server-error refused hung cut-short slow slow-tail""".split()


def command(*args):
    return [str(BINARY), "selfcheck", *map(str, args)]


def run(folder, *args, **env):
    found = subprocess.run(
        command(*args), capture_output=True, text=True, timeout=patience(180), env={**os.environ, "TMPDIR": str(folder), **env}
    )
    assert list(folder.iterdir()) == []
    return found


@pytest.mark.serial
def test_every_scenario_is_as_expected(tmp_path):
    found = run(tmp_path, "--json")
    report = json.loads(found.stdout)
    assert found.returncode == 0 and report["green"], found.stdout + found.stderr
    assert [each["name"] for each in report["scenarios"]] == NAMES
    seen = {each["name"]: each for each in report["scenarios"]}
    assert seen["equal"]["found"] == {"ruling": "PASS", "checks": [], "fields": []}
    assert seen["equal"]["comparisons"] > 4000
    assert seen["noise"]["found"]["ruling"] != "FAIL" and seen["noise"]["comparisons"] >= 3000
    faults = [each for each in report["scenarios"] if each["name"] not in ("equal", "noise")]
    assert {each["found"]["ruling"] for each in faults} == {"FAIL"}
    assert [(field["endpoint"], field["path"], field["kind"]) for field in seen["wrong-value"]["found"]["fields"]] == [
        ("GET /wrong-value/pets/{}", "$.price", "value")
    ]
    assert seen["refused"]["found"]["checks"] == seen["hung"]["found"]["checks"] == ["errors"]
    assert seen["slow-tail"]["found"]["checks"] == ["first_byte_tail", "total_tail"]
    assert all(each["wrongAnswers"] == 0 and each["requests"] > 0 for each in report["scenarios"])


def test_some_scenarios_and_a_table(tmp_path):
    found = run(tmp_path, "--only", "hung", "--only", "renamed-field", "--seed", 7)
    assert found.returncode == 0, found.stdout + found.stderr
    lines = found.stdout.splitlines()
    assert lines[0].split() == ["SCENARIO", "EXPECTED", "FOUND", "REQUESTS", "TIME"]
    assert sorted(line.split()[1] for line in lines[1:3]) == ["hung", "renamed-field"]
    assert all(line.startswith("ok ") for line in lines[1:3])
    assert "FAIL by $.fullName (added), $.name (removed)" in found.stdout
    assert lines[-1].startswith("2 of 2 as expected") and "got the primary's answer" in lines[-1]


def test_what_is_meant_for_the_user_s_own_gateway_is_not_for_this_one(tmp_path):
    found = run(tmp_path, "--only", "refused", GNOMON_LISTEN="127.0.0.1:1", GNOMON_ACCESS_LOG="/proc/nothing")
    assert found.returncode == 0, found.stdout + found.stderr


def test_variables_of_another_verb_are_no_concern_of_this_one(tmp_path):
    found = run(tmp_path, "--list", GNOMON_CONFIG="/nowhere", GNOMON_LISTEN="nonsense", GNOMON_WORKERS="many")
    assert found.returncode == 0, found.stderr
    served = subprocess.run([BINARY, "run"], capture_output=True, text=True, env={**os.environ, "GNOMON_CONFIG": "/nowhere"})
    assert served.returncode == 2 and "/nowhere" in served.stderr


def test_list_names_them(tmp_path):
    found = run(tmp_path, "--list")
    assert found.returncode == 0
    assert [line.split()[0] for line in found.stdout.splitlines()] == NAMES


@pytest.mark.parametrize(
    ("flags", "complaint"), [(["--only", "nothing"], '"nothing"'), (["--seed", "many"], "--seed"), (["--fast"], "--fast")]
)
def test_flags_that_cannot_be_are_refused(tmp_path, flags, complaint):
    found = run(tmp_path, *flags)
    assert found.returncode == 2 and complaint in found.stderr


def test_a_gateway_that_cannot_be_started_is_said(tmp_path):
    found = subprocess.run(
        command(), capture_output=True, text=True, timeout=60, env={**os.environ, "TMPDIR": str(tmp_path / "missing")}
    )
    assert found.returncode == 4 and "temporary folder" in found.stderr


def test_too_few_files_that_may_be_open_are_said():
    found = subprocess.run(["prlimit", "--nofile=1000", *command()], capture_output=True, text=True, timeout=60)
    assert found.returncode == 4 and "only 1000 files may be open, 1024 are needed" in found.stderr


# ---- whatever happens, nothing stays behind


def children_of(pid):
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def serving(pid):
    """It has clients: before there are fewer sockets, but for the moment in which it still has its parent's."""
    try:
        if b"run" not in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
            return False
        return sum("socket:" in os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()) >= 40
    except OSError:
        return False


def default_signals():
    """Whoever runs the tests in the background of a script has it ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def begun(tmp_path):
    """A selfcheck at work, and its gateway."""
    process = subprocess.Popen(
        command(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        preexec_fn=default_signals,
    )
    gateway = eventually(lambda: children_of(process.pid), patience(20))[0]
    eventually(lambda: serving(gateway), patience(20))
    yield process, gateway
    process.kill()
    process.wait()
    process.stdout.close()


def gone(pid):
    """Or dead, where nobody asks what became of it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_its_folder_is_its_own(begun, tmp_path):
    (folder,) = tmp_path.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_of_it(begun, tmp_path, how):
    process, gateway = begun
    process.send_signal(how)
    assert process.wait(patience(20)) == 130
    assert gone(gateway)
    assert list(tmp_path.iterdir()) == []


def test_a_gateway_that_is_killed_is_no_green_run(begun, tmp_path):
    process, gateway = begun
    os.kill(gateway, signal.SIGKILL)
    text, _ = process.communicate(timeout=patience(20))
    assert process.returncode == 1 and "ended by signal 9" in text and "NOT OK  noise" in text
    assert len(re.findall("^(?:ok  |NOT OK) ", text, re.M)) == len(NAMES) and "NOT OK  slow-tail" in text
    assert gone(gateway)
    assert list(tmp_path.iterdir()) == []


def test_the_gateway_does_not_outlive_it(begun):
    process, gateway = begun
    process.kill()
    process.wait()
    eventually(lambda: gone(gateway), patience(10))
