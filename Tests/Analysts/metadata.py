"""Config/datasette/metadata.yaml, made of the reference of the database and the guide's questions."""
import re
import sqlite3

import document

HEAD = """\
# What Datasette 0.65 shows of the database: what tables and columns mean (docs/database.md), and the questions of
# docs/analysts.md as forms. Made of these two by `script/test-analysts --write`; docs/analysts.md says how to start it.
title: banrisk
description: Accounts at risk, and why. This is personal data, so look at what the case needs.
databases:
  banrisk:
    tables:
"""
SECTION = re.compile(r"^### `(?P<name>\w+)`\n\n(?P<body>.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
COLUMN = re.compile(r"^\| `(\w+)` \| ([^|]*) \| (.*?) \|$", re.MULTILINE)


def _plain(markdown):
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", markdown.replace("`", "")).replace("→ ", "see ")
    return " ".join(text.split())


def _quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _table(section, columns):
    head = section["body"].split("\n\n")[0]
    lines = [f"      {section['name']}:", f"        description: {_quoted(_plain(head))}"]
    meanings = [(name, _plain(meaning) or _plain(unit)) for name, unit, meaning in COLUMN.findall(section["body"])]
    known = [f"          {name}: {_quoted(meaning)}" for name, meaning in meanings if name in columns]
    return lines + (["        columns:", *known] if known else [])


def _question(match):
    lines = [f"      question_{int(match['number']):02}:", f"        title: {_quoted(_plain(match['title']))}"]
    if match["text"].strip():
        lines.append(f"        description: {_quoted(_plain(match['text']))}")
    sql = match["sql"].rstrip().rstrip(";")
    return [*lines, "        sql: |-", *("          " + line for line in sql.split("\n"))]


def metadata(reference, guide, database):
    """The file's text. `database` is open; its tables and views are those that are shown."""
    names = {name for name, in database.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")}
    lines = []
    for section in sorted(SECTION.finditer(reference), key=lambda section: section["name"]):
        if section["name"] in names:
            columns = {row[1] for row in database.execute(f"PRAGMA table_info({section['name']})")}
            lines += _table(section, columns)
    lines.append("    queries:")
    for match in document.questions(guide):
        lines += _question(match)
    return HEAD + "\n".join(lines) + "\n"
