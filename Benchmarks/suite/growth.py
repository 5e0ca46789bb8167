"""What an event costs when many accounts are known: daemons with states of different size take a load in turn."""

import statistics

from context import ONE_CORE, folder, progress, split
from daemon import Daemon

ACCOUNTS = [100_000, 1_000_000, 10_000_000]
PORTION = 200_000
# What may be needed at most, with all entities and what waits for the disk.
BYTES_PER_ACCOUNT = 1_800


def measure(context):
    accounts = [context.scaled(count) for count in ACCOUNTS]
    portion_size = context.scaled(PORTION)
    with folder() as place:
        daemons = []
        for count in accounts:
            if available_bytes() < count * BYTES_PER_ACCOUNT:
                progress(f"left out for want of memory: {count:,} accounts")
                continue
            state = place / str(count)
            state.mkdir()
            # Room for farms that register meanwhile; entities have the limit of every installation.
            daemon = Daemon(context, state, ONE_CORE, account_limit=max(1_000_000, count * 11 // 10))
            daemon.start()
            wall, cpu = daemon.take(context.load(count, load="once"), count)
            status = daemon.status()["pipeline"]
            progress(f"{count:,} accounts known in {wall:.0f} s, {daemon.memory()['resident'] >> 20:,} MiB")
            portions = split(
                context.load(portion_size * (context.runs + 1), accounts=count, first=count, day=7, days=1),
                portion_size,
                state,
            )
            daemons.append(
                (
                    daemon,
                    portions,
                    {
                        "accounts": status["accounts"],
                        "entities": status["entities"],
                        "evicted": status["evicted_entities"],
                        "fill_rate": count / wall,
                        "memory": daemon.memory(),
                        "wall": [],
                        "cpu": [],
                    },
                )
            )
        # The first portion warms up: it is not counted.
        for portion in range(context.runs + 1):
            for daemon, portions, figures in daemons:
                wall, cpu = daemon.take(portions[portion], portion_size)
                if portion > 0:
                    figures["wall"].append(wall / portion_size)
                    figures["cpu"].append(cpu / portion_size)
                    progress(
                        f"portion {portion}, {figures['accounts']:,} accounts: "
                        f"{cpu / portion_size * 1e9:,.0f} ns per event"
                    )
        for daemon, _, figures in daemons:
            figures["memory_after"] = daemon.memory()
            figures["entities_after"] = daemon.status()["pipeline"]["entities"]
            daemon.stop()
        context.save("growth", [figures for _, _, figures in daemons])


def available_bytes():
    lines = dict(line.split(":", 1) for line in open("/proc/meminfo"))
    return int(lines["MemAvailable"].split()[0]) * 1024


def cost(figures):
    """Nanoseconds of processor time per event."""
    return statistics.median(figures["cpu"]) * 1e9
