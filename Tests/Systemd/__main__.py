"""The daemon under a service manager: activation, notices, watchdog. Started by script/test-systemd."""

import argparse
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile

from .manager import Manager, eventually


def events(first, count):
    """Registrations, a line each."""
    for i in range(first, first + count):
        event = {
            "ts": 1_770_000_000 + i, "type": "registration", "account": f"account-{i}",
            "ip": f"198.51.{i // 250}.{i % 250}",
        }
        yield (json.dumps(event) + "\n").encode()


def connect(path):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(60)
    client.connect(path)
    return client


def accounts(manager):
    database = sqlite3.connect(f"file:{manager.path('state')}/banrisk.db?mode=ro", uri=True)
    try:
        return database.execute("SELECT count(*) FROM accounts").fetchone()[0]
    finally:
        database.close()


def check(fact, holds):
    if not holds:
        raise AssertionError(fact)


def activated(manager):
    """The first client starts the daemon: systemd-socket-activate, as systemd itself would."""
    names = ["events.sock", "control.sock"]
    words = ["systemd-socket-activate", f"--fdname={':'.join(names)}", "-E", f"NOTIFY_SOCKET={manager.path('notify')}"]
    for name in names:
        words += ["-l", manager.path(name)]
    with open(manager.path("log"), "ab") as log:
        process = subprocess.Popen(words + manager.words(), stderr=log)
    try:
        eventually("the sockets", lambda: all(os.path.exists(manager.path(name)) for name in names))
        check("the daemon waits for a client", not os.path.exists(manager.path("state")))
        inodes = [os.stat(manager.path(name)).st_ino for name in names]
        with connect(manager.path("events.sock")) as client:
            client.sendall(b"".join(events(0, 100)))
        manager.notice("READY=1")
        manager.drained()
        check("all lines of the first client are in", accounts(manager) == 100)
        process.terminate()
        check("it ends in order", process.wait(60) == 0)
        check("the sockets are left to their owner", inodes == [os.stat(manager.path(name)).st_ino for name in names])
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def outage(manager):
    """What comes while the daemon is away waits in the sockets, and pings tell that it lives."""
    for name in ("events.sock", "control.sock", "api.sock", "forward.sock"):
        manager.listen(name)
    manager.listen("events.dgram", socket.SOCK_DGRAM)
    manager.start()
    manager.notice("READY=1")
    for _ in range(4):
        manager.notice("WATCHDOG=1")
    with connect(manager.path("events.sock")) as client:
        client.sendall(b"".join(events(0, 1000)))
    manager.drained()
    check("the daemon was killed", manager.stop(signal.SIGKILL) == -signal.SIGKILL)

    with connect(manager.path("events.sock")) as client, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagrams:
        client.sendall(b"".join(events(1000, 500)))
        datagrams.connect(manager.path("events.dgram"))
        for line in events(1500, 5):
            datagrams.send(line)
        manager.start()
        manager.notice("READY=1")
    manager.drained()
    check("what came meanwhile is in", accounts(manager) == 1505)

    os.kill(manager.pid, signal.SIGHUP)
    reloading = manager.notice("RELOADING=1")
    check("the notice has its time", any(line.startswith("MONOTONIC_USEC=") for line in reloading))
    manager.notice("READY=1")

    before = manager.tool("status", "--json").stdout
    check("the desk answers", json.loads(before)["pid"] == manager.pid)
    check("it ends in order", manager.stop() == 0)
    manager.notice("STOPPING=1")
    left = [line for line in manager.log().splitlines() if "inherited" in line]
    check(f"each socket was taken: {left}", not left)


def stopped(manager):
    """A process that lives and does nothing sends no pings; this is what the manager's patience is for."""
    manager.start()
    manager.notice("READY=1")
    manager.notice("WATCHDOG=1")
    os.kill(manager.pid, signal.SIGSTOP)
    eventually("the stop", lambda: stat(manager.pid) == "T")
    manager.notices.setblocking(False)
    try:
        while manager.notices.recv(4096):
            pass
    except BlockingIOError:
        pass
    manager.notices.setblocking(True)
    os.kill(manager.pid, signal.SIGCONT)
    manager.notice("WATCHDOG=1")
    # What systemd sends when pings stay away.
    check("it is ended by the signal", manager.stop(signal.SIGABRT) == -signal.SIGABRT)
    manager.start()
    manager.notice("READY=1")
    check("another one starts behind it", manager.stop() == 0)


def stat(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return file.read().rsplit(")", 1)[1].split()[0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", required=True)
    arguments = parser.parse_args()
    failed = False
    for case in (activated, outage, stopped):
        folder = tempfile.mkdtemp(prefix="banrisk-")
        manager = Manager(folder, arguments.programs)
        try:
            case(manager)
            print(f"    {case.__name__}: {case.__doc__}")
        except Exception as error:  # noqa: BLE001 (whatever it is, it is this case's failure)
            failed = True
            print(f"    {case.__name__} FAILED: {error}\n{manager.log()[-3000:]}", file=sys.stderr)
        finally:
            manager.end()
            shutil.rmtree(folder)
    sys.exit(failed)


main()
