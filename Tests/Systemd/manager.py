"""As much of a service manager as the daemon talks to: listening sockets that outlive it, and a socket for notices."""

import os
import select
import signal
import socket
import subprocess
import time

PATIENCE = 60


class NeverCame(Exception):
    pass


def eventually(what, probe):
    """Waits until `probe` gives something."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = probe()
        if found:
            return found
        time.sleep(0.02)
    raise NeverCame(what)


class Manager:
    def __init__(self, folder, programs):
        self.folder = folder
        self.programs = programs
        self.notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notices.bind(self.path("notify"))
        self.messages = []
        self.sockets = {}
        self.pid = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def listen(self, name, kind=socket.SOCK_STREAM):
        """Opens a socket as a socket unit does."""
        opened = socket.socket(socket.AF_UNIX, kind)
        opened.bind(self.path(name))
        if kind == socket.SOCK_STREAM:
            opened.listen(128)
        self.sockets[name] = opened

    def environment(self):
        variables = {name: value for name, value in os.environ.items()
                     if name not in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")}
        return {**variables, "NOTIFY_SOCKET": self.path("notify"), "WATCHDOG_USEC": "2000000",
                # The signal of the watchdog is to end it, not to begin an investigation.
                "SWIFT_BACKTRACE": "enable=no"}

    def words(self):
        """The daemon with its arguments."""
        return [os.path.join(self.programs, "banriskd"), "--state-directory", self.path("state"),
                "--runtime-directory", self.folder]

    def start(self):
        """Starts the daemon with all sockets, as sd_listen_fds(3) has it."""
        log = os.open(self.path("log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.pid = os.fork()
        if self.pid == 0:
            variables = self.environment()
            variables["LISTEN_PID"] = str(os.getpid())
            variables["LISTEN_FDS"] = str(len(self.sockets))
            variables["LISTEN_FDNAMES"] = ":".join(self.sockets)
            # First out of the way of where they are to be.
            high = [os.dup(opened.fileno()) for opened in self.sockets.values()]
            high = [os.dup2(fd, 100 + i, inheritable=False) for i, fd in enumerate(high)]
            os.dup2(log, 2)
            for i, fd in enumerate(high):
                os.dup2(fd, 3 + i)
            words = self.words()
            os.execve(words[0], words, variables)
        os.close(log)

    def wait(self):
        """How the daemon ended: its status, or a signal's negative number."""
        def ended():
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            return [os.waitstatus_to_exitcode(status)] if pid else None
        [status] = eventually("the end of the daemon", ended)
        self.pid = None
        return status

    def stop(self, number=signal.SIGTERM):
        os.kill(self.pid, number)
        return self.wait()

    def notice(self, line):
        """Waits for a notice that has the line."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if select.select([self.notices], [], [], 0.2)[0]:
                lines = self.notices.recv(4096).decode().split("\n")
                self.messages.append(lines)
                if line in lines:
                    return lines
        raise NeverCame(f"a notice with {line}; there were {self.messages}; the daemon has said: {self.log()}")

    def log(self):
        try:
            with open(self.path("log"), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def tool(self, *words):
        return subprocess.run(
            [os.path.join(self.programs, "banrisk"), *words, "--control", self.path("control.sock")],
            capture_output=True, text=True, timeout=PATIENCE, check=False)

    def drained(self):
        """Waits until everything that was received is in the database."""
        eventually("an empty spool", lambda: self.tool("status", "--drained").returncode == 0)

    def end(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        for opened in (self.notices, *self.sockets.values()):
            opened.close()
