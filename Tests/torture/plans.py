"""The plans of the worlds: steps of every sort, each of which keeps the ledger, and some that do not behave."""

import pathlib
import sys

TORTURE = pathlib.Path(__file__).resolve().parent
# Those of every plan's steps that may be begun again without a check that says so.
IDEMPOTENT = {'flag', 'flaky', 'finish', 'off', 'code', 'start-web', 'start-api', 'k-restart'}
# Those that run once for each method.
EACH_TIME = {'off', 'tell', 'last', 'start-web', 'start-api', 'stop-web', 'stop-api'}
# Those whose check lets them be begun again.
CHECKED = {'switch', 'k-link'}
# Services that the plan of a world stops, in that order.
SPANNED = ('web', 'api')
# What the method that needs somebody's word can lose, in words.
LOSES = 'orders since the last backup'


class Plans:
    """Of one world. `stop_at`: a step whose shim stands still at a boundary of its own, and which."""

    def __init__(self, world, stop_at=None):
        self.world = world
        self.stop_at = stop_at

    # -- steps ----------------------------------------------------------------------------------

    def run(self, name, manner, argument=None, **more):
        program = [sys.executable, '-ISE', str(TORTURE / 'steps.py'), name, manner, self.world.ledger]
        environment = {'TOKEN': f'${{file:{self.world.secret_file}}}'}
        if self.stop_at and self.stop_at[0] == name and manner != 'check':
            environment['SHIM_STOP_AT'] = self.stop_at[1]
        return {'name': name, 'exec': program + ([argument] if argument else []), 'env': environment,
                'timeout': '20s', **more}

    def post(self, name, **more):
        return {'name': name, 'post': f'{self.world.url}/step/{name}/${{rollback}}', 'timeout': '20s', **more}

    def sql(self, name, text, **more):
        return {'name': name, 'sql': text, 'database': self.world.database.url, 'timeout': '20s', **more}

    def value(self):
        """All that a unit is told of where it belongs."""
        return f'{self.world.key}+${{rollback}}'

    def unit(self, name, rest='', **more):
        """A script that root installed; see units.py."""
        return {'name': name, 'unit': name, 'with': self.value() + rest, 'timeout': '20s', **more}

    def switch(self):
        check = self.run('switch', 'check', 'switch')
        return self.run('switch', 'switch', self.world.version('${service}') + '=${to.version}',
                        check={'exec': check['exec']})

    def deploying(self):
        poll = {'get': f'{self.world.url}/deploy/${{deploy}}', 'every': '100ms',
                'until': {'json': {'$.status': 'live'}}}
        return self.post('deploy', json={'version': '${to.version}'}, expect={'status': 201},
                         save={'deploy': '$.id'}, poll=poll)

    def people(self):
        return f"from people where world = '{self.world.key}'"

    # -- methods --------------------------------------------------------------------------------

    def failing(self):
        return {'name': 'flag', 'steps': [self.run('toggle', 'do'),
                                          self.run('flag', 'fail', idempotent=True, retries=1, backoff='100ms'),
                                          self.run('never', 'do')]}

    def ending(self):
        return [self.run('flaky', 'flaky', idempotent=True, retries=2, backoff='100ms'),
                self.run('finish', 'do', idempotent=True)]

    def queries(self):
        if not self.world.database:
            return []
        return [self.sql('same people', f'select count(*) {self.people()}', expect={'same_as': 'people'}),
                self.sql('record', 'insert into ledger (world, step, rollback) '
                                   f"values ('{self.world.key}', 'record', '${{rollback}}')")]

    def methods(self):
        return getattr(self, self.world.kind)()

    def mixed(self):
        steps = [self.run('drain', 'fork'), self.deploying(), self.switch(), {'name': 'pause', 'wait': '200ms'}]
        return [self.failing(), {'name': 'redeploy', 'steps': steps + self.queries() + self.ending()}]

    def person(self):
        steps = [self.run('drain', 'fork'), self.deploying(),
                 {'name': 'key', 'manual': 'turn the key of ${to.version}', 'timeout': '60s'}]
        return [{'name': 'redeploy', 'steps': steps + self.queries() + self.ending()}]

    def phases(self):
        schema = [self.run('schema', 'do'), self.switch()]
        phases = [{'name': 'schema', 'undo': schema}, {'name': 'data', 'undo': [self.run('data', 'fork')]},
                  {'name': 'code', 'undo': [self.run('code', 'do', idempotent=True)]}]
        return [self.failing(), {'name': 'undo', 'operation': 'remediation', 'phases': phases}]

    def spans(self):
        return [self.failing(), {'name': 'restore', 'steps': [self.run('restore', 'fork'), self.switch()]}]

    def consent(self):
        restore = {'name': 'restore', 'loses': LOSES, 'approve': 'any-admin', 'comment': 'required',
                   'steps': [self.run('restore', 'fork'), self.switch()] + self.ending()}
        return [self.failing(), restore]

    def pair(self):
        return [{'name': 'redeploy', 'steps': [self.run('drain', 'fork'), self.switch()] + self.ending()}]

    queue = pair

    def rude(self):
        """The first method says that all is well, leaves a process that goes on, and has done nothing."""
        liar = [self.run('litter', 'litter'), self.run('lie', 'lie')]
        return [{'name': 'liar', 'steps': liar}, {'name': 'redeploy', 'steps': [self.switch()] + self.ending()}]

    def full(self):
        return [{'name': 'redeploy', 'steps': [self.run('drain', 'fork'), self.switch()] + self.ending()}]

    def units(self):
        link = self.unit('k-link', '+${to.version}', check={'unit': 'k-check', 'with': self.value()})
        return [{'name': 'symlink', 'steps': [self.unit('k-drain'), link, self.unit('k-restart', idempotent=True)]}]

    # -- the plan -------------------------------------------------------------------------------

    def before(self):
        steps = [self.run('snapshot', 'do')]
        if self.world.kind == 'rude':
            steps.append(self.run('hang', 'hang', timeout='500ms', on_failure='continue'))
        if self.world.kind == 'full':
            steps.append(self.run('fill', 'fill'))
        if self.world.database:
            steps.append(self.sql('people', f'select count(*) {self.people()}', capture='people'))
        return steps

    def span(self, service):
        path = self.world.up(service)
        return {'service': service, 'stop': self.run(f'stop-{service}', 'stop', path),
                'start': self.run(f'start-{service}', 'start', path, idempotent=True)}

    def plan(self):
        gates = [self.run('ready', 'do'), {'name': 'api', 'get': f'{self.world.url}/gate', 'timeout': '20s'}]
        if self.world.database:
            gates.append(self.sql('database', 'select 1', expect='1'))
        after = [self.run('off', 'do', idempotent=True), self.post('tell'), self.run('last', 'do')]
        plan = {'budget': '10m', 'gates': gates, 'before': self.before(), 'methods': self.methods(), 'after': after,
                'verify': {'version': 1, 'land_within': '3s' if self.world.kind == 'rude' else '5s', 'settle': '0s',
                           'probes': ['health'], 'clear_for': '1s', 'timeout': '30s'},
                'probation': '1s'}
        if self.world.kind == 'spans':
            plan['spans'] = [self.span(service) for service in SPANNED]
        return plan
