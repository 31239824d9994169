"""The real program, started on a configuration of the test's own."""

import json
import os
import re
import signal
import subprocess
import threading
import urllib.error
import urllib.request
from pathlib import Path

from harness import config
from harness.client import Client
from harness.metrics import Metrics
from harness.wait import eventually

ROOT = Path(__file__).resolve().parents[3]
BINARY = Path(os.environ.get("GNOMON_BIN", ROOT / "build" / "release" / "gnomon"))
SANITIZED = next((name for name in ("asan", "tsan") if name in str(BINARY)), None)
START_S = 30
SANITIZER_REPORT = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|LeakSanitizer")


def patience(seconds):
    """A time limit, longer under a sanitizer."""
    return seconds * (5 if SANITIZED else 1)


class Gateway:
    """A running gnomon. `folder` holds its configuration (in config/) and its log."""

    def __init__(self, folder, resources, args=(), workers=1, env=None, open_files=None, file_bytes=None, manifest=None):
        self.folder = folder
        self.config = folder / "config"
        self.config.mkdir(exist_ok=True)
        self.log_path = folder / "log"
        self.write(resources)
        command = [str(BINARY), "run", "-c", str(manifest or self.config), "--admin", "127.0.0.1:0", "--workers", str(workers)]
        if open_files:
            command = ["prlimit", f"--nofile={open_files}", *command]
        if file_bytes:
            command = ["prlimit", f"--fsize={file_bytes}", *command]
        self.log_file = self.log_path.open("wb")
        self.process = subprocess.Popen(
            [*command, *args],
            stdout=subprocess.PIPE,
            stderr=self.log_file,
            env={**os.environ, "GNOMON_SHADOW_GRACE": "200ms", "GNOMON_DRAIN_TIMEOUT": "5s", **(env or {})},
        )
        self.lines = []
        self.out_ended = threading.Event()
        self.reader = threading.Thread(target=self.read_output, daemon=True)
        self.reader.start()
        try:
            self.wait_line(r"^ready$")
            self.ports = self.announced("listening")
            self.admin_port = self.announced("admin")[0]
        except BaseException:
            self.process.kill()
            raise

    # ---- configuration

    def write(self, resources, name="gateway.yaml"):
        """Replaces a file of the configuration in one step, as an editor or a rollout does."""
        text = resources if isinstance(resources, str) else config.dump(resources)
        temporary = self.folder / f".{name}.new"
        temporary.write_text(text)
        temporary.rename(self.config / name)

    # ---- process

    def read_output(self):
        for line in self.process.stdout:
            self.lines.append(line.decode().rstrip("\n"))
        self.out_ended.set()

    def announced(self, what):
        """The ports that it said it listens on."""
        return [int(m[1]) for line in self.lines if (m := re.match(rf"{what} on \S*:(\d+)", line))]

    def wait_line(self, pattern, timeout_s=START_S):
        def found():
            line = next((line for line in self.lines if re.search(pattern, line)), None)
            if line is None and self.out_ended.is_set():
                raise RuntimeError(f"gnomon ended before it printed {pattern!r}: {self.lines}\n{self.log()}")
            return line

        return eventually(found, timeout_s)

    def log(self):
        return self.log_path.read_text(errors="replace")

    def wait_log(self, pattern, timeout_s=10):
        return eventually(lambda: re.search(pattern, self.log()), timeout_s)

    def signal(self, number):
        self.process.send_signal(number)

    def wait_exit(self, timeout_s=30):
        return self.process.wait(timeout_s)

    def stop(self):
        """SIGTERM, and the checks that hold for every test."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(patience(20))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"gnomon did not stop\n{self.log()}") from None
        finally:
            self.reader.join()
            self.process.stdout.close()
            self.log_file.close()
        assert not SANITIZER_REPORT.search(self.log()), self.log()
        assert code == 0, f"exit code {code}\n{self.log()}"

    def alive(self):
        return self.process.poll() is None

    # ---- what it uses

    def memory_bytes(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    # ---- traffic

    @property
    def port(self):
        return self.ports[0]

    def client(self, **kwargs):
        return Client(self.port, **kwargs)

    def get(self, target="/", **kwargs):
        """One request on a connection of its own."""
        with self.client() as client:
            return client.request("GET", target, **kwargs)

    # ---- admin

    def admin(self, path, method="GET"):
        """Status and text of an admin endpoint."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.admin_port}{path}", method=method)
        try:
            with urllib.request.urlopen(request, timeout=patience(10)) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def admin_json(self, path):
        status, text = self.admin(path)
        assert status == 200, text
        return json.loads(text)

    def metrics(self):
        status, text = self.admin("/metrics")
        assert status == 200
        return Metrics(text)

    def reload(self):
        return self.admin("/reload", "POST")

    def check_sums(self):
        # Counters of one request are not read at one instant, so a busy gateway may need a second look.
        eventually(lambda: self.metrics().check_sums() is None, patience(5))

    def settle(self, timeout_s=10):
        """The metrics once no copy is under way."""
        def idle():
            metrics = self.metrics()
            metrics.check_sums()
            assert metrics.total("gnomon_shadow_in_flight") == 0
            return metrics

        return eventually(idle, patience(timeout_s))
