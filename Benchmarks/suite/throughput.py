"""Programs that take the same events, in turn: the rooflines, the pipeline by replay and by socket, the peers."""

import hashlib
import json
import sqlite3
import sys
from itertools import islice

import crowdsec
import processes
from context import BENCH, ONE_CORE, ROOT, TWO_CORES, folder, progress
from daemon import Daemon

LIMIT = 3600
# Of what crowdsec gets: at its speed, all would take minutes.
CROWDSEC_EVENTS = 50_000
# What replays and the daemon must write alike.
TABLES = ["accounts", "contributions", "signals", "alerts", "entities", "quarantine", "campaigns", "campaign_members"]


class Programs:
    """Each measures one run: seconds of wall and processor time for so many events."""

    def __init__(self, context):
        self.context = context
        self.path = context.load(context.events)
        self.contents = {}

    def roofline(self, mode):
        outcome = processes.run([self.context.roofline, mode, self.context.city, self.path], LIMIT, ONE_CORE)
        return self.figures(outcome.wall, outcome.cpu, outcome.peak_bytes)

    def replay(self, cores):
        """The time to load the databases is left out: it is no matter of events."""
        context = self.context
        with folder() as place:

            def replay(path):
                return processes.run(
                    [
                        context.banrisk,
                        "replay",
                        "--json",
                        "--geoip",
                        context.city,
                        "--shards",
                        str(len(cores)),
                        "--overwrite",
                        "--database",
                        str(place / "replay.db"),
                        path,
                    ],
                    LIMIT,
                    cores,
                )

            idle = replay("/dev/null").cpu
            outcome = replay(self.path)
            summary = json.loads(outcome.output)
            self.compare(f"replay on {len(cores)}", place / "replay.db")
            size = (place / "replay.db").stat().st_size
            return self.figures(
                summary["milliseconds"] / 1000,
                outcome.cpu - idle,
                outcome.peak_bytes,
                database=size,
                accounts=summary["accounts"],
                alerts=summary["alerts"],
            )

    def socket(self, cores):
        with folder() as place:
            daemon = Daemon(self.context, place, cores)
            daemon.start()
            wall, cpu = daemon.take(self.path, self.context.events)
            memory = daemon.memory()
            status = daemon.status()["pipeline"]
            daemon.stop()
            self.compare(f"socket on {len(cores)}", place / "banrisk.db")
            return self.figures(wall, cpu, memory["resident"], accounts=status["accounts"], entities=status["entities"])

    def scores(self):
        path = self.context.load(self.context.events, load="scores", days=60)
        with folder() as place:
            daemon = Daemon(self.context, place, ONE_CORE)
            daemon.start()
            wall, cpu = daemon.take(path, self.context.events)
            signals = daemon.status()["pipeline"]["signals"]
            if signals < 0.99 * self.context.events:
                sys.exit(f"only {signals} of {self.context.events} events changed a score")
            daemon.stop()
            return self.figures(wall, cpu, 0, signals=signals)

    def peer(self, script):
        with folder() as place:
            outcome = processes.run(
                [self.context.python, ROOT / "Benchmarks/peers" / script, self.context.city, self.path, place],
                LIMIT,
                ONE_CORE,
            )
            return self.figures(outcome.wall, outcome.cpu, outcome.peak_bytes)

    def crowdsec(self):
        count = min(CROWDSEC_EVENTS, self.context.events)
        part = BENCH / f"crowdsec-{count}.ndjson"
        with open(self.path) as lines, open(part, "w") as out:
            out.writelines(islice(lines, count))
        with folder() as place:
            outcome = crowdsec.run(place, self.context.city, part)
        return self.figures(outcome.wall, outcome.cpu, outcome.peak_bytes, events=count) if outcome else None

    def figures(self, wall, cpu, peak, events=None, **others):
        return {"events": events or self.context.events, "wall": wall, "cpu": cpu, "peak": peak, **others}

    def compare(self, name, database):
        """Shards, cores and the way in must make no difference: once for each way, all rows are compared."""
        if name in self.contents:
            return
        digest = hashlib.sha256()
        connection = sqlite3.connect(database)
        for table in TABLES:
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            for row in connection.execute(f"SELECT * FROM {table} ORDER BY {', '.join(columns[:3])}"):
                digest.update(repr(row).encode())
        connection.close()
        self.contents[name] = digest.hexdigest()
        if len(set(self.contents.values())) > 1:
            sys.exit(f"The databases differ: {self.contents}")


# In the order in which they run: those whose ratio matters most stand beside each other.
PROGRAMS = {
    "parse": ("roofline", lambda programs: programs.roofline("parse")),
    "replay_one": ("replay", lambda programs: programs.replay(ONE_CORE)),
    "replay_two": ("replay", lambda programs: programs.replay(TWO_CORES)),
    "lookup": ("roofline", lambda programs: programs.roofline("lookup")),
    "socket_one": ("socket", lambda programs: programs.socket(ONE_CORE)),
    "cached": ("roofline", lambda programs: programs.roofline("cached")),
    "socket_two": ("socket", lambda programs: programs.socket(TWO_CORES)),
    "scores": ("socket", lambda programs: programs.scores()),
    "python": ("peers", lambda programs: programs.peer("python_sqlite.py")),
    "duckdb": ("peers", lambda programs: programs.peer("duckdb_query.py")),
    "crowdsec": ("peers", lambda programs: programs.crowdsec()),
}
PARTS = ["roofline", "replay", "socket", "peers"]


def measure(context, parts):
    """Runs the programs of these parts in turn, and saves the runs of each part."""
    programs = Programs(context)
    results = {part: {} for part in parts}
    for run in range(context.runs):
        for name, (part, program) in PROGRAMS.items():
            figures = program(programs) if part in parts else None
            if figures:
                results[part].setdefault(name, []).append(figures)
                progress(
                    f"run {run + 1} of {context.runs}, {name}: {figures['events'] / figures['wall']:,.0f} events/s"
                )
    for part in parts:
        context.save(part, results[part])
