"""A real banriskd on a state of its own."""

import json
import os
import signal
import socket
import sys
import time

import processes
from context import FIRST_CORE

TICK = os.sysconf("SC_CLK_TCK")


class Daemon:
    """Runs on `cores` with as many shards; its state is in `folder`. Settings are lines of the configuration."""

    def __init__(self, context, folder, cores, **settings):
        self.context, self.folder, self.cores = context, folder, cores
        self.database = str(folder / "banrisk.db")
        self.process = None
        lines = {
            "state_directory": ".",
            "runtime_directory": ".",
            "geoip": f'["{context.city}"]',
            "shards": len(cores),
            "snapshot_interval": "24h",
            **settings,
        }
        (folder / "banrisk.yaml").write_text("".join(f"{key}: {value}\n" for key, value in lines.items()))

    def start(self, timeout=600):
        """Returns the seconds until it is ready."""
        before = time.perf_counter()
        with open(self.folder / "log", "a") as log:
            self.process = processes.start(
                [self.context.banriskd, "--config", str(self.folder / "banrisk.yaml")],
                self.cores,
                stdout=log,
                stderr=log,
            )
        while time.perf_counter() - before < timeout:
            if self.process.poll() is not None:
                sys.exit(f"banriskd ended:\n{(self.folder / 'log').read_text()[-2000:]}")
            status = self.status()
            if status and status["phase"] == "running":
                return time.perf_counter() - before
            time.sleep(0.01)
        sys.exit("banriskd does not get ready")

    def status(self):
        """The answer on the control socket, or `None`."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(30)
            try:
                client.connect(str(self.folder / "control.sock"))
                client.sendall(b"status\n")
                answer = b"".join(iter(lambda: client.recv(65_536), b""))
            except OSError:
                return None
        return json.loads(answer) if answer else None

    def take(self, path, count):
        """Sends a file of `count` events; returns (wall, cpu) seconds until all of it is in the database."""
        received = self.status()["sequence"]["received"]
        before, spent = time.perf_counter(), self.cpu()
        processes.run(
            [self.context.banrisk, "send", "--socket", str(self.folder / "events.sock"), path], 3600, FIRST_CORE
        )
        self.drain(received + count)
        return time.perf_counter() - before, self.cpu() - spent

    def drain(self, through, timeout=3600):
        """Waits until the database has everything up to a number."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            status = self.status()
            if status and status["sequence"]["applied"] >= through:
                return
            time.sleep(0.01)
        sys.exit("banriskd does not write what it received")

    def cpu(self):
        """Seconds of processor time so far, of all threads."""
        fields = open(f"/proc/{self.process.pid}/stat").read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self):
        """Bytes: all that is resident, and of it what no file backs."""
        lines = dict(line.split(":", 1) for line in open(f"/proc/{self.process.pid}/status"))
        return {
            name: int(lines[key].split()[0]) * 1024
            for name, key in (("resident", "VmRSS"), ("anonymous", "RssAnon"), ("peak", "VmHWM"))
        }

    def stop(self, number=signal.SIGTERM):
        processes.end(self.process, number)
