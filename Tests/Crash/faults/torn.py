"""Torn writes: what no sync has covered is on disk in part, or is something else."""
import time
from collections import Counter

import content
import spool
from case import Case, fault, times
from daemon import can_trace
from faults.kills import by_mode, live, reload, shutdown, wait_for_flight, work
from waiting import Failure, until


def in_sync(case):
    """While lines are being written and synced."""
    wait_for_flight(case)
    time.sleep(case.rng.uniform(0, 0.03))
    case.kill("at work")


@fault("torn", "torn writes: after a kill, everything that no sync had covered is cut at any byte, zeroed by "
               "sectors of "
       "512 bytes, overwritten with garbage, or older bytes stand there")
def torn(house):
    case = Case(house, "torn", 10_000 if house.short else 30_000)
    tears = Counter()
    hit = 0

    def tear():
        nonlocal hit
        # What the daemon had acknowledged before its end counts, even where the client has not read it yet.
        until("the client to read what the daemon has said last", lambda: not case.sender.is_connected)
        sessions = spool.sessions(case.spool)
        if len(sessions) > 1:
            raise Failure(f"one client's frames stand in {len(sessions)} sessions")
        found = spool.tear(
            case.spool, case.rng, next(iter(sessions), 0), case.sender.acked, content.applied(case.database))
        if found:
            tears[found.how] += 1
            hit += found.frames

    case.sender.limit = 0
    case.sender.start()
    # A slow sync leaves more time to be killed in.
    slow = ["delay_enter=40000"] * 3 if can_trace() else []
    live(case, 8 if house.short else 120, [(in_sync, 8), (work, 1), (shutdown, 1), (reload, 1)], tear, [None, *slow])
    if slow and not tears:
        raise Failure("not one kill left anything to tear")
    case.finish()
    kinds = ", ".join(f"{count} {how}" for how, count in tears.most_common())
    return case, f"{by_mode(case)}; {sum(tears.values())} tears ({kinds}) through {hit:,} frames", (
        f"“cut off the spool's torn end”, {times(case.said('torn end'))}; “the spool is damaged”, "
        f"{times(case.said('the spool is damaged'))}; the client sends again what was not acknowledged")
