"""From an event on the socket to its alert in the database, under a steady rate of half of what the daemon takes.

Among the load are probes: each is the only event of its account, grave enough for an alert. One thread sends, another
looks at the database as any reader would.
"""

import mmap
import socket
import sqlite3
import statistics
import threading
import time

import numpy as np

from context import TWO_CORES, folder, progress
from daemon import Daemon

LOAD = 4_000_000
LONGEST = 20  # seconds of steady load
TICK = 0.002
PROBES_PER_SECOND = 50
POLL = 0.001


class Watcher(threading.Thread):
    """Notes when each alert can be seen."""

    def __init__(self, database):
        super().__init__(daemon=True)
        self.database, self.seen, self.is_done = database, {}, threading.Event()

    def run(self):
        reader = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, isolation_level=None)
        last = reader.execute("SELECT coalesce(max(id), 0) FROM alerts").fetchone()[0]
        while not self.is_done.wait(POLL):
            rows = reader.execute("SELECT id, account FROM alerts WHERE id > ?", (last,)).fetchall()
            now = time.perf_counter()
            for last, account in rows:
                self.seen.setdefault(account, now)
        reader.close()


def measure(context):
    load = context.scaled(LOAD)
    with folder() as place:
        daemon = Daemon(context, place, TWO_CORES)
        daemon.start()
        wall, _ = daemon.take(context.load(context.events), context.events)
        full = context.events / wall
        path = context.load(load, accounts=context.events // 5, first=context.events, day=7)
        watcher = Watcher(daemon.database)
        watcher.start()
        sent, rate = send(path, str(place / "events.sock"), full / 2, min(LONGEST, load / (full / 2)))
        deadline = time.monotonic() + 60
        while len(sent.keys() - watcher.seen.keys()) and time.monotonic() < deadline:
            time.sleep(0.1)
        watcher.is_done.set()
        watcher.join()
        daemon.stop()
    missing = len(sent.keys() - watcher.seen.keys())
    delays = [watcher.seen[account] - at for account, at in sent.items() if account in watcher.seen]
    size = max(2, len(delays) // context.runs)
    parts = [delays[i : i + size] for i in range(0, size * context.runs, size)]
    data = {
        "full": full,
        "rate": rate,
        "probes": len(delays),
        "missing": missing,
        "worst": max(delays),
        "p50": statistics.median(quantile(part, 0.5) for part in parts),
        "p99": statistics.median(quantile(part, 0.99) for part in parts),
    }
    progress(f"{rate:,.0f} events/s: p50 {data['p50'] * 1e3:.1f} ms, p99 {data['p99'] * 1e3:.1f} ms, {missing} missing")
    context.save("latency", data)


def send(path, place, rate, seconds):
    """Sends at a steady rate; returns when each probe was sent, and the rate that was reached."""
    sent = {}
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as lines, socket.socket(
        socket.AF_UNIX
    ) as client:
        ends = np.flatnonzero(np.frombuffer(lines[:], dtype=np.uint8) == 10) + 1
        client.connect(place)
        start, done, ticks = time.perf_counter(), 0, int(seconds / TICK)
        every = max(1, round(1 / PROBES_PER_SECOND / TICK))
        for tick in range(1, ticks + 1):
            target = min(len(ends), round(tick * TICK * rate))
            chunk = lines[ends[done - 1] if done else 0 : ends[target - 1]]
            done = target
            pause = start + tick * TICK - time.perf_counter()
            if pause > 0:
                time.sleep(pause)
            if tick % every == 0:
                account = f"probe-{tick}"
                # Every line begins with its time.
                chunk += (
                    chunk[: chunk.index(b",")]
                    + (
                        f',"type":"policy_violation","account":"{account}","ip":"198.51.100.7",'
                        '"severity":"critical"}\n'
                    ).encode()
                )
                sent[account] = time.perf_counter()
            client.sendall(chunk)
        return sent, done / (time.perf_counter() - start)


def quantile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]
