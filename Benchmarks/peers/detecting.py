"""From a line to the verdict that it brings about, through the whole daemon."""

import http.client
import json
import random
import socket
import statistics
import threading
import time

from measuring import Trouble

SERVICES = 100
ROUNDS = 5


class Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Verdicts:
    """When each service's trigger was said to be breached, as a reader of the events hears it."""

    def __init__(self, path):
        self.heard = {}
        self.trouble = None
        connection = Connection(path)
        connection.request("GET", "/v1/events?follow=1",
                           headers={"Accept": "text/event-stream"})
        self.answer = connection.getresponse()
        self.connection = connection
        if self.answer.status != 200:
            raise Trouble(f"the events cannot be followed: {self.answer.read(500)}")
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        try:
            while line := self.answer.readline():
                if not line.startswith(b"data:"):
                    continue
                now = time.monotonic()
                event = json.loads(line[5:])
                if event["kind"] == "trigger.breached":
                    self.heard.setdefault(event["service"], now)
        except (OSError, ValueError) as trouble:
            self.trouble = trouble


def configuration(directory):
    services = {}
    for number in range(SERVICES):
        log = directory / f"s{number}.log"
        log.touch()
        services[f"s{number}"] = {
            "streams": {"app": {"file": str(log), "format": "json",
                                "status": "$.status", "latency": {"field": "$.ms", "unit": "ms"}}},
            "triggers": [{"name": "errors", "when": "errors(app, 5s) >= 1", "severity": "high"}],
        }
    path = directory / "watchd.yaml"
    # JSON is YAML.
    path.write_text(json.dumps({"services": services}))
    return path


def once(bench, number):
    """The delays of one run, in seconds, sorted."""
    directory = bench.directory / f"detecting-{number}"
    directory.mkdir()
    sockets = directory / "watchd.sock"
    words = [bench.watchd, "--config", configuration(directory), "--state", directory / "state",
             "--socket", sockets, "--shim", "/bin/true"]
    process = bench.processes.start(words, f"detecting-{number}")
    said = bench.directory / f"detecting-{number}.out"
    end = time.monotonic() + 30
    while not sockets.exists():
        if process.poll() is not None or time.monotonic() > end:
            raise Trouble("watchd did not start: " + said.read_text()[-500:])
        time.sleep(0.05)
    verdicts = Verdicts(sockets)
    # All logs are open, and windows are covered: until then nothing is judged.
    time.sleep(10)
    written = {}
    for service in random.sample(range(SERVICES), SERVICES):
        with open(directory / f"s{service}.log", "ab", buffering=0) as log:
            written[f"s{service}"] = time.monotonic()
            log.write(b'{"status": 500, "ms": 12}\n')
        time.sleep(random.uniform(0.02, 0.08))
    end = time.monotonic() + 10
    while len(verdicts.heard) < SERVICES and time.monotonic() < end:
        time.sleep(0.05)
    process.terminate()
    process.wait(20)
    if len(verdicts.heard) < SERVICES:
        raise Trouble(f"{len(verdicts.heard)} of {SERVICES} verdicts were heard of "
                      f"({verdicts.trouble}); " + said.read_text()[-500:])
    return sorted(verdicts.heard[name] - at for name, at in written.items())


def detecting(bench):
    """A line that breaches `errors(app, 5s) >= 1`, in one of a hundred logs, to the event that
    says so; the engine needs no second line, so all of it is watchd's own delay."""
    rounds = [once(bench, number) for number in range(1 if bench.scale < 1 else ROUNDS)]
    for name, share, most in (("p95", 0.95, 50), ("p99", 0.99, 200)):
        value = 1000 * statistics.median(
            delays[min(len(delays) - 1, int(share * len(delays)))] for delays in rounds)
        bench.rows.limit("line to verdict" if name == "p95" else "", f"{name} {value:.1f} ms",
                         value, most=most, unit="ms")
