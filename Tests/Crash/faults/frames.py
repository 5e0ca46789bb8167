"""Frames that the daemon makes itself: pauses, and lines of the quarantine that are tried again."""
import os
import shutil
import subprocess
import time
from datetime import datetime, timedelta, timezone

import content
import events
from case import SESSION, Case, fault
from client import Sender
from faults.kills import by_mode, live
from waiting import Failure


@fault("pauses", "pauses, of which the daemon makes a note in the spool, with kills in between; then everything "
                 "but the spool "
       "deleted", short=False)
def pauses(house):
    """Where pauses were is for the clock to say, so the content is compared with what the spool alone gives."""
    case = Case(house, "pauses", 30_000, lateness="1s")
    case.sender.limit = 0
    case.sender.start()

    def rest():
        case.daemon.start()
        case.wait_for_acks(case.sender.limit)
        time.sleep(case.rng.uniform(0.5, 3))
        case.kill("in a pause")

    live(case, 40, after=rest)
    case.sender.limit = len(case.lines)
    case.daemon.start()
    case.wait_for_acks(len(case.lines))
    case.daemon.wait_until_running()
    # Also where a life begins with everything done, and nothing comes, the last event is let go.
    case.daemon.stop()
    case.daemon.start()
    status = case.daemon.wait_for("the last event to wait for no others", lambda status: (
        status["pipeline"]["waiting"] == 0), 30)
    case.wait_until_applied(status["sequence"]["received"])
    case.daemon.stop()
    before = content.dump(case.database)
    noted = status["sequence"]["received"] - len(case.lines)
    if noted < 5:
        raise Failure(f"only {noted} pauses were noted")
    content.remove(case.database)
    shutil.rmtree(case.snapshots)
    case.daemon.start()
    case.wait_until_applied(status["sequence"]["received"])
    case.daemon.stop()
    case.compare(before)
    return case, f"{by_mode(case)}; {noted} pauses noted", "nothing"


@fault("quarantine", "kills while `banrisk quarantine retry` has lines tried again that were from the future",
       short=False)
def quarantine(house):
    """The lines are a month ahead of the clock; each is told from the next by an event that is believed."""
    ahead = text(days=30)
    later = [b'{"ts":"%s","type":"login","account":"later-%d","ip":"203.0.113.9","outcome":"success"}\n' % (ahead, i)
             for i in range(1_000)]
    lines = [line for pair in zip(later, house.lines(30_000)) for line in pair if events.FUTURE.encode() not in line]
    case = Case(house, "quarantine", len(lines), lines, tolerance="1h")
    case.begin()
    case.settle()
    case.configure(tolerance="60d")
    case.daemon.tool("reload", "--control", case.daemon.control)
    refused = numbers(case)
    if len(refused) != len(later):
        raise Failure(f"{len(refused)} lines are from the future, not {len(later)}")
    for i in range(0, len(refused), 50):
        # Given again until it is done.
        retry = [os.path.join(house.binaries, "banrisk"), "quarantine", "retry", "--control", case.daemon.control]
        while left := [number for number in refused[i:i + 50] if number in set(numbers(case))]:
            command = house.popen([*retry, *map(str, left)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(case.rng.uniform(0, 0.05))
            case.kill("in a retry")
            command.wait(60)
            case.daemon.start()
            case.daemon.wait_until_running()
    # They wait for each other; one that comes later lets go of them.
    last = Sender(case.daemon.events, SESSION + 1, [
        b'{"ts":"%s","type":"logout","account":"person-0"}\n' % text(days=40)])
    last.start()
    case.wait_until_applied(len(lines) + len(later) + 1)
    last.stop()
    case.daemon.stop()
    found = content.faults(case.database)
    for what, expected, query in (
            ("accounts", len(later), "SELECT count(*) FROM accounts WHERE account LIKE 'later-%'"),
            ("lines tried again", len(later), "SELECT frames FROM sources WHERE source = 'quarantine'"),
            ("events of them", len(later), "SELECT events FROM sources WHERE source = 'quarantine'"),
            ("lines from clients", len(lines) + 1, "SELECT frames FROM sources WHERE source = 'stream'"),
            ("lines in quarantine", 0, "SELECT count(*) FROM quarantine WHERE reason = 'time_in_future'")):
        if (number := ask(case, query)[0][0]) != expected:
            found.append(f"{number} {what}, not {expected}")
    if found:
        raise Failure("; ".join(found))
    return case, by_mode(case), "the command ends with an error; given again, it takes what is left"


def text(days):
    """A time so many days ahead of the clock."""
    return (datetime.now(timezone.utc) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ").encode()


def numbers(case):
    """The lines from the future that are in quarantine."""
    return [row[0] for row in ask(case, "SELECT seq FROM quarantine WHERE reason = 'time_in_future' ORDER BY seq")]


def ask(case, query):
    """An answer of the database, which may be as a crash has left it."""
    copy = os.path.join(case.folder, "copy.db")
    content.remove(copy)
    content.copy(case.database, copy)
    database = content.open_readonly(copy)
    try:
        return database.execute(query).fetchall()
    finally:
        database.close()
