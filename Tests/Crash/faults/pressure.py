"""Others who hold the database, too many clients, clients who do not read, a daemon that is stopped or slow."""
import os
import resource
import signal
import socket
import sqlite3
import time

import content
from case import Case, Skip, fault, times
from daemon import can_trace
from faults import replay
from waiting import Failure


@fault("lock", "an analyst's `BEGIN IMMEDIATE`, held for seconds; killed meanwhile, too")
def lock(house):
    case = Case(house, "lock", 10_000 if house.short else 30_000)
    rounds = 1 if house.short else 5
    case.begin(limit=1_000)
    case.daemon.wait_until_running()
    case.daemon.wait_for("the first events in the database", lambda status: status["sequence"]["applied"] >= 1_000)
    stalls = set()
    for i in range(rounds):
        analyst = sqlite3.connect(case.database, isolation_level=None, timeout=10)
        analyst.execute("BEGIN IMMEDIATE")
        case.allow(len(case.lines) / rounds / 2)
        # What is received is acknowledged all the same.
        case.wait_for_acks(case.sender.limit)
        if not house.short:  # it says so once it has waited for ten seconds
            status = case.daemon.wait_for("the daemon to say that it waits", lambda status: (
                status["store"].get("stalled")), 30)
            stalls.add(status["store"]["stalled"].replace(case.folder, "…"))
        if i % 2:
            case.kill("while it waited")
            case.daemon.start()
            time.sleep(1)
        time.sleep(case.rng.uniform(0, 3))
        analyst.execute("ROLLBACK")
        analyst.close()
        if not case.daemon.is_running:
            case.daemon.start()
        case.daemon.wait_for("the daemon to go on", lambda status: status["sequence"]["applied"] >= case.sender.limit)
    case.finish()
    return case, f"{times(rounds)}, {sum(case.kills.values())} kills meanwhile", (
        f"acknowledgements go on; `banrisk status` says “stalled”: {' / '.join(stalls)} It goes on by itself")


@fault("reader", "a forgotten read transaction")
def reader(house):
    case = Case(house, "reader", 10_000 if house.short else 30_000)
    case.begin(limit=1_000)
    case.daemon.wait_for("the first events in the database", lambda status: status["sequence"]["applied"] >= 1_000)
    forgotten = content.open_readonly(case.database)
    forgotten.execute("BEGIN")
    before = forgotten.execute("SELECT count(*), max(seq) FROM accounts").fetchone()
    status = case.settle()
    wal = status["store"]["wal_bytes"]
    if forgotten.execute("SELECT count(*), max(seq) FROM accounts").fetchone() != before:
        raise Failure("the reader's transaction saw another state")
    forgotten.close()
    case.finish()
    return case, "one, over nearly all events", (
        f"nothing: the reader sees one state, the daemon goes on; `wal_bytes` rose to {wal / 2**20:.0f} MiB")


def connect(case, text=b""):
    """A connection that stays open, and has sent this; `None` where it is refused."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(10)
    try:
        connection.connect(case.daemon.events)
        connection.sendall(text)
    except OSError:
        connection.close()
        return None
    return connection


def raise_descriptors(count):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        if hard != resource.RLIM_INFINITY and hard < count:
            raise Skip(f"the harness may have {hard} files open")
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


@fault("connections", "1,000 idle and 1,000 dribbling connections, more than the 1,024 allowed, while a good "
                      "client sends")
def connections(house):
    raise_descriptors(4_096)
    case = Case(house, "connections", 10_000 if house.short else 30_000)
    case.begin(limit=1_000)
    case.wait_for_acks(1_000)
    idle = [connect(case) for _ in range(1_000)]
    dribbling = [connect(case) for _ in range(1_000)]
    # A line that never ends; as a numbered stream's it is no frame, even at the end. By a byte now and then.
    text = b"banrisk/1 acks session=00000000000000ff"
    start = time.monotonic()
    for i in range(len(text)):
        for connection in filter(None, dribbling):
            try:
                connection.send(text[i:i + 1])
            except OSError:
                pass
        case.allow(len(case.lines) / len(text))
    case.settle()
    seconds = time.monotonic() - start
    status = case.daemon.status()
    for connection in filter(None, idle + dribbling):
        connection.close()
    case.finish()
    intake = status["intake"]
    return case, f"2,000 connections, {intake['connections_refused']:,} refused", (
        f"the good client had everything acknowledged, at {len(case.lines) / seconds:,.0f} lines/s; "
        f"`connections_refused` counts the others")


@fault("deaf", "clients that never read their acknowledgements")
def deaf(house):
    """Their frames stand among the good client's; the spool says in which order.

    A replay of that is to compare with.
    """
    case = Case(house, "deaf", 5_000)
    senders = 3
    lines = case.lines[:1_000]
    case.begin(limit=500)
    case.wait_for_acks(500)
    connections = []
    for i in range(senders):
        connection = connect(case, f"banrisk/1 acks session={i + 1:016x}\n".encode())
        connection.recv(100)  # that it may send; from here on it reads nothing
        connections.append(connection)
    for line in lines:
        for connection in connections:
            connection.sendall(line)
    total = len(case.lines) + senders * len(lines)
    case.daemon.wait_for("their lines to be received", lambda status: (
        status["sequence"]["durable"] >= 500 + senders * len(lines)))
    case.settle(total)
    peak = case.daemon.peak_kilobytes()
    case.daemon.stop()
    replay.compare_with_spool(case, total)
    return case, f"{senders} with {len(lines):,} lines each, sent one by one", (
        f"nothing: their lines and those of others are taken; peak memory {peak / 1024:.0f} MB")


@fault("descriptors", "a limit of 128 descriptors (`ulimit -n 128`), and 300 connections")
def descriptors(house):
    case = Case(house, "descriptors", 10_000 if house.short else 30_000)
    case.sender.limit = 1_000
    # Root may raise its limits again, unless it gives up the right to.
    wrapper = ["setpriv", "--bounding-set", "-sys_resource", "--"] if os.geteuid() == 0 else []
    case.daemon.start(limits=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128)), wrapper=wrapper)
    case.sender.start()
    case.wait_for_acks(1_000)
    others = []
    for _ in range(300):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.setblocking(False)
        try:
            connection.connect(case.daemon.events)
        except OSError:
            pass  # the backlog is full: as it should be
        others.append(connection)
    status = case.settle()
    for connection in others:
        connection.close()
    case.finish()
    return case, "once", (
        f"“the limit of open files leaves room for 1 clients” in the log; who is connected is served, "
        f"{status['intake']['connections_refused']} others are closed")


@fault("stopped", "the daemon stopped for seconds (SIGSTOP), then killed or continued")
def stopped(house):
    case = Case(house, "stopped", 10_000 if house.short else 30_000)
    rounds = 2 if house.short else 10
    case.begin(limit=0)
    for i in range(rounds):
        case.daemon.wait_until_running()
        case.allow(len(case.lines) / rounds)
        time.sleep(case.rng.uniform(0, 0.2))
        case.daemon.signal(signal.SIGSTOP)
        time.sleep(case.rng.uniform(0.2, 2))
        if i % 2:
            case.kill("while stopped")
            case.daemon.start()
        else:
            case.daemon.signal(signal.SIGCONT)
    case.finish()
    return case, f"{times(rounds)}, {sum(case.kills.values())} of them killed", "the client waits"


def need_strace():
    if not can_trace():
        raise Skip("strace is not installed, or may not trace")


@fault("slow", "a slow disk: each sync takes 100 ms (strace)", short=False)
def slow(house):
    need_strace()
    case = Case(house, "slow", 10_000)
    case.daemon.start(injection="delay_enter=100000")
    start = time.monotonic()
    case.sender.start()
    case.settle()
    seconds = time.monotonic() - start
    case.daemon.stop()
    case.compare()
    return case, f"{case.daemon.injected('DELAYED'):,} syncs in one life", (
        f"acknowledgements come later, in larger groups: {len(case.lines) / seconds:,.0f} lines/s")


@fault("sync-errors", "syncs that fail with EIO, some of those of the spool, the snapshots and the database (strace)",
       short=False)
def sync_errors(house):
    need_strace()
    case = Case(house, "sync-errors", 10_000)
    lives = 12
    ends = 0
    case.sender.limit = 0
    case.sender.start()
    for i in range(lives):
        # Over the whole life, in many syncs.
        case.allow((len(case.lines) - case.sender.limit) / (lives - i))
        case.sender.chunk, case.sender.pause = 8, 0.01
        case.daemon.start(injection=f"error=EIO:when={case.rng.randint(1, 20)}+{case.rng.randint(2, 20)}")
        deadline = time.monotonic() + case.rng.uniform(1, 3)
        while case.daemon.is_running and time.monotonic() < deadline:
            time.sleep(0.02)
        if case.daemon.is_running:
            case.kill("at work")
        elif (status := case.daemon.wait_for_end()) == 74:
            ends += 1
        else:
            raise Failure(f"the daemon ended with status {status}: {case.daemon.last_words()}")
    case.sender.pause = 0
    case.finish()
    failed = case.daemon.injected("INJECTED")
    if not failed:
        raise Failure("not one sync failed")
    ended = f"{case.kills['at work']} of them ended by `kill -9`, {ends} by status 74"
    return case, f"{failed} syncs in {lives} lives, {ended}", (
        f"where the spool's sync fails, a new segment ({len(os.listdir(case.spool)) - 1} in the end); where the "
        "database's or "
        "the snapshot's fails, the reason in `banrisk status` or the log")
