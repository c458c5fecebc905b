"""What the stories of the playbooks are put together from: a watchd, its chat, a PostgreSQL.

A story is a program of its own, Tests/stories/NAME, which runs a playbook from the trigger to the
report against real parts, and ends with 0 only if every line of the playbook that it tells of held.
"""

import argparse
import datetime
import grp
import http.client
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

sys.dont_write_bytecode = True
PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(PROJECT / "demo"))
import parts  # noqa: E402
from parts import Failure, wait_until  # noqa: E402

DEMO = PROJECT / "demo"
PLANS = PROJECT / "etc/watchd/plans"
RECIPES = PROJECT / "etc/watchd/recipes"
PLAYBOOKS = PROJECT / "Tests/stories/Playbooks"
# With what Tests/stories/requirements.txt names.
PYTHON = PROJECT / ".build/stories/bin/python"
ALEMBIC = PROJECT / ".build/stories/bin/alembic"

# What a playbook waits for in minutes, a story waits for in seconds. The rules are the same.
QUICK = (
    (r"(?<=every: )\d+[smh]", "500ms"), (r'(?<=EVERY: ")\d+', "1"), (r"(?<=, )\d+m(?=\))", "5s"),
    (r"(?<=bake: )30m", "4s"), (r"(?<=warm_up: )2m", "2s"), (r"(?<=^    clear_for: )1m", "2s"),
    (r"(?<!\w)for: \d+[sm]", "for: 2s"), (r"(?<=streams: )100", "20"),
    (r"(?<=max_rollbacks: )2", "20"), (r"(?<=cooldown: )30m", "1s"), (r"(?<=probation: )\w+", "1s"))
QUICK_VERIFY = (
    (r"(?<=land_within: )\w+", "20s"), (r"(?<=settle: )\w+", "1s"), (r"(?<=clear_for: )\w+", "4s"),
    (r"(?<=timeout: )\w+", "40s"))


class Playbook:
    """A configuration below Playbooks, and the recipes that its header names, as somebody would have
    them who follows that playbook. The header also says what is changed in a recipe."""

    def __init__(self, name):
        self.name = name
        self.main = (PLAYBOOKS / f"{name}.yaml").read_text()
        self.plans = {}
        plan = None
        for line in self.main.splitlines():
            named = re.fullmatch(r"#   ([\w-]+\.yaml)(?:, with)?", line)
            changed = re.fullmatch(r"#     (\w+): (.*)", line)
            if named:
                plan = named[1]
                self.plans[plan] = (PLANS / plan).read_text()
            elif changed:
                self.change(plan, changed[1], changed[2])

    def change(self, plan, key, value):
        """Of a plan, as its user would: the line is there once, and gets another value."""
        text, count = re.subn(rf"(?m)^    (?:# )?{key}: .*$", lambda _: f"    {key}: {value}", self.plans[plan])
        if count != 1:
            raise Failure(f"{plan} has {count} lines '{key}:' where {self.name}.yaml changes one")
        self.plans[plan] = text

    def files(self):
        return {"watchd.yaml": self.main} | {f"conf.d/{name}": text for name, text in self.plans.items()}

    def here(self, *pairs, scripts=None):
        """With what this host has in place of the playbook's names, and seconds for minutes. What is to
        be replaced, a text or a pattern, is somewhere. Without systemd, what root would run is run by
        watchd itself, out of `scripts`."""
        self.plans = {name: self.quick(self.run_here(text, scripts)) for name, text in self.plans.items()}
        self.main = self.quick(self.main)
        pairs = (*pairs, ("/usr/lib/watchd/recipes", RECIPES))
        for shipped, here in pairs:
            pattern = shipped if isinstance(shipped, re.Pattern) else re.compile(re.escape(shipped))
            put = here if isinstance(shipped, re.Pattern) else (lambda _, here=here: str(here))
            self.main, count = pattern.subn(put, self.main)
            for name, text in self.plans.items():
                self.plans[name], more = pattern.subn(put, text)
                count += more
            if not count and (shipped, here) != pairs[-1]:
                raise Failure(f"{self.name}.yaml and its plans have nothing like {shipped}")
        return self

    @staticmethod
    def run_here(text, scripts):
        if not scripts:
            return text
        text = re.sub(r'(?<![\w-])unit: ([\w-]+), with: ("[^"]*"|[\w-]+)', rf"exec: [{scripts}/\1, \2]", text)
        return re.sub(r"(?<![\w-])unit: ([\w-]+)(?=[, ])", rf"exec: [{scripts}/\1]", text)

    @staticmethod
    def quick(text):
        def verify(match):
            line = match[0]
            for pattern, value in QUICK_VERIFY:
                line = re.sub(pattern, value, line)
            return line
        text = re.sub(r"(?m)^    verify: \{.*\}$", verify, text)
        for pattern, value in QUICK:
            text = re.sub(pattern, value, text, flags=re.MULTILINE)
        return text


def groups(**groups):
    """Pairs for the Unix groups that a playbook names; only root can be somebody else."""
    own = grp.getgrgid(os.getegid()).gr_name
    return [(f"[{name}]", f'["{group if os.geteuid() == 0 else own}"]')
            for name, group in (("ops", own), *groups.items())]


class Host:
    """A directory below /tmp, processes, and a watchd with a configuration; all gone at the end."""

    def __init__(self, name, programs):
        self.name, self.began = name, time.monotonic()
        self.programs = pathlib.Path(programs).resolve()
        # Short: names of Unix sockets have 107 bytes.
        self.root = pathlib.Path(tempfile.mkdtemp(prefix=f"watchd-{name}-"))
        self.root.chmod(0o755)
        for directory in ("logs", "state", "credentials"):
            (self.root / directory).mkdir()
        self.socket = self.root / "watchd.sock"
        self.processes = parts.Processes(self.root / "logs")
        self.databases = []
        self.waiting = []
        self.steps = 0

    # -- telling --------------------------------------------------------------------------------

    def say(self, text):
        print(f"{self.name} {time.monotonic() - self.began:3.0f} s: {text}", flush=True)

    def expect(self, what, condition, shown=""):
        """A line of the playbook that must hold."""
        self.steps += 1
        if not condition:
            raise Failure(f"{what}: does not hold{f': {shown}' if shown else ''}")
        self.say(f"ok {self.steps}: {what}")

    def wait(self, what, seconds, condition):
        """A line of the playbook that must come to hold; returns its value. A busy host has twice the time."""
        self.steps += 1
        value = wait_until(what, 2 * seconds, condition, self.processes.check)
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

    def check(self, directory, files):
        """Writes a configuration and has it checked; returns what was said."""
        for name, text in files.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        check = self.run(self.programs / "watchctl", "config", "check", *(directory / name for name in files))
        if check.returncode != 0:
            raise Failure(f"config check: {check.stdout}{check.stderr}")
        return check.stdout + check.stderr

    def playbook(self, name):
        """As it stands it is an example for others, so nothing may be said against it."""
        playbook = Playbook(name)
        said = self.check(self.root / "as-it-stands", playbook.files())
        self.expect(f"Playbooks/{name}.yaml and its plans pass config check without a warning",
                    said.count("\n") == 1 and "fine" in said, said)
        return playbook

    def start_watchd(self, playbook, arm=True):
        """The programs may be killed and started again."""
        self.configuration = self.root / "etc/watchd.yaml"
        self.configured(playbook)
        self.restart_watchd()
        if arm:
            self.watchctl("arm", "--reason", "story")

    def configurations(self):
        """For commands that read them themselves."""
        files = [self.configuration, *sorted((self.root / "etc/conf.d").glob("*.yaml"))]
        return [argument for file in files for argument in ("--config", file)]

    def configured(self, playbook):
        self.check(self.root / "etc", playbook.files())

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

    def start_watchctl(self, *arguments):
        """One that waits, as a pipeline does; whoever starts it looks at how it ends."""
        process = subprocess.Popen(
            [str(part) for part in (self.programs / "watchctl", *arguments, "--socket", self.socket)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.waiting.append(process)
        return process

    def watchctl_of(self, group, *arguments, user="nobody"):
        """As somebody who is in `group` and nothing else: (exit status, output and errors). Root only."""
        self.socket.chmod(0o666)
        # The programs may lie where nobody else gets.
        program = self.root / "watchctl"
        if not program.exists():
            shutil.copy(self.programs / "watchctl", program)
        result = self.run("setpriv", "--reuid", user, "--regid", group, "--clear-groups",
                          program, *arguments, "--socket", self.socket)
        return result.returncode, result.stdout + result.stderr

    def status(self, service=None):
        """A service in the status, the first if not named; None: no answer (yet)."""
        answer = self.get("/v1/status")
        if answer is None:
            return None
        services = answer["services"]
        return next((one for one in services if service in (None, one["name"])), None)

    def get(self, path):
        """What the socket says, asked as watchctl asks: whoever waits asks five times a second, and a
        program for each question costs more than all the rest. None: no answer, or not a good one."""
        connection = http.client.HTTPConnection("localhost", timeout=20)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(20)
        try:
            connection.sock.connect(str(self.socket))
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            return json.loads(body) if answer.status == 200 else None
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def standing(self, service=None):
        return ((self.status(service) or {}).get("release") or {}).get("standing")

    def events(self, number, kind):
        """Those of an incident, oldest first."""
        timeline = json.loads(self.watchctl("incident", number, "--json"))["timeline"]
        return [event for event in timeline if event["kind"] == kind]

    @staticmethod
    def seconds(time_of_event):
        return datetime.datetime.fromisoformat(time_of_event.replace("Z", "+00:00")).timestamp()

    def incident(self, number):
        answer = self.get(f"/v1/incidents/{number}")
        if answer is None:
            raise Failure(f"there is no incident {number}")
        return answer["incident"]

    def account(self, number, method, lost=(), people=()):
        """What somebody who was asleep can read afterwards of a rollback that helped: what happened, when
        and why, what was done and how long each part took, what it cost, and who was told."""
        def told():
            report = json.loads(self.watchctl("report", number, "--format", "json"))
            return report if all(one["state"] == "sent" for one in report["messages"]) else None
        told = self.wait(f"all messages of {number} have arrived, and are on record", 20, told)
        incident, run = told["incident"], told["incident"]["rollbacks"][-1]
        shown, report = self.watchctl("incident", number), self.watchctl("report", number)
        moments = [incident.get("first_bad"), incident["decided"], run["began"], run.get("landed"), incident.get("cured")]
        self.expect("first bad second, decision, beginning, landing and cure are known, in this order",
                    all(moments) and moments == sorted(moments), moments)
        self.expect("the report tells these moments", all(word in report for word in (
            "first bad second", "decided", "cured", moments[0], moments[-1], "verify.landed")), report)
        self.expect("what was decided, and why, stands there", all(
            incident["decision"] in text and incident["reason"] in text.replace("\\", "") for text in (shown, report)),
            f"{incident['decision']} {incident['reason']}: {shown}")
        steps = [step for one in incident["rollbacks"] for step in one["steps"]]
        self.expect("each step stands there, with when it began and how long it took", steps and all(
            step["title"].split(": ")[-1] in report and step["began"] in report and step["took"] >= 0
            for step in steps) and run["method"] == method, [step["title"] for step in steps])
        self.expect("the metrics of the playbook stand there", all(told["times"][key] >= least and key in shown
                    and key in report for key, least in (("detection", 0), ("execution", 0.001), ("downtime", 0.001))),
                    told["times"])
        self.expect("what was lost stands there", told["losses"] == list(lost)
                    and (lost[0] if lost else "nothing") in report, told["losses"])
        self.expect("who was told stands there", told["messages"] and all(
            one["title"].split(" (")[0].split(",")[0] in report.replace("\\", "") and one["channel"] in report
            for one in told["messages"]), told["messages"])
        self.expect("who had a say stands there", all(word in report for word in people), report)
        return told

    def open_incident(self, service=None, of=None):
        """The id of the open incident, or None. Of a release: what failed while it was being deployed, on a
        busy host, is none of it."""
        status = self.status(service) or {}
        incident = status.get("incident") or {}
        state = incident.get("state")
        if of and state in ("open", "cleared", "superseded") \
                and (state != "open" or (status.get("release") or {}).get("version") != of):
            return None
        return incident.get("id") if state not in (None, "closed") else None

    # -- the rest of the host -------------------------------------------------------------------

    def postgres(self):
        server = Postgres(self.root / f"pg{len(self.databases)}")
        self.databases.append(server)
        return server

    def close(self, keep):
        for process in self.waiting:
            process.kill()
            process.wait()
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

    def session(self, database):
        """The same over a connection that stays: for those who ask many times a second."""
        return Session(self.url(database))

    def stop(self):
        try:
            self.tool("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")
        except Failure as failure:
            print(failure, file=sys.stderr)


class Session:
    end = "@@ that is all @@"

    def __init__(self, url):
        self.url, self.lock, self.psql = url, threading.Lock(), None

    def query(self, text):
        with self.lock:
            if self.psql is None or self.psql.poll() is not None:
                self.psql = subprocess.Popen(
                    ["psql", "-X", "-q", "-A", "-t", "-d", self.url], stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)
            try:
                self.psql.stdin.write(f"{text};\n\\echo {self.end}\n")
            except OSError as error:
                raise Failure(f"{text}: {error}") from error
            lines = []
            for line in self.psql.stdout:
                if line.rstrip("\n") == self.end:
                    break
                lines.append(line)
            else:
                raise Failure(f"{text}: the connection was cut: {lines}")
        found = "".join(lines).strip()
        if found.startswith(("ERROR:", "psql:", "FATAL:")):
            raise Failure(f"{text}: {found}")
        return found


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
