"""A place in which a fault is tried: a daemon with its files, a client with the events, and what must come out."""
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

import content
import events
from client import Sender
from daemon import SETTLED_SECONDS, Daemon
from waiting import Failure, until

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DEMO = os.path.join(REPOSITORY, "Config", "demo")
SESSION = 0xBA9

# Snapshots as often, and segments as small, as they can be. Lateness so long that the daemon never notes a pause,
# which would take a number of its own.
SETTINGS = """\
state_directory: state
runtime_directory: run
database: database/banrisk.db
geoip: [geoip/anonymous-ip.mmdb, geoip/asn.mmdb, geoip/city.mmdb, geoip/connection-type.mmdb]
spool: {{segment_bytes: 1 MiB, pending_bytes: 1 MiB, retained_bytes: {retained_bytes}}}
time: {{allowed_lateness: {lateness}, future_tolerance: {tolerance}}}
snapshot_interval: 1s
shards: {shards}
account_limit: 4k
entity_limit: 4k
"""
DEFAULTS = {"lateness": f"{events.LATENESS_MINUTES}m", "tolerance": "365d", "retained_bytes": "1 GiB", "shards": 2}


@dataclass
class Row:
    """What stands in docs/reliability.md about a fault."""
    fault: str
    times: str
    saw: str
    lost: str = ""
    failures: list = field(default_factory=list)
    skipped: bool = False
    seconds: float = 0


def times(count):
    """How often, in words."""
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


class Skip(Exception):
    """Why a fault cannot be tried here."""


class House:
    """What all cases share: the programs, a folder, the events, and the content that must come out."""

    def __init__(self, binaries, root, *, seed, short, keeps):
        self.binaries = binaries
        self.root = root
        self.seed = seed
        self.short = short
        self.keeps = keeps
        self.cases = []
        self.children = []
        self.peak_megabytes = 0
        self._lines = {}
        self._references = {}

    def lines(self, count):
        if count not in self._lines:
            self._lines[count] = events.write(os.path.join(self.root, f"events-{count}.ndjson"), count, self.seed)
        return self._lines[count]

    def reference(self, count):
        """The content that these events make where nothing disturbs, from a daemon of its own."""
        if count not in self._references:
            case = Case(self, f"undisturbed-{count}", count)
            case.begin()
            case.settle()
            self.peak_megabytes = max(self.peak_megabytes, case.daemon.peak_kilobytes() / 1024)
            case.daemon.stop()
            self._references[count] = content.dump(case.database)
            case.remove()
        return self._references[count]

    def end(self):
        """Ends everything that was started and still runs."""
        for case in self.cases:
            case.sender.stop()
            case.daemon.end()
        for child in self.children:
            if child.poll() is None:
                child.kill()
                child.wait(30)

    def popen(self, arguments, **more):
        child = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, **more)
        self.children.append(child)
        return child

    def say(self, text):
        print(text, file=sys.stderr, flush=True)


class Case:
    """One fault's folder, daemon and client."""

    def __init__(self, house, name, count, lines=None, **settings):
        self.house = house
        self.name = name
        self.count = count
        self.lines = lines or house.lines(count)
        self.rng = random.Random(f"{house.seed} {name}")
        self.folder = os.path.join(house.root, name)
        for part in ("run", "state", "database"):
            os.makedirs(os.path.join(self.folder, part))
        shutil.copytree(DEMO, os.path.join(self.folder, "geoip"), ignore=lambda _, names: [
            name for name in names if not name.endswith(".mmdb")])
        self.spool = os.path.join(self.folder, "state", "spool")
        self.snapshots = os.path.join(self.folder, "state", "snapshots")
        self.database = os.path.join(self.folder, "database", "banrisk.db")
        self.daemon = Daemon(house.binaries, self.folder)
        self.settings = dict(DEFAULTS)
        self.configure(**settings)
        self.sender = Sender(self.daemon.events, SESSION, self.lines)
        self.kills = Counter()
        house.cases.append(self)

    def configure(self, **settings):
        """Writes the configuration with these settings changed."""
        self.settings |= settings
        with open(self.daemon.config, "w", encoding="utf-8") as file:
            file.write(SETTINGS.format(**self.settings))

    def begin(self, limit=None):
        """Starts the daemon and the client, which sends `limit` lines at first."""
        if limit is not None:
            self.sender.limit = limit
        self.daemon.start()
        self.sender.start()

    def allow(self, lines):
        """Lets the client send so many lines more."""
        self.sender.limit = min(len(self.lines), self.sender.limit + int(lines))

    def wait_for_acks(self, count, seconds=SETTLED_SECONDS):
        def is_there():
            self.daemon.expect_alive()
            return self.sender.acked >= count
        until(lambda: f"line {count} to be acknowledged; {self.sender.acked} are", is_there, seconds)

    def kill(self, mode):
        if self.daemon.kill():
            self.kills[mode] += 1
            return True
        return False

    def settle(self, received=None):
        """Lets the client send the rest, and waits until all of it is in the database."""
        self.sender.limit = len(self.lines)
        self.wait_for_acks(len(self.lines))
        return self.wait_until_applied(received or len(self.lines))

    def wait_until_applied(self, count):
        status = self.daemon.wait_for(f"{count} events in the database", lambda status: (
            status["sequence"]["applied"] >= count and status["phase"] == "running"))
        numbers = status["sequence"]
        if not count == numbers["received"] == numbers["durable"] == numbers["applied"]:
            raise Failure(f"{count} events were to come, and the daemon has {numbers}")
        return status

    def finish(self, **without):
        """Lets everything come to its end, and compares the content with the undisturbed one's."""
        if not self.daemon.is_running:
            self.daemon.start()
        self.settle()
        self.daemon.stop()
        self.compare(**without)

    def compare(self, reference=None, **without):
        """What is wrong with the database, as a failure; what `without` names is left out (`content.without`)."""
        expected = reference or self.house.reference(self.count)
        found = self.sender.faults + content.faults(self.database)
        found += content.differences(
            content.without(expected, **without), content.without(content.dump(self.database), **without))
        if found:
            raise Failure("\n  ".join(found))

    def said(self, text):
        """In how many lines of the log a text stands."""
        return sum(text in line for line in self.daemon.words().splitlines())

    def remove(self, keep=False):
        """Ends what belongs to it, and removes the folder."""
        self.sender.stop()
        self.daemon.end()
        self.house.cases.remove(self)
        if not keep:
            shutil.rmtree(self.folder)


FAULTS = []


def fault(name, title, short=True):
    """Makes a function a fault that can be tried: it is given the house, and returns a case and its row's texts."""
    def register(body):
        FAULTS.append((name, title, short, body))
        return body
    return register


def attempt(house, name, title, body):
    """Tries a fault; its row says how that ended."""
    start = time.monotonic()
    known = len(house.cases)
    row = Row(title, "", "")
    try:
        case, row.times, row.saw = body(house)
        row.lost = f"nothing of {case.count:,} lines"
        case.remove(keep=house.keeps)
    except Skip as why:
        row.times, row.skipped = f"skipped: {why}", True
        for case in house.cases[known:]:
            case.remove()
    except Exception as error:  # whatever it is, the other faults are tried all the same
        if not isinstance(error, Failure):
            import traceback
            traceback.print_exc()
        row.failures.append(f"{name}: {type(error).__name__}: {error}")
        for case in house.cases[known:]:
            case.sender.stop()
            case.daemon.end()
            row.failures.append(f"{name}: everything stays in {case.folder}")
    row.seconds = time.monotonic() - start
    return row
