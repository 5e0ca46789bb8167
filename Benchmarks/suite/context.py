"""Where things are, and what is measured: shared by all parts."""

import json
import os
import platform
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

import processes

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / ".bench"
RESULTS = BENCH / "results"
CORES = os.cpu_count()
# The last cores do the work that is measured; the first is left to whoever feeds it, as far as there are more.
ONE_CORE = {CORES - 1}
FIRST_CORE = {0}
TWO_CORES = set(range(max(0, CORES - 2), CORES))


class Context:
    """The programs, the database and the size of the run."""

    def __init__(self, binaries, events, runs, scale):
        self.banrisk = str(binaries / "banrisk")
        self.banriskd = str(binaries / "banriskd")
        self.roofline = str(BENCH / "roofline")
        self.python = str(BENCH / "venv/bin/python")
        self.events = events
        self.runs = runs
        self.scale = scale
        self.started = datetime.now(timezone.utc).isoformat()
        self.city = str(next(BENCH.glob("maxminddb-geolite2-*/**/GeoLite2-City.mmdb")))

    def scaled(self, count):
        """A size of a load of its own: smaller where only a quick look is wanted."""
        return max(1_000, int(count * self.scale))

    def load(self, count, **options):
        """The path of a generated load; made where it is not there yet."""
        arguments = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        made = subprocess.run(
            [ROOT / "script/bench-input", str(count), *arguments],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=3600,
        )
        return str(ROOT / made.stdout.split()[1])

    def save(self, part, data):
        """Keeps a part's results, with what they were measured on."""
        RESULTS.mkdir(parents=True, exist_ok=True)
        now = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M")
        result = {
            "part": part,
            "run": self.started,
            "date": now,
            "commit": commit(),
            "machine": machine(),
            "data": data,
        }
        target = RESULTS / f"{part}.json"
        target.with_suffix(".part").write_text(json.dumps(result, indent=1))
        target.with_suffix(".part").rename(target)


def split(path, lines, place):
    """The parts of a load, each of so many lines, as files in `place`."""
    subprocess.run(
        ["split", "--lines", str(lines), "--numeric-suffixes", "--suffix-length", "3", path, place / "part."],
        check=True,
        timeout=600,
    )
    return sorted(map(str, place.glob("part.*")))


@contextmanager
def folder():
    """A folder for one measurement, removed at its end."""
    path = Path(tempfile.mkdtemp(prefix="run.", dir=BENCH))
    try:
        yield path
    finally:
        processes.end_all()
        shutil.rmtree(path, ignore_errors=True)


def shell(command):
    return subprocess.run(command, shell=True, capture_output=True, text=True, cwd=ROOT, timeout=60).stdout.strip()


def commit():
    return shell("git describe --always --dirty --exclude '*'") or "unknown"


def machine():
    model = shell("grep -m1 'model name' /proc/cpuinfo | cut -d: -f2").strip()
    memory = shell("awk '/MemTotal/ {print int($2 / 1048576 + 0.5)}' /proc/meminfo")
    return f"{model}, {CORES} cores, {memory} GiB, Linux {platform.release().split('-')[0]}"


def progress(text):
    print(f"==> {text}", flush=True)
