"""A daemon whose sockets are held open by somebody else, as systemd does with its socket units (sd_listen_fds(3))."""
import os
import socket
import subprocess

from daemon import Daemon

SOCKETS = {
    "events.sock": socket.SOCK_STREAM, "events.dgram": socket.SOCK_DGRAM, "forward.sock": socket.SOCK_STREAM,
    "control.sock": socket.SOCK_STREAM, "api.sock": socket.SOCK_STREAM,
}


class HeldDaemon(Daemon):
    """What connects or sends while no daemon runs waits in the sockets."""

    # Whoever asks before it has started waits, too.
    answer_seconds = 60

    def __init__(self, binaries, folder):
        super().__init__(binaries, folder)
        os.makedirs(os.path.join(folder, "run"), exist_ok=True)
        self.sockets = {}
        for name, kind in SOCKETS.items():
            held = socket.socket(socket.AF_UNIX, kind)
            held.bind(os.path.join(folder, "run", name))
            if kind == socket.SOCK_STREAM:
                held.listen(128)
            self.sockets[name] = held

    def start(self, environment=None, limits=None, wrapper=(), injection=None):
        assert not self.is_running and injection is None
        self.lives += 1
        self._traced = False
        first = 3
        descriptors = [held.fileno() for held in self.sockets.values()]

        def hand_over():
            # Out of the way first, so that no descriptor is overwritten before it was copied.
            high = [os.dup2(fd, 200 + i) for i, fd in enumerate(descriptors)]
            for i, fd in enumerate(high):
                os.dup2(fd, first + i, inheritable=True)
            os.environ["LISTEN_PID"] = str(os.getpid())

        command = ["sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh", os.path.join(self.binaries, "banriskd"),
                   "--config", self.config]
        variables = {**os.environ, **(environment or {}), "LISTEN_FDS": str(len(descriptors)),
                     "LISTEN_FDNAMES": ":".join(self.sockets)}
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=variables, preexec_fn=hand_over,
                pass_fds=range(first, first + len(descriptors)), start_new_session=True)

    def end(self):
        super().end()
        for held in self.sockets.values():
            held.close()
