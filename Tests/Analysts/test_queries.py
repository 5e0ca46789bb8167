"""The guide's queries, as they stand there, on a simulated world."""
import collections
import json
import math
import sqlite3
import statistics
import unittest

import document
from setting import setting

FAULTS = 6  # faulty lines of the world


def parameters_of(world):
    """What the parameters of the queries stand for; each names something that the world has."""
    with sqlite3.connect(f"file:{world.database}?mode=ro", uri=True) as db:
        def one(sql):
            return db.execute(sql).fetchone()[0]
        return {
            "account": one("SELECT account FROM verdicts JOIN alerts USING (account) WHERE verdict = 'cleared' "
                           "AND alerts.level = 'ban' ORDER BY account DESC LIMIT 1"),
            "span": "-12 hours",
            "key": one("SELECT evidence ->> '$.key' FROM contributions WHERE evidence ->> '$.entity' = 'device' "
                       "GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"),
            "campaign": one("SELECT min(id) FROM campaigns WHERE merged_into IS NULL"),
        }


class Queries(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = setting.world
        cls.db = sqlite3.connect(f"file:{cls.world.database}?mode=ro", uri=True)
        cls.parameters = parameters_of(cls.world)
        with open(setting.guide, encoding="utf-8") as file:
            cls.questions = {int(match["number"]): match for match in document.questions(file.read())}

    @classmethod
    def tearDownClass(cls):
        cls.db.close()

    def ask(self, number):
        """The answer to a question of the guide, as objects."""
        cursor = self.db.execute(self.questions[number]["sql"], self.parameters)
        columns = [column[0] for column in cursor.description]
        return [dict(zip(columns, row)) for row in cursor.fetchall()]

    def rows(self, table):
        cursor = self.db.execute(f"SELECT * FROM {table}")
        columns = [column[0] for column in cursor.description]
        return [dict(zip(columns, row)) for row in cursor.fetchall()]

    def last_words(self):
        return {row["account"]: row for row in sorted(self.rows("verdicts"), key=lambda row: row["id"])}

    def test_every_question_has_an_answer(self):
        self.assertEqual(sorted(self.questions), list(range(1, 25)))
        for number, match in self.questions.items():
            with self.subTest(number=number, title=match["title"]):
                self.assertTrue(document.parameters(match["sql"]) <= set(self.parameters))
                rows = self.ask(number)
                self.assertGreater(len(rows), 0)
                shown = match["answer"].splitlines()[0].split()
                self.assertEqual(shown, list(rows[0]))

    def test_the_points_add_up_to_the_score(self):
        score = self.db.execute("SELECT score FROM accounts WHERE account = :account", self.parameters).fetchone()[0]
        self.assertAlmostEqual(math.fsum(row["points"] for row in self.ask(2)), score, places=2)
        self.assertAlmostEqual(self.ask(2)[-1]["so_far"], score, places=2)

    def test_who_comes_first_is_the_highest_unjudged(self):
        last = self.last_words()
        watermark = self.db.execute("SELECT value FROM meta WHERE key = 'watermark'").fetchone()[0]
        risky = [row for row in self.rows("accounts") if row["level"] != "normal" and row["verdict"] is None]
        self.assertEqual([row["score"] for row in self.ask(1)],
                         sorted((row["score"] for row in risky), reverse=True)[:20])
        for row in self.ask(1):
            word = last.get(row["account"])
            self.assertTrue(word is None or (word["until"] or "9") < watermark)

    def test_the_histogram_counts_each_account_once(self):
        counted = collections.Counter(10 * min(int(row["score"] // 10), 9) for row in self.rows("accounts"))
        self.assertEqual({row["from_score"]: row["accounts"] for row in self.ask(7)}, counted)

    def test_what_accounts_at_risk_share(self):
        risky = {row["account"] for row in self.rows("accounts") if row["level"] != "normal"}
        sharers = collections.defaultdict(set)
        for row in self.rows("contributions"):
            evidence = json.loads(row["evidence"] or "{}")
            if row["account"] in risky and "entity" in evidence:
                sharers[evidence["entity"], evidence["key"]].add(row["account"])
        expected = sorted((len(accounts) for accounts in sharers.values() if len(accounts) >= 3), reverse=True)[:20]
        self.assertEqual([row["at_risk"] for row in self.ask(9)], expected)
        for row in self.ask(9):
            self.assertEqual(row["at_risk"], len(sharers[row["kind"], row["key"]]))

    def test_growing_campaigns_have_the_members_that_they_say(self):
        for row in self.ask(12):
            members = [member for member in self.rows("campaign_members") if member["campaign"] == row["id"]]
            self.assertEqual(row["members"], len(members))

    def test_missing_evidence_is_what_the_score_lacks(self):
        for row in self.ask(14):
            odds = math.log(row["score"] / (100 - row["score"])) if row["score"] < 99.99 else math.inf
            self.assertAlmostEqual(row["missing"], max(2.2 - odds, 0), delta=0.05)

    def test_victims_are_those_that_the_simulation_made(self):
        labels = collections.Counter(self.world.labels[row["account"]]["label"] for row in self.ask(15))
        self.assertGreater(labels["victim"], 0)

    def test_precision_by_what_people_said(self):
        last = {account: row["verdict"] for account, row in self.last_words().items()}
        spoke = collections.defaultdict(set)
        for alert in self.rows("alerts"):
            if alert["campaign"] is None and last.get(alert["account"]) in ("banned", "cleared"):
                for part in json.loads(alert["explanation"])["contributions"]:
                    spoke[part["rule"]].add(alert["account"])
        spoke.pop("prior", None)
        answer = {row["rule"]: row for row in self.ask(20)}
        self.assertEqual(set(answer), set(spoke))
        for rule, accounts in spoke.items():
            banned = sum(last[account] == "banned" for account in accounts)
            self.assertEqual((answer[rule]["judged"], answer[rule]["banned"]), (len(accounts), banned))
            self.assertAlmostEqual(answer[rule]["precision"], banned / len(accounts), delta=0.0051)

    def test_the_cleared_who_rose_again_rose_later(self):
        with open(self.world.verdicts, encoding="utf-8") as file:
            cleared = {row["account"]: row["ts"] for row in map(json.loads, file) if row["verdict"] == "cleared"}
        later = sum(alert["account"] in cleared and alert["campaign"] is None
                    and alert["event_time"] > cleared[alert["account"]].replace("Z", ".000000Z")
                    for alert in self.rows("alerts"))
        self.assertEqual(len(self.ask(18)), min(later, 20))

    def test_the_median_is_a_median(self):
        first_seen = {row["account"]: row["first_seen"] for row in self.rows("accounts")}
        julian = lambda time: self.db.execute("SELECT julianday(?) * 24", (time,)).fetchone()[0]
        first = {}
        for alert in sorted(self.rows("alerts"), key=lambda alert: alert["event_time"]):
            if alert["campaign"] is None:
                first.setdefault((alert["level"], alert["account"]), alert["event_time"])
        hours = collections.defaultdict(list)
        for (level, account), time in first.items():
            hours[level].append(julian(time) - julian(first_seen[account]))
        for row in self.ask(23):
            self.assertEqual(row["accounts"], len(hours[row["level"]]))
            self.assertAlmostEqual(row["median_hours"], statistics.median_low(hours[row["level"]]), delta=0.01)

    def test_quarantine_holds_the_faulty_lines(self):
        self.assertEqual(sum(row["frames"] for row in self.ask(24)), FAULTS)
        self.assertEqual(collections.Counter(row["reason"] for row in self.rows("quarantine")),
                         {"invalid_json": 2, "invalid_value": 3, "missing_field": 1})
