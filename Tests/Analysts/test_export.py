"""`banrisk export` held against Python's sqlite3, csv and json."""
import csv
import io
import json
import os
import resource
import shutil
import signal
import sqlite3
import stat
import subprocess
import threading
import unittest

from setting import setting

NASTY = ["", " ", "a,b", 'say "hi"', "line\nbreak", "line\r\nbreak", "\r", "\t", "nul\0inside", "\x01\x1b[31m\x7f\x9b",
         "NULL", "ünïcode 🏦 \u2028 \u202e", "'quoted'", '"', "=1+1", "+1", "-1", "@SUM(A1)", "＝1", "a=b", "1e3", "007"]
FORMULAS = {"=1+1", "+1", "-1", "@SUM(A1)", "＝1", "\r", "\t"}


class Exports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = os.path.join(setting.folder, "export")
        os.mkdir(cls.folder)
        cls.database = os.path.join(cls.folder, "banrisk.db")
        with sqlite3.connect(f"file:{setting.world.database}?mode=ro", uri=True) as source:
            source.execute("VACUUM INTO ?", (cls.database,))
        with sqlite3.connect(cls.database) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executemany(
                "INSERT INTO accounts (account, score, level, compromised, peak_level, verdict) "
                "VALUES (?, ?, 'normal', 0, 'normal', ?)",
                [(name, score, None if place % 2 else "") for place, (name, score)
                 in enumerate(zip(NASTY, [0, 0.1, 1e-7, 1 / 3, 99.99] * 5))])

    def export(self, *arguments, check=True, **options):
        return setting.world.run("export", "--database", self.database, *arguments, check=check, **options)

    def rows(self, table):
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True) as db:
            cursor = db.execute(f"SELECT * FROM {table}")
            return [column[0] for column in cursor.description], cursor.fetchall()

    def tables(self):
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True) as db:
            return [name for name, in db.execute(
                "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name <> 'grdb_migrations'")]

    def test_every_table_comes_back_from_ndjson(self):
        for table in self.tables():
            with self.subTest(table=table):
                columns, rows = self.rows(table)
                lines = self.export("--table", table, "--json").stdout.decode().split("\n")
                self.assertEqual(lines.pop(), "")
                expected = [[value.hex() if isinstance(value, bytes) else value for value in row] for row in rows]
                parsed = [json.loads(line) for line in lines]
                self.assertEqual([list(row.values()) for row in parsed], expected)
                self.assertTrue(all(list(row) == columns for row in parsed))

    def test_every_table_comes_back_from_csv(self):
        def cell(value):
            if value is None:
                return ""
            return value.hex() if isinstance(value, bytes) else value
        for table in self.tables():
            with self.subTest(table=table):
                columns, rows = self.rows(table)
                text = self.export("--table", table).stdout.decode()
                parsed = list(csv.reader(io.StringIO(text, newline=""), strict=True))
                self.assertEqual(parsed[0], columns)
                self.assertEqual(len(parsed), len(rows) + 1)
                for read, row in zip(parsed[1:], rows):
                    for place, value in enumerate(row):
                        if isinstance(value, (int, float)):
                            self.assertEqual(float(read[place]), value)
                        else:
                            self.assertEqual(read[place], cell(value))

    def test_null_and_the_empty_text_differ_in_csv(self):
        lines = self.export("--table", "accounts").stdout.decode().split("\r\n")
        verdict = lines[0].split(",").index("verdict")
        bare = {line.split(",")[0]: line.split(",")[verdict] for line in lines if line.startswith(("NULL,", "a=b,"))}
        nulls = {name: "" if NASTY.index(name) % 2 else '""' for name in bare}
        self.assertEqual(bare, nulls)

    def test_lines_end_as_rfc_4180_says(self):
        text = self.export("--table", "rules").stdout
        self.assertEqual(text.count(b"\n"), len(self.rows("rules")[1]) + 1)
        self.assertEqual(text.count(b"\r\n"), text.count(b"\n"))

    def test_safe_cells_disarm_formulas_and_nothing_else(self):
        text = self.export("--table", "accounts", "--safe-cells").stdout.decode()
        names = {row[0] for row in csv.reader(io.StringIO(text, newline=""), strict=True)}
        for name in NASTY:
            self.assertIn("'" + name if name in FORMULAS else name, names)
        self.assertFalse(any(name.startswith(tuple("=+-@\t\r\n＝＋－＠")) for name in names))
        self.assertEqual(self.export("--table", "accounts", "--safe-cells", "--json", check=False).returncode, 64)

    def test_since_takes_the_rows_from_then_on(self):
        time = "2025-09-13T00:00:00Z"
        columns, rows = self.rows("alerts")
        place = columns.index("event_time")
        lines = self.export("--table", "alerts", "--json", "--since", time).stdout.splitlines()
        self.assertEqual({json.loads(line)["id"] for line in lines},
                         {row[0] for row in rows if row[place] >= "2025-09-13T00:00:00.000000Z"})
        self.assertGreater(len(lines), 0)
        self.assertEqual(self.export("--table", "rules", "--since", time, check=False).returncode, 2)

    def test_an_unknown_table_is_refused_and_names_what_there_is(self):
        for name in ("nothing", "accounts; DROP TABLE accounts", "grdb_migrations", "sqlite_master",
                     'x" UNION SELECT 1 --'):
            done = self.export("--table", name, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, b""))
            self.assertIn(b"risky_accounts", done.stderr)

    def test_a_file_is_its_owners_alone_and_replaced_only_by_force(self):
        path = os.path.join(self.folder, "out.csv")
        self.export("--table", "rules", "--output", path, preexec_fn=lambda: os.umask(0))
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        before = open(path, "rb").read()
        self.assertEqual(self.export("--table", "accounts", "--output", path, check=False).returncode, 2)
        self.assertEqual(open(path, "rb").read(), before)
        self.export("--table", "accounts", "--output", path, "--force")
        self.assertNotEqual(open(path, "rb").read(), before)

    def test_a_link_is_not_followed(self):
        folder = os.path.join(self.folder, "links")
        os.mkdir(folder)
        target, link = os.path.join(folder, "target"), os.path.join(folder, "link")
        os.symlink(target, link)
        self.assertEqual(self.export("--table", "rules", "--output", link, check=False).returncode, 2)
        self.assertEqual(os.listdir(folder), ["link"])
        self.export("--table", "rules", "--output", link, "--force")
        self.assertFalse(os.path.islink(link))
        self.assertFalse(os.path.exists(target))

    def test_a_full_disk_is_told_and_nothing_is_left(self):
        with open("/dev/full", "wb") as full:
            command = [os.path.join(setting.binaries, "banrisk"), "export", "--database", self.database, "--table",
                       "contributions"]
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False, timeout=60)
        self.assertEqual(done.returncode, 74)
        folder = os.path.join(self.folder, "limited")
        os.mkdir(folder)

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        done = self.export("--table", "signals", "--output", os.path.join(folder, "out"), check=False, preexec_fn=limit)
        self.assertEqual(done.returncode, 74)
        self.assertEqual(os.listdir(folder), [])

    def test_large_tables_take_no_more_memory_and_are_of_one_moment(self):
        large = os.path.join(self.folder, "large.db")
        shutil.copy(setting.world.database, large)
        fill = ("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
                "INSERT INTO signals (seq, rule, account, time, strength, evidence) "
                "SELECT i, 'r', 'a' || i, '2025-09-01T00:00:00.000000Z', 1, ? FROM n")
        with sqlite3.connect(large) as db:
            db.execute("DELETE FROM signals")
            db.execute(fill, (300_000, "x" * 100))
        done = threading.Event()

        def write():
            db = sqlite3.connect(large, timeout=30)
            while not done.is_set():
                with db:
                    db.execute(fill, (1_000, "y"))
            db.close()
        writer = threading.Thread(target=write)
        writer.start()
        try:
            _, few = self.measured("--database", large, "--table", "rules")
            lines, many = self.measured("--database", large, "--table", "signals")
        finally:
            done.set()
            writer.join()
        self.assertEqual((lines - 1) % 1_000, 0)
        self.assertGreater(lines, 300_000)
        self.assertLess(many - few, 8_192)

    @staticmethod
    def measured(*arguments):
        """How many lines an export has, and its peak of memory in KiB."""
        command = [os.path.join(setting.binaries, "banrisk"), "export", *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        lines = sum(part.count(b"\n") for part in iter(lambda: process.stdout.read(1 << 20), b""))
        process.stdout.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        return lines, usage.ru_maxrss
