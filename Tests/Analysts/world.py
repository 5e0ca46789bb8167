"""A simulated world in a database, always the same: what the guide's queries are asked of."""
import json
import os
import shutil
import subprocess

SEED, ACCOUNTS, DAYS, ASSUMPTIONS = 11, 2000, 14, "noisy"
SHADOWED = "region_hopping_networks"
# Up to here an analyst has seen the events; then he gives his verdicts.
SEEN_UNTIL, VERDICTS_AT = "2025-09-10T00:00:00", "2025-09-10T08:{:02}:00Z"
PERSUASIVE, CLEARED_UNTIL = ("region_hopping", "shared_account"), "2025-09-10T12:00:00Z"

FAULTY = [
    b'{"ts":"2025-09-14T20:00:00Z","type":"login","account":"a","ip":"198.51.100.7"',
    b'{"ts":"2025-09-14T20:00:01Z","type":"login","account":"b","ip":"198.51.100.777"}',
    b'{"ts":"2025-09-14T20:00:02Z","type":"login","account":"c","ip":"none"}',
    b'{"type":"login","account":"d","ip":"198.51.100.7"}',
    b'{"ts":"yesterday","type":"login","account":"e","ip":"198.51.100.7"}',
    b"Sep 14 20:00:04 host app[12]: login by f from 198.51.100.7",
]


class World:
    """`events.ndjson`, `labels`, `banrisk.yaml` with one rule in shadow, and `database` with all of it and verdicts."""

    def __init__(self, binaries, repository, folder):
        self.folder = folder
        self._tool = os.path.join(binaries, "banrisk")
        self.config = os.path.join(folder, "banrisk.yaml")
        self.events = os.path.join(folder, "events.ndjson")
        self.verdicts = os.path.join(folder, "verdicts.ndjson")
        self.database = os.path.join(folder, "banrisk.db")
        self.run("simulate", "--out", folder, "--seed", str(SEED), "--accounts", str(ACCOUNTS), "--days", str(DAYS),
                 "--assumptions", ASSUMPTIONS)
        self._shadow(repository)
        with open(os.path.join(folder, "labels.ndjson"), encoding="utf-8") as file:
            self.labels = {row["account"]: row for row in map(json.loads, file)}
        self._judge()
        with open(self.events, "ab") as file:
            file.write(b"\n".join(FAULTY) + b"\n")
        self._replay(self.events, self.database, "--verdicts", self.verdicts)

    def run(self, *arguments, check=True, **options):
        done = subprocess.run([self._tool, *arguments], capture_output=True, timeout=600, **options)
        assert not check or done.returncode == 0, (arguments, done.stderr.decode())
        return done

    def _replay(self, events, database, *more):
        self.run("replay", "--config", self.config, "--database", database, *more, events)

    def _shadow(self, repository):
        with open(os.path.join(repository, "Config", "rules.yaml"), encoding="utf-8") as file:
            rules = file.read()
        mark = f"  - id: {SHADOWED}\n"
        assert rules.count(mark) == 1
        with open(os.path.join(self.folder, "rules.yaml"), "w", encoding="utf-8") as file:
            file.write(rules.replace(mark, mark + "    shadow: true\n"))
        with open(self.config, "a", encoding="utf-8") as file:
            file.write("rules: rules.yaml\n")

    def _judge(self):
        """Verdicts as analysts would give them who have the truth.

        But for those who talked them round for some days.
        """
        seen, early = os.path.join(self.folder, "seen.ndjson"), os.path.join(self.folder, "seen.db")
        with open(self.events, encoding="utf-8") as source, open(seen, "w", encoding="utf-8") as target:
            target.writelines(line for line in source if line[7:26] < SEEN_UNTIL)
        self._replay(seen, early)
        rows = self.run("query", "accounts", "--database", early, "--json", "--level", "watch", "--sort", "account")
        verdicts = []
        for row in map(json.loads, rows.stdout.splitlines()):
            label = self.labels[row["account"]]
            until = None
            if label["label"] == "victim":
                verdict, why = "compromised", "the owner called"
            elif label["label"] == "innocent":
                verdict, why = "cleared", "known to the office"
            elif label["kind"] in PERSUASIVE:
                verdict, why, until = "cleared", "says that he travels", CLEARED_UNTIL
            else:
                verdict, why = "banned", "a farm"
            verdicts.append({
                "ts": VERDICTS_AT.format(len(verdicts) % 60), "type": "verdict", "account": row["account"],
                "verdict": verdict, "by": ("eve", "adam")[len(verdicts) % 2], "why": why})
            if until:
                verdicts[-1]["until"] = until
        verdicts.sort(key=lambda verdict: verdict["ts"])
        with open(self.verdicts, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(verdict) + "\n" for verdict in verdicts)
        for name in ("seen.ndjson", "seen.db", "seen.db-wal", "seen.db-shm"):
            os.unlink(os.path.join(self.folder, name))

    def copy_inputs(self, folder):
        """The configuration and what it names, for a daemon in `folder`."""
        for name in os.listdir(self.folder):
            path = os.path.join(self.folder, name)
            if name.endswith(".mmdb") or name == "rules.yaml":
                shutil.copy(path, folder)
            elif name == "lists":
                shutil.copytree(path, os.path.join(folder, "lists"))
