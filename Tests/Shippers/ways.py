"""The ways from a shipper to the daemon."""
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time

from daemon import Daemon
from held import HeldDaemon
from waiting import Failure, until

HERE = os.path.dirname(os.path.abspath(__file__))
CONFIGURATIONS = os.path.join(HERE, "..", "..", "Config", "shippers")
SENDERS = os.path.join(HERE, "Senders")


class Way:
    """One shipper and one daemon.

    The file grows in three parts: one while the daemon is restarted, one while it is away.
    """

    name = ""
    configuration = ""
    daemon_class = Daemon
    # Where lines are sent one by one, fewer will do.
    most_lines = None
    # Whether the daemon is killed in the middle, and not only stopped.
    survives_kills = False
    # Whether a line may come twice, which its id makes harmless.
    repeats = False
    # Which share of the lines the shipper itself may lose.
    losses = 0.0

    def __init__(self, arguments, folder):
        self.arguments = arguments
        self.folder = folder
        self.lines = min(arguments.lines, self.most_lines or arguments.lines)
        os.makedirs(os.path.join(folder, "run"))
        os.makedirs(os.path.join(folder, "work"))
        self.file = os.path.join(folder, "events.ndjson")
        open(self.file, "w").close()
        self.daemon = self.daemon_class(arguments.bin, folder)
        with open(self.daemon.config, "w", encoding="utf-8") as file:
            file.write(f"state_directory: {folder}/state\nruntime_directory: {folder}/run\n")
        self.shipper = None
        self.written = 0

    def run(self):
        self.daemon.start()
        self.daemon.wait_until_running()
        self.start_shipper()
        third = self.lines // 3
        self.append(third)
        self.wait_for_some(third // 4)
        self.restart()
        self.wait_for_events(third)

        self.daemon.stop()
        # It comes while nobody listens, so that the shipper has to keep it.
        self.append(third)
        time.sleep(self.arguments.silence)
        self.daemon.start()
        self.daemon.wait_until_running()
        self.append(self.lines - 2 * third)
        self.wait_for_events(self.lines)
        self.daemon.stop()
        return self.check()

    def restart(self):
        if self.survives_kills:
            self.daemon.kill()
        else:
            self.daemon.stop()
        self.daemon.start()
        self.daemon.wait_until_running()

    def append(self, count):
        """Writes lines in cuts that fall anywhere."""
        text = "".join(self.line(i) for i in range(self.written, self.written + count)).encode()
        self.written += count
        with open(self.file, "ab", buffering=0) as file:
            for start in range(0, len(text), 65_521):
                file.write(text[start:start + 65_521])

    @staticmethod
    def line(i):
        return json.dumps({
            "ts": 1_780_000_000 + i, "id": f"line-{i}", "type": "login", "outcome": "success", "account": f"person-{i}",
            "ip": f"198.51.{i // 250 % 250}.{i % 250 + 1}"}, separators=(",", ":")) + "\n"

    def start_shipper(self):
        with open(os.path.join(CONFIGURATIONS, self.configuration), encoding="utf-8") as file:
            text = file.read()
        for path, own in (("/var/log/app/events.ndjson", self.file), ("/run/banrisk/", f"{self.folder}/run/"),
                          ("/usr/bin/banrisk ", os.path.join(self.arguments.bin, "banrisk") + " ")):
            text = text.replace(path, own)
        path = os.path.join(self.folder, "shipper.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.prefix() + text)
        self.launch(self.command(path))

    def launch(self, command):
        with open(os.path.join(self.folder, "shipper.log"), "ab") as log:
            self.shipper = subprocess.Popen(
                command, env={**os.environ, **self.environment()}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)

    def prefix(self):
        return ""

    def environment(self):
        return {}

    def applied(self):
        """Events that are in the database, without those that were there before."""
        try:
            with sqlite3.connect(f"file:{self.folder}/state/banrisk.db?mode=ro", uri=True) as database:
                return database.execute(
                    "SELECT coalesce(sum(events - duplicates), 0) FROM sources WHERE source <> 'pause'").fetchone()[0]
        except sqlite3.Error:
            return 0

    def wait_for_some(self, count):
        until(lambda: f"{count} events; there are {self.applied()}", lambda: self.applied() >= count, 300, pause=0.05)

    def wait_for_events(self, count):
        last, since = self.applied(), time.monotonic()
        while self.applied() < count:
            if self.applied() > last:
                last, since = self.applied(), time.monotonic()
            quiet = time.monotonic() - since
            if quiet > 10 and last >= count * (1 - self.losses):
                return
            if quiet > 240:
                raise Failure(
                    f"{last} events of {count} arrived, and no more in 240 s; the shipper says: {self.words()}")
            self.daemon.expect_alive()
            time.sleep(0.2)

    def check(self):
        """Counts the lines by their accounts, of which each has one."""
        with sqlite3.connect(f"file:{self.folder}/state/banrisk.db?mode=ro", uri=True) as database:
            def number(query):
                return database.execute(query).fetchone()[0]
            accounts = number("SELECT count(*) FROM accounts WHERE account LIKE 'person-%'")
            events = number("SELECT sum(events) FROM sources WHERE source <> 'pause'")
            duplicates = number("SELECT sum(duplicates) FROM sources WHERE source <> 'pause'")
            rejected = number("SELECT count(*) FROM quarantine")
        lost = self.lines - accounts
        if lost > self.lines * self.losses or rejected or events - duplicates != accounts:
            raise Failure(f"{accounts} accounts of {self.lines}, {events} events, {duplicates} of them twice, "
                          f"{rejected} in quarantine")
        if duplicates and not self.repeats:
            raise Failure(f"{duplicates} lines came twice")
        if lost:
            return f"the shipper lost {lost} of {self.lines} lines, which it may; the others counted once"
        return f"every line counted once; {duplicates} came twice" if duplicates else None

    def words(self):
        with open(os.path.join(self.folder, "shipper.log"), encoding="utf-8", errors="replace") as log:
            return " | ".join(log.read().splitlines()[-4:])

    def end(self):
        if self.shipper and self.shipper.poll() is None:
            os.killpg(self.shipper.pid, signal.SIGTERM)
            try:
                self.shipper.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.shipper.pid, signal.SIGKILL)
                self.shipper.wait(10)
        self.daemon.end()


class Rsyslog(Way):
    def command(self, path):
        programs = self.arguments.programs
        return [f"{programs}/usr/sbin/rsyslogd", "-n", "-f", path, "-i", f"{self.folder}/rsyslog.pid",
                "-M", f"{programs}/usr/lib/x86_64-linux-gnu/rsyslog"]

    def prefix(self):
        return f'global(workDirectory="{self.folder}/work")\n'


class RsyslogAcknowledged(Rsyslog):
    name = "rsyslog-acknowledged"
    configuration = "rsyslog-acknowledged.conf"
    repeats = True
    survives_kills = True


class RsyslogDatagram(Rsyslog):
    name = "rsyslog-datagram"
    configuration = "rsyslog-datagram.conf"
    daemon_class = HeldDaemon
    # omuxsock drops datagrams where the receiver's queue is full: how many is a matter of the machine's load, not ours.
    losses = 0.05

    def prefix(self):
        # Programs would log to rsyslog by /dev/log; here the file is its source, under the name that the filter lets
        # pass.
        return super().prefix() + (
            'module(load="imfile")\n'
            f'input(type="imfile" file="{self.file}" tag="app" addMetadata="off" freshStartTail="off")\n')


class SyslogNG(Way):
    def command(self, path):
        programs = self.arguments.programs
        return [f"{programs}/usr/sbin/syslog-ng", "-F", "--no-caps", "-f", path, "-p", f"{self.folder}/ng.pid",
                "-R", f"{self.folder}/ng.persist", "-c", f"{self.folder}/ng.ctl",
                "--module-path", f"{programs}/usr/lib/syslog-ng/3.38"]

    def environment(self):
        return {"LD_LIBRARY_PATH": f"{self.arguments.programs}/usr/lib/syslog-ng"}


class SyslogNGStream(SyslogNG):
    name = "syslog-ng-stream"
    configuration = "syslog-ng-stream.conf"


class SyslogNGHeldStream(SyslogNG):
    name = "syslog-ng-held-stream"
    configuration = "syslog-ng-stream.conf"
    daemon_class = HeldDaemon


class SyslogNGDatagram(SyslogNG):
    name = "syslog-ng-datagram"
    configuration = "syslog-ng-datagram.conf"
    daemon_class = HeldDaemon


class Followed(Way):
    """No shipper: the daemon follows the file itself, and is killed while it does."""

    name = "followed-file"
    survives_kills = True

    def start_shipper(self):
        pass

    def __init__(self, arguments, folder):
        super().__init__(arguments, folder)
        with open(self.daemon.config, "a", encoding="utf-8") as file:
            file.write(f"files:\n  - path: {self.file}\n")

    def words(self):
        return self.daemon.last_words()


class Sender(Way):
    """A program of Senders, which sends what the file has and gets to one of the daemon's sockets."""

    program = []
    socket = "forward.sock"

    def start_shipper(self):
        self.launch([*self.program, self.file, f"{self.folder}/run/{self.socket}"])


class FluentGo(Sender):
    """The Forward protocol with acknowledgements. A message of one record that comes again is known by its id alone."""

    name = "fluent-go"
    repeats = True
    survives_kills = True
    # Each line is a message that waits for a sync of the disk, which it shares with the few that are on their way.
    most_lines = 30_000

    def __init__(self, arguments, folder):
        super().__init__(arguments, folder)
        self.program = [os.path.join(arguments.programs, "fluent-sender")]


class FluentPython(Sender):
    """The Forward protocol without them. What was not known to be sent comes again, and may come twice."""

    name = "fluent-python"
    program = [sys.executable, "-B", os.path.join(SENDERS, "fluent-sender.py")]
    repeats = True
    most_lines = 15_000

    def environment(self):
        return {"PYTHONPATH": f"{self.arguments.programs}/usr/lib/python3/dist-packages"}


class Curl(Sender):
    name = "curl"
    program = [os.path.join(SENDERS, "curl-sender")]
    socket = "api.sock"
    survives_kills = True


WAYS = [
    RsyslogAcknowledged, RsyslogDatagram, SyslogNGStream, SyslogNGHeldStream, SyslogNGDatagram, Followed, FluentGo,
    FluentPython, Curl,
]
