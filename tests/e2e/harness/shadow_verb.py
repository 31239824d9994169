"""`gnomon shadow`, which serves without a configuration."""

import contextlib
import os
import re
import signal
import subprocess

from harness.gateway import BINARY, patience


@contextlib.contextmanager
def shadow_verb(primary, candidate, *flags, folder):
    """Runs it until the end of the block; gives the ports by what is said of them, "listening" and "admin"."""
    command = [BINARY, "shadow", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--workers", "1"]
    command += ["--primary", primary, "--candidate", candidate, *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"TMPDIR": str(folder)}) as process:
        try:
            ports = {}
            for line in process.stdout:
                if match := re.match(r"(listening|admin) on \S*:(\d+)", line):
                    ports[match[1]] = int(match[2])
                if line == "ready\n":
                    break
            yield ports
            process.send_signal(signal.SIGTERM)
            assert process.wait(patience(20)) == 0
        finally:
            process.kill()
