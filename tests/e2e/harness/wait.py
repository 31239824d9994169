"""Waiting for a condition with a deadline. Nothing in the tests waits for time to pass instead."""

import select
import time

POLL_S = 0.005


def eventually(condition, timeout_s=10.0):
    """The first true value of condition(). A condition may also assert: its last complaint is shown."""
    end = time.monotonic() + timeout_s
    while True:
        try:
            complaint = None
            if value := condition():
                return value
        except AssertionError as error:
            complaint = error
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout_s} s: {complaint or condition}")
        select.select([], [], [], POLL_S)


def never(condition, within_s=0.3):
    """Asserts that nothing of the kind happens for a while: for what must not happen there is no event to wait for."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        value = condition()
        assert not value, f"happened: {value}"
        select.select([], [], [], POLL_S)
