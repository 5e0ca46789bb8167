"""What one would write in an afternoon: orjson, the C reader of MaxMind, dictionaries, SQLite.

Places every address, counts the accounts of each address, network and device in a day, adds up a score and keeps it. It
forgets nothing, explains nothing and does not survive a crash.

Usage: python_sqlite.py CITY.mmdb EVENTS FOLDER
"""

import sqlite3
import sys
from datetime import datetime

import maxminddb
import orjson

ROWS = 10_000
DAY = 86_400
LIMITS = {"ip": (4, 20), "prefix": (10, 40), "device": (3, 8)}


def main():
    reader = maxminddb.open_database(sys.argv[1], maxminddb.MODE_MMAP_EXT)
    database = sqlite3.connect(sys.argv[3] + "/scores.db")
    database.executescript("""
        PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
        CREATE TABLE accounts (account TEXT PRIMARY KEY, score REAL, country TEXT, seen REAL) WITHOUT ROWID;
        CREATE TABLE alerts (id INTEGER PRIMARY KEY, account TEXT, score REAL, time REAL)""")
    windows = {kind: {} for kind in LIMITS}
    waiting, alerts, alerted = {}, [], set()

    def write():
        with database:
            database.executemany("INSERT OR REPLACE INTO accounts VALUES (?, ?, ?, ?)", waiting.values())
            database.executemany("INSERT INTO alerts (account, score, time) VALUES (?, ?, ?)", alerts)
        waiting.clear()
        alerts.clear()

    with open(sys.argv[2], "rb") as lines:
        for line in lines:
            event = orjson.loads(line)
            account, ip = event["account"], event["ip"]
            time = datetime.fromisoformat(event["ts"]).timestamp()
            record = reader.get(ip)
            country = record["country"]["iso_code"] if record and "country" in record else ""
            score = 0.0
            keys = {"ip": ip, "prefix": ip.rpartition(".")[0], "device": event.get("device")}
            for kind, (allow, saturate) in LIMITS.items():
                window = windows[kind].setdefault(keys[kind], {})
                window[account] = time
                if len(window) > allow:
                    for other in [other for other, last in window.items() if last < time - DAY]:
                        del window[other]
                    score += min(1.0, max(0.0, (len(window) - allow) / (saturate - allow)))
            waiting[account] = (account, score, country, time)
            if score > 1 and account not in alerted:
                alerted.add(account)
                alerts.append((account, score, time))
            if len(waiting) == ROWS:
                write()
    write()


main()
