"""What the demo and the system tests are put together from: processes, ports, files, requests."""

import ctypes
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import time

PR_SET_PDEATHSIG = 1


class Failure(Exception):
    """The story did not go as it must; the message says where."""


def die_with_parent():
    """Runs in the child: if the demo is killed outright, its processes go too."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Processes:
    """Everything that was started here, each in a process group of its own, and nothing else."""

    def __init__(self, logs):
        self.logs = logs
        self.running = []

    def start(self, name, *command, to_screen=False):
        log = None if to_screen else open(self.logs / f"{name}.log", "ab")
        process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=log,
            stderr=None if to_screen else subprocess.STDOUT, start_new_session=True,
            preexec_fn=die_with_parent)
        if log:
            log.close()
        self.running.append((name, process))
        return process

    def check(self):
        """Raises when one of them has ended."""
        for name, process in self.running:
            if process.poll() is not None:
                tail = self.tail(name)
                raise Failure(f"{name} ended with status {process.returncode}{tail}")

    def tail(self, name, lines=15):
        log = self.logs / f"{name}.log"
        if not log.exists():
            return ""
        last = log.read_text(errors="replace").splitlines()[-lines:]
        return "".join(f"\n    {line}" for line in [f"the end of {log}:"] + last)

    def stop(self):
        """Latest first: TERM, and KILL for what is still there after 8 s."""
        for name, process in reversed(self.running):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                try:
                    process.wait(8)
                except subprocess.TimeoutExpired:
                    print(f"  {name} does not stop; killing it", flush=True)
            try:
                # The leader is gone or stuck; others of its group may be left.
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        self.running = []


def free_port():
    """A port nobody listens on, outside the range from which outgoing connections get theirs: it
    stays free while the service restarts."""
    lowest = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for _ in range(200):
        port = random.randrange(max(1024, lowest - 15000), max(1124, lowest))
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise Failure("no free port found on 127.0.0.1")


def fill(template, target, **words):
    """Writes `template` to `target` with each @WORD@ replaced; none may be left."""
    def value(match):
        if match[1] not in words:
            raise Failure(f"{template}: nothing known for {match[0]}")
        return str(words[match[1]])
    text = re.sub(r"@([A-Z_]+)@", value, pathlib.Path(template).read_text())
    pathlib.Path(target).write_text(text)


def install_release(root, shop, version, **notes):
    """Puts a release of the demo's service to ROOT/releases/VERSION."""
    directory = pathlib.Path(root) / "releases" / version
    directory.mkdir(parents=True)
    shutil.copy(shop, directory / "run")
    (directory / "run").chmod(0o755)
    (directory / "release.json").write_text(json.dumps(notes) + "\n")


def wait_until(what, seconds, condition, check=lambda: None):
    """Asks five times a second until `condition()` is true; returns its value."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        check()
        if time.monotonic() > deadline:
            raise Failure(f"no {what} within {seconds} s")
        time.sleep(0.2)


def get(port, path, connection=None):
    """One GET; returns (status, parsed JSON or None), status 0 when nobody answered."""
    own = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        own.request("GET", path)
        response = own.getresponse()
        body = response.read()
        try:
            return response.status, json.loads(body)
        except ValueError:
            return response.status, None
    except (OSError, http.client.HTTPException):
        # The latter: it was stopped half way through its answer.
        own.close()
        return 0, None
    finally:
        if connection is None:
            own.close()


def share_of_errors(port, requests=300):
    """What a customer sees: the share of `requests` that failed or were not answered at all."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    bad = 0
    for number in range(requests):
        status, _ = get(port, f"/products/{number}", connection)
        bad += not 200 <= status < 500
    connection.close()
    return bad / requests
