"""The harness itself, on files and a daemon of its own making: python3 -B -m unittest discover Tests/Crash"""
import os
import random
import socket
import sqlite3
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import client
import content
import events
import spool
from waiting import until

SALT = 0x5EED


def segment(folder, count, first=1, groups=(0,), reserved=0):
    """A segment with frames of one session; `groups` are the indexes at which groups begin."""
    path = os.path.join(folder, f"{first:020d}.segment")
    data = spool.encode_header(first, SALT)
    for i in range(count):
        group = max(start for start in groups if start <= i)
        data += spool.encode(spool.Frame(0, i, group, 0, 0, 2, spool.NUMBERED, 7, first + i, b"line %d" % i), SALT)
    with open(path, "wb") as file:
        file.write(data + bytes(reserved))
    return path


class SpoolTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def test_the_checksum_is_that_of_the_rfc(self):
        self.assertEqual(spool.crc32c(b"123456789"), 0xE3069283)
        self.assertEqual(spool.crc32c(b"6789", spool.crc32c(b"12345")), 0xE3069283)

    def test_frames_are_read_up_to_the_first_bytes_that_are_none(self):
        path = segment(self.folder, 20, first=100, reserved=5_000)
        found = spool.read(path, verify=True)
        self.assertEqual([frame.seq for frame in found.frames], list(range(100, 120)))
        self.assertEqual([frame.payload for frame in found.frames], [b"line %d" % i for i in range(20)])
        self.assertEqual({frame.session for frame in found.frames}, {7})
        with open(path, "r+b") as file:
            file.seek(found.frames[5].start + 20)
            file.write(b"\xff\xff")
        self.assertEqual(len(spool.read(path).frames), 5)

    def test_a_tear_leaves_alone_what_a_sync_has_covered(self):
        kinds = set()
        for seed in range(300):
            rng = random.Random(seed)
            path = segment(self.folder, 40, groups=(0, 10), reserved=rng.choice([0, 4_000]))
            acked, applied = rng.randrange(30), rng.randrange(30)
            before = spool.read(path).frames
            with open(path, "rb") as file:
                whole = file.read()
            tear = spool.tear(self.folder, rng, 7, acked, applied)
            safe = before[max(10, acked, applied) - 1].end
            with open(path, "rb") as file:
                after = file.read()
            self.assertTrue(after[:safe] == whole[:safe], tear)
            self.assertEqual(tear is None, after == whole)
            if tear:
                self.assertGreaterEqual(tear.start, safe)
                kinds.add(tear.how)
        self.assertEqual(kinds, {"cut", "garbage", "zeroed sectors", "old sectors"})

    def test_nothing_is_torn_where_all_is_synced(self):
        segment(self.folder, 10)
        self.assertIsNone(spool.tear(self.folder, _Zero(), 7, 10, 0))

    def test_another_sessions_frames_are_not_taken_for_acknowledged(self):
        segment(self.folder, 10)
        self.assertIsNotNone(spool.tear(self.folder, random.Random(1), 8, 10, 0))


class _Zero(random.Random):
    """Always draws the first."""

    def choice(self, options):
        return options[0]


class ContentTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "a.db")
        self.other = os.path.join(folder.name, "b.db")
        for path in (self.path, self.other):
            with sqlite3.connect(path) as database:
                database.executescript("""
                    CREATE TABLE accounts (account TEXT, score REAL);
                    CREATE TABLE contributions (account TEXT, points REAL);
                    CREATE TABLE alerts (id INTEGER PRIMARY KEY);
                    CREATE TABLE signals (id INTEGER PRIMARY KEY);
                    INSERT INTO accounts VALUES ('a', 30.1), ('b', NULL);
                    INSERT INTO contributions VALUES ('a', 10.0), ('a', 20.1);
                    INSERT INTO alerts VALUES (1), (2);""")

    def change(self, statement):
        with sqlite3.connect(self.other) as database:
            database.execute(statement)
        return content.differences(content.dump(self.path), content.dump(self.other))

    def test_equal_content_is_equal(self):
        self.assertEqual(self.change("UPDATE accounts SET score = score"), [])
        self.assertEqual(content.faults(self.path), [])

    def test_every_change_is_seen(self):
        for statement in ("UPDATE accounts SET score = 30.100000000000005 WHERE account = 'a'",
                          "UPDATE accounts SET score = 0 WHERE account = 'b'", "DELETE FROM alerts WHERE id = 2",
                          "INSERT INTO signals VALUES (1)", "DROP TABLE alerts",
                          "UPDATE accounts SET account = CAST('a' AS BLOB) WHERE account = 'a'"):
            self.setUp()
            with self.subTest(statement):
                self.assertNotEqual(self.change(statement), [])

    def test_what_is_left_out_is_left_out(self):
        self.assertNotEqual(self.change("UPDATE accounts SET score = 1"), [])
        for without in (
                {"columns": {"accounts": ["score"]}}, {"rows": {"accounts": lambda row: True}}, {"omit": ["accounts"]}):
            tables = [content.without(content.dump(path), **without) for path in (self.path, self.other)]
            self.assertEqual(content.differences(*tables), [])

    def test_points_that_do_not_add_up_and_gaps_in_numbers_are_faults(self):
        with sqlite3.connect(self.path) as database:
            database.execute("UPDATE contributions SET points = 20.2 WHERE points = 20.1")
            database.execute("UPDATE alerts SET id = 3 WHERE id = 2")
        self.assertEqual(len(content.faults(self.path)), 2)


class SenderTests(unittest.TestCase):
    """A client against a server that says what it is told to."""

    def converse(self, *answers):
        """Sends five lines, on one connection for each of the server's answers, and returns the client."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "s")
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
                server.bind(path)
                server.listen()
                sender = client.Sender(path, 7, [b"%d\n" % i for i in range(5)])
                sender.start()
                for ready, acknowledgement in answers:
                    connection, _ = server.accept()
                    request = connection.recv(100)
                    self.assertEqual(request, b"banrisk/1 acks session=0000000000000007\n")
                    connection.sendall(ready)
                    connection.settimeout(5)
                    connection.recv(100)
                    connection.sendall(acknowledgement)
                    connection.close()
            until("the client to hear the end", lambda: not sender.is_connected, 10)
            sender.stop()
            return sender

    def test_it_resumes_behind_what_the_daemon_has(self):
        sender = self.converse((b"banrisk/1 ok 0\n", b"ack 2\n"), (b"banrisk/1 ok 3\n", b"ack 5\n"))
        self.assertTrue(sender.is_done)
        self.assertEqual((sender.acked, sender.faults), (5, []))

    def test_a_daemon_that_forgets_is_found_out(self):
        sender = self.converse((b"banrisk/1 ok 0\n", b"ack 3\n"), (b"banrisk/1 ok 2\n", b"ack 5\n"))
        self.assertEqual(len(sender.faults), 1)

    def test_a_daemon_that_acknowledges_what_was_not_sent_is_found_out(self):
        sender = self.converse((b"banrisk/1 ok 0\n", b"ack 6\n"))
        self.assertEqual(len(sender.faults), 1)


class EventTests(unittest.TestCase):
    def test_the_same_seed_gives_the_same_lines(self):
        with tempfile.NamedTemporaryFile() as file:
            first, second, other = (events.write(file.name, 2_000, seed) for seed in (1, 1, 2))
        self.assertEqual(first, second)
        self.assertNotEqual(first, other)
        self.assertEqual(len(first), 2_000)
        self.assertTrue(all(line.endswith(b"\n") and line.count(b"\n") == 1 and len(line) > 1 for line in first))


if __name__ == "__main__":
    unittest.main()
