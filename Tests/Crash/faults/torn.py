"""Torn writes: what no sync has covered is on disk in part, or is something else."""
from collections import Counter

import content
import spool
from case import SESSION, Case, fault
from faults.kills import by_mode, live
from waiting import until


@fault("torn", "torn writes: after a kill, everything that no sync had covered is cut at any byte, zeroed by sectors of 512 "
       "bytes, overwritten with garbage, or older bytes stand there")
def torn(house):
    case = Case(house, "torn", 10_000 if house.short else 30_000)
    tears = Counter()
    hit = 0

    def tear():
        nonlocal hit
        # What the daemon had acknowledged before its end counts, even where the client has not read it yet.
        until("the client to read what the daemon has said last", lambda: not case.sender.is_connected)
        found = spool.tear(case.spool, case.rng, SESSION, case.sender.acked, content.applied(case.database))
        if found:
            tears[found.how] += 1
            hit += found.frames

    case.sender.limit = 0
    case.sender.start()
    live(case, 8 if house.short else 100, after=tear)
    case.finish()
    kinds = ", ".join(f"{count} {how}" for how, count in tears.most_common())
    return case, f"{by_mode(case)}; {sum(tears.values())} tears ({kinds}) through {hit:,} frames", (
        f"“cut off the spool's torn end”, {case.said('torn end')} times; “the spool is damaged”, "
        f"{case.said('the spool is damaged')} times; the client sends again what was not acknowledged")
