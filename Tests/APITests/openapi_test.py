#!/usr/bin/env python3
"""Holds a running daemon's HTTP interface against its own OpenAPI document.

    openapi_test.py SOCKET [--rounds N] [--seed N]

The document must be valid, every operation of it must answer with a status and a media type that it names, every JSON answer must fit
its schema, and what the schemas forbid must be refused. Needs openapi-spec-validator, jsonschema and prometheus_client. Exit status 1:
something does not hold. It asks for no change but a reload, and drops and retries no line that is there.
"""

import argparse
import http.client
import json
import random
import re
import socket
import sys
import urllib.parse

import jsonschema
import openapi_spec_validator
from prometheus_client.parser import text_string_to_metric_families


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Interface:
    def __init__(self, path):
        self.path = path
        self.failures = []
        self.requests = 0

    def ask(self, method, target, body=None, headers=None):
        connection = UnixConnection(self.path)
        try:
            connection.request(method, target, body=body, headers=headers or {})
            answer = connection.getresponse()
            self.requests += 1
            if (answer.getheader("Content-Type") or "").startswith("text/event-stream"):
                return answer.status, "text/event-stream", answer.read(20)
            return answer.status, (answer.getheader("Content-Type") or "").split(";")[0], answer.read()
        finally:
            connection.close()

    def check(self, holds, what):
        if not holds:
            self.failures.append(what)


NASTY = [
    "a", "alice", "<script>", "'; DROP TABLE accounts; --", "é𝒳", "a/b", "..", "%", "\u202e", "x" * 600, "", "\x00", "-1",
    "1e9", "null",
]


def value(schema, chance):
    """A value for a parameter: one that the schema allows, or anything."""
    if chance.random() < 0.4:
        return chance.choice(NASTY)
    if "enum" in schema:
        return chance.choice(schema["enum"])
    kind = schema.get("type")
    if kind == "integer":
        most = schema.get("maximum", 9)
        return str(chance.choice([schema.get("minimum", 0), min(most, 9), most]))
    if kind == "number":
        return str(chance.choice([schema.get("minimum", 0), 50.5]))
    if kind == "boolean":
        return chance.choice(["true", "false"])
    if "pattern" in schema:
        return chance.choice(["1h", "7d", "2026-03-01T08:00:00Z", "2026-03-01"])
    return chance.choice(["alice", "accounts_per_device", "d-1"])


def allows(schema, text):
    """Whether the schema allows the text of a parameter; None where it cannot tell."""
    kind = schema.get("type")
    try:
        if kind == "integer":
            if not re.fullmatch(r"-?\d{1,19}", text):
                return False
            return schema.get("minimum", -(10**20)) <= int(text) <= schema.get("maximum", 10**20)
        if kind == "number":
            return bool(re.fullmatch(r"\d+(\.\d+)?", text)) and schema["minimum"] <= float(text) <= schema["maximum"]
        if kind == "boolean":
            return text in ("true", "false")
        if "enum" in schema:
            return text in schema["enum"]
        if schema.get("minLength", 0) > len(text) or len(text) > schema.get("maxLength", 10**9) or "\x00" in text:
            return False
    except (ValueError, KeyError):
        return False
    return None


def body(name, schemas, chance):
    choices = {
        "Events": [b"{}", b"[]", b'[{"type":"login"}, 7]', b"[", b"\xff\xfe", b""],
        "VerdictRequest": [
            b"{}", b"[", b'{"accounts":[],"verdict":"cleared","why":"x"}',
            b'{"accounts":["a"],"verdict":"cleared","why":""}',
        ],
        "QuarantineSelection": [
            b"{}", b'{"seqs":[]}', b'{"all":false}', b'{"seqs":[1],"reason":"invalid_json"}', b"null",
        ],
    }
    return chance.choice(choices[name])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("socket")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")
    chance = random.Random(arguments.seed)
    interface = Interface(arguments.socket)

    status, kind, text = interface.ask("GET", "/openapi.json")
    interface.check(status == 200 and kind == "application/json", "/openapi.json is not served")
    document = json.loads(text)
    openapi_spec_validator.validate(document)
    schemas = document["components"]["schemas"]

    def validate(schema, content, what):
        try:
            validator = jsonschema.Draft202012Validator({**schema, "components": document["components"]})
            validator.validate(json.loads(content))
        except (jsonschema.ValidationError, json.JSONDecodeError) as error:
            interface.failures.append(f"{what}: {str(error).splitlines()[0]}")

    answered = set()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            for _ in range(arguments.rounds):
                target, query, sound = path, [], True
                for parameter in operation["parameters"]:
                    if parameter["in"] == "query" and chance.random() < 0.6:
                        continue
                    text = value(parameter["schema"], chance)
                    sound = None if not sound or allows(parameter["schema"], text) is None else sound
                    if allows(parameter["schema"], text) is False:
                        sound = False
                    quoted = urllib.parse.quote(text, safe="")
                    if parameter["in"] == "path":
                        target = target.replace("{%s}" % parameter["name"], quoted)
                    else:
                        query.append(f"{parameter['name']}={quoted}")
                if query:
                    target += "?" + "&".join(query)
                content = headers = None
                if "requestBody" in operation:
                    name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
                    content, headers = body(name, schemas, chance), {"Content-Type": "application/json"}
                what = f"{method.upper()} {target}"
                status, kind, text = interface.ask(method.upper(), target, content, headers)
                response = operation["responses"].get(str(status))
                # What a parameter may not be is told by every operation that has one.
                interface.check(response is not None, f"{what}: the status {status} is not in the document")
                interface.check(status < 500 or path == "/readyz", f"{what}: {status}")
                interface.check(
                    sound is not False or status in (400, 404), f"{what}: {status} where the schema forbids it")
                if response is None:
                    continue
                interface.check(
                    kind in {name.split(";")[0] for name in response["content"]}, f"{what}: {status} as {kind}")
                answered.add((method, path, status))
                if kind == "application/json":
                    validate(response["content"][kind]["schema"], text, what)
                elif kind == "application/problem+json":
                    validate(schemas["Problem"], text, what)
                    interface.check(json.loads(text)["status"] == status, f"{what}: the problem has another status")
    for path, item in document["paths"].items():
        for method in item:
            interface.check(any(found[:2] == (method, path) for found in answered), f"{method} {path} never answered")

    status, kind, text = interface.ask("GET", "/metrics")
    families = list(text_string_to_metric_families(text.decode()))
    interface.check(len(families) > 50, "/metrics has fewer metrics than it must")
    for family in families:
        interface.check(family.documentation != "", f"{family.name} has no help")
        interface.check(family.type in ("counter", "gauge"), f"{family.name} is {family.type}")

    for failure in sorted(set(interface.failures)):
        print("failed:", failure)
    print(f"{interface.requests} requests, {len(set(interface.failures))} failures")
    return 1 if interface.failures else 0


if __name__ == "__main__":
    sys.exit(main())
