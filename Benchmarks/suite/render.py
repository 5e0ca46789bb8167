"""docs/performance.md from the results that are there: what is missing is left out, each part says when it was measured."""
import json
import statistics

import growth
from context import RESULTS, ROOT, machine, shell

PROGRAMS = {
    "parse": "roofline: read, parse with simdjson", "lookup": "roofline: the same, and one look-up in the City database",
    "cached": "best roofline: the same, with a cache of 262,144 addresses",
    "replay_one": "banrisk, replay, one core", "replay_all": "banrisk, replay, all cores",
    "socket_one": "**banrisk, socket to database, one core**", "socket_all": "**banrisk, socket to database, all cores**",
    "scores": "banrisk, socket, one core, every event changes a score",
    "python": "Python: orjson, MaxMind's C reader, SQLite", "duckdb": "DuckDB, one batch query, no look-up",
    "crowdsec": "crowdsec 1.4: one leaky bucket, GeoIP (its first 50,000 events)"}
QUESTIONS = {"top": "the riskiest accounts", "account": "one account", "campaign": "one campaign", "alerts": "the last hour's alerts"}
PARTS = ["roofline", "replay", "socket", "peers", "stages", "latency", "start", "memory", "growth", "queries"]
MIB = 1 << 20


class Results:
    """What has been measured, by part."""

    def __init__(self):
        files = {part: RESULTS / f"{part}.json" for part in PARTS}
        self.parts = {part: json.loads(file.read_text()) for part, file in files.items() if file.exists()}
        self.programs = {
            name: runs for part in ("roofline", "replay", "socket", "peers") if part in self.parts
            for name, runs in self[part].items() if runs}

    def __getitem__(self, part):
        return self.parts[part]["data"]

    def __contains__(self, part):
        return part in self.parts

    def rate(self, name, clock="wall"):
        return statistics.median(run["events"] / run[clock] for run in self.programs[name])

    def best(self, name):
        return max(run["events"] / run["wall"] for run in self.programs[name])

    def ratio(self, name, other, clock="wall"):
        """Of the rates, run by run: pairs were measured one after the other."""
        pairs = zip(self.programs[name], self.programs[other])
        return statistics.median(
            (one["events"] / one[clock]) / (two["events"] / two[clock]) for one, two in pairs)


def goals(results):
    """(figure, measured, goal, measured / goal, whether it is met), as far as there are results."""
    rows = []

    def at_least(name, value, goal, text="{:,.2f}"):
        rows.append((name, text.format(value), "≥ " + text.format(goal), value / goal, value >= goal))

    def at_most(name, value, goal, text="{:,.1f}"):
        rows.append((name, text.format(value), "≤ " + text.format(goal), value / goal, value <= goal))

    have = results.programs.keys()
    if "socket_one" in have:
        at_least("whole pipeline, one core, events/s", results.rate("socket_one"), 800_000, "{:,.0f}")
        if "lookup" in have:
            at_least("× roofline: parse, one look-up", results.ratio("socket_one", "lookup"), 1.1)
        if "cached" in have:
            at_least("× best roofline: with a cache", results.ratio("socket_one", "cached"), 0.5)
    if "scores" in have:
        at_least("every event changes a score, one core, events/s", results.rate("scores"), 500_000, "{:,.0f}")
    if {"socket_one", "socket_all"} <= have:
        at_least("two cores × one core", results.ratio("socket_all", "socket_one"), 1.6)
    if "memory" in results:
        data = results["memory"]
        at_most("bytes per account", data["bytes_per_account"], 300, "{:,.0f}")
        at_most("bytes per entity", data["bytes_per_entity"], 200, "{:,.0f}")
        at_most("memory at a day's end × at noon", data["day"][-1] / data["day"][len(data["day"]) // 2 - 1], 1.1, "{:.2f}")
    if "growth" in results:
        data = results["growth"]
        at_most(f"memory with {data[-1]['accounts']:,} accounts, MiB", data[-1]["memory_after"]["resident"] / MIB, 4096, "{:,.0f}")
        at_most(f"cost of an event at {data[-1]['accounts']:,} accounts × at {data[0]['accounts']:,}",
                growth.cost(data[-1]) / growth.cost(data[0]), 1.5, "{:.2f}")
    if "latency" in results:
        data = results["latency"]
        at_most("event to alert at half load, p50, ms", data["p50"] * 1e3, 10)
        at_most("event to alert at half load, p99, ms", data["p99"] * 1e3, 50)
    if "start" in results:
        data = results["start"]
        at_most(f"ready with {data['accounts']:,} accounts in the snapshot, s", statistics.median(data["ready"]), 2, "{:.2f}")
        at_most("`--help`, ms, the slower program", max(data["help"].values()) * 1e3, 30)
    if "queries" in results:
        for name, text in QUESTIONS.items():
            at_most(f"{text}, by `banrisk`, ms", results["queries"]["tool"][name] * 1e3, 50)
    return rows


def goals_table(results):
    yield "| figure | measured | goal | measured / goal | |\n|---|---|---|---|---|"
    for name, measured, goal, ratio, met in goals(results):
        yield f"| {name} | {measured} | {goal} | {ratio:.2f} | {'met' if met else '**not met**'} |"


def programs_table(results):
    yield "| program | events/s | quietest run | events per s of processor time | peak memory, MiB | banrisk × this | by processor time |"
    yield "|---|---|---|---|---|---|---|"
    for name, text in PROGRAMS.items():
        if name not in results.programs:
            if name == "crowdsec" and "peers" in results:
                yield f"| {text} | not installed | | | | | |"
            continue
        peak = statistics.median(run["peak"] for run in results.programs[name]) / MIB
        ratios = "| |"
        if "socket_one" in results.programs and name != "socket_one":
            ratios = f"| {results.ratio('socket_one', name):.2f} | {results.ratio('socket_one', name, 'cpu'):.2f} "
        yield (f"| {text} | {results.rate(name):,.0f} | {results.best(name):,.0f} | {results.rate(name, 'cpu'):,.0f} "
               f"| {f'{peak:,.0f}' if peak else ''} {ratios}|")


def stages_table(results):
    stages = results["stages"]["stages"]
    total = sum(stages.values())
    yield "| stage | ns per event | share |\n|---|---|---|"
    for name, spent in [*stages.items(), ("all", total)]:
        yield f"| {name} | {spent:,.0f} | {spent / total:.0%} |"


def growth_table(results):
    yield "| accounts | entities | ns of processor time per event | events/s | × the smallest | memory, MiB | while they came, events/s |"
    yield "|---|---|---|---|---|---|---|"
    sizes = results["growth"]
    for size in sizes:
        cost = growth.cost(size)
        yield (f"| {size['accounts']:,} | {size['entities_after']:,} | {cost:,.0f} | {1 / statistics.median(size['wall']):,.0f} "
               f"| {cost / growth.cost(sizes[0]):.2f} | {size['memory_after']['resident'] / MIB:,.0f} | {size['fill_rate']:,.0f} |")


def latency_text(results):
    data = results["latency"]
    yield (f"The daemon took {data['full']:,.0f} events/s; then {data['rate']:,.0f} a second came steadily, with {data['probes']:,} probes "
           f"among them: p50 {data['p50'] * 1e3:.1f} ms, p99 {data['p99'] * 1e3:.1f} ms, the worst {data['worst'] * 1e3:.0f} ms; "
           f"{data['missing']} were not seen. From just before the write to the socket until another process reads the row.")


def start_text(results):
    data, snapshot = results["start"], results["start"]["snapshot"]
    times = ", ".join(f"`{name}` {seconds * 1e3:.0f} ms" for name, seconds in data["help"].items())
    yield (f"`--help`: {times}. With an empty state: ready in {data['ready_idle']:.2f} s. With {data['accounts']:,} accounts and "
           f"{data['entities']:,} entities: {statistics.median(data['ready']):.2f} s from a snapshot of {snapshot['bytes'] / 1e6:,.0f} MB, "
           f"{data['ready_without']:.1f} s from the spool alone, after `kill -9`. The snapshot took {snapshot['milliseconds']:,} ms; "
           f"the pipeline stood still for {snapshot['pause_milliseconds']:.0f} ms of them.")


def memory_text(results):
    data = results["memory"]
    day = ", ".join(f"{size / MIB:,.0f}" for size in data["day"])
    yield (f"{data['bytes_per_account']:.0f} bytes per account, by {data['plain']['accounts']:,} that share hardly anything; "
           f"{data['bytes_per_entity']:.0f} per entity, by {data['full']['entities']:,} beside as many accounts. Both are what the "
           f"process grows by, not a count of bytes in tables. Empty: {data['empty']['resident'] / MIB:,.0f} MiB. "
           f"After each eighth of a day's events of the same people, MiB: {day}.")


def queries_table(results):
    data = results["queries"]
    rows = ", ".join(f"{count:,} {table.replace('_', ' ')}" for table, count in data["rows"].items())
    yield f"In a database of {data['bytes'] / 1e9:.1f} GB: {rows}. Median of {queries_runs()}, opening and reading all rows included.\n"
    yield "| question | SQL, ms | the whole run of `banrisk`, ms |\n|---|---|---|"
    for name, text in QUESTIONS.items():
        yield f"| {text} | {data['sql'][name] * 1e3:.1f} | {data['tool'][name] * 1e3:.1f} |"


def queries_runs():
    import queries
    return queries.RUNS


SECTIONS = {
    "stages": ("Stage by stage", stages_table), "growth": ("With the number of accounts", growth_table),
    "latency": ("Latency", latency_text), "memory": ("Memory", memory_text), "start": ("Start", start_text),
    "queries": ("Analysts' queries", queries_table)}


def document(results):
    yield """# Performance

Written by `script/bench`. The load is of generated events of about 275 bytes (`script/make-bench-events`: Zipf activity, addresses that
the database knows, farms), the database the real GeoLite2 City, the rules all those that ship and that it can serve. Figures
are medians; programs that are compared ran in turn, and ratios are of such pairs. On shared machines the same binary's rate has
moved by a factor of 1.7 within an hour: compare within one run of the script only. Processor time moves less.

## Against the goals
"""
    yield from goals_table(results)
    if results.programs:
        events = max(run["events"] for runs in results.programs.values() for run in runs)
        runs = min(len(runs) for runs in results.programs.values())
        yield f"""
## Beside other programs

{events:,} events, {runs} runs of each in turn. By the socket: `banrisk send` on another core, the daemon's spool synced, until the
database has all. Replays and daemons, on one core and on all, wrote the same rows.
"""
        yield from programs_table(results)
    for part, (title, section) in SECTIONS.items():
        if part in results:
            yield f"\n## {title}\n"
            yield from section(results)
    yield "\n## Measured on\n"
    yield f"{machine()}; {shell('swift --version 2>/dev/null | head -n 1')}; {versions()}.\n"
    yield "| part | when, UTC | commit | machine |\n|---|---|---|---|"
    for part, result in results.parts.items():
        yield f"| {part} | {result['date']} | {result['commit']} | {result['machine']} |"


def versions():
    packages = shell("dpkg-query -W -f '${Package} ${Version}, ' libsimdjson-dev libmaxminddb-dev g++")
    python = shell(".bench/venv/bin/pip list --format freeze 2>/dev/null | grep -E '^(duckdb|maxminddb|orjson)==' | tr '\\n' ' '")
    return f"{packages.rstrip(', ')}, {python.replace('==', ' ').strip()}"


def write():
    results = Results()
    (ROOT / "docs/performance.md").write_text("\n".join(document(results)) + "\n")
    print("\n".join(goals_table(results)))
    print("\nwritten: docs/performance.md")
