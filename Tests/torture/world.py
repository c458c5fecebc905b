"""A small host of one service, whose every step keeps the ledger; and the server that the plans talk to.

There are three kinds of world. In each a bad release 1.1.0 takes the place of the good 1.0.0:

  mixed   watchd rolls back by itself; the first method fails, the second has steps of every sort
  person  somebody asks for the rollback; a step waits for somebody; the request is what switches the release
  phases  the second method undoes the phases of an operation that was stopped half-way
"""

import grp
import json
import os
import pathlib
import sys
import time

TORTURE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(TORTURE.parent / 'stories'), str(TORTURE.parent.parent / 'demo')]
import steps  # noqa: E402
import vendor  # noqa: E402

KINDS = ('mixed', 'person', 'phases')
GOOD, BAD = '1.0.0', '1.1.0'
# Between a deploy's request and its being live.
DEPLOY_TAKES = 0.3
# Those of every plan's steps that may be begun again without a check that says so.
IDEMPOTENT = {'flag', 'flaky', 'finish', 'off', 'code'}


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

    def __init__(self, key, kind, folder, server, database):
        self.key = key
        self.kind = kind
        self.folder = folder
        self.database = database
        self.url = f'{server.url}/{key}'
        self.ledger = folder + '/ledger'
        self.version = folder + '/VERSION'
        self.messages = []
        self.deploys = {}
        self.release(GOOD)
        if database:
            database.query(f"insert into people select '{key}' from generate_series(1, 3)")
        server.worlds[key] = self

    def release(self, version):
        steps.deploy(self.version, version)

    def lines(self):
        """The ledger, and what the database kept, in order."""
        lines = steps.read(self.ledger)
        if self.database:
            rows = self.database.query(
                f"select extract(epoch from at), step, rollback from ledger where world = '{self.key}'")
            for at, step, rollback in (row.split('|') for row in rows.splitlines()):
                for what in ('begin', 'effect', 'end'):
                    lines.append({'at': float(at), 'what': what, 'step': step, 'rollback': rollback,
                                  'task': None, 'pid': 0})
        return sorted(lines, key=lambda line: line['at'])

    # -- what the server answers ----------------------------------------------------------------

    def note(self, what, step, rollback):
        steps.note(self.ledger, what, step, rollback=rollback)

    def health(self, *_):
        with open(self.version, encoding='utf-8') as file:
            isgood = file.read().strip() == GOOD or self.kind == 'person'
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
            return 200, {}
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
        self.messages.append(body)
        return 200, {}

    def asks_somebody(self):
        return any('waits for somebody' in message['title'] for message in self.messages)

    # -- the configuration ----------------------------------------------------------------------

    def run(self, name, manner, argument=None, **more):
        program = [sys.executable, '-ISE', str(TORTURE / 'steps.py'), name, manner, self.ledger]
        return {'name': name, 'exec': program + ([argument] if argument else []), 'timeout': '20s', **more}

    def post(self, name, **more):
        return {'name': name, 'post': f'{self.url}/step/{name}/${{rollback}}', 'timeout': '20s', **more}

    def sql(self, name, text, **more):
        return {'name': name, 'sql': text, 'database': self.database.url, 'timeout': '20s', **more}

    def switch(self):
        return self.run('switch', 'switch', self.version + '=${to.version}',
                        check={'exec': self.run('switch', 'check', 'switch')['exec']})

    def deploying(self):
        poll = {'get': f'{self.url}/deploy/${{deploy}}', 'every': '100ms', 'until': {'json': {'$.status': 'live'}}}
        return self.post('deploy', json={'version': '${to.version}'}, expect={'status': 201},
                         save={'deploy': '$.id'}, poll=poll)

    def methods(self):
        if self.kind == 'phases':
            schema = [self.run('schema', 'do'), self.switch()]
            phases = [{'name': 'schema', 'undo': schema}, {'name': 'data', 'undo': [self.run('data', 'fork')]},
                      {'name': 'code', 'undo': [self.run('code', 'do', idempotent=True)]}]
            return [self.failing(), {'name': 'undo', 'operation': 'remediation', 'phases': phases}]
        people = f"from people where world = '{self.key}'"
        rest = [self.run('drain', 'fork'), self.deploying()]
        if self.kind == 'mixed':
            rest += [self.switch(), {'name': 'pause', 'wait': '200ms'}]
        else:
            rest += [{'name': 'key', 'manual': 'turn the key of ${to.version}', 'timeout': '60s'}]
        if self.database:
            rest += [self.sql('same people', f'select count(*) {people}', expect={'same_as': 'people'}),
                     self.sql('record', 'insert into ledger (world, step, rollback) '
                                        f"values ('{self.key}', 'record', '${{rollback}}')")]
        rest += [self.run('flaky', 'flaky', idempotent=True, retries=2, backoff='100ms'),
                 self.run('finish', 'do', idempotent=True)]
        redeploy = {'name': 'redeploy', 'steps': rest}
        return [self.failing(), redeploy] if self.kind == 'mixed' else [redeploy]

    def failing(self):
        return {'name': 'flag', 'steps': [self.run('toggle', 'do'),
                                          self.run('flag', 'fail', idempotent=True, retries=1, backoff='100ms'),
                                          self.run('never', 'do')]}

    def plan(self):
        gates = [self.run('ready', 'do'), {'name': 'api', 'get': f'{self.url}/gate', 'timeout': '20s'}]
        before = [self.run('snapshot', 'do')]
        if self.database:
            gates.append(self.sql('database', 'select 1', expect='1'))
            before.append(self.sql('people', f"select count(*) from people where world = '{self.key}'",
                                   capture='people'))
        after = [self.run('off', 'do', idempotent=True), self.post('tell'), self.run('last', 'do')]
        return {'budget': '10m', 'gates': gates, 'before': before, 'methods': self.methods(), 'after': after,
                'verify': {'version': 1, 'land_within': '5s', 'settle': '0s', 'probes': ['health'],
                           'clear_for': '1s', 'timeout': '30s'},
                'probation': '1s'}

    def configuration(self):
        service = {
            'version': [{'file': self.version, 'every': '200ms'}], 'bake': '1s', 'warm_up': '0s', 'clear_for': '1s',
            'probes': {'health': {'http': f'{self.url}/health', 'every': '500ms', 'timeout': '5s', 'failures': 2,
                                  'successes': 1}},
            'triggers': [{'name': 'down', 'when': 'failing(health) > 50%', 'severity': 'critical', 'mode': 'auto'}],
            'rollback': {'plan': 'torture'},
        }
        group = grp.getgrgid(os.getgid()).gr_name
        return {
            'services': {'shop': service}, 'plans': {'torture': self.plan()},
            'access': {'operate': [group], 'approve': {'any-admin': [group]}},
            'limits': {'max_rollbacks': 10, 'per': '24h', 'cooldown': '1s'},
            'channels': {'chat': {'webhook': f'{self.url}/chat'}},
            'routes': {'oncall': [{'to': ['chat']}], 'team': [{'to': ['chat']}]},
        }
