"""Checks docs/analysts.md: its queries, its programs on a live database, the rights, and exports.

See script/test-analysts.
"""
import argparse
import sqlite3
import sys
import unittest

import document
from metadata import metadata
from setting import setting
from test_queries import parameters_of

SUITES = ["test_queries", "test_export", "test_rights", "test_tools"]


def write_answers():
    """Puts fresh answers into the guide, and makes Datasette's file anew."""
    parameters = parameters_of(setting.world)
    with sqlite3.connect(f"file:{setting.world.database}?mode=ro", uri=True) as db:
        def answer(sql):
            cursor = db.execute(sql, parameters)
            return [column[0] for column in cursor.description], cursor.fetchall()
        with open(setting.guide, encoding="utf-8") as file:
            text = document.with_answers(file.read(), answer)
        with open(setting.reference, encoding="utf-8") as file:
            forms = metadata(file.read(), text, db)
    with open(setting.guide, "w", encoding="utf-8") as file:
        file.write(text)
    with open(setting.metadata, "w", encoding="utf-8") as file:
        file.write(forms)


def main():
    parser = argparse.ArgumentParser(prog="script/test-analysts", description=__doc__)
    parser.add_argument("--bin", required=True, help="folder with banrisk and banriskd")
    parser.add_argument("--python", default="",
                        help="a Python that has datasette, pandas and duckdb; none: they are left out")
    parser.add_argument("--write", action="store_true",
                        help="write docs/analysts.md's answers and Datasette's file anew, and end")
    parser.add_argument("only", nargs="*", default=SUITES, help="suites, or suite.Class.test")
    arguments = parser.parse_args()
    setting.binaries, setting.python = arguments.bin, arguments.python
    if arguments.write:
        return write_answers()
    tests = unittest.defaultTestLoader.loadTestsFromNames(arguments.only)
    return 0 if unittest.TextTestRunner(verbosity=2).run(tests).wasSuccessful() else 1


sys.exit(main())
