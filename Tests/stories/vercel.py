"""Vercel, and a service on it, for the stories of its playbook."""

import json
import os
import time
from urllib.parse import parse_qs, urlsplit

import announcer
import host as stories
import vendor

TOKEN = "vercel-s3cret"


class Vercel:
    """Deployments and promotion as https://vercel.com/docs/rest-api tells of them, and the site itself."""

    def __init__(self, host):
        self.host = host
        self.origin = host.root / "clinic.git"
        self.clone = host.root / "developer"
        self.environment = dict(os.environ, GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL="/dev/null")
        for who in ("AUTHOR", "COMMITTER"):
            self.environment |= {f"GIT_{who}_NAME": "dev", f"GIT_{who}_EMAIL": "dev@example.com"}
        self.git("init", "--quiet", "--bare", "--initial-branch=main", self.origin, at=host.root)
        self.git("config", "receive.denyNonFastForwards", "true", at=self.origin)
        self.git("clone", "--quiet", self.origin, self.clone, at=host.root)
        self.git("checkout", "--quiet", "-B", "main")
        self.deployments, self.production, self.jobs = {}, None, []
        self.refuses = self.forgets = self.queues = False
        # Somebody in the dashboard, while watchd asks its gate.
        self.console = None
        self.counted = 0
        self.log = open(host.root / "logs/access.jsonl", "a", buffering=1)
        self.api = vendor.Server(self.answer)
        self.site = vendor.Server(self.serve)

    def git(self, *command, at=None):
        result = self.host.run("git", "-C", at or self.clone, *command, env=self.environment)
        if result.returncode != 0:
            raise stories.Failure(f"git {' '.join(map(str, command))}: {result.stderr}")
        return result.stdout.strip()

    def push(self, version, faults, merges=False):
        """A release of the developers, by a merge or without; live at once."""
        if merges:
            self.git("checkout", "--quiet", "-B", "feature")
            (self.clone / "feature").write_text(version)
            self.git("add", "--all")
            self.git("commit", "--quiet", "-m", f"feat: what {version} is for")
            self.git("checkout", "--quiet", "main")
            self.git("merge", "--quiet", "--no-ff", "-m", "Merge branch 'feature'", "feature")
        (self.clone / "package.json").write_text(json.dumps({"version": version, "faults": faults}))
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", f"feat: {version}")
        self.git("push", "--quiet", "origin", "main")
        commit = self.git("rev-parse", "HEAD")
        self.production = self.build(commit, ["READY"])
        return self.production

    def build(self, commit, states):
        name = f"dpl_{len(self.deployments) + 1}"
        package = json.loads(self.git("show", f"{commit}:package.json", at=self.origin))
        self.deployments[name] = {
            "commit": commit, "version": package["version"], "faults": package["faults"],
            "states": states}
        return name

    # -- the site -------------------------------------------------------------------------------

    def serve(self, method, path, headers, body):
        live = self.deployments[self.production]
        faults = live["faults"]
        if path == "/api/version":
            return 200, {"version": live["version"], "commit": live["commit"], "migration": "20260114_clinical",
                         "deployment": self.production, "deployedAt": "2026-01-16T10:30:00Z"}
        if path == "/api/health":
            return 200, {"status": "ok"}
        if path == "/api/limits":
            return 200, {"remaining": 99}
        if path == "/api/notes/probe":
            return (500, {"error": "read-only"}) if faults.get("writes") else (201, {})
        if path == "/api/auth/signin":
            sent = vendor.as_json(headers, body) or {}
            if faults.get("signin"):
                return 500, {"error": "JWT_SECRET is not set"}
            return (200, {"token": "t0ken-of-a-session"}) if sent.get("password") == "pr0be-word" \
                else (401, {"error": "wrong password"})
        if path == "/api/me":
            return (200, {}) if headers.get("Authorization") == "Bearer t0ken-of-a-session" else (401, {})
        self.counted += 1
        share = faults.get("errors", 0)
        bad = int(self.counted * share) > int((self.counted - 1) * share)
        print(json.dumps({"status": 500 if bad else 200, "ms": faults.get("ms", 40), "path": path}), file=self.log)
        return (500, {"error": "Invalid `prisma.note.findMany()` invocation"}) if bad else (200, {})

    # -- the API --------------------------------------------------------------------------------

    def answer(self, method, path, headers, body):
        place = urlsplit(path)
        query = {key: values[0] for key, values in parse_qs(place.query).items()}
        names = place.path.strip("/").split("/")
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"error": {"code": "forbidden", "message": "The request is not authorized."}}
        if query.pop("teamId", None) != "team_clinic":
            return 403, {"error": {"code": "forbidden", "message": "Not a member of the team"}}
        missing = (404, {"error": {"code": "not_found", "message": f"no {method} {path}"}})
        match (method, names):
            case ("GET", ["v13", "deployments", name]) if not query:
                if name not in self.deployments:
                    return missing
                if self.console:
                    self.production, self.console = self.console, None
                return 200, {"id": name, "readyState": self.deployments[name]["states"][0],
                             "target": "production"}
            case ("POST", ["v10", "projects", "prj_clinic", "promote", name]) if not query:
                if vendor.as_json(headers, body) is None:
                    return 400, {"error": {"code": "bad_request", "message": "Invalid JSON"}}
                if name not in self.deployments:
                    return missing
                if self.refuses:
                    return 409, {"error": {"code": "conflict", "message": "An alias request is in progress"}}
                jobs = [(name, state, int(time.time() * 1000)) for state in ("pending", "in-progress", "succeeded")]
                if self.queues:
                    # It waits, and the project tells of the request before for a while.
                    self.jobs = [self.jobs[-1]] * 3 + jobs
                    return 202, {}
                self.jobs = jobs
                return 201, {}
            case ("GET", ["v9", "projects", "prj_clinic"]) if not query:
                if not self.jobs:
                    return 200, {"id": "prj_clinic", "lastAliasRequest": None}
                name, state, requested = self.jobs[0]
                if len(self.jobs) > 1:
                    self.jobs.pop(0)
                    # Only this one: an older one that has succeeded is over.
                    if len(self.jobs) == 1 and not self.forgets:
                        self.production = self.jobs[0][0]
                return 200, {"id": "prj_clinic", "lastAliasRequest": {
                    "toDeploymentId": name, "jobStatus": state, "type": "promote", "requestedAt": requested}}
            case ("GET", ["v6", "deployments"]):
                if set(query) != {"projectId", "target", "sha", "limit"} \
                        or query["projectId"] != "prj_clinic" or query["target"] != "production":
                    return 400, {"error": {"code": "bad_request", "message": "Invalid request"}}
                return 200, {"deployments": self.built(query["sha"])}
        return missing

    def built(self, commit):
        """Vercel's Git integration builds what is pushed."""
        if self.git("rev-parse", "main", at=self.origin) != commit:
            return []
        name = next((name for name, one in self.deployments.items() if one["commit"] == commit),
                    None) or self.build(commit, ["QUEUED", "BUILDING", "READY"])
        states = self.deployments[name]["states"]
        state = states.pop(0) if len(states) > 1 else states[0]
        if state == "READY":
            self.production = name
        return [{"uid": name, "readyState": state}]


def start(host):
    vercel = Vercel(host)
    vercel.push("1.9.0", {})
    vendor.customers(vercel.site.port, "/notes/{}")
    host.start_chat()
    vercel.users = announcer.start(host, vendor, "status-page", "40")
    host.credential("vercel-token", TOKEN)
    host.credential("probe-password", "pr0be-word")
    host.credential("database-url", "postgresql://nobody@127.0.0.1/none")
    playbook = host.playbook("40-vercel-prisma")
    host.start_watchd(playbook.here(
        ("https://dr-amal.example.com", vercel.site.url), ("/var/log/clinic/access.jsonl", host.root / "logs/access.jsonl"),
        ("https://api.vercel.com", vercel.api.url), ("git@git.example.com:", f"{host.root}/"),
        ("/var/lib/watchd/git", host.root / "state/git"), ("p95(access, 5s) < 500ms", "p95(access, 5s) < 60ms"),
        # By day or by night, it is the same people who run the tests.
        *stories.groups(devops="adm", dba="news", board="staff")))
    host.wait("1.9.0 has become good", 40, lambda: host.standing() == "good")
    host.expect("a pipeline that waits for it is told so",
                host.run(host.programs / "watchctl", "wait", "clinic", "--version", "1.9.0", "--for", "30s",
                         "--socket", host.socket).returncode == 0)
    return vercel


def over(host, number):
    incident = host.incident(number)
    if incident["state"] in ("handed-over", "cleared", "superseded"):
        raise stories.Failure(f"{number} is {incident['state']}: {host.watchctl('incident', number)}")
    return incident if incident["state"] in ("recovered", "closed") else None


def told(host, heard, *words):
    return any(all(word in text for word in words) for text in host.messages()[heard:])
