"""The events that every fault is tried on: the same to the byte for the same number and seed.

Farms, hoppers and failed logins among ordinary people, so that every table gets rows; lines that cannot be events, ids
that come twice, events that come late, and one from 2099. Times move by seconds over ten days of 2020. The last line is
an event an hour later than all others: it lets go of those that wait for earlier ones.
"""
import json
import random
from datetime import datetime, timedelta, timezone

START = datetime(2020, 6, 1, tzinfo=timezone.utc)
SPAN = timedelta(days=10)
LATENESS_MINUTES = 10  # what the daemon is told to allow
FUTURE = "2099-01-01T00:00:00Z"

HOMES = ["203.0.113.", "192.0.2.", "198.18.2.", "198.18.17.", "198.18.35.", "198.18.50.", "198.18.70.", "198.18.81."]
FAR = ["198.18.3.9", "198.18.49.9", "198.18.81.9", "198.18.97.9", "198.18.65.9", "198.18.145.9", "198.19.0.77"]


def write(path, count, seed, accounts=None):
    """Writes `count` lines, and returns them, each with its newline."""
    lines = list(_lines(count, random.Random(f"events {seed}"), accounts or max(200, count // 12)))
    with open(path, "wb") as file:
        file.writelines(lines)
    return lines


def _lines(count, rng, accounts):
    step = SPAN / count
    recent = []
    for i in range(count - 1):
        time = START + i * step
        if i == count // 3:
            yield _line(FUTURE, "login", "person-0", "203.0.113.1", outcome="success")
        elif rng.random() < 0.01:
            yield _bad(rng)
        elif recent and rng.random() < 0.01:
            yield rng.choice(recent)  # the same event again, id and all
        else:
            line = _event(time, i, rng, accounts)
            if b'"id"' in line:
                recent = recent[-199:] + [line]
            yield line
    yield _line(_text(START + SPAN + timedelta(hours=1)), "logout", "person-0", None)


def _event(time, i, rng, accounts):
    chance = rng.random()
    if chance < 0.06:  # out of order, but not by more than is allowed
        time -= timedelta(minutes=rng.uniform(0, LATENESS_MINUTES * 0.9))
    elif chance < 0.063:  # later than is allowed
        time -= timedelta(hours=rng.uniform(1, 30))
    more = {"id": f"e-{i}"} if rng.random() < 0.7 else {}
    kind = rng.random()
    text = _text(time)
    if kind < 0.04:  # a farm: one address, few devices
        farm = i // 400
        return _line(text, "registration", f"farm-{farm}-{rng.randrange(30)}", f"198.51.100.{farm % 250 + 1}",
                     device=f"emulator-{farm}-{rng.randrange(3)}", **more)
    if kind < 0.06:  # the farm at work
        farm = i // 400
        return _line(text, "login", f"farm-{farm}-{rng.randrange(30)}", f"198.51.100.{farm % 250 + 1}",
                     outcome="success", device=f"emulator-{farm}-{rng.randrange(3)}", **more)
    if kind < 0.09:  # a hopper
        return _line(text, "login", f"hopper-{rng.randrange(40)}", rng.choice(FAR), outcome="success", **more)
    if kind < 0.14:  # passwords are tried
        return _line(text, "login", None, f"198.18.12.{i // 2000 % 250}", outcome="failure",
                     username=f"guess-{rng.randrange(1000)}", **more)
    if kind < 0.16:
        return _line(text, "api_call", f"unserved-{rng.randrange(60)}", f"198.19.17.{rng.randrange(60)}", **more)
    # People, some busier than others, each with a home and a device.
    person = min(accounts - 1, int(accounts ** rng.random()) - 1 if rng.random() < 0.5 else rng.randrange(accounts))
    ip = f"{HOMES[person % len(HOMES)]}{person // len(HOMES) % 250 + 1}"
    if kind < 0.2:
        return _line(text, "registration", f"person-{person}", ip, device=f"phone-{person}", **more)
    if kind < 0.5:
        return _line(text, "api_call", f"person-{person}", ip, api_key=f"key-{person}", **more)
    return _line(text, "login", f"person-{person}", ip, outcome="success", device=f"phone-{person}", **more)


def _bad(rng):
    """A line that cannot be an event, each for another reason."""
    return rng.choice([
        b'{"ts":"2020-06-02T00:00:00Z","type":"login","account":"broken"\n',
        b'["not","an","object"]\n',
        b'{"type":"login","account":"no-time","ip":"203.0.113.1"}\n',
        b'{"ts":"2020-06-02T00:00:00Z","type":"teleport","account":"a","ip":"203.0.113.1"}\n',
        b'{"ts":"2020-06-02T00:00:00Z","type":"login","account":"\xff\xfe","ip":"203.0.113.1"}\n',
        b'{"ts":"2020-06-02T00:00:00Z","type":"payment","account":"a","ip":"203.0.113.1","card":"4111111111111111"}\n',
        b'{"ts":"2020-06-02T00:00:00Z","type":"login","account":"a","ip":"the moon"}\n',
        b"[" * 200 + b"]" * 200 + b"\n",
        b"x" * 5_000 + b"\n",
    ] + [b"y" * 70_000 + b"\n"] * (rng.random() < 0.05))


def _line(ts, kind, account, ip, **more):
    entry = {"ts": ts, "type": kind, "account": account, "ip": ip, **more}
    text = json.dumps({key: value for key, value in entry.items() if value is not None}, separators=(",", ":"))
    return text.encode() + b"\n"


def _text(time):
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}Z"
