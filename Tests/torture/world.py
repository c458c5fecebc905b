"""A small host, whose every step keeps the ledger; and the server that the plans talk to.

In each kind of world a bad release 1.1.0 takes the place of the good 1.0.0:

  mixed    watchd rolls back by itself; the first method fails, the second has steps of every sort
  person   somebody asks for the rollback; a step waits for somebody; the request is what switches the release
  phases   the second method undoes the phases of an operation that was stopped half-way
  spans    the plan stops two other services, which nobody is to be paged for, and starts them again
  consent  what may run unattended fails, and somebody says yes to a method that loses data
  pair     people have two services rolled back at once, and ask for it over and over
  queue    two services get a bad release at once, and are rolled back by watchd, one after the other
  rude     steps that hang, lie, leave processes behind
  full     a step fills the disk that watchd's state is on, and it stays full for a while (root)
  units    the steps are units of systemd (in a booted systemd, as root)

In all of them steps print the secret that they were given.
"""

import grp
import json
import os
import pathlib
import sys
import time

TORTURE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(TORTURE.parent / 'stories'), str(TORTURE.parent.parent / 'demo')]
import plans  # noqa: E402
import steps  # noqa: E402
import vendor  # noqa: E402

KINDS = ('mixed', 'person', 'phases', 'spans', 'consent', 'pair', 'queue', 'rude')
# Those that not every host can have.
SPECIAL = ('full', 'units')
GOOD, BAD = '1.0.0', '1.1.0'
# In which two services are rolled back.
TWINS = ('pair', 'queue')
# In which somebody asks for the rollback, and nothing else would begin it.
ASKED = ('person', 'pair')
# Between a deploy's request and its being live.
DEPLOY_TAKES = 0.3
ANSWERED = 200, {}


def services(kind):
    """Those that a plan rolls back."""
    return ('shop', 'till') if kind in TWINS else ('shop',)


class Server:
    """The services' health, the API that plans call, and the chat. One for all worlds of a process, by their keys."""

    def __init__(self):
        self.worlds = {}
        self.vendor = vendor.Server(self.answer)
        # Who asked may be dead before the answer is there.
        self.vendor.listener.handle_error = lambda *_: None
        self.url = self.vendor.url

    def answer(self, method, path, _, body):
        parts = path.strip('/').split('/')
        world = self.worlds.get(parts[0])
        if world is None:
            return 404, {}
        return getattr(world, parts[1])(method, parts[2:], json.loads(body) if body else {})


class World:
    """What is there besides watchd. `key` names it in addresses and in the database."""

    def __init__(self, key, kind, folder, server, database, stop_at=None):
        self.key = key
        self.kind = kind
        self.folder = folder
        # Nothing goes to a server outside where the steps are all units.
        self.database = database if kind not in ('units', 'full') else None
        self.url = f'{server.url}/{key}'
        self.ledger = folder + '/ledger'
        self.secret = f'sesame-{key}-{os.urandom(6).hex()}'
        self.secret_file = folder + '/secret'
        with open(self.secret_file, 'w', encoding='utf-8') as file:
            file.write(self.secret + '\n')
        self.messages = []
        self.deploys = {}
        self.services = services(kind)
        for service in self.services:
            self.release(GOOD, service)
        for service in plans.SPANNED:
            steps.serve(self.up(service), True)
        if self.database:
            database.query(f"insert into people select '{key}' from generate_series(1, 3)")
        server.worlds[key] = self
        self.plans = plans.Plans(self, stop_at)

    def version(self, service):
        """The file that says which release of it runs."""
        return f'{self.folder}/VERSION-{service}'

    def up(self, service):
        """The file that is there as long as it runs."""
        return f'{self.folder}/up-{service}'

    def release(self, version, service=None):
        for name in [service] if service else self.services:
            steps.deploy(self.version(name), version)

    def running(self, service):
        with open(self.version(service), encoding='utf-8') as file:
            return file.read().strip()

    def lines(self):
        """The ledger, and what the database kept, in order."""
        lines = steps.read(self.ledger)
        if self.database:
            rows = self.database.query(
                f"select extract(epoch from at), step, rollback from ledger where world = '{self.key}'")
            for at, step, rollback in (row.split('|') for row in rows.splitlines()):
                for what in ('begin', 'effect', 'end'):
                    lines.append({'at': float(at), 'what': what, 'step': step, 'rollback': rollback,
                                  'task': None, 'pid': 0, 'session': None})
        return sorted(lines, key=lambda line: line['at'])

    # -- what the server answers ----------------------------------------------------------------

    def note(self, what, step, rollback):
        steps.note(self.ledger, what, step, rollback=rollback, session=None)

    def health(self, _, parts, body):
        service = parts[0]
        if service in plans.SPANNED:
            isgood = os.path.exists(self.up(service))
        else:
            isgood = self.kind in ASKED or self.running(service) == GOOD
        return (200 if isgood else 500), {'status': 'ok' if isgood else 'broken'}

    def gate(self, *_):
        return 200, {'open': True}

    def step(self, _, parts, body):
        """POST …/step/NAME/ROLLBACK: done at once, but for `deploy`."""
        name, rollback = parts
        self.note('begin', name, rollback)
        # The answer takes its time, so that watchd can die between question and answer.
        time.sleep(0.04)
        self.note('effect', name, rollback)
        if name != 'deploy':
            self.note('end', name, rollback)
            return ANSWERED
        number = f'd-{len(self.deploys) + 1}'
        self.deploys[number] = {'since': time.monotonic(), 'rollback': rollback, 'version': body['version']}
        return 201, {'id': number}

    def deploy(self, _, parts, body):
        """GET …/deploy/NUMBER: how far it is."""
        found = self.deploys[parts[0]]
        if 'live' not in found and time.monotonic() - found['since'] >= DEPLOY_TAKES:
            found['live'] = True
            if self.kind == 'person':
                self.release(found['version'])
            self.note('end', 'deploy', found['rollback'])
        return 200, {'status': 'live' if 'live' in found else 'building'}

    def chat(self, _, parts, body):
        self.messages.append({**body, 'arrived': time.time()})
        return ANSWERED

    def asks_somebody(self):
        return any('waits for somebody' in message['title'] for message in self.messages)

    # -- the configuration ----------------------------------------------------------------------

    def service(self, name):
        """One that a plan rolls back."""
        return {
            'version': [{'file': self.version(name), 'every': '200ms'}], 'bake': '1s',
            # Where two wait for one another, one that is back is not to break anew by what was seen before.
            'warm_up': '2s' if self.kind == 'queue' else '0s', 'clear_for': '1s',
            'probes': {'health': self.probe(name)},
            'triggers': [{'name': 'down', 'when': 'failing(health) > 50%', 'severity': 'critical', 'mode': 'auto'}],
            'rollback': {'plan': 'torture'},
        }

    def spanned(self, name):
        """One that the plan of another stops."""
        return {'warm_up': '0s', 'clear_for': '1s', 'probes': {'health': self.probe(name)},
                'triggers': [{'name': 'down', 'when': 'failing(health) > 50%', 'severity': 'critical'}]}

    def probe(self, service):
        return {'http': f'{self.url}/health/{service}', 'every': '500ms', 'timeout': '5s', 'failures': 2,
                'successes': 1}

    def configuration(self):
        services = {name: self.service(name) for name in self.services}
        if self.kind == 'spans':
            services.update({name: self.spanned(name) for name in plans.SPANNED})
        group = grp.getgrgid(os.getgid()).gr_name
        return {
            'services': services, 'plans': {'torture': self.plans.plan()},
            'access': {'operate': [group], 'approve': {'any-admin': [group]}},
            'limits': {'max_rollbacks': 10, 'per': '24h', 'cooldown': '1s'},
            'channels': {'chat': {'webhook': f'{self.url}/chat'}},
            'routes': {'oncall': [{'to': ['chat']}], 'team': [{'to': ['chat']}]},
        }
