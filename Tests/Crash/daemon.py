"""The daemon as a process: started, asked, signalled, killed."""
import json
import os
import shutil
import signal
import socket
import subprocess
import time

from waiting import Failure, until

SETTLED_SECONDS = 120  # for what takes as long as there are events


def can_trace():
    """Whether strace is there and may trace."""
    return bool(shutil.which("strace")) and subprocess.run(
        ["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode == 0


class Daemon:
    """A `banriskd` on a folder: `config.yaml`, `state`, `run`, and `log`, to which all its lives write."""

    answer_seconds = 10

    def __init__(self, binaries, folder):
        self.binaries = binaries
        self.folder = folder
        self.config = os.path.join(folder, "config.yaml")
        self.log = os.path.join(folder, "log")
        self.trace = os.path.join(folder, "trace")
        self.events = os.path.join(folder, "run", "events.sock")
        self.control = os.path.join(folder, "run", "control.sock")
        self.lives = 0
        self.process = None
        self._traced = False
        self._started = 0.0
        self.startup = 0.1  # seconds until the state was rebuilt, last time

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self):
        """The daemon's number, which under a tracer is not the process's; `None` where it has ended."""
        if not self._traced:
            return self.process.pid
        try:
            with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as file:
                return int(file.read().split()[0])
        except (OSError, IndexError):
            return None

    def start(self, environment=None, limits=None, wrapper=(), injection=None):
        """Begins a life.

        - limits: called in the new process before the program.
        - wrapper: a command that becomes the daemon.
        - injection: what strace does to its syncs (strace(1), `inject=`).
        """
        assert not self.is_running
        self.lives += 1
        self._started = time.monotonic()
        self._traced = injection is not None
        if injection:
            wrapper = ["strace", "-f", "-qq", "-A", "-o", self.trace, "-e", "trace=fsync,fdatasync",
                       "-e", f"inject=fsync,fdatasync:{injection}", "--"]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*wrapper, os.path.join(self.binaries, "banriskd"), "--config", self.config],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **(environment or {})},
                preexec_fn=limits, start_new_session=True)

    def wait_until_listening(self, seconds=60):
        def listens():
            self.expect_alive()
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                return probe.connect_ex(self.control) == 0
        until("the daemon to listen", listens, seconds)

    def wait_for(self, what, fact, seconds=SETTLED_SECONDS):
        """Waits until `fact(status)` holds, and returns the status."""
        last = {}

        def holds():
            nonlocal last
            self.expect_alive()
            last = self.status() or last
            return last and fact(last)
        until(lambda: f"{what}; the last status was {json.dumps(last)[:2000]}", holds, seconds, pause=0.02)
        return last

    def wait_until_running(self, seconds=SETTLED_SECONDS):
        status = self.wait_for("the state to be rebuilt", lambda status: status["phase"] == "running", seconds)
        self.startup = time.monotonic() - self._started
        return status

    def status(self):
        """The daemon's answer; `None` where there is none."""
        answer = self.ask("status", self.answer_seconds)
        return json.loads(answer) if answer else None

    def ask(self, request, seconds=60):
        """A question to the control socket; `None` where nobody answers."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(seconds)
                connection.connect(self.control)
                connection.sendall(request.encode() + b"\n")
                parts = []
                while part := connection.recv(65_536):
                    parts.append(part)
                return b"".join(parts).decode().strip() or None
        except TimeoutError:
            raise Failure(f"waited {seconds} s for the daemon's answer to {request}")
        except OSError:
            return None

    def expect_alive(self):
        if not self.is_running:
            raise Failure(f"the daemon has ended by itself, status {self.process.poll()}: {self.last_words()}")

    def signal(self, number):
        if self.is_running and (pid := self.pid):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def kill(self):
        """Ends it as a crash would. Whether it was there to be killed."""
        if self.process is None:
            return False
        self.signal(signal.SIGKILL)
        status = self._wait(30)
        if status not in (-signal.SIGKILL, 0):
            raise Failure(f"the daemon ended by itself with status {status}: {self.last_words()}")
        return status == -signal.SIGKILL

    def stop(self, seconds=60):
        """Ends it in order."""
        self.expect_alive()
        self.signal(signal.SIGTERM)
        status = self._wait(seconds)
        if status != 0:
            raise Failure(f"a stop ended with status {status}: {self.last_words()}")

    def wait_for_end(self, seconds=60):
        """Waits for it to end by itself, and returns its exit status."""
        return self._wait(seconds)

    def _wait(self, seconds):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure(f"waited {seconds} s for the daemon to end: {self.last_words()}")

    def end(self):
        """Whatever has happened, it does not stay behind."""
        if self.is_running:
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGKILL)
            if self._traced:
                self.process.kill()
            self.process.wait(30)

    def injected(self, mark):
        """How many syncs strace has done something to, as its mark says: `INJECTED`, `DELAYED`."""
        with open(self.trace, encoding="utf-8", errors="replace") as trace:
            return sum(mark in line for line in trace)

    def words(self):
        try:
            with open(self.log, encoding="utf-8", errors="replace") as log:
                return log.read()
        except FileNotFoundError:
            return ""

    def last_words(self):
        return " | ".join(self.words().splitlines()[-5:])

    def peak_kilobytes(self):
        """The most memory that this life has had so far."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))

    def tool(self, *arguments, seconds=60, check=True):
        """Runs `banrisk`, and returns what it prints."""
        try:
            done = subprocess.run([os.path.join(self.binaries, "banrisk"), *arguments], capture_output=True, text=True,
                                  timeout=seconds, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            raise Failure(f"waited {seconds} s for banrisk {' '.join(arguments)}")
        if check and done.returncode != 0:
            raise Failure(f"banrisk {' '.join(arguments)} ended with status {done.returncode}: {done.stderr.strip()}")
        return done.stdout
