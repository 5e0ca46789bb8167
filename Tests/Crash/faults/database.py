"""Databases that are older than the spool, or gone."""
import os

import content
from case import Case, fault, times


@fault("older-database", "the database replaced by an older copy of itself, between two lives; and by none")
def older(house):
    case = Case(house, "older-database", 10_000 if house.short else 30_000)
    rounds = 3 if house.short else 12
    copies = []
    restored = deleted = 0
    case.sender.limit = 0
    case.sender.start()
    for i in range(rounds):
        case.allow((len(case.lines) - case.sender.limit) / (rounds - i))
        case.daemon.start()
        case.daemon.wait_for("half of what was sent to be in the database", lambda status: (
            status["sequence"]["applied"] >= case.sender.limit / 2))
        if case.rng.random() < 0.5:
            case.kill("at work")
        else:
            case.daemon.wait_until_running()
            case.daemon.stop()
        copy = os.path.join(case.folder, f"copy-{i}")
        content.copy(case.database, copy)
        copies.append(copy)
        if i % 3 == 2:
            content.remove(case.database)
            deleted += 1
        elif i > 0:
            content.remove(case.database)
            content.copy(case.rng.choice(copies[:-1]), case.database)
            restored += 1
    case.finish()
    return case, f"{times(restored)} older, {times(deleted)} none", (
        "a start that takes longer; the daemon catches up from the spool")
