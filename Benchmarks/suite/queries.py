"""The analysts' questions on a large database: of the product's own schema, with rows like those that it writes."""

import sqlite3
import statistics
import time

import processes
from context import folder, progress

ACCOUNTS, ALERTS, CAMPAIGNS = 10_000_000, 1_000_000, 2_000
SAMPLE = 100_000
RUNS = 9

QUESTIONS = {
    "top": "SELECT account, score, level, top_rule, top_explanation FROM risky_accounts LIMIT 20",
    "account": """
        SELECT a.*, c.* FROM accounts a JOIN contributions c USING (account) WHERE a.account = :account
        ORDER BY c.points DESC""",
    "campaign": """
        SELECT f.*, m.*, a.score FROM campaign_feed f JOIN campaign_members m ON m.campaign = f.id
        JOIN accounts a ON a.account = m.account WHERE f.id = :campaign ORDER BY m.joined""",
    "alerts": """
        SELECT * FROM alert_feed WHERE event_time >= (
            SELECT strftime('%Y-%m-%dT%H:%M:%S.000000Z', value, '-1 hour') FROM meta WHERE key = 'watermark')""",
}
TOOL = {
    "top": ["query", "accounts", "--level", "watch", "--limit", "20"],
    "account": ["explain", "{account}"],
    "campaign": ["campaigns", "{campaign}"],
    "alerts": ["query", "alerts", "--since", "1h"],
}

# One account in fifty is at risk, with three contributions; the alerts are spread over thirty days; every campaign has
# fifty members. Evidence, reasons and explanations are those of an alert and an account that the product wrote.
FILL = """
    CREATE TEMP TABLE model AS SELECT reason, explanation FROM alerts WHERE campaign IS NULL ORDER BY id DESC LIMIT 1;
    CREATE TEMP TABLE parts AS SELECT * FROM contributions WHERE rule <> 'prior' GROUP BY rule LIMIT 3;
    CREATE TEMP TABLE prior AS SELECT * FROM contributions WHERE rule = 'prior' LIMIT 1;
    DELETE FROM campaign_members; DELETE FROM campaigns; DELETE FROM alerts;
    DELETE FROM contributions; DELETE FROM accounts;

    INSERT INTO accounts (
        account, score, level, compromised, first_seen, scored_at, seq, peak_level, peak_score, peak_at)
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :accounts),
    shaped AS (
        SELECT i, i % 50 = 0 AS risky, CASE WHEN i % 50 THEN 1.8 ELSE 30 + (i * 7919 % 69999) / 1000.0 END AS score
        FROM n)
    SELECT printf('user-%08d', i), score, CASE WHEN NOT risky THEN 'normal' WHEN score < 60 THEN 'watch'
            WHEN score < 90 THEN 'review' ELSE 'ban' END, 0, '2026-03-01T00:00:00.000000Z',
        CASE WHEN risky THEN '2026-03-20T00:00:00.000000Z' END, CASE WHEN risky THEN i END, 'normal', NULL, NULL
    FROM shaped;

    INSERT INTO contributions SELECT a.account, {columns} FROM accounts a JOIN (
        SELECT * FROM parts UNION ALL SELECT * FROM prior) c WHERE a.level <> 'normal' ORDER BY a.account, c.rule;

    INSERT INTO alerts (id, account, level, previous_level, score, event_time, seq, reason, explanation)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :alerts)
    SELECT i, printf('user-%08d', i * 50 % :accounts), 'watch', 'normal', 42.0,
        strftime('%Y-%m-%dT%H:%M:%S.000000Z', '2026-03-01', format('+%d seconds', i * 2592000 / :alerts)),
        i, reason, explanation
    FROM n, model;

    INSERT INTO campaigns
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :campaigns)
    SELECT i, 'shared_device', 'device', printf('device-%d', i), 1, 50, 'review', '2026-03-01T00:00:00.000000Z',
        strftime('%Y-%m-%dT%H:%M:%S.000000Z', '2026-03-02', format('+%d minutes', i * 20)),
        '2026-03-02T00:00:00.000000Z', NULL, i
    FROM n;
    INSERT INTO campaign_members
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :campaigns * 50)
    SELECT printf('user-%08d', i * 50 % :accounts), i / 50 + 1, 'device', printf('device-%d', i / 50 + 1),
        'shared_device', '2026-03-02T00:00:00.000000Z', i FROM n ORDER BY 1;

    UPDATE meta SET value = (SELECT max(event_time) FROM alerts) WHERE key = 'watermark';
    UPDATE meta SET value = :accounts WHERE key = 'accounts';
    """


def measure(context):
    accounts, alerts = context.scaled(ACCOUNTS), context.scaled(ALERTS)
    with folder() as place:
        path = str(place / "banrisk.db")
        processes.run(
            [context.banrisk, "replay", "--geoip", context.city, "--database", path, context.load(SAMPLE)], 600
        )
        sizes = {"accounts": accounts, "alerts": alerts, "campaigns": min(CAMPAIGNS, accounts // 2_500)}
        # One of those at risk, and one in the middle.
        subjects = {"account": f"user-{accounts // 100 * 50:08d}", "campaign": sizes["campaigns"] // 2}
        rows = fill(path, sizes)
        size = (place / "banrisk.db").stat().st_size
        progress(f"a database of {accounts:,} accounts and {alerts:,} alerts, {size >> 20:,} MiB")
        data = {"bytes": size, "rows": rows}
        data["sql"] = {name: ask(path, question, subjects) for name, question in QUESTIONS.items()}
        data["tool"] = {
            name: ask_tool([context.banrisk, *(word.format(**subjects) for word in words), "--database", path])
            for name, words in TOOL.items()
        }
        for name in QUESTIONS:
            progress(f"{name}: {data['sql'][name] * 1e3:.1f} ms by SQL, {data['tool'][name] * 1e3:.1f} ms by the tool")
    context.save("queries", data)


def fill(path, sizes):
    """Multiplies what is in the database; returns the rows by table."""
    database = sqlite3.connect(path, isolation_level=None)
    database.executescript("PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; PRAGMA foreign_keys = OFF")
    columns = [row[1] for row in database.execute("PRAGMA table_info(contributions)")][1:]
    database.execute("BEGIN")
    for statement in FILL.format(columns=", ".join(f"c.{column}" for column in columns)).split(";"):
        database.execute(statement, names(statement, sizes))
    database.execute("COMMIT")
    database.execute("PRAGMA journal_mode = WAL")
    rows = {
        table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in ("accounts", "contributions", "alerts", "campaigns", "campaign_members")
    }
    database.close()
    return rows


def ask(path, question, subjects):
    """Median seconds of opening the file, asking and reading every row."""
    times = []
    for _ in range(RUNS):
        before = time.perf_counter()
        reader = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        if not reader.execute(question, names(question, subjects)).fetchall():
            raise SystemExit(f"no rows: {question}")
        reader.close()
        times.append(time.perf_counter() - before)
    return statistics.median(times)


def ask_tool(command):
    """Median seconds of the whole process."""
    return statistics.median(processes.run(command, 60).wall for _ in range(RUNS))


def names(statement, values):
    """Those of the values that a statement names."""
    return {name: value for name, value in values.items() if f":{name}" in statement}
