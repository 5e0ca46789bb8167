"""docs/performance.md from the results that are there: what is missing is left out."""

import statistics

import growth
from context import ROOT, machine, shell
from figures import MIB, QUESTIONS, Results, goals

PROGRAMS = {
    "parse": "roofline: read, parse with simdjson",
    "lookup": "roofline: the same, and one look-up in the City database",
    "cached": "best roofline: the same, with a cache of 262,144 addresses",
    "replay_one": "banrisk, replay, one core",
    "replay_two": "banrisk, replay, two cores",
    "socket_one": "**banrisk, socket to database, one core**",
    "socket_two": "**banrisk, socket to database, two cores**",
    "scores": "banrisk, socket, one core, every event changes a score",
    "python": "Python: orjson, MaxMind's C reader, SQLite",
    "duckdb": "DuckDB, one batch query, no look-up",
    "crowdsec": "crowdsec 1.4: one leaky bucket, GeoIP",
}

INTRODUCTION = """# Performance

Written by `script/bench`. The load is of generated events of 275 bytes (`script/make-bench-events`: Zipf activity,
addresses that the database knows, farms), the database the real GeoLite2 City, the rules all those that ship and that
it can serve. Figures are medians; programs that are compared ran in turn, and ratios are of such pairs. On shared
machines the same binary's rate has moved by a factor of 1.7 within an hour: compare within one run of the script only.
Processor time moves less.

## Against the goals
"""

BESIDE = """
## Beside other programs

{runs} runs of each in turn, {events:,} events (crowdsec gets the first {fewer:,}). By the socket: `banrisk send` on
the first core, the spool synced, until the database has all. Replays and daemons, on one core and on two, wrote the
same rows. The last two columns: how many times as fast banrisk is, from the socket to the database on one core.
"""


def table(head, rows):
    yield f"| {' | '.join(head)} |"
    yield "|---" * len(head) + "|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def goals_table(results):
    rows = (
        (name, measured, goal, f"{ratio:.2f}", "met" if met else "**not met**")
        for name, measured, goal, ratio, met in goals(results)
    )
    return table(("figure", "measured", "goal", "measured / goal", ""), rows)


def programs_table(results):
    def number(value, text="{:,.0f}"):
        return text.format(value) if value else ""

    rows = []
    for name, text in PROGRAMS.items():
        if name in results.runs:
            ratios = (None, None)
            if name != "socket_one":
                ratios = (results.ratio("socket_one", name), results.ratio("socket_one", name, "cpu"))
            peak = statistics.median(run["peak"] for run in results.runs[name]) / MIB
            rates = (results.rate(name), results.best(name), results.rate(name, "cpu"))
            rows.append((text, *map(number, rates), number(peak), *(number(ratio, "{:.2f}") for ratio in ratios)))
        elif "peers" in results and name == "crowdsec":
            rows.append((text, "not installed", *[""] * 5))
    head = ("program", "events/s", "quietest run", "per s of processor time", "peak, MiB", "×", "× by processor time")
    return table(head, rows)


def stages_table(results):
    stages = results["stages"]["stages"]
    total = sum(stages.values())
    rows = ((name, f"{spent:,.0f}", f"{spent / total:.0%}") for name, spent in [*stages.items(), ("all", total)])
    return table(("stage", "ns of processor time per event", "share"), rows)


def growth_table(results):
    sizes = results["growth"]
    rows = (
        (
            f"{size['accounts']:,}",
            f"{size['entities_after']:,}",
            f"{growth.cost(size):,.0f}",
            f"{growth.cost(size) / growth.cost(sizes[0]):.2f}",
            f"{1 / statistics.median(size['wall']):,.0f}",
            f"{size['memory_after']['resident'] / MIB:,.0f}",
            f"{size['fill_rate']:,.0f}",
        )
        for size in sizes
    )
    head = ("accounts", "entities", "ns of processor time per event", "× the smallest", "events/s", "memory, MiB")
    return table((*head, "events/s while they came"), rows)


def latency_table(results):
    data = results["latency"]
    yield "From just before an event's write to the socket until another process can read its alert.\n"
    yield from table(
        ("the most that it took, events/s", "steady rate", "probes", "not seen", "p50, ms", "p99, ms", "worst, ms"),
        [
            (
                f"{data['full']:,.0f}",
                f"{data['rate']:,.0f}",
                f"{data['probes']:,}",
                f"{data['missing']:,}",
                *(f"{data[name] * 1e3:.1f}" for name in ("p50", "p99", "worst")),
            )
        ],
    )


def start_table(results):
    data = results["start"]
    snapshot = data["snapshot"]
    rows = [(f"`{name} --help`, ms", f"{seconds * 1e3:.0f}") for name, seconds in data["help"].items()]
    rows += [
        ("ready with an empty state, s", f"{data['ready_idle']:.2f}"),
        ("ready from the snapshot, after `kill -9`, s", f"{statistics.median(data['ready']):.2f}"),
        ("ready from the spool alone, s", f"{data['ready_without']:.2f}"),
        ("the snapshot, MB", f"{snapshot['bytes'] / 1e6:,.0f}"),
        ("written in, ms", f"{snapshot['milliseconds']:,}"),
        ("of these the pipeline stood still for, ms", f"{snapshot['pause_milliseconds']:.0f}"),
    ]
    return table((f"{data['accounts']:,} accounts, {data['entities']:,} entities", "measured"), rows)


def memory_table(results):
    data = results["memory"]
    yield "What the process grows by, all overhead included; few ids are kept here: they have a limit of their own.\n"
    day = ", ".join(f"{size / MIB:,.0f}" for size in data["day"])
    rows = [
        ("the daemon without any state, MiB", f"{data['empty']['resident'] / MIB:,.0f}"),
        (f"bytes per account, by {data['plain']['accounts']:,}", f"{data['bytes_per_account']:,.0f}"),
        (f"bytes per entity, by {data['full']['entities']:,}", f"{data['bytes_per_entity']:,.0f}"),
        ("after each eighth of a day's events of the same people, MiB", day),
    ]
    yield from table(("", "measured"), rows)


def queries_table(results):
    data = results["queries"]
    rows = ", ".join(f"{count:,} {table.replace('_', ' ')}" for table, count in data["rows"].items())
    yield f"In a database of {data['bytes'] / 1e9:.1f} GB: {rows}. Opening it and reading all rows is included.\n"
    times = ((text, *(f"{data[way][name] * 1e3:.1f}" for way in ("sql", "tool"))) for name, text in QUESTIONS.items())
    yield from table(("question", "SQL, ms", "the whole run of `banrisk`, ms"), times)


SECTIONS = {
    "stages": ("Stage by stage", stages_table),
    "growth": ("With the number of accounts", growth_table),
    "latency": ("Latency", latency_table),
    "memory": ("Memory", memory_table),
    "start": ("Start", start_table),
    "queries": ("Analysts' queries", queries_table),
}


def document(results):
    yield INTRODUCTION
    yield from goals_table(results)
    if results.runs:
        events = [run["events"] for runs in results.runs.values() for run in runs]
        runs = min(len(runs) for runs in results.runs.values())
        yield BESIDE.format(runs=runs, events=max(events), fewer=min(events))
        yield from programs_table(results)
    for part, (title, section) in SECTIONS.items():
        if part in results:
            yield f"\n## {title}\n"
            yield from section(results)
    yield f"\n## Measured on\n\n{machine()}; {versions()}.\n"
    parts = results.parts.items()
    yield from table(
        ("part", "when, UTC", "commit"), ((part, result["date"], result["commit"]) for part, result in parts)
    )


def versions():
    swift = shell("swift --version 2>/dev/null | head -n 1")
    debian = shell("dpkg-query -W -f '${Package} ${Version}, ' g++ libmaxminddb-dev libsimdjson-dev") + " "
    python = shell(".bench/venv/bin/pip list --format freeze | grep -E '^(duckdb|maxminddb|orjson)=='")
    return f"{swift}; {debian}{', '.join(python.replace('==', ' ').splitlines())}"


def write():
    results = Results()
    (ROOT / "docs/performance.md").write_text("\n".join(document(results)) + "\n")
    print("\n".join(goals_table(results)))
    print("\nwritten: docs/performance.md")
