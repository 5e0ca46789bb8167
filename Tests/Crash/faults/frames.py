"""Frames that the daemon makes itself: pauses, and lines of the quarantine that are tried again."""
import os
import shutil
import subprocess
import time
from datetime import datetime, timedelta, timezone

import content
from case import Case, fault
from faults.kills import by_mode, live
from waiting import Failure


@fault("pauses", "pauses, of which the daemon makes a note in the spool, with kills in between; then everything but the spool deleted",
       short=False)
def pauses(house):
    """Where pauses were is for the clock to say, so the content is compared with what the spool alone gives."""
    case = Case(house, "pauses", 30_000, lateness="1s")
    case.sender.limit = 0
    case.sender.start()

    def rest():
        case.daemon.start()
        case.wait_for_acks(case.sender.limit)
        time.sleep(case.rng.uniform(0, 3))
        case.kill("in a pause")

    live(case, 40, after=rest)
    case.sender.limit = len(case.lines)
    case.daemon.start()
    case.wait_for_acks(len(case.lines))
    status = case.daemon.wait_for("the last event to wait for no others", lambda status: status["pipeline"]["waiting"] == 0)
    case.wait_until_applied(status["sequence"]["received"])
    case.daemon.stop()
    before = content.dump(case.database)
    noted = {row[0]: row[1] for row in before["sources"][1]}.get("pause", 0)
    if not noted or noted + len(case.lines) != status["sequence"]["received"]:
        raise Failure(f"{status['sequence']['received']} frames are {len(case.lines)} lines and {noted} pauses")
    content.remove(case.database)
    shutil.rmtree(case.snapshots)
    case.daemon.start()
    case.wait_until_applied(status["sequence"]["received"])
    case.daemon.stop()
    case.compare(before)
    return case, f"{by_mode(case)}; {noted} pauses noted", "nothing"


@fault("quarantine", "kills while `banrisk quarantine retry` has lines tried again that were from the future", short=False)
def quarantine(house):
    """The lines are a month ahead of the clock; each is told from the next by an event that is believed."""
    ahead = (datetime.now(timezone.utc) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    later = [b'{"ts":"%s","type":"login","account":"later-%d","ip":"203.0.113.9","outcome":"success"}\n' % (ahead.encode(), i)
             for i in range(3_000)]
    lines = [line for pair in zip(later, house.lines(30_000)) for line in pair if b"2099" not in line]
    case = Case(house, "quarantine", len(lines), lines, tolerance="1h")
    case.begin()
    case.settle()
    case.configure(tolerance="60d")
    case.daemon.tool("reload", "--control", case.daemon.control)
    kills = 0
    rows = len(later)
    while kills < 25 and rows:
        retry = house.popen([os.path.join(house.binaries, "banrisk"), "quarantine", "retry", "--reason", "time_in_future",
                             "--control", case.daemon.control], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(case.rng.uniform(0, 0.1))
        kills += case.kill("in a retry")
        retry.wait(60)
        rows = count(case, "SELECT count(*) FROM quarantine WHERE reason = 'time_in_future'")
        case.daemon.start()
        case.daemon.wait_until_running()
    case.daemon.tool("quarantine", "retry", "--reason", "time_in_future", "--control", case.daemon.control)
    case.daemon.stop()
    found = content.faults(case.database)
    for what, expected, query in (
            ("accounts", len(later), "SELECT count(*) FROM accounts WHERE account LIKE 'later-%'"),
            ("lines tried again", len(later), "SELECT frames FROM sources WHERE source = 'quarantine'"),
            ("events of them", len(later), "SELECT events FROM sources WHERE source = 'quarantine'"),
            ("lines from clients", len(lines), "SELECT frames FROM sources WHERE source = 'stream'"),
            ("lines in quarantine", 0, "SELECT count(*) FROM quarantine WHERE reason = 'time_in_future'")):
        if (number := count(case, query)) != expected:
            found.append(f"{number} {what}, not {expected}")
    if found:
        raise Failure("; ".join(found))
    return case, by_mode(case), "the command ends with an error; given again, it takes what is left"


def count(case, query):
    """A number from the database, which may be as a crash has left it."""
    copy = os.path.join(case.folder, "copy.db")
    content.remove(copy)
    content.copy(case.database, copy)
    database = content.open_readonly(copy)
    try:
        return database.execute(query).fetchone()[0]
    finally:
        database.close()
