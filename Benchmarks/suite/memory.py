"""What an account and an entity take in memory, and whether memory stays flat while the same people go on for a day."""

from context import TWO_CORES, folder, progress, split
from daemon import Daemon

ACCOUNTS = 1_000_000
DAY_ACCOUNTS, DAY_EVENTS, PARTS = 100_000, 2_000_000, 8


def measure(context):
    accounts = context.scaled(ACCOUNTS)
    # Without memory for ids, which has a limit of its own and would hide what is looked for.
    empty = filled(context, {}, 0)
    plain = filled(context, {"load": "plain"}, accounts)
    full = filled(context, {"load": "once"}, accounts)
    entity = (full["anonymous"] - plain["anonymous"]) / (full["entities"] - plain["entities"])
    account = (plain["anonymous"] - empty["anonymous"] - entity * plain["entities"]) / plain["accounts"]
    progress(f"{account:.0f} bytes per account, {entity:.0f} per entity")
    context.save(
        "memory",
        {
            "empty": empty,
            "plain": plain,
            "full": full,
            "bytes_per_account": account,
            "bytes_per_entity": entity,
            "day": day(context, context.scaled(DAY_EVENTS)),
        },
    )


def filled(context, options, count):
    with folder() as place:
        daemon = Daemon(context, place, TWO_CORES, time="{duplicate_ids: 0}")
        daemon.start()
        if count:
            daemon.take(context.load(count, **options), count)
        status = daemon.status()["pipeline"]
        return {**daemon.memory(), "accounts": status["accounts"], "entities": status["entities"]}


def day(context, events):
    """Resident bytes after each eighth of a day's events by people who are all known before."""
    count = events // PARTS
    with folder() as place:
        daemon = Daemon(context, place, TWO_CORES, time=f"{{duplicate_ids: {count}}}", snapshot_interval="10s")
        daemon.start()
        accounts = context.scaled(DAY_ACCOUNTS)
        daemon.take(context.load(accounts, load="once"), accounts)
        load = context.load(count * PARTS, load="people", accounts=accounts, first=accounts, day=7, days=1)
        sizes = []
        for path in split(load, count, place):
            daemon.take(path, count)
            sizes.append(daemon.memory()["resident"])
            progress(f"{len(sizes)} eighths of a day: {sizes[-1] >> 20} MiB")
        return sizes
