"""What has been measured, and how it stands to the goals."""

import json
import statistics

import growth
import throughput
from context import RESULTS

PARTS = [*throughput.PARTS, "stages", "latency", "start", "memory", "growth", "queries"]
QUESTIONS = {
    "top": "the riskiest accounts",
    "account": "one account",
    "campaign": "one campaign",
    "alerts": "the last hour's alerts",
}
MIB = 1 << 20


class Results:
    """The results that are there, by part."""

    def __init__(self):
        files = {part: RESULTS / f"{part}.json" for part in PARTS}
        self.parts = {part: json.loads(file.read_text()) for part, file in files.items() if file.exists()}
        self.runs, self.origin = {}, {}
        for part in throughput.PARTS:
            if part in self.parts:
                self.runs |= self[part]
                self.origin |= dict.fromkeys(self[part], self.parts[part]["run"])

    def __getitem__(self, part):
        return self.parts[part]["data"]

    def __contains__(self, part):
        return part in self.parts

    def rate(self, name, clock="wall"):
        """Events per second of a program, by the wall's or the processor's clock."""
        return statistics.median(run["events"] / run[clock] for run in self.runs[name])

    def best(self, name):
        return max(run["events"] / run["wall"] for run in self.runs[name])

    def ratio(self, name, other, clock="wall"):
        """Of two programs' rates, run by run; `None` unless they were measured in turn."""
        if not {name, other} <= self.runs.keys() or self.origin[name] != self.origin[other]:
            return None
        pairs = zip(self.runs[name], self.runs[other])
        return statistics.median(a["events"] / a[clock] / (b["events"] / b[clock]) for a, b in pairs)


def goals(results):
    """(figure, measured, goal, measured / goal, whether it is met), as far as there are results."""
    rows = []

    def at_least(name, value, goal, text="{:,.0f}"):
        if value is not None:
            rows.append((name, text.format(value), "≥ " + text.format(goal), value / goal, value >= goal))

    def at_most(name, value, goal, text="{:,.1f}"):
        rows.append((name, text.format(value), "≤ " + text.format(goal), value / goal, value <= goal))

    if "socket_one" in results.runs:
        at_least("whole pipeline, one core, events/s", results.rate("socket_one"), 800_000)
        for name, goal, text in ("lookup", 1.1, "roofline"), ("cached", 0.5, "best roofline"):
            at_least(f"× {text}", results.ratio("socket_one", name), goal, "{:.2f}")
            at_least(f"× {text}, by processor time", results.ratio("socket_one", name, "cpu"), goal, "{:.2f}")
    if "scores" in results.runs:
        at_least("the same, when every event changes a score", results.rate("scores"), 500_000)
    for way in "socket", "replay":
        at_least(f"two cores × one core, by {way}", results.ratio(f"{way}_two", f"{way}_one"), 1.6, "{:.2f}")
    if "memory" in results:
        data = results["memory"]
        at_most("bytes per account", data["bytes_per_account"], 300, "{:,.0f}")
        at_most("bytes per entity", data["bytes_per_entity"], 200, "{:,.0f}")
        at_most(
            "memory at a day's end × at noon", data["day"][-1] / data["day"][len(data["day"]) // 2 - 1], 1.1, "{:.2f}"
        )
    if "growth" in results:
        first, last = results["growth"][0], results["growth"][-1]
        many = f"{last['accounts']:,} accounts"
        at_most(f"memory with {many}, MiB", last["memory_after"]["resident"] / MIB, 4096, "{:,.0f}")
        name = f"cost of an event with {many} × with {first['accounts']:,}"
        at_most(name, growth.cost(last) / growth.cost(first), 1.5, "{:.2f}")
    if "latency" in results:
        data = results["latency"]
        at_most("event to alert at half load, p50, ms", data["p50"] * 1e3, 10)
        at_most("event to alert at half load, p99, ms", data["p99"] * 1e3, 50)
    if "start" in results:
        data = results["start"]
        name = f"ready with {data['accounts']:,} accounts in the snapshot, s"
        at_most(name, statistics.median(data["ready"]), 2, "{:.2f}")
        at_most("`--help`, the slower program, ms", max(data["help"].values()) * 1e3, 30)
    if "queries" in results:
        for name, text in QUESTIONS.items():
            slower = max(results["queries"][way][name] for way in ("sql", "tool"))
            at_most(f"{text}, by SQL or `banrisk`, the slower, ms", slower * 1e3, 50)
    return rows
