"""A client with acknowledgements, after docs/specs/wire.md, which holds the daemon to its word."""
import re
import select
import socket
import threading
import time


class Sender(threading.Thread):
    """Sends lines over as many connections as it takes, until all of them are acknowledged.

    `limit` says how many it may send for now. `faults` gets what the daemon must never answer: less than it has
    acknowledged before, or more than it was sent.
    """

    def __init__(self, path, session, lines, limit=None):
        super().__init__(daemon=True)
        self.path = path
        self.session = session
        self.lines = lines
        self.limit = len(lines) if limit is None else limit
        self.chunk = 64
        self.pause = 0  # seconds between two chunks
        self.acked = 0
        self.offered = 0
        self.connections = 0
        self.is_connected = False
        self.last_ack = time.monotonic()
        self.faults = []
        self.refusals = []
        self._stopping = False
        self._following = None  # the index of the line to send next; None until the daemon has said

    @property
    def in_flight(self):
        """How many lines were sent on this connection and are not acknowledged."""
        following = self._following
        return 0 if following is None else max(0, following - self.acked)

    @property
    def is_done(self):
        return self.acked >= len(self.lines)

    def stop(self):
        self._stopping = True
        if self.is_alive():
            self.join(10)

    def run(self):
        while not self._stopping and not self.is_done:
            try:
                with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                    connection.connect(self.path)
                    self.connections += 1
                    self.is_connected = True
                    self._serve(connection)
            except OSError:
                pass
            self.is_connected = False
            self._following = None
            time.sleep(0.005)

    def _serve(self, connection):
        connection.setblocking(False)
        pending = f"banrisk/1 acks session={self.session:016x}\n".encode()
        received = b""
        resting = 0  # until when
        while not self._stopping and not self.is_done:
            may_write = pending or self._can_send() and time.monotonic() >= resting
            readable, writable, _ = select.select(
                [connection], [connection] if may_write else [], [], min(0.01, self.pause or 0.01))
            if readable:
                data = connection.recv(65_536)
                if not data:
                    return
                *answers, received = (received + data).split(b"\n")
                for answer in answers:
                    self._take(answer.decode())
            if writable:
                if not pending and self._can_send():
                    end = min(self._following + self.chunk, self.limit)
                    pending = b"".join(self.lines[self._following:end])
                    self._following = end
                    resting = time.monotonic() + self.pause
                    self.offered = max(self.offered, end)
                try:
                    pending = pending[connection.send(pending):]
                except BlockingIOError:
                    pass
                except OSError:
                    pending = b""
                    self._following = None  # what the daemon has said before its end is still to be read

    def _can_send(self):
        return self._following is not None and self._following < self.limit

    def _take(self, answer):
        if match := re.fullmatch(r"banrisk/1 ok (\d+)|ack (\d+)", answer):
            count = int(match[1] or match[2])
            if count < self.acked:
                self.faults.append(f"{self.acked} lines were acknowledged, and then the daemon said: {answer}")
            if count > self.offered:
                self.faults.append(f"{self.offered} lines were sent, and the daemon said: {answer}")
            if count > self.acked:
                self.last_ack = time.monotonic()
            self.acked = max(self.acked, count)
            if match[1]:
                self._following = count
            return
        self.refusals.append(answer)
        if not answer.startswith("banrisk/1 error "):
            self.faults.append(f"an answer of no known form: {answer[:200]!r}")
