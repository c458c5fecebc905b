"""What somebody has behind a webhook of watchd: it fills in the messages of a playbook, sends them as
mail and keeps the status page. (watchd has no channel for mail yet, and no templates.)

The messages are Playbooks/messages/NUMBER-NAME.txt: "When:" is a part of the title of watchd's message,
"To:" makes it a mail, "Status:" a change of the status page; $WORD is a field of watchd's message.
"""

import email
import email.policy
import hashlib
import hmac
import json
import mailbox
import re
import smtplib
import string
import threading
import urllib.request

import host as stories
import parts

KEY = "an-announcers-k3y"


def seconds(text):
    """As watchd writes durations: 1h2m3.5s, 840ms."""
    unit = {"h": 3600, "m": 60, "s": 1, "ms": 0.001}
    return sum(float(number) * unit[name] for number, name in re.findall(r"([\d.]+)(ms|[hms])", text))


class Announcer:
    def __init__(self, host, vendor, number):
        self.messages = [email.message_from_string(path.read_text(), policy=email.policy.default)
                         for path in sorted((stories.PLAYBOOKS / "messages").glob(f"{number}-*.txt"))]
        self.problems, self.lock, self.seen = [], threading.Lock(), {}
        self.mail = host.root / "mail"
        self.port = parts.free_port()
        host.processes.start("mail", stories.PYTHON, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{self.port}",
                             "-c", "aiosmtpd.handlers.Mailbox", self.mail)
        # What it was told, in order.
        self.status = []
        self.page = vendor.Server(self.status_page)
        self.hook = vendor.Server(self.told)

    def status_page(self, method, path, headers, body):
        said = json.loads(body)
        if (method, path) != ("POST", "/api/incidents") or set(said) != {"status", "message"}:
            return 400, {"error": "status and message"}
        self.status.append(said)
        return 201, {"id": len(self.status)}

    def told(self, method, path, headers, body):
        signed = "sha256=" + hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(headers.get("X-Watchd-Signature") or "", signed):
            self.problems.append(f"signed with {headers.get('X-Watchd-Signature')}")
            return 401, {"error": "not signed by watchd"}
        message = json.loads(body)
        # A webhook may be sent again; who announces does so once.
        if message["id"] in self.seen:
            return 200, {}
        self.seen[message["id"]] = message
        fields = {one["name"]: one["value"] for one in message["fields"]}
        for one in self.messages:
            over = float(one.get("If-Downtime-Over", 0))
            if one["When"] in message["title"] and seconds(fields.get("downtime", "1s")) > over:
                self.announce(one, message | fields)
        return 200, {}

    def announce(self, one, words):
        try:
            text = string.Template(one.get_content()).substitute(words)
        except KeyError as word:
            self.problems.append(f"{one['Subject'] or one['Status']}: watchd does not say {word}: {words}")
            return
        if one["Status"]:
            urllib.request.urlopen(urllib.request.Request(
                f"{self.page.url}/api/incidents", json.dumps({"status": one["Status"], "message": text}).encode(),
                {"Content-Type": "application/json"}), timeout=10).read()
        else:
            mail = email.message.EmailMessage()
            for name in ("From", "To", "Subject"):
                mail[name] = string.Template(one[name]).substitute(words)
            mail.set_content(text)
            with smtplib.SMTP("127.0.0.1", self.port, timeout=10) as server:
                server.send_message(mail)

    def mails(self):
        """(to, subject, text) of each that has arrived."""
        if not (self.mail / "new").exists():
            return []
        found = [(key, email.message_from_bytes(box, policy=email.policy.default)) for key, box in (
            (key, value.as_bytes()) for key, value in mailbox.Maildir(self.mail).items())]
        return [(one["To"], one["Subject"], one.get_content()) for _, one in found]


def start(host, vendor, credential, number):
    """Behind the webhook whose URL is the credential, and whose key is "…-key"."""
    announcer = Announcer(host, vendor, number)
    host.credential(credential, f"{announcer.hook.url}/watchd\n")
    host.credential(f"{credential}-key", KEY)
    return announcer
