"""Who may do what to the database's files, tried as other users. Needs root."""
import grp
import os
import pwd
import stat
import subprocess
import unittest

from live import Live, until
from setting import setting

DAEMON, ANALYST, STRANGER, GROUP = "bt-daemon", "bt-analyst", "bt-stranger", "bt-analysts"
SYSTEM_PYTHON = "/usr/bin/python3"  # one that other users may run


@unittest.skipUnless(os.geteuid() == 0, "needs root, to be other users")
class Rights(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.addClassCleanup(cls.remove_users)
        subprocess.run(["groupadd", "-f", "-r", GROUP], check=True)
        for user in (DAEMON, ANALYST, STRANGER):
            if subprocess.run(["id", user], capture_output=True, check=False).returncode:
                groups = ["-G", GROUP] if user == ANALYST else []
                subprocess.run(["useradd", "-r", "-M", "-U", *groups, user], check=True)
        cls.live = Live(setting.binaries, setting.world, os.path.join(setting.folder, "rights"),
                        pwd.getpwnam(DAEMON).pw_uid, grp.getgrnam(GROUP).gr_gid)
        cls.addClassCleanup(cls.live.end)
        cls.live.start()
        cls.live.feed(3_000)
        cls.live.settle()

    @staticmethod
    def remove_users():
        for user in (DAEMON, ANALYST, STRANGER):
            subprocess.run(["userdel", user], capture_output=True, check=False)
        subprocess.run(["groupdel", GROUP], capture_output=True, check=False)

    @staticmethod
    def run_as(user, *command):
        return subprocess.run(["runuser", "-u", user, "--", *command], capture_output=True, text=True, check=False,
                              timeout=60, cwd="/")

    def ask_as(self, user, sql, mode="ro"):
        return self.run_as(user, "sqlite3", "-bail", f"file:{self.live.database}?mode={mode}", sql)

    def accounts(self):
        """How many accounts the analyst sees."""
        done = self.ask_as(ANALYST, "SELECT count(*) FROM accounts; SELECT count(*) FROM risky_accounts")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return int(done.stdout.split()[0])

    def test_the_analyst_reads_while_the_daemon_writes(self):
        before = self.accounts()
        with self.live.writing():
            until("an answer with new accounts", lambda: self.accounts() > before)

    def test_the_analyst_reads_after_a_stop_a_kill_and_the_start_between(self):
        try:
            self.live.stop()
            count = self.accounts()
            self.assertGreater(count, 0)
            self.live.start()
            self.live.feed(500)
            self.live.settle()
            self.live.kill()
            self.assertGreaterEqual(self.accounts(), count)
        finally:
            self.live.end()
            self.live.start()
        self.assertGreaterEqual(self.accounts(), count)

    def test_the_daemon_alone_owns_the_files(self):
        daemon, analysts = pwd.getpwnam(DAEMON).pw_uid, grp.getgrnam(GROUP).gr_gid
        for name in ("", "-wal", "-shm"):
            status = os.stat(self.live.database + name)
            self.assertEqual((status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)), (daemon, analysts, 0o640))
        for name in ("spool", "snapshots"):
            self.assertEqual(stat.S_IMODE(os.stat(os.path.join(self.live.state, name)).st_mode) & 0o777, 0o700)

    def test_the_analyst_changes_nothing(self):
        for mode in ("ro", "rw", "rwc"):
            for sql in ("DELETE FROM alerts", "CREATE TABLE t (x)", "PRAGMA user_version = 9",
                        "PRAGMA journal_mode = DELETE", "VACUUM"):
                self.ask_as(ANALYST, sql, mode)
        for sql, answer in (("PRAGMA journal_mode; PRAGMA integrity_check", ["wal", "ok"]),
                            ("SELECT count(*) FROM sqlite_master WHERE name = 't'", ["0"])):
            self.assertEqual(self.ask_as(ANALYST, sql).stdout.split(), answer)
        self.assertNotEqual(self.ask_as(ANALYST, "SELECT count(*) FROM accounts").stdout.strip(), "0")
        for command in (["touch", f"{self.live.state}/x"], ["rm", "-f", self.live.database + "-shm"],
                        ["mv", self.live.database, self.live.database + "2"],
                        ["sh", "-c", f": >> {self.live.database}-wal"],
                        ["ln", "-s", "/", f"{self.live.state}/l"], ["chmod", "666", self.live.database]):
            self.assertNotEqual(self.run_as(ANALYST, *command).returncode, 0, command)
        self.test_the_daemon_alone_owns_the_files()
        self.live.feed(200)
        self.live.settle()

    def test_the_analyst_sees_neither_events_nor_snapshots(self):
        for name in ("spool", "snapshots"):
            folder = os.path.join(self.live.state, name)
            self.assertNotEqual(self.run_as(ANALYST, "ls", folder).returncode, 0)
            for file in os.listdir(folder):
                self.assertNotEqual(self.run_as(ANALYST, "head", "-c", "1", os.path.join(folder, file)).returncode, 0)

    def test_a_stranger_sees_nothing(self):
        self.assertNotEqual(self.ask_as(STRANGER, "SELECT 1 FROM accounts").returncode, 0)
        self.assertNotEqual(self.run_as(STRANGER, "ls", self.live.state).returncode, 0)
        for name in ("", "-wal", "-shm"):
            self.assertNotEqual(self.run_as(STRANGER, "stat", self.live.database + name).returncode, 0)

    def test_a_lock_of_an_analyst_delays_the_daemon_and_loses_nothing(self):
        """The guide says that members of the group are trusted that far."""
        write_lock = 120  # WAL_WRITE_LOCK, https://www.sqlite.org/walformat.html
        holder = subprocess.Popen(
            ["runuser", "-u", ANALYST, "--", SYSTEM_PYTHON, "-c",
             f"import fcntl, sys\nfile = open({self.live.database + '-shm'!r}, 'rb')\n"
             f"fcntl.lockf(file, fcntl.LOCK_SH, 1, {write_lock})\nprint('held', flush=True)\nsys.stdin.read()"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/")
        with holder:
            self.assertEqual(holder.stdout.readline(), b"held\n")
            self.live.feed(100)
            until("the status to say it", lambda: (status := self.live.status()) and status["store"].get("stalled"))
            holder.stdin.close()
        self.live.settle()
