"""What rounds begin with: a state in which the good release is good, a database, and the course of each kind of world
when nothing is done to it, which tells where it can be met."""

import os
import signal
import subprocess
import sys

import attack
import judge
import rounds
import world as worlds
from daemon import Watchd

# Of a transaction of watchd.
SIDES = ('before-persist', 'after-persist')
# A shim lives so long before its program's first line, and after the last, about.
MARGIN = 0.05


class Database:
    """One PostgreSQL for all worlds."""

    def __init__(self, root):
        from host import Postgres
        self.server = Postgres(root + '/pg')
        self.url = f'postgresql://postgres@/postgres?host={self.server.directory}&port={self.server.port}'
        self.query('create table people (world text); create table ledger (world text, step text, rollback text, '
                   'at timestamptz default clock_timestamp())')

    def query(self, text):
        return self.server.query(text)

    def stop(self):
        self.server.stop()


def templates(options, root):
    """By the services of a world: a state directory in which 1.0.0 of each is good, watchd is armed, and an operation
    reached all its phases."""
    wanted = {}
    for kind in options.kinds:
        wanted.setdefault(worlds.services(kind), 'pair' if kind in worlds.TWINS else 'person')
    return {services: template(options, f'{root}/template-{len(services)}', kind)
            for services, kind in wanted.items()}


def template(options, folder, kind):
    os.mkdir(folder)
    world = worlds.World('template', kind, folder, worlds.Server(), None)
    watchd = Watchd(options.bin, folder, world.configuration())

    def watchctl(*arguments):
        command = [options.bin + '/watchctl', arguments[0], '--socket', folder + '/watchd.sock', *arguments[1:]]
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        if result.returncode != 0:
            raise rounds.Bad(f'watchctl {arguments[0]}: {result.stdout}{result.stderr}')

    def standing():
        found = [watchd.service(name) or {} for name in world.services]
        return all((one.get('release') or {}).get('standing') == 'good' for one in found)

    try:
        if not watchd.wait(standing, 60):
            with open(folder + '/watchd.log', encoding='utf-8', errors='replace') as log:
                raise rounds.Bad('1.0.0 does not become good:\n' + ''.join(log.readlines()[-20:]))
        watchctl('arm', '--reason', 'torture')
        phase = f'{options.bin}/watchctl phase --socket {folder}/watchd.sock'
        watchctl('run', '--service', 'shop', '--operation', 'remediation', '--', '/bin/sh', '-ec',
                 f'{phase} schema; {phase} data; {phase} code')
    finally:
        watchd.end(signal.SIGTERM)
    return watchd.state


# -- where it can be met ------------------------------------------------------------------------


def course(played):
    """What an undisturbed world went through, for attacks on others of its kind."""
    found = played.found
    boundaries = []
    if played.options.stops:
        shimmed = shim_steps(found.plan)
        lives = lifetimes(found)
        boundaries += persists(found, lives) + runs(found, shimmed) + sends(found, lives)
        boundaries += of_shims(found, shimmed)
    own = sum(line['pid'] != 0 and line['what'] != 'tick' for line in found.lines)
    return {'took': found.took, 'lines': own, 'boundaries': boundaries}


def steps_of(plan):
    listed = plan['gates'] + plan['before'] + plan['after']
    for span in plan.get('spans', []):
        listed += [span['stop'], span['start']]
    for method in plan['methods']:
        listed += method.get('steps') or [step for phase in method['phases'] for step in phase['undo']]
    return listed


def shim_steps(plan):
    """The names of those that run under a shim: {name: whether it is told where to stand still}."""
    return {step['name']: 'env' in step for step in steps_of(plan) if 'exec' in step or 'sql' in step}


def lifetimes(found):
    """When shims lived, about."""
    spans = {}
    for line in found.lines:
        if line['task'] and line.get('session'):
            first, last = spans.get(line['task'], (line['at'], line['at']))
            spans[line['task']] = (min(first, line['at']), max(last, line['at']))
    return [(first - MARGIN, last + MARGIN) for first, last in spans.values()]


def lived(lives, at):
    return any(first <= at <= last for first, last in lives)


def persists(found, lives):
    """One of each transaction: of its events the first, by its number among those of its kind."""
    counts, places, last = {}, [], None
    for event in found.events:
        kind = event['kind']
        counts[kind] = counts.get(kind, 0) + 1
        if event['time'] == last:
            continue
        last = event['time']
        at = judge.moment(last)
        text = event.get('text') if kind.startswith('step.') else ''
        places += [attack.Place(f'{side}:{kind}:{counts[kind]}', (side, kind, text), shim=lived(lives, at))
                   for side in SIDES]
    return places


def runs(found, shimmed):
    places = []
    for record in (record for run in found.rollbacks for record in run['steps']):
        isshim = judge.name(record['title']) in shimmed
        places += [attack.Place(f"{side}:{record['task']}:1", (side, record['title']),
                                shim=isshim and side == 'after-run') for side in ('before-run', 'after-run')]
    return places


def sends(found, lives):
    places, seen = [], []
    for message in found.messages:
        if message['id'] in seen:
            continue
        seen.append(message['id'])
        places += [attack.Place(f'{side}:{len(seen)}', (side, message['kind'], message['title']),
                                shim=lived(lives, message['arrived'])) for side in ('before-send', 'after-send')]
    return places


def of_shims(found, shimmed):
    ran = {judge.name(record['title']) for run in found.rollbacks for record in run['steps']}
    return [attack.Place(place, (step, place), step=step) for step, istold in shimmed.items()
            if istold and step in ran for place in attack.SHIM_PLACES]
