"""GeoIP databases that are replaced while events flow."""
import json
import os
import time

import content
from case import DEMO, Case, fault
from waiting import Failure, until

KEY = b"build_epoch"


def rebuilt(path, epoch):
    """The bytes of a database with another time of build: the same content to all that banrisk asks."""
    with open(path, "rb") as file:
        data = file.read()
    at = data.rindex(KEY) + len(KEY) + 2  # behind the control byte of a uint64 and its extension
    return data[:at] + epoch.to_bytes(4, "big") + data[at + 4:]


@fault("geoip", "MaxMind databases replaced by rename and in place, truncated, overwritten with garbage, "
                "emptied, deleted, "
       "while events flow; killed in between")
def geoip(house):
    case = Case(house, "geoip", 10_000 if house.short else 30_000)
    path = os.path.join(case.folder, "geoip", "city.mmdb")
    original = os.path.join(DEMO, "city.mmdb")
    whole = rebuilt(original, 1_767_225_600)
    epochs = iter(range(1_770_000_000, 1_790_000_000, 86_400))
    good, bad = [], []
    slowest = 0

    def by_rename(data):
        with open(path + ".part", "wb") as file:
            file.write(data)
        os.rename(path + ".part", path)

    def in_place(data):
        with open(path, "r+b") as file:
            file.write(data[:len(data) // 2])
            file.flush()
            time.sleep(0.7)  # as a slow copy would: half new, half old
            file.write(data[len(data) // 2:])
            file.truncate()

    def accept(how, write):
        nonlocal slowest
        epoch = next(epochs)
        built = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(epoch))
        write(rebuilt(original, epoch))
        start = time.monotonic()
        case.daemon.wait_for(f"a database {how} to be noticed", lambda status: any(
            database["path"].endswith("city.mmdb") and database["built"].startswith(built)
            for database in status["databases"]), 30)
        slowest = max(slowest, time.monotonic() - start)
        good.append(how)
        case.allow(len(case.lines) / 40)
        case.wait_for_acks(case.sender.limit)

    def refuse(how, write):
        before = case.daemon.status()
        write()
        status = case.daemon.wait_for(f"a database that is {how} to be refused", lambda status: (
            status["reloads"]["refused"] > before["reloads"]["refused"] and status["reloads"].get("fault")), 40)
        if status["databases"] != before["databases"]:
            raise Failure(f"a database that is {how} is in force: {json.dumps(status['databases'])}")
        bad.append(how)
        case.allow(len(case.lines) / 40)
        case.wait_for_acks(case.sender.limit)

    def overwrite(data):
        with open(path, "wb") as file:
            file.write(data)

    # By then there are alerts, and afterwards there will be more.
    case.begin(limit=len(case.lines) * 2 // 3)
    case.daemon.wait_until_running()
    case.wait_for_acks(case.sender.limit)
    accept("renamed into place", by_rename)
    refuse("garbage", lambda: overwrite(case.rng.randbytes(len(whole))))
    if not house.short:
        accept("written in place", in_place)
        refuse("truncated in place", lambda: os.truncate(path, len(whole) // 2))
        accept("renamed into place", by_rename)
        refuse("empty", lambda: overwrite(b""))
        accept("written in place", in_place)
        refuse("deleted", lambda: os.remove(path))
        accept("renamed into place", by_rename)
        refuse("damaged in the search tree", lambda: by_rename(b"\xff" * 600 + whole[600:]))
        accept("renamed into place", by_rename)
        refuse("cut in the metadata", lambda: by_rename(whole[:-20]))
        accept("renamed into place", by_rename)
        # Swaps and kills together.
        for _ in range(10):
            by_rename(rebuilt(original, next(epochs)))
            case.allow(len(case.lines) / 40)
            time.sleep(case.rng.uniform(0, 5))
            case.kill("between swaps")
            case.daemon.start()
            case.daemon.wait_until_running()
    # Which build it was is noted, and is noted at all; the rest must be as with one build.
    case.finish(omit=["configurations"], columns={"alerts": ["configuration"], "signals": ["configuration"]})
    check_builds(case, len(good))
    return case, f"{len(good)} good ones ({', '.join(sorted(set(good)))}), {len(bad)} bad ones ({', '.join(bad)}), " \
        f"{sum(case.kills.values())} kills", (
        f"good ones in force within {slowest:.0f} s; bad ones refused in the log and in `banrisk status` as "
        "“not reloaded”, "
        "the old stays in force")


def check_builds(case, swaps):
    database = content.open_readonly(case.database)
    try:
        builds = [row[0] for row in database.execute("SELECT databases FROM configurations ORDER BY id")]
        if len(builds) < swaps + 1:
            raise Failure(f"{swaps} databases came into force, and configurations has {len(builds)} rows")
        numbers = [row[0] for row in database.execute("SELECT configuration FROM alerts ORDER BY id")]
        if None in numbers or numbers != sorted(numbers) or len(set(numbers)) < 2:
            raise Failure(f"alerts name the configurations {sorted(set(numbers), key=str)}, not in order or only one")
    finally:
        database.close()
