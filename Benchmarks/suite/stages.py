"""Each stage alone, by the processor's time: Benchmarks/Stages."""

import json
import statistics
import subprocess

import processes
from context import BENCH, ROOT, folder, progress


def measure(context):
    progress("building Benchmarks/Stages")
    command = [
        "swift",
        "build",
        "-c",
        "release",
        "--package-path",
        ROOT / "Benchmarks/Stages",
        "--scratch-path",
        BENCH / "stages-build",
    ]
    subprocess.run([*command, "--quiet"], check=True, timeout=3600)
    place = subprocess.run([*command, "--show-bin-path"], stdout=subprocess.PIPE, text=True, check=True, timeout=300)
    program = place.stdout.strip() + "/banrisk-stages"
    runs = []
    for run in range(context.runs):
        with folder() as state:
            # The spool's own thread needs the other core; what counts is processor time.
            outcome = processes.run([program, context.city, context.load(context.events), state], 3600)
        runs.append(json.loads(outcome.output)["stages"])
        progress(f"run {run + 1} of {context.runs}, stages: {sum(runs[-1].values()):,.0f} ns per event")
    context.save(
        "stages",
        {"events": context.events, "stages": {name: statistics.median(run[name] for run in runs) for name in runs[0]}},
    )
