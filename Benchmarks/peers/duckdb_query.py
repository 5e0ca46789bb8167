"""A warehouse's answer: DuckDB reads all events at once and counts the accounts of each address, network and device.

No places, no order of time within the day, no alert before the batch is over. One thread.

Usage: duckdb_query.py CITY.mmdb EVENTS FOLDER (the City database is not used)
"""

import sys

import duckdb

database = duckdb.connect(sys.argv[3] + "/scores.duckdb", config={"threads": 1, "memory_limit": "4GB"})
database.execute(
    """
    CREATE TABLE scores AS
    -- One key for each pair with the day: the planner would join by the day alone.
    WITH events AS MATERIALIZED (
        SELECT ts, account, concat(ip, day) AS ip_day, concat(regexp_replace(ip, '[0-9]+$', ''), day) AS prefix_day,
            concat(device, day) AS device_day
        FROM (SELECT *, ts[:10] AS day FROM read_json($events, format = 'newline_delimited', columns = {
            ts: 'VARCHAR', type: 'VARCHAR', account: 'VARCHAR', ip: 'VARCHAR', outcome: 'VARCHAR', device: 'VARCHAR',
            user_agent: 'VARCHAR', session: 'VARCHAR', id: 'VARCHAR'}))),
    by_ip AS (SELECT ip_day, count(DISTINCT account) AS accounts FROM events GROUP BY ALL),
    by_prefix AS (SELECT prefix_day, count(DISTINCT account) AS accounts FROM events GROUP BY ALL),
    by_device AS (SELECT device_day, count(DISTINCT account) AS accounts FROM events GROUP BY ALL)
    SELECT account, max(ts) AS seen, max(
        least(1, greatest(0, (i.accounts - 4) / 16)) + least(1, greatest(0, (p.accounts - 10) / 30))
        + least(1, greatest(0, (d.accounts - 3) / 5))) AS score
    FROM events JOIN by_ip i USING (ip_day) JOIN by_prefix p USING (prefix_day) JOIN by_device d USING (device_day)
    GROUP BY account""",
    {"events": sys.argv[2]},
)
