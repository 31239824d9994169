"""The programs of the demo: they print a line when they are ready, and are stopped in order."""

import os
import re
import select
import signal
import subprocess
import time

DEADLINE_S = 30


class Child:
    """A program of the demo, and the lines that it prints."""

    started = []  # all of them, in order

    def __init__(self, name, *command):
        self.name = name
        self.lines = []
        self.pending = b""
        # A session of its own: Ctrl-C reaches this script alone, which then stops them in order.
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
        Child.started.append(self)

    def wait_for(self, pattern):
        """The first line printed that matches."""
        end = time.monotonic() + DEADLINE_S
        while True:
            for line in self.lines:
                if match := re.search(pattern, line):
                    return match
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))
            data = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not data:
                raise SystemExit(f"{self.name} did not start: waited for {pattern!r}, got {self.lines}")
            *whole, self.pending = (self.pending + data).split(b"\n")
            self.lines += [line.decode() for line in whole]

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
