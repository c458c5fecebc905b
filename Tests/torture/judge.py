"""What must hold when a world has come to rest, whatever was killed in it. Says what does not, in words."""

import datetime
import os

import special
from plans import CHECKED, EACH_TIME, IDEMPOTENT

ENDS = {'closed', 'recovered', 'handed-over', 'cleared', 'superseded'}
# How a task may end without leaving the lines that a whole run leaves.
CUT_SHORT = {'unknown', 'signalled', 'cancelled', 'could-not-start', 'timed-out', 'unexpected'}
STATE = {'watchd.db', 'watchd.db-wal', 'watchd.db-shm', 'checkpoint', 'watchd.lock', 'reserve', 'steps'}


def judge(end):
    """`end`: what is left when the round is over; see `Round.finish`."""
    wrong = []
    for view in end.views:
        for part in (once, alone, told, in_order, after, pages, aborted, outcome):
            wrong += [f'{part.__name__}: {text}' for text in part(view)]
    for part in (records, *special.PARTS):
        wrong += [f'{part.__name__}: {text}' for text in part(end)]
    return wrong


def of(lines, what, step, rollback):
    return [line for line in lines if (line['what'], line['step'], line['rollback']) == (what, step, rollback)]


def name(title):
    """`method redeploy: flaky, try 2` → flaky."""
    return title.split(': ', 1)[-1].split(', try ')[0]


def moment(text):
    """What watchd wrote as the time, as the ledger has it."""
    return datetime.datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp()


def once(end):
    """Nothing that is not idempotent begins twice."""
    begun = {(line['step'], line['rollback']) for line in end.lines if line['what'] == 'begin'}
    for step, rollback in begun:
        begins = of(end.lines, 'begin', step, rollback)
        effects = of(end.lines, 'effect', step, rollback)
        rounds = 1
        if step in EACH_TIME:
            # `after` runs after each method, and what is to be stopped is stopped before each.
            tasks = {record['task'] for run in end.rollbacks for record in run['steps']
                     if run['id'] == rollback and name(record['title']) == step}
            rounds = len(tasks)
        if step in IDEMPOTENT or step == 'ready':
            continue
        if step in CHECKED:
            # A check that says no lets it be begun again; what it does is done once for all that.
            checks = [line for line in end.lines if line['what'] == 'check' and line['rollback'] == rollback]
            for begin in begins[1:]:
                before = [check for check in checks if check['at'] < begin['at']]
                if not before or before[-1]['answer']:
                    yield f'{step} of {rollback} began again, and no check had said that it was not done'
            if len(effects) > 1:
                yield f'{step} of {rollback} was done {len(effects)} times'
            continue
        if len(begins) > rounds or len(effects) > rounds:
            yield f'{step} of {rollback} began {len(begins)} times, and was done {len(effects)} times'


def alone(end):
    """One step at a time: none goes on while a later one runs."""
    began = {}
    for line in end.lines:
        if not line['task'] or line['what'] == 'check':
            continue
        if line['what'] == 'begin':
            began[line['task']] = line['at']
        since = began.get(line['task'], line['at'])
        later = [task for task, at in began.items() if at > since]
        if later:
            yield f"{line['step']} ({line['task']}, process {line['pid']}) went on after {later[-1]} had begun"


def told(end):
    """What the ledger has, the incident has; what the incident calls done, is done."""
    records = {record['task']: record for run in end.rollbacks for record in run['steps']}
    for line in end.lines:
        if line['what'] == 'begin' and line['task'] and line['task'] not in records:
            # A unit knows its invocation, and not whose task it is.
            if not line['task'].startswith(('dry=', 'unit=')):
                yield f"{line['step']} was begun as {line['task']}, and the incident does not know that"
    for run in end.rollbacks:
        for record in run['steps']:
            result = record.get('result')
            if result is None:
                yield f"{record['title']} of {run['id']} has no result"
                continue
            step = name(record['title'])
            if result['ending'] != 'exited' or result['code'] != 0 or not keeps_ledger(record):
                continue
            for what in ('begin', 'effect', 'end'):
                if not of(end.lines, what, step, run['id']):
                    yield f"{record['title']} of {run['id']} is called done, and the ledger has no {what}"


def keeps_ledger(record):
    title = record['title']
    if title.startswith(('gate ', 'check of ')):
        return False
    return name(title) not in ('pause', 'key', 'people', 'same people', 'lie')


def in_order(end):
    """No step without those before it, and where a method stopped the incident says why."""
    for run in end.rollbacks:
        yield from run_in_order(end, run)


def run_in_order(end, run):
    parts = [('before', 'before', end.plan['before'])]
    for method in end.plan['methods']:
        listed = method.get('steps') or [step for phase in reversed(method['phases']) for step in phase['undo']]
        parts.append((method['name'], f"method {method['name']}", listed))
    for label, prefix, listed in parts:
        records = [record for record in run['steps'] if record['title'].startswith(prefix + ': ')]
        reached = [step['name'] for step in listed if any(name(r['title']) == step['name'] for r in records)]
        expected = [step['name'] for step in listed][:len(reached)]
        if reached != expected:
            yield f'{label} of {run["id"]}: {reached} were begun, {expected} would be in order'
            continue
        last = {}
        for record in records:
            last[name(record['title'])] = record
        goes_on = {step['name'] for step in listed if step.get('on_failure') == 'continue'}
        for step in reached[:-1]:
            if step not in goes_on and not done(run, last[step]):
                yield f'{label} of {run["id"]}: {step} was not done, and what comes after it was begun'
        missing = [step['name'] for step in listed][len(reached):]
        if reached and missing and not is_told(end, run, label, done(run, last[reached[-1]]), missing):
            yield f'{label} of {run["id"]}: nobody is told that these were never run: {", ".join(missing)}'


def is_told(end, run, label, isdone, missing):
    """Whether the incident says that these steps did not run."""
    if run['state'] == 'recovered' and run['method'] == label:
        # All is well, it says: so it must say what is not.
        said = ' '.join([run.get('note') or '', *end.incident['unconfirmed']])
        return all(step in said for step in missing)
    return not isdone or bool(run.get('note'))


def done(run, record):
    result = record.get('result') or {}
    if result.get('ending') == 'exited' and result.get('code') == 0:
        return True
    check = [one for one in run['steps'] if one['title'] == f"check of {name(record['title'])}"]
    return bool(check) and check[-1]['result'].get('code') == 0


def after(end):
    """Each step of `after` runs once anything was done."""
    for run in end.rollbacks:
        if not any(record['title'].startswith(('before: ', 'stop ', 'method ')) for record in run['steps']):
            continue
        for step in end.plan['after']:
            records = [one for one in run['steps']
                       if one['title'].startswith('after: ') and name(one['title']) == step['name']]
            if not records:
                yield f"{step['name']} of {run['id']} never ran"
            elif not of(end.lines, 'begin', step['name'], run['id']) \
                    and all(one['result']['ending'] not in CUT_SHORT for one in records):
                yield f"{step['name']} of {run['id']} never began, and its record does not say why"


def pages(end):
    """Each transition is told once, under one key; who comes twice has the same id."""
    messages = {}
    for message in end.messages:
        known = messages.setdefault(message['id'], message)
        if any(known[key] != message[key] for key in message if key != 'arrived'):
            yield f"{message['id']} came with two contents: {known['title']} and {message['title']}"
    keys = {message['dedup_key'] for message in end.messages}
    if len(keys) > 1:
        yield f'there are several keys: {sorted(keys)}'
    told_of = [message['title'] for message in messages.values()]
    wanted = {'incident.recovered': 'rollback complete', 'incident.handed-over': 'handed over to people',
              'rollback.withdrawn': 'rollback withdrawn'}
    for kind, words in wanted.items():
        happened = sum(event['kind'] == kind for event in end.events)
        if kind == 'rollback.withdrawn':
            happened = sum(event['kind'] == kind and event['decision'] == 'page' for event in end.events)
        heard = sum(words in title for title in told_of)
        if happened != heard:
            yield f'{kind} happened {happened} times, and {heard} messages say so'
    left = any('a person must see to it' in (run.get('note') or '') for run in end.rollbacks)
    if left and not any(message['kind'] == 'page' and 'a person must see to it' in message['text']
                        for message in messages.values()):
        yield 'a step of after failed, and no page says so'
    resolves = sum(message['kind'] == 'resolve' for message in messages.values())
    opened = any(message['kind'] == 'page' or message['kind'] == 'update' for message in messages.values())
    if not opened:
        yield 'nobody was paged'
    if end.incident['state'] == 'closed' and resolves != 1:
        yield f'it is closed, and {resolves} messages resolve it'
    waiting = [one['id'] for one in end.deliveries if one['state'] != 'sent']
    if waiting:
        yield f'not sent: {waiting}'


def records(end):
    """Of all services: nothing is left lying about."""
    if end.orphans:
        yield f'these run on: {end.orphans}'
    strange = sorted(set(os.listdir(end.state)) - STATE)
    if strange:
        yield f'the state directory has {strange}'
    tasks = {record['task'] for run in end.rollbacks for record in run['steps']}
    for task in os.listdir(end.state + '/steps'):
        if task not in tasks and not task.startswith('dry='):
            yield f'steps/{task} belongs to no step'
        for file in os.listdir(f'{end.state}/steps/{task}'):
            if file in ('input', 'claim.none') or file.endswith('.new'):
                yield f'steps/{task}/{file} was left behind'


def aborted(end):
    """From the moment that an abort was heard nothing but `after` begins."""
    if end.aborted is None:
        return
    at, rollback = end.aborted
    # What was stopped is started again.
    last = {'off', 'tell', 'last', 'start-web', 'start-api'}
    over = [moment(run['ended']) for run in end.rollbacks if run['id'] == rollback and run.get('ended')]
    for line in end.lines:
        # A gate that is asked whether it would work tonight belongs to no rollback, and waits until none goes on.
        if (line['task'] or '').startswith('dry=') and over and line['at'] > over[0]:
            continue
        # Clocks of processes are the same, but what was on its way may still arrive.
        if line['what'] == 'begin' and line['step'] not in last and line['at'] > at + 0.02:
            yield f"{line['step']} began {line['at'] - at:.2f} s after the abort of {rollback} was heard"
    for run in end.rollbacks:
        # What had failed before is told as that.
        if run['id'] == rollback and run['state'] not in ('aborted', 'failed'):
            yield f"{rollback} was aborted, and is {run['state']}"


def outcome(end):
    """It ends, and well where no step's outcome was lost."""
    if end.incident['state'] not in ENDS and not (end.aborted and end.incident['state'] in (
            'open', 'awaiting-approval')):
        yield f"the incident is {end.incident['state']}"
    for run in end.rollbacks:
        if not run.get('ended'):
            yield f"{run['id']} is {run['state']}"
    for answer in end.answers:
        key = [one for run in end.rollbacks for one in run['steps'] if name(one['title']) == 'key']
        if not key or key[-1]['result'].get('code') != 0:
            yield f'somebody said that the key is turned ({answer}), and that was forgotten'
    # On a full disk, too: a step that finds no room to claim its directory in waits for it.
    lost = any(record['result'] and record['result']['ending'] in ('unknown', 'cancelled', 'signalled')
               for run in end.rollbacks for record in run['steps'])
    states = [run['state'] for run in end.rollbacks]
    # watchd may have recorded an abort and died before it could say so.
    unheard = states[-1:] == ['aborted'] and end.rollbacks[-1]['id'] == end.unheard
    if not lost and not end.aborted and not unheard and (not states or states[-1] != 'recovered'):
        yield f'no outcome was lost, and yet the rollbacks are {states}'
    if len(end.incidents) != 1:
        yield f"there are {len(end.incidents)} incidents: {[one['id'] for one in end.incidents]}"
