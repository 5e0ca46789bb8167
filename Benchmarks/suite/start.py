"""How long a start takes with a large snapshot and without, how long a snapshot holds the pipeline up, `--help`."""

import shutil
import signal
import statistics
import time

import processes
from context import TWO_CORES, folder, progress
from daemon import Daemon

ACCOUNTS = 1_000_000
HELP_RUNS = 20


def measure(context):
    accounts = context.scaled(ACCOUNTS)
    data = {"help": help_seconds(context), "ready": []}
    progress(f"--help: {data['help']}")
    with folder() as place:
        daemon = Daemon(context, place, TWO_CORES, snapshot_interval="10s")
        data["ready_idle"] = daemon.start()
        daemon.take(context.load(accounts, load="once"), accounts)
        snapshots = newest_snapshot(daemon, accounts)
        status = daemon.status()["pipeline"]
        data |= {"accounts": status["accounts"], "entities": status["entities"], "snapshot": snapshots}
        for _ in range(context.runs):
            daemon.stop(signal.SIGKILL)
            data["ready"].append(daemon.start())
            progress(f"ready from a snapshot in {data['ready'][-1]:.2f} s")
        daemon.stop(signal.SIGKILL)
        shutil.rmtree(place / "snapshots")
        data["ready_without"] = daemon.start()
        progress(f"ready from the spool alone in {data['ready_without']:.2f} s")
    context.save("start", data)


def newest_snapshot(daemon, through, timeout=120):
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        snapshots = daemon.status()["snapshots"]
        if snapshots["newest"] >= through:
            return snapshots
        time.sleep(0.2)
    raise SystemExit("banriskd makes no snapshot")


def help_seconds(context):
    programs = {"banrisk": context.banrisk, "banriskd": context.banriskd}
    return {
        name: statistics.median(processes.run([program, "--help"], 60).wall for _ in range(HELP_RUNS))
        for name, program in programs.items()
    }
