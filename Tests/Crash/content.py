"""What a database holds: as rows that can be compared, and whether they fit together."""
import os
import shutil
import sqlite3
import tempfile


def open_readonly(path):
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)


def dump(path):
    """All tables: by name, the columns and the rows in order; without what goes by the clock."""
    database = open_readonly(path)
    try:
        tables = {}
        names = [name for name, in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")]
        for name in names:
            cursor = database.execute(f'SELECT * FROM "{name}"')
            columns = [column[0] for column in cursor.description]
            tables[name] = (columns, sorted(cursor, key=lambda row: [(value is not None, str(type(value)), value)
                                                                     for value in row]))
        return without(tables, omit=("audit",), columns={"quarantine": ("received",)})
    finally:
        database.close()


def without(tables, *, omit=(), columns=None, rows=None):
    """The same without some tables, some columns (by table), and the rows for which `rows[table]` is true."""
    result = {}
    for name, (names, content) in tables.items():
        if name in omit:
            continue
        keep = [i for i, column in enumerate(names) if column not in (columns or {}).get(name, ())]
        drop = (rows or {}).get(name, lambda row: False)
        result[name] = ([names[i] for i in keep],
                        [tuple(row[i] for i in keep) for row in content if not drop(dict(zip(names, row)))])
    return result


def differences(left, right, limit=3):
    """Texts that say how `right` differs from `left`; none where they are equal."""
    found = []
    for name in sorted(left.keys() | right.keys()):
        if name not in left or name not in right:
            found.append(f"table {name}: only in one of them")
            continue
        if left[name] == right[name]:
            continue
        if left[name][0] != right[name][0]:
            found.append(f"table {name}: other columns")
            continue
        mine, theirs = set(left[name][1]), set(right[name][1])
        missing, extra = [r for r in left[name][1] if r not in theirs], [r for r in right[name][1] if r not in mine]
        found.append(f"table {name}: {len(left[name][1])} rows expected, {len(right[name][1])} found; "
                     f"{len(missing)} missing, {len(extra)} too many"
                     + "".join(f"\n    missing  {_short(row)}" for row in missing[:limit])
                     + "".join(f"\n    too many {_short(row)}" for row in extra[:limit]))
    return found


def _short(row):
    text = repr(row)
    return text if len(text) <= 400 else text[:400] + "…"


def faults(path):
    """Texts that say what does not fit together in a database; none where all does."""
    database = open_readonly(path)
    try:
        found = [f"integrity_check: {text}" for text, in database.execute("PRAGMA integrity_check") if text != "ok"]
        found += [f"foreign_key_check: {row}" for row in database.execute("PRAGMA foreign_key_check")]
        found += [f"the contributions of {row} do not add up to its score" for row in database.execute("""
            SELECT a.account, a.score, round(sum(c.points), 2) FROM accounts a JOIN contributions c USING (account)
            GROUP BY a.account HAVING round(sum(c.points), 2) <> round(a.score, 2) LIMIT 5""")]
        for table in ("alerts", "signals"):
            count, first, last = database.execute(
                f"SELECT count(*), coalesce(min(id), 1), coalesce(max(id), 0) FROM {table}").fetchone()
            if first != 1 or last != count:
                found.append(f"{table}: {count} rows, numbered {first} to {last}")
        return found
    finally:
        database.close()


def faults_of_copy(path):
    """As `faults`, of a copy: the files stay as the crash has left them. No database is no fault."""
    if not os.path.exists(path):
        return []
    with tempfile.TemporaryDirectory(prefix="banrisk-copy.") as folder:
        copy(path, os.path.join(folder, "copy.db"))
        try:
            return faults(os.path.join(folder, "copy.db"))
        except sqlite3.OperationalError as error:
            # Killed before the tables were made.
            return [] if "no such table" in str(error) else [str(error)]


def applied(path):
    """The number of the last event that is in a database, without touching it; 0 for none."""
    if not os.path.exists(path):
        return 0
    with tempfile.TemporaryDirectory(prefix="banrisk-copy.") as folder:
        copy(path, os.path.join(folder, "copy.db"))
        try:
            database = sqlite3.connect(os.path.join(folder, "copy.db"))
            try:
                return database.execute("SELECT value FROM meta WHERE key = 'applied_seq'").fetchone()[0]
            finally:
                database.close()
        except (sqlite3.OperationalError, TypeError):
            return 0


def copy(path, to):
    """Copies a database that nobody writes, with its write-ahead log."""
    for suffix in ("", "-wal"):
        if os.path.exists(path + suffix):
            shutil.copyfile(path + suffix, to + suffix)


def remove(path):
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(path + suffix):
            os.remove(path + suffix)
