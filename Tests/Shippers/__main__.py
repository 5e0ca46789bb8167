"""Sends the same file of events through real shippers, while the daemon comes and goes, and counts what arrived.

Started by script/shippers-test. Each shipper has its own daemon, and the configuration of Config/shippers as it stands,
with other paths. All of them run at the same time, so the minute of silence is one minute.
"""
import argparse
import os
import shutil
import sys
import tempfile
import threading
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Crash"))

from waiting import Failure  # noqa: E402
from ways import WAYS  # noqa: E402


def main():
    arguments = parse()
    root = tempfile.mkdtemp(prefix="banrisk-shippers.")
    os.chmod(root, 0o755)
    chosen = [way for way in WAYS if not arguments.only or way.name in arguments.only]
    results = {}

    def attempt(way):
        start = time.monotonic()
        trial = way(arguments, os.path.join(root, way.name))
        try:
            results[way.name] = (trial.run() or "every line arrived once", False)
        except Failure as failure:
            results[way.name] = (f"FAILED: {failure}", True)
        except Exception:  # a fault of the test itself must not hang the others
            results[way.name] = (f"FAILED: {traceback.format_exc()}", True)
        finally:
            trial.end()
        print(f"{way.name:22} {time.monotonic() - start:6.1f} s  {results[way.name][0]}", flush=True)

    threads = [threading.Thread(target=attempt, args=(way,)) for way in chosen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    failed = any(failed for _, failed in results.values())
    if not failed and not arguments.keep:
        shutil.rmtree(root)
    elif failed:
        print(f"Everything is in {root}")
    sys.exit(1 if failed else 0)


def parse():
    parser = argparse.ArgumentParser(
        prog="script/shippers-test", description="Real shippers, the real daemon, and a daemon that comes and goes.")
    parser.add_argument("--bin", required=True, help="the folder of banriskd and banrisk")
    parser.add_argument("--programs", required=True, help="the folder into which the shippers' packages were unpacked")
    parser.add_argument("--only", action="append", choices=[way.name for way in WAYS])
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--silence", type=float, default=60, metavar="SECONDS", help="how long the daemon is away")
    parser.add_argument("--keep", action="store_true", help="keep the folder though all went well")
    return parser.parse_args()


if __name__ == "__main__":
    main()
