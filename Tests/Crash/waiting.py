"""Waiting with an end: every wait says what it waited for when that does not come."""
import time


class Failure(Exception):
    """What was to be has not been."""


def until(what, fact, seconds=30, pause=0.005):
    """Asks `fact` until it gives something true, and returns that."""
    deadline = time.monotonic() + seconds
    while True:
        answer = fact()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise Failure(f"waited {seconds} s for {what() if callable(what) else what}")
        time.sleep(pause)
