"""Measures banrisk part by part, and writes docs/performance.md of all results that are there."""

import argparse
import sys
from pathlib import Path

import growth
import latency
import memory
import queries
import render
import stages
import start
import throughput
from context import Context, progress

# In this order; those of throughput run in turn with each other.
OTHERS = {"stages": stages, "latency": latency, "start": start, "memory": memory, "growth": growth, "queries": queries}
PARTS = [*throughput.PARTS, *OTHERS]


def main():
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__, epilog=f"Parts: {', '.join(PARTS)}.")
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help="all, if none is named; `render` only writes the document"
    )
    parser.add_argument("--events", type=int, default=1_000_000, help="of the common load")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument(
        "--scale", type=float, default=1, help="of the loads of growth, memory, start, latency, queries"
    )
    parser.add_argument("--bin", type=Path, required=True, help="folder of the release programs")
    options = parser.parse_args()
    unknown = set(options.parts) - {*PARTS, "render"}
    if unknown:
        parser.error(f"unknown parts: {', '.join(sorted(unknown))}")

    chosen = options.parts or PARTS
    context = Context(options.bin, options.events, options.runs, options.scale)
    together = [part for part in throughput.PARTS if part in chosen]
    if together:
        progress(f"in turn: {', '.join(together)}")
        throughput.measure(context, together)
    for name, part in OTHERS.items():
        if name in chosen:
            progress(name)
            part.measure(context)
    render.write()


sys.exit(main())
