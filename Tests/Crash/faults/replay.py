"""No fault at all: the daemon and `banrisk replay` make the same of the same lines."""
import os

import content
import spool
from case import Case, fault
from waiting import Failure

OVERSIZED = 1


@fault("replay", "none: a client sends as fast as it can; the content against that of `banrisk replay` of the "
                 "same lines")
def undisturbed(house):
    case = Case(house, "replay", 10_000 if house.short else 150_000)
    compare(case, case.lines, house.reference(case.count))
    return case, "once", f"the client waits where the daemon is behind; peak memory {house.peak_megabytes:.0f} MB"


def compare(case, lines, daemons):
    """Compares a daemon's content with a replay's of the same lines in the same order. They differ in what they are to:

    - a replay's frames come from a file;
    - it ends, and no event waits for others any more; the daemon's last one does, so it is left out.
    """
    if not lines[-1] == case.lines[-1]:
        raise Failure("the last line must be the one that lets go of the others")
    path = os.path.join(case.folder, "replay")
    with open(path, "wb") as file:
        file.writelines(lines[:-1])
    case.daemon.tool("replay", "--config", case.daemon.config, "--database", path + ".db", path, seconds=300)
    without = {"omit": ["sources"], "columns": {"quarantine": ["source"]}, "rows": {
        "meta": lambda row: row["key"] == "applied_seq"}}
    found = content.faults(path + ".db") + content.differences(
        content.without(content.dump(path + ".db"), **without), content.without(daemons, **without))
    if found:
        raise Failure("the daemon's content against a replay's:\n  " + "\n  ".join(found))


def compare_with_spool(case, total):
    """Compares the content with a replay of what stands in the spool, in its order: for clients in no fixed order."""
    frames = [frame for path in spool.paths(case.spool) for frame in spool.read(path).frames]
    if [frame.seq for frame in frames] != list(range(1, total + 1)):
        raise Failure(f"{total} frames were to be in the spool, in order; it has {len(frames)}")
    for session in {frame.session for frame in frames}:
        ordinals = [frame.ordinal for frame in frames if frame.session == session]
        if ordinals != list(range(1, len(ordinals) + 1)):
            raise Failure(f"the frames of session {session:x} are not there once each, in order")
    # Of a line that is too long the spool has the beginning.
    lines = [frame.payload + bytes(70_000 if frame.flags & OVERSIZED else 0) + b"\n" for frame in frames]
    compare(case, lines, content.dump(case.database))
    if found := content.faults(case.database):
        raise Failure("\n  ".join(found))
