"""Sends the lines of a file, which are objects of JSON, by the Fluent project's client for Python.

    fluent-sender.py FILE SOCKET

It knows no acknowledgements. A record that could not be sent it keeps until the next one comes.
"""
import json
import sys
import time

from fluent.sender import FluentSender


def main(path, socket):
    sender = FluentSender("app", host=f"unix://{socket}")
    line = ""
    with open(path, encoding="utf-8") as file:
        while True:
            line += file.readline()
            if not line.endswith("\n"):
                time.sleep(0.05)  # the rest of it comes later
                continue
            # Slow enough to be still at work when the daemon goes and comes: the last record would be kept for ever.
            is_sent = sender.emit(None, json.loads(line))
            time.sleep(0.0005 if is_sent else 0.1)
            line = ""


if __name__ == "__main__":
    main(*sys.argv[1:])
