"""Tries the faults and says what became of them. Started by script/crash-test."""
import argparse
import os
import random
import shutil
import sys
import tempfile
import time

import faults  # noqa: F401  (each module adds its faults)
from case import FAULTS, House, attempt

BEGIN, END = "<!-- crash-test: begin -->", "<!-- crash-test: end -->"


def main():
    arguments = parse()
    chosen = [entry for entry in FAULTS if arguments.only and entry[0] in arguments.only
              or not arguments.only and (entry[2] or not arguments.short)]
    seed = arguments.seed if arguments.seed is not None else random.randrange(10 ** 6)
    root = tempfile.mkdtemp(prefix="banrisk-crash.")
    house = House(os.path.abspath(arguments.bin), root, seed=seed, short=arguments.short, keeps=arguments.keep)
    house.say(f"==> Seed {seed}; --seed {seed} draws the same again. Everything is in {root}")
    start = time.monotonic()
    rows = []
    try:
        for name, title, _, body in chosen:
            rows.append(attempt(house, name, title, body))
            row = rows[-1]
            mark = "FAILED" if row.failures else "skip  " if row.skipped else "ok    "
            house.say(f"{mark} {name:15} {row.seconds:6.1f} s  {row.times}")
            for failure in row.failures:
                house.say(f"  {failure}")
    finally:
        house.end()
    failed = any(row.failures for row in rows)
    if not failed and not arguments.keep:
        shutil.rmtree(root)
    seconds = time.monotonic() - start
    text = table(rows, seed, seconds, arguments.short)
    print(text)
    if arguments.markdown:
        replace(arguments.markdown, text)
    sys.exit(1 if failed else 0)


def parse():
    parser = argparse.ArgumentParser(
        prog="script/crash-test", description="Kills, starves and misleads the real daemon, and compares what it wrote "
        "with what it writes undisturbed.")
    names = [entry[0] for entry in FAULTS]
    parser.add_argument("--short", action="store_true", help="what continuous integration runs: less than a minute")
    parser.add_argument("--only", action="append", choices=names, metavar="FAULT", help="one of: " + ", ".join(names))
    parser.add_argument("--seed", type=int, help="draws the same moments and damages again")
    parser.add_argument("--bin", required=True, help="the folder of banriskd and banrisk")
    parser.add_argument("--keep", action="store_true", help="keep the folder though all went well")
    parser.add_argument("--markdown", metavar="FILE", help="put the table into this file, between its two marks")
    return parser.parse_args()


def table(rows, seed, seconds, short):
    kind = "short" if short else "full"
    lines = ["| what was done | how often | what was lost | what the user saw |", "|---|---|---|---|"]
    for row in rows:
        lost = f"**{'; '.join(row.failures)}**" if row.failures else row.lost
        texts = (row.fault, row.times, lost, row.saw)
        cells = [text.replace("|", "\\|").replace("\n", "<br>") or "–" for text in texts]
        lines.append(f"| {' | '.join(cells)} |")
    date = time.strftime("%Y-%m-%d")
    return "\n".join(lines) + f"\n\nA {kind} run with seed {seed}, {seconds:.0f} s, {os.cpu_count()} cores, {date}."


def replace(path, text):
    with open(path, encoding="utf-8") as file:
        before, rest = file.read().split(BEGIN, 1)
    with open(path, "w", encoding="utf-8") as file:
        file.write(before + BEGIN + "\n" + text + "\n" + END + rest.split(END, 1)[1])


main()
