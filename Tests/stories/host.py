"""What the stories of the playbooks are put together from: a watchd, its chat, a PostgreSQL.

A story is a program of its own, Tests/stories/NAME, which runs a playbook from the trigger to the
report against real parts, and ends with 0 only if every line of the playbook that it tells of held.
"""

import argparse
import json
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback

sys.dont_write_bytecode = True
PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(PROJECT / "demo"))
import parts  # noqa: E402
from parts import Failure, wait_until  # noqa: E402

DEMO = PROJECT / "demo"
PLANS = PROJECT / "etc/watchd/plans"


class Host:
    """A directory below /tmp, processes, and a watchd with a configuration; all gone at the end."""

    def __init__(self, name, programs):
        self.name = name
        self.programs = pathlib.Path(programs).resolve()
        # Short: names of Unix sockets have 107 bytes.
        self.root = pathlib.Path(tempfile.mkdtemp(prefix=f"watchd-{name}-"))
        self.root.chmod(0o755)
        for directory in ("logs", "state", "credentials"):
            (self.root / directory).mkdir()
        self.socket = self.root / "watchd.sock"
        self.processes = parts.Processes(self.root / "logs")
        self.databases = []
        self.steps = 0

    # -- telling --------------------------------------------------------------------------------

    def say(self, text):
        print(f"{self.name}: {text}", flush=True)

    def expect(self, what, condition, shown=""):
        """A line of the playbook that must hold."""
        self.steps += 1
        if not condition:
            raise Failure(f"{what}: does not hold{f': {shown}' if shown else ''}")
        self.say(f"ok {self.steps}: {what}")

    def wait(self, what, seconds, condition):
        """A line of the playbook that must come to hold; returns its value."""
        self.steps += 1
        value = wait_until(what, seconds, condition, self.processes.check)
        self.say(f"ok {self.steps}: {what}")
        return value

    # -- watchd ---------------------------------------------------------------------------------

    def credential(self, name, value):
        """A secret that the configuration names as ${credential:NAME}."""
        path = self.root / "credentials" / name
        path.write_text(value)
        path.chmod(0o600)

    def start_chat(self):
        """The webhook of the credential `chat`."""
        port = self.root / "chat.port"
        self.processes.start("chat", DEMO / "chat", "--port-file", port,
                             "--log", self.root / "logs/chat.jsonl")
        wait_until("chat", 20, port.exists, self.processes.check)
        self.credential("chat", f"http://127.0.0.1:{port.read_text().strip()}/services/T0/B0/x\n")

    def messages(self):
        """All that was sent to the chat; a message that a chat would refuse is a failure."""
        log = self.root / "logs/chat.jsonl"
        lines = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        for line in lines:
            if not line["ok"]:
                raise Failure(f"the chat refused a message of watchd: {line['problem']}")
        return [line["text"] for line in lines]

    def fields(self, words, since=0):
        """The fields of the last message whose text has `words`, by name; {} if there is none."""
        log = self.root / "logs/chat.jsonl"
        for line in reversed([json.loads(line) for line in log.read_text().splitlines()][since:]):
            if line["ok"] and words in line["text"]:
                found = [field["text"] for block in json.loads(line["body"]).get("blocks", [])
                         for field in block.get("fields", [])]
                return {name.strip("*"): value for name, _, value in
                        (text.partition("\n") for text in found)}
        return {}

    def start_watchd(self, configuration, arm=True):
        """`configuration` is the text of the file; the programs may be killed and started again."""
        self.configuration = self.root / "watchd.yaml"
        self.configuration.write_text(configuration)
        check = self.run(self.programs / "watchctl", "config", "check", self.configuration)
        if check.returncode != 0:
            raise Failure(f"config check: {check.stdout}{check.stderr}")
        self.restart_watchd()
        if arm:
            self.watchctl("arm", "--reason", "story")

    def restart_watchd(self):
        environment = dict(os.environ, CREDENTIALS_DIRECTORY=str(self.root / "credentials"))
        os.environ.update(environment)
        self.watchd = self.processes.start(
            "watchd", self.programs / "watchd", "--config", self.configuration,
            "--state", self.root / "state", "--socket", self.socket)
        wait_until("answer of watchd", 60, lambda: self.status(), self.processes.check)

    def kill_watchd(self):
        """As the kernel would: no chance to tidy up."""
        self.processes.running = [
            entry for entry in self.processes.running if entry[1] is not self.watchd]
        self.watchd.kill()
        self.watchd.wait()

    def run(self, *command, **options):
        return subprocess.run(
            [str(part) for part in command], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=options.pop("timeout", 120), **options)

    def watchctl(self, *arguments, allowed=(0, 1)):
        """Its output; 1 is "the answer is bad news", which is an answer."""
        result = self.run(self.programs / "watchctl", *arguments, "--socket", self.socket)
        if result.returncode not in allowed:
            raise Failure(f"watchctl {' '.join(map(str, arguments))} ended with "
                          f"{result.returncode}: {result.stderr.strip() or result.stdout.strip()}")
        return result.stdout

    def watchctl_of(self, group, *arguments):
        """As somebody who is in `group` and nothing else: (exit status, output and errors). Root only."""
        self.socket.chmod(0o666)
        result = self.run("setpriv", "--reuid", "nobody", "--regid", group, "--clear-groups",
                          self.programs / "watchctl", *arguments, "--socket", self.socket)
        return result.returncode, result.stdout + result.stderr

    def status(self, service=None):
        """A service in `watchctl status --json`, the first if not named; None: no answer (yet)."""
        result = self.run(
            self.programs / "watchctl", "status", "--json", "--socket", self.socket)
        if result.returncode not in (0, 1) or not result.stdout.strip():
            return None
        services = json.loads(result.stdout)["services"]
        return next((one for one in services if service in (None, one["name"])), None)

    def standing(self, service=None):
        return ((self.status(service) or {}).get("release") or {}).get("standing")

    def incident(self, number):
        return json.loads(self.watchctl("incident", number, "--json"))["incident"]

    def open_incident(self, service=None):
        """The id of the open incident, or None."""
        incident = (self.status(service) or {}).get("incident") or {}
        return incident.get("id") if incident.get("state") not in (None, "closed") else None

    # -- the rest of the host -------------------------------------------------------------------

    def postgres(self):
        server = Postgres(self.root / f"pg{len(self.databases)}")
        self.databases.append(server)
        return server

    def close(self, keep):
        self.processes.stop()
        for server in self.databases:
            server.stop()
        if keep:
            self.say(f"its files are kept in {self.root}")
        else:
            shutil.rmtree(self.root, ignore_errors=True)


class Postgres:
    """A cluster of its own, on a Unix socket and on a port of the loopback."""

    password = "s3cret-word"

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir()
        self.port = parts.free_port()
        (self.directory / "pw").write_text(self.password)
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self.directory, owner.pw_uid, owner.pw_gid)
            os.chown(self.directory / "pw", owner.pw_uid, owner.pw_gid)
        self.tool("initdb", "-D", "data", "-U", "postgres", "--no-sync", "--encoding=UTF8",
                  "--locale=C.UTF-8", "--auth-local=trust", "--auth-host=scram-sha-256",
                  "--pwfile=pw")
        self.tool("pg_ctl", "-D", "data", "-w", "-t", "120", "-l", "log", "-o",
                  f"-k {self.directory} -p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off",
                  "start")

    def tool(self, name, *arguments):
        """PostgreSQL refuses to run as root."""
        versions = sorted(pathlib.Path("/usr/lib/postgresql").iterdir(), key=lambda p: p.name)
        command = [str(versions[-1] / "bin" / name), *map(str, arguments)]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        result = subprocess.run(command, cwd=self.directory, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE if name != "pg_ctl" else subprocess.DEVNULL,
                                stderr=subprocess.STDOUT, text=True, timeout=180)
        if result.returncode != 0:
            raise Failure(f"{name}: {result.stdout}")

    def url(self, database="postgres"):
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    def query(self, text, database="postgres"):
        result = subprocess.run(
            ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.url(database),
             "-c", text], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        if result.returncode != 0:
            raise Failure(f"{text}: {result.stderr}")
        return result.stdout.strip()

    def stop(self):
        try:
            self.tool("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")
        except Failure as failure:
            print(failure, file=sys.stderr)


def tell(name, story):
    """Runs `story(host)`; the exit status says whether it held."""
    parser = argparse.ArgumentParser(description=story.__doc__)
    parser.add_argument("--bin", default=PROJECT / ".build/debug", help="where the programs are")
    parser.add_argument("--keep", action="store_true", help="keep its files")
    options = parser.parse_args()
    # Whoever ends us wants our servers and daemons gone, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    host = Host(name, options.bin)
    # Whoever ends it early leaves nothing behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    status = 1
    try:
        story(host)
        host.say(f"all {host.steps} lines hold")
        status = 0
    except (Failure, subprocess.TimeoutExpired) as failure:
        host.say(f"FAILED after {host.steps} lines: {failure}")
        for part in ("watchd",):
            print(host.processes.tail(part, 40), file=sys.stderr)
    except Exception:  # noqa: BLE001
        traceback.print_exc()
    finally:
        host.close(options.keep)
    sys.exit(status)
