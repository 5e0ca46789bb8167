"""Snapshots that are damaged, gone, or half written."""
import os
from collections import Counter

from case import Case, fault, times


def names(case):
    """The snapshots, the newest first."""
    return sorted((name for name in os.listdir(case.snapshots) if name.endswith(".snapshot")), reverse=True)


def flip(case, path):
    with open(path, "r+b") as file:
        size = os.path.getsize(path)
        at = case.rng.randrange(size)
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1 << case.rng.randrange(8)]))


def truncate(case, path):
    os.truncate(path, case.rng.randrange(os.path.getsize(path)))


def empty(case, path):
    os.truncate(path, 0)


def lengthen(case, path):
    with open(path, "ab") as file:
        file.write(case.rng.randbytes(case.rng.randint(1, 100)))


def garble(case, path):
    with open(path, "r+b") as file:
        file.seek(case.rng.randrange(os.path.getsize(path)))
        file.write(case.rng.randbytes(case.rng.randint(1, 5_000)))


def newer_version(case, path):
    with open(path, "r+b") as file:
        file.seek(8)
        file.write(b"\x09")


DAMAGES = [flip, truncate, empty, lengthen, garble, newer_version]


def rounds(case, count, damage):
    """Lives that get as far as a snapshot or two, each ended by kill -9 or in order, with damage done in between."""
    case.sender.limit = 0
    case.sender.start()
    for i in range(count):
        case.allow((len(case.lines) - case.sender.limit) / (count - i) * case.rng.uniform(0.5, 1.5))
        case.daemon.start()
        case.daemon.wait_until_running()
        written = case.daemon.status()["snapshots"]["written"]
        if case.sender.limit > case.sender.acked:
            case.daemon.wait_for("a snapshot", lambda status: status["snapshots"]["written"] > written, 30)
        if case.rng.random() < 0.5:
            case.kill("at work")
        else:
            case.daemon.stop()
        damage(i)


@fault("snapshots", "the newest snapshot, or both, damaged: a bit flipped, cut, emptied, lengthened, "
                    "overwritten, of a later "
       "version")
def damaged(house):
    case = Case(house, "snapshots", 10_000 if house.short else 30_000)
    done = Counter()

    def damage(i):
        there = [os.path.join(case.snapshots, name) for name in names(case)]
        if not there:
            return
        for path in there if case.rng.random() < 0.3 else there[:1]:
            body = DAMAGES[i % len(DAMAGES)]
            if os.path.getsize(path) > 0:
                body(case, path)
                done[body.__name__] += 1

    rounds(case, 3 if house.short else 24, damage)
    case.finish()
    return case, f"{sum(done.values())} snapshots: " + ", ".join(f"{n} {name}" for name, n in done.most_common()), (
        f"“the snapshot … is damaged …; an older state is used”, {times(case.said('an older state is used'))}; "
        "a start that "
        "takes longer")


@fault("no-snapshots", "all snapshots deleted; or a half-written `.new` left over, or one of a later state",
       short=False)
def missing(house):
    case = Case(house, "no-snapshots", 30_000)
    done = Counter()

    def damage(i):
        there = [os.path.join(case.snapshots, name) for name in names(case)]
        kind = ["deleted", "left over", "later"][i % 3]
        if not there:
            return
        if kind == "deleted":
            for path in there:
                os.remove(path)
        elif kind == "left over":
            with open(there[0], "rb") as file:
                half = file.read(case.rng.randrange(os.path.getsize(there[0])))
            for name in (os.path.basename(there[0]), f"{int(names(case)[0][:20]) + 1:020d}.snapshot"):
                with open(os.path.join(case.snapshots, name + ".new"), "wb") as file:
                    file.write(half)
        else:  # the name says what is in it, and that is beyond what the database has
            with open(there[0], "rb") as file:
                whole = file.read()
            with open(os.path.join(case.snapshots, f"{10 ** 9 + i:020d}.snapshot"), "wb") as file:
                file.write(whole)
        done[kind] += 1

    rounds(case, 24, damage)
    case.finish()
    left = [name for name in os.listdir(case.snapshots) if name.endswith(".new")]
    assert not left, f"{left} stayed behind"
    return case, f"{times(sum(done.values()))}: " + ", ".join(f"{n} {name}" for name, n in done.most_common()), (
        f"“rebuilding the state”, {times(case.said('rebuilding the state'))}; a start that takes longer")
