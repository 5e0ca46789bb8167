"""A disk that is full."""
import os
import re
import subprocess
import time

from case import Case, Skip, fault, times
from waiting import Failure, until

MEBIBYTES = 96


class Disk:
    """A small file system of its own at a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.balloon = os.path.join(folder, "balloon")
        if os.geteuid() != 0:
            raise Skip("only root may mount")
        os.makedirs(folder, exist_ok=True)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={MEBIBYTES}m,mode=0750", "banrisk-crash", folder],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Skip(f"no tmpfs can be mounted here: {done.stderr.strip()}")

    def fill(self, left=0):
        """Takes all the room but so many bytes."""
        with open(self.balloon, "ab", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(64 * 1024))
            except OSError:
                pass
            if left:
                file.truncate(max(0, file.tell() - left))

    def free(self):
        if os.path.exists(self.balloon):
            os.remove(self.balloon)

    def unmount(self):
        for option in ([], ["-l"]):
            if subprocess.run(["umount", *option, self.folder], capture_output=True, check=False).returncode == 0:
                return


def tried(house, name, part, stalled, rounds, count=30_000):
    """Fills the file system under a folder while events come, kills the daemon now and then, makes room, goes on."""
    case = Case(house, name, 10_000 if house.short else count)
    disk = Disk(os.path.join(case.folder, part))
    said = set()
    refused = 0
    try:
        case.begin(limit=len(case.lines) // 10)
        case.wait_for_acks(case.sender.limit)
        for i in range(rounds):
            disk.fill(left=case.rng.choice([0, 5_000, 100_000]))
            until("the daemon to say that the disk is full", lambda: send_until(case, stalled), 60)
            status = case.daemon.status()
            status = status or {"spool": {}, "store": {}, "snapshots": {}}
            said |= {status["spool"].get("stalled"), status["store"].get("stalled"), status["snapshots"].get("failure")}
            if i % 3 == 1:
                case.kill("while it was full")
                case.daemon.start()
            time.sleep(case.rng.uniform(0.1, 1.5))
            disk.free()
            refused += begin_again(case)
            case.wait_for_acks(case.sender.limit)
        case.finish()
        texts = {re.sub(r"[0-9]{20}", "…", text.replace(case.folder, "…")) for text in said if text}
        ended = f"; {times(refused)} a start on the full disk ended with status 74 and the reason" if refused else ""
        return case, f"{times(rounds)}, {sum(case.kills.values())} kills meanwhile", (
            f"`banrisk status`: “{'”, “'.join(sorted(texts))}”; it goes on by itself{ended}")
    finally:
        case.sender.stop()
        case.daemon.end()
        disk.unmount()


def begin_again(case):
    """Has the daemon running. One that found no room to begin with has ended, with status 74; whether that was so."""
    def is_there():
        return not case.daemon.is_running or case.daemon.status()
    until("the daemon to run or to end", is_there)
    if case.daemon.is_running:
        return False
    if (end := case.daemon.wait_for_end()) != 74:
        raise Failure(f"on a full disk a start ended with status {end}: {case.daemon.last_words()}")
    case.daemon.start()
    case.daemon.wait_until_running()
    return True


def send_until(case, stalled):
    """Lets more lines come until they no longer find room: some is reserved."""
    case.daemon.expect_alive()
    status = case.daemon.status()
    if status and stalled(status):
        return True
    if case.sender.acked == case.sender.limit:
        case.allow(500)
    return False


@fault("spool-full", "the spool's disk full")
def spool_full(house):
    rounds = 1 if house.short else 9
    return tried(house, "spool-full", "state/spool", lambda status: status["spool"].get("stalled"), rounds, 150_000)


@fault("database-full", "the database's disk full", short=False)
def database_full(house):
    return tried(house, "database-full", "database", lambda status: status["store"].get("stalled"), 9)


@fault("snapshots-full", "the snapshots' disk full", short=False)
def snapshots_full(house):
    return tried(house, "snapshots-full", "state/snapshots", lambda status: status["snapshots"].get("failure"), 6)
