"""kill -9, at any moment of a life."""
import os
import shutil
import signal
import subprocess
import time

import content
from case import Case, fault, times
from waiting import Failure, until


def start(case):
    """While it starts and the state is being rebuilt."""
    time.sleep(case.rng.uniform(0, case.daemon.startup))
    case.kill("in a start")


def reception(case):
    """While events come in, whatever else goes on."""
    case.daemon.wait_until_listening()
    time.sleep(case.rng.uniform(0.05, 0.4))
    case.kill("at work")


def work(case):
    """While events are written to the database."""
    case.daemon.wait_until_running()
    time.sleep(case.rng.uniform(0.05, 0.4))
    case.kill("at work")


def wait_for_flight(case):
    """Waits until lines are on their way: sent, and not acknowledged. Soon or never: then there are none left."""
    case.daemon.wait_until_listening()
    deadline = time.monotonic() + 0.5
    while time.monotonic() < deadline and case.sender.in_flight == 0:
        time.sleep(0.0002)


def flight(case):
    """While lines are on their way."""
    wait_for_flight(case)
    time.sleep(case.rng.uniform(0, 0.005))
    case.kill("at work")


def snapshot(case):
    """While a snapshot is being written."""
    case.daemon.wait_until_running()
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        if found := any(name.endswith(".new") for name in os.listdir(case.snapshots)):
            break
        time.sleep(0.0005)
    time.sleep(case.rng.uniform(0, 0.01))
    case.kill("in a snapshot" if found else "at work")


def shutdown(case):
    """While it ends in order."""
    case.daemon.wait_until_running()
    time.sleep(case.rng.uniform(0.05, 0.3))
    case.daemon.signal(signal.SIGTERM)
    time.sleep(case.rng.uniform(0, 0.1))
    if case.rng.random() < 0.3:  # it is hurried, too
        case.daemon.signal(signal.SIGTERM)
        time.sleep(case.rng.uniform(0, 0.05))
    case.kill("in a stop")


def reload(case):
    """While it takes another configuration, of which only the number of shards is another; or refuses a bad one."""
    case.daemon.wait_until_running()
    time.sleep(case.rng.uniform(0.05, 0.3))
    if case.rng.random() < 0.3:
        with open(case.daemon.config, "a", encoding="utf-8") as file:
            file.write("shard: 4\n")
    else:
        case.configure(shards=case.rng.randint(1, 4))
    case.daemon.signal(signal.SIGHUP)
    time.sleep(case.rng.uniform(0, 0.1))
    case.kill("in a reload")
    case.configure()


LIVES = [(reception, 4), (work, 4), (flight, 6), (start, 4), (snapshot, 2), (shutdown, 3), (reload, 3)]


def live(case, count, lives=LIVES, after=lambda: None, injections=(None,)):
    """Gives the daemon lives that end by kill -9 until so many have; a client sends all the while."""
    bodies, weights = zip(*lives)
    while (left := count - sum(case.kills.values())) > 0:
        case.allow((len(case.lines) - case.sender.limit) / left * case.rng.uniform(0, 2))
        # At once, or over about the time of a life.
        case.sender.chunk = case.rng.choice([1, 8, 64, 512])
        seconds_per_line = 0.5 / max(1, case.sender.limit - case.sender.acked)
        case.sender.pause = case.rng.choice([0, case.sender.chunk * seconds_per_line])
        case.daemon.start(injection=case.rng.choice(injections))
        # The first lives are there to be ended: each kind once, then as it comes.
        body = bodies[sum(case.kills.values())] if sum(case.kills.values()) < len(bodies) else \
            case.rng.choices(bodies, weights)[0]
        body(case)
        after()
        if case.daemon.lives % 10 == 0:
            if found := content.faults_of_copy(case.database):
                raise Failure(f"after life {case.daemon.lives}: " + "; ".join(found))


def by_mode(case):
    modes = ", ".join(f"{count} {mode}" for mode, count in sorted(case.kills.items(), key=lambda item: -item[1]))
    return f"{sum(case.kills.values())} kills: {modes}"


@fault("kill", "`kill -9` while a client sends with acknowledgements")
def kill(house):
    case = Case(house, "kill", 10_000 if house.short else 150_000)
    case.sender.limit = 0
    case.sender.start()
    live(case, 10 if house.short else 200)
    case.finish()
    return case, by_mode(case), (
        f"the client lost its connection {times(case.sender.connections - 1)}, and went on behind what was on disk; "
        f"in the log “rebuilding the state”, {times(case.said('rebuilding the state'))}")


@fault("first-start", "`kill -9` in the very first start, while spool and database are being made")
def first_start(house):
    case = Case(house, "first-start", 10_000)
    rounds = 8 if house.short else 100
    for _ in range(rounds):
        for folder in ("state", "database"):
            shutil.rmtree(os.path.join(case.folder, folder))
            os.mkdir(os.path.join(case.folder, folder))
        case.daemon.start()
        time.sleep(case.rng.uniform(0, min(case.daemon.startup, 0.3)))
        case.kill("in a start")
        case.daemon.start()
        case.daemon.wait_until_running()
        if case.kills.total() < rounds:
            case.daemon.kill()
    case.sender.start()
    case.finish()
    return case, by_mode(case), "nothing"


@fault("retention", "the same, with a spool that keeps no more than it must (2 MiB)", short=False)
def retention(house):
    case = Case(house, "retention", 30_000, retained_bytes="2 MiB")
    case.sender.limit = 0
    case.sender.start()
    live(case, 40)
    case.finish()
    return case, by_mode(case), f"{len(os.listdir(case.spool)) - 1} segments at the end; nothing else"


@fault("send", "`kill -9` of the daemon, and of the client, while `banrisk send` sends")
def send(house):
    """The lines in parts, each a file and a session of its own: what came late of one would come behind the next."""
    parts = 3 if house.short else 40
    case = Case(house, "send", 10_000 if house.short else 30_000)
    size = -(-len(case.lines) // parts)
    path = os.path.join(case.folder, "part")
    clients = 0
    with open(os.path.join(case.folder, "send.log"), "w+", encoding="utf-8") as log:
        for i in range(parts):
            with open(path, "wb") as file:
                file.writelines(case.lines[i * size:(i + 1) * size])
            command = [os.path.join(house.binaries, "banrisk"), "send", "--socket", case.daemon.events,
                       "--session", f"part-{i}", path]
            for _ in range(case.rng.randint(1, 3)):
                case.daemon.start()
                if case.rng.random() < 0.7:
                    case.daemon.wait_until_listening()
                client = house.popen(command, stdout=log, stderr=log)
                time.sleep(case.rng.uniform(0, 0.06))
                if case.rng.random() < 0.5:
                    clients += client.poll() is None
                    client.kill()
                    client.wait(30)
                    time.sleep(case.rng.uniform(0, 0.02))
                case.kill("at work")
                client.kill()
                client.wait(30)
            # The last one lives through a daemon's end.
            client = house.popen(command, stdout=log, stderr=log)
            case.daemon.start()
            case.rng.choice([reception, work, start])(case)
            case.daemon.start()
            try:
                status = client.wait(120)
            except subprocess.TimeoutExpired:
                raise Failure(f"waited 120 s for banrisk send to deliver part {i}")
            if status != 0:
                log.seek(0)
                raise Failure(f"banrisk send ended with status {status}: {log.read()[-500:]}")
            case.kill("at work")
    case.daemon.start()
    case.wait_until_applied(len(case.lines))
    case.daemon.stop()
    case.compare()
    return case, f"{by_mode(case)}; {clients} of the client", (
        "`banrisk send` waits for the daemon and goes on; started again with the same `--session`, it goes on "
        "behind what "
        "is on disk, and ends with status 0 when all of it is")
