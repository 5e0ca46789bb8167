"""Wall clocks that are years off, and jump."""
import glob
import os

from case import Case, Skip, fault
from faults.kills import by_mode, reception, work

CLOCKS = ["2020-06-03 12:00:00", "2040-01-01 00:00:00", "2001-01-01 00:00:00", "2020-03-01 00:00:00",
          "2033-05-18 03:33:20", "1980-01-01 00:00:00"]


def library():
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not found:
        raise Skip("libfaketime (the Debian package faketime) is not installed")
    return found[0]


@fault("clock", "the wall clock years off, another in each life, and set back and forth within a life (libfaketime)",
       short=False)
def clock(house):
    fake = library()
    case = Case(house, "clock", 30_000)
    clock = os.path.join(case.folder, "clock")
    environment = {"LD_PRELOAD": fake, "FAKETIME_TIMESTAMP_FILE": clock, "FAKETIME_NO_CACHE": "1",
                   "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

    def set_clock(text):
        with open(clock + ".part", "w", encoding="ascii") as file:
            file.write(f"@{text}\n")
        os.rename(clock + ".part", clock)

    lives, jumps = 2 * len(CLOCKS), 0
    # The first event is believed by a right clock.
    set_clock(CLOCKS[0])
    case.sender.limit = 0
    case.sender.start()
    for i in range(lives):
        # The library sets a variable when it is loaded first, and then a Swift program does not find its arguments. So
        # another program comes first, which becomes the daemon.
        case.daemon.start(environment, wrapper=["env"])
        case.daemon.wait_until_listening()
        for _ in range(3):
            case.allow(len(case.lines) / lives / 3)
            case.wait_for_acks(case.sender.limit)
            set_clock(case.rng.choice(CLOCKS) if i else CLOCKS[0])
            jumps += 1
        case.rng.choice([reception, work])(case)
        for path in glob.glob(f"/dev/shm/*faketime_*_{case.daemon.process.pid}"):
            os.remove(path)
        set_clock(CLOCKS[(i + 1) % len(CLOCKS)])
    case.finish()
    return case, f"{lives} lives with clocks from 1980 to 2040, {jumps} jumps in them; {by_mode(case)}", "nothing"
