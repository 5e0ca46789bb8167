"""The programs of the guide, as they stand there, on the database of a daemon that is writing."""
import json
import os
import re
import shlex
import socket
import sqlite3
import subprocess
import unittest
import urllib.parse

import document
from live import Live, until
from metadata import metadata
from setting import setting
from test_queries import parameters_of

PLACE = "/var/lib/banrisk/banrisk.db"
COUNT = "/banrisk.json?sql=select+count(*)+as+n+from+accounts&_shape=array"


@unittest.skipUnless(setting.python, "needs --python with datasette, pandas and duckdb")
class Tools(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(setting.guide, encoding="utf-8") as file:
            cls.guide = file.read()
        cls.parameters = parameters_of(setting.world)
        cls.folder = os.path.join(setting.folder, "tools")
        cls.live = Live(setting.binaries, setting.world, cls.folder)
        cls.addClassCleanup(cls.live.end)
        cls.live.start()
        cls.live.feed(20_000)
        cls.live.settle()

    def block(self, heading, language, place=0):
        """A block of the guide, about the living database."""
        section = self.guide.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
        blocks = re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)
        return blocks[place].replace(PLACE, self.live.database)

    def python(self, *programs):
        done = subprocess.run([setting.python, "-c", "\n".join(programs)], capture_output=True, text=True, timeout=120,
                              cwd=self.folder, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def shell(self, script):
        path = f"{setting.binaries}:{os.path.dirname(setting.python)}:{os.environ['PATH']}"
        done = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, timeout=120, cwd=self.folder,
                              env={**os.environ, "PATH": path, "BANRISK_DATABASE": self.live.database}, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def count(self, table, database=None):
        with sqlite3.connect(f"file:{database or self.live.database}?mode=ro", uri=True) as db:
            return db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]

    def test_pandas(self):
        with self.live.writing():
            printed = self.python(self.block("pandas", "python"))
        self.assertIn("watch", printed)

    def test_duckdb_and_parquet(self):
        least = self.count("contributions")
        with self.live.writing():
            printed = self.python(
                self.block("DuckDB", "python"), self.block("DuckDB", "python", 1),
                "print('rows', db.sql(\"SELECT count(*) FROM 'contributions.parquet'\").fetchone()[0])",
                "db.execute('SET sqlite_all_varchar = true')",
                "print('watermark', db.sql(\"SELECT value FROM banrisk.meta WHERE key = 'watermark'\").fetchone()[0])")
        self.assertIn("network", printed)
        self.assertRegex(printed, r"watermark 2025-09-")
        rows = int(re.search(r"^rows (\d+)$", printed, re.MULTILINE)[1])
        self.assertTrue(least <= rows <= self.count("contributions"))

    def test_exports(self):
        with self.live.writing():
            self.shell(self.block("Take data away", "sh"))
        with open(os.path.join(self.folder, "alerts.ndjson"), encoding="utf-8") as file:
            self.assertGreater(len([json.loads(line) for line in file]), 0)

    def test_the_copy_is_whole(self):
        with self.live.writing():
            self.shell(self.block("Take data away", "sh", 1))
        copy = os.path.join(self.folder, "copy.db")
        with sqlite3.connect(copy) as db:
            self.assertEqual(db.execute("PRAGMA integrity_check").fetchone(), ("ok",))
            applied, accounts = (db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()[0]
                                 for key in ("applied_seq", "accounts"))
        self.assertGreaterEqual(applied, 20_000)
        self.assertEqual(self.count("accounts", copy), accounts)
        self.assertEqual(os.stat(copy).st_mode & 0o077, 0)

    def test_an_immutable_reader_misses_what_the_daemon_wrote(self):
        self.live.feed(300)
        self.live.settle()
        with sqlite3.connect(f"file:{self.live.database}?mode=ro&immutable=1", uri=True) as db:
            try:
                applied = db.execute("SELECT value FROM meta WHERE key = 'applied_seq'").fetchone()[0]
            except sqlite3.DatabaseError:
                applied = 0
        self.assertLess(applied, self.live.status()["sequence"]["applied"])

    def test_an_open_transaction_holds_the_wal_and_nothing_else(self):
        with sqlite3.connect(f"file:{self.live.database}?mode=ro", uri=True) as db:
            db.execute("BEGIN")
            before = db.execute("SELECT value FROM meta WHERE key = 'applied_seq'").fetchone()[0]
            self.live.feed(300)
            self.live.settle()
            self.assertEqual(db.execute("SELECT value FROM meta WHERE key = 'applied_seq'").fetchone()[0], before)
            db.rollback()
            self.assertGreater(db.execute("SELECT value FROM meta WHERE key = 'applied_seq'").fetchone()[0], before)

    def test_datasette(self):
        command = self.block("Datasette", "sh").replace("~/datasette", shlex.quote(self.folder) + "/datasette")
        command = command.replace("Config/datasette/metadata.yaml", shlex.quote(setting.metadata))
        prepare, serve = command.strip().split("\n")
        self.shell(prepare)
        arguments = shlex.split(serve)
        arguments[0] = os.path.join(os.path.dirname(setting.python), arguments[0])
        path = arguments[arguments.index("--uds") + 1]
        with open(os.path.join(self.folder, "datasette.log"), "wb") as log:
            server = subprocess.Popen(arguments, stdout=log, stderr=log)
        try:
            until("Datasette", lambda: self.connects(path), 60)
            with self.live.writing():
                first = self.get(path, COUNT)[0]["n"]
                for match in document.questions(self.guide):
                    given = {name: self.parameters[name] for name in document.parameters(match["sql"])}
                    query = urllib.parse.urlencode({**given, "_shape": "objects"})
                    answer = self.get(path, f"/banrisk/question_{int(match['number']):02}.json?{query}")
                    self.assertIsNone(answer["error"], match["title"])
                    self.assertEqual(answer["columns"], match["answer"].splitlines()[0].split(), match["title"])
                until("Datasette to see more", lambda: self.get(path, COUNT)[0]["n"] > first, 60)
        finally:
            server.terminate()
            server.wait(30)

    @staticmethod
    def connects(path):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(path) == 0

    def get(self, path, target):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(60)
            connection.connect(path)
            connection.sendall(f"GET {target} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            head, _, body = b"".join(iter(lambda: connection.recv(65_536), b"")).partition(b"\r\n\r\n")
        self.assertIn(b" 200 ", head.splitlines()[0], body[:500])
        return json.loads(body)

    def test_datasettes_file_says_what_the_documents_say(self):
        with open(setting.reference, encoding="utf-8") as reference, open(setting.metadata, encoding="utf-8") as file, \
                sqlite3.connect(f"file:{self.live.database}?mode=ro", uri=True) as db:
            self.assertEqual(file.read(), metadata(reference.read(), self.guide, db),
                             "run script/test-analysts --write")
