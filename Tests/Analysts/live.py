"""A daemon that works on the world's events, as a user of its own where that is asked for."""
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time


def until(what, fact, seconds=120):
    """Waits until `fact()` is true, and returns what it gave."""
    end = time.monotonic() + seconds
    while not (value := fact()):
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.02)
    return value


class Live:
    """`state/` with the database, `run/` with the sockets, `log`."""

    def __init__(self, binaries, world, folder, user=None, group=None):
        """- user, group: who the daemon is, and whose group the state's folder has; numbers."""
        os.mkdir(folder)
        self.state, self.run = os.path.join(folder, "state"), os.path.join(folder, "run")
        self.database = os.path.join(self.state, "banrisk.db")
        self._events, self._log = world.events, os.path.join(folder, "log")
        self._config = os.path.join(folder, "banrisk.yaml")
        # Build folders need not be open to other users.
        self.daemon = shutil.copy(os.path.realpath(os.path.join(binaries, "banriskd")), folder)
        world.copy_inputs(folder)
        with open(world.config, encoding="utf-8") as source, open(self._config, "w", encoding="utf-8") as target:
            target.write(source.read() + f"state_directory: {self.state}\nruntime_directory: {self.run}\n"
                         "snapshot_interval: 10s\n")
        os.mkdir(self.state)
        os.mkdir(self.run)
        self._become = []
        if user is not None:
            os.chown(self.state, user, group)
            os.chmod(self.state, 0o2750)
            os.chown(self.run, user, -1)
            self._become = ["setpriv", "--reuid", str(user), "--regid", str(user), "--clear-groups"]
        self._process = None
        self._fed = 0
        with open(self._events, "rb") as file:
            self._lines = file.readlines()

    def start(self):
        with open(self._log, "ab") as log:
            command = [*self._become, self.daemon, "--config", self._config]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until("the daemon", lambda: (self.status() or {}).get("phase") == "running")

    def status(self):
        assert self._process.poll() is None, f"the daemon has ended, see {self._log}"
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(60)
                connection.connect(os.path.join(self.run, "control.sock"))
                connection.sendall(b"status\n")
                return json.loads(b"".join(iter(lambda: connection.recv(65_536), b"")))
        except OSError:
            return None

    def feed(self, count):
        """Sends the next so many events of the world."""
        lines = self._lines[self._fed:self._fed + count]
        assert lines, "the world has no more events"
        self._fed += len(lines)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(os.path.join(self.run, "events.sock"))
            connection.sendall(b"".join(lines))

    def settle(self):
        """Waits until what was fed is in the database."""
        until("the events to be written",
              lambda: (status := self.status()) and status["sequence"]["applied"] >= self._fed)

    def writing(self):
        """A context in which the daemon has events to write all the time."""
        return _Writing(self)

    def stop(self):
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(90) == 0

    def kill(self):
        self._process.kill()
        self._process.wait(30)

    def end(self):
        if self._process and self._process.poll() is None:
            self.kill()


class _Writing:
    def __init__(self, live):
        self._live, self._done, self._fault = live, threading.Event(), None
        self._thread = threading.Thread(target=self._write)

    def _write(self):
        try:
            while not self._done.is_set():
                self._live.feed(200)
                self._live.settle()
        except BaseException as fault:  # told where the context ends
            self._fault = fault

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()
        if self._fault:
            raise self._fault
