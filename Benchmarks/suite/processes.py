"""Child processes: what they cost, and that none is left behind."""

import atexit
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass

_alive = set()


@dataclass
class Outcome:
    """What a process that has ended took."""

    wall: float
    cpu: float
    peak_bytes: int
    output: str


def start(command, cores=None, **options):
    """Starts a process that ends with us at the latest."""
    affinity = (lambda: os.sched_setaffinity(0, cores)) if cores else None
    process = subprocess.Popen(command, preexec_fn=affinity, **options)
    _alive.add(process)
    return process


def end(process, number=signal.SIGKILL, timeout=60):
    """Ends a process, by force where it does not obey in time."""
    if process.poll() is None:
        process.send_signal(number)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    _alive.discard(process)


def end_all():
    for process in list(_alive):
        end(process)


def run(command, timeout, cores=None, **options):
    """Runs a command to its end, and measures it."""
    with tempfile.TemporaryFile("w+") as output:
        before = time.perf_counter()
        process = start(command, cores, stdout=output, **options)
        alarm = threading.Timer(timeout, process.kill)
        alarm.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - before
        alarm.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        _alive.discard(process)
        if process.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))}: ended with {process.returncode}")
        output.seek(0)
        return Outcome(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, output.read())


atexit.register(end_all)
for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda *_: sys.exit(1))
