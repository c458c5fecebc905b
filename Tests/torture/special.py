"""What must hold besides in worlds of one kind or the other; and what has to do with more than one service."""

import os

import plans
from world import GOOD


def sessions(end):
    """Each step runs in a session of its own, and not in that of watchd."""
    own, seen = os.getsid(0), {}
    for line in end.lines:
        session = line.get('session')
        if line['what'] != 'begin' or not session or not line['task']:
            continue
        if session == own:
            yield f"{line['step']} ({line['task']}) ran in the session of watchd"
        if seen.setdefault(session, line['task']) != line['task']:
            yield f"{line['step']} ({line['task']}) ran in the session of {seen[session]}"


def rude(end):
    """What a step left behind is ended and told of; one that hangs is stopped in time; one that lies is found out."""
    if end.kind != 'rude':
        return
    for run in end.rollbacks:
        for record in run['steps']:
            result = record.get('result') or {}
            step, ending = record['title'].split(': ')[-1].split(', try ')[0], result.get('ending')
            if step == 'litter' and ending == 'exited' and 'left behind' not in (result.get('output') or ''):
                yield f"nobody is told what litter left behind: {result}"
            if step == 'hang' and ending == 'exited':
                yield f'one that never ends has ended by itself: {result}'
        if run['state'] == 'recovered' and run['method'] == 'liar' and run.get('landed'):
            yield f"{run['id']} believes a step that did nothing"


def secrets(end):
    """What steps print of what they were given in confidence is nowhere: not in files, messages, log."""
    mark = end.secret.encode()
    for folder, _, names in os.walk(end.state):
        for name in names:
            with open(os.path.join(folder, name), 'rb') as file:
                if mark in file.read():
                    yield f'the secret is in {os.path.relpath(os.path.join(folder, name), end.state)}'
    with open(end.folder + '/watchd.log', 'rb') as file:
        if mark in file.read():
            yield 'the secret is in the log of watchd'
    for what, found in (('a message', end.messages), ('an incident', end.shown)):
        if end.secret in str(found):
            yield f'the secret is in {what}'


def truth(end):
    """Recovered is what runs the good release."""
    for view in end.views:
        if view.incident['state'] == 'closed' and view.rollbacks[-1]['state'] == 'recovered' and view.running != GOOD:
            yield f'{view.rollbacks[-1]["id"]} is called recovered, and {view.running} ran'


def spanned(end):
    """Who was stopped is started, last one first; nobody is paged for them."""
    if end.kind != 'spans':
        return
    for service in plans.SPANNED:
        if not os.path.exists(end.world.up(service)):
            yield f'{service} was left down'
        for message in end.messages:
            if message['service'] == service:
                yield f"somebody was told of {service}: {message['title']}"
    for run in end.rollbacks:
        titles = [record['title'].split(': ')[0] for record in run['steps']]
        down = []
        for title in titles:
            verb, _, service = title.partition(' ')
            if verb == 'stop' and service not in down:
                down.append(service)
            if verb == 'start' and service in down:
                if service != down[-1]:
                    yield f"of {run['id']} {service} was started before {down[-1]}"
                down.remove(service)
            if title.startswith('method ') and sorted(down) != sorted(plans.SPANNED):
                yield f"{title} of {run['id']} ran, and only these were stopped: {down}"
        if down:
            yield f"of {run['id']} these were not started again: {down}"


def consented(end):
    """What loses data runs upon somebody's word, once for each, who read what it loses; no word is forgotten."""
    if end.kind != 'consent':
        return
    approvals = end.people.approvals
    approved = [run for run in end.rollbacks if any(
        record['title'].startswith('method restore: ') for record in run['steps'])]
    begins = [line['at'] for line in end.lines if line['what'] == 'begin' and line['step'] == 'restore']
    first = approvals[0][0] if approvals else None
    if begins and (first is None or min(begins) < first):
        yield f'what loses data began without an approval: {begins}, {approvals}'
    if len(approved) > len(approvals):
        yield f'{len(approved)} rollbacks lost data upon {len(approvals)} approvals'
    heard = sum(answered for _, answered in approvals)
    decided = sum(event['kind'] == 'decision' and (event.get('reason') or '').startswith('approval:')
                  for event in end.events)
    if decided < heard:
        yield f'{heard} approvals were answered, and {decided} are on record'
    told = [one['arrived'] for one in end.messages if plans.LOSES in one['text']]
    if begins and (not told or min(told) > min(begins)):
        yield 'nobody was told what it loses before it began'


def never_twice(end):
    """A service is in one rollback at a time, and in none that nobody asked for."""
    for view in end.views:
        runs = sorted(view.rollbacks, key=lambda run: run['began'])
        for earlier, later in zip(runs, runs[1:]):
            if not earlier.get('ended') or earlier['ended'] > later['began']:
                yield f"{later['id']} began before {earlier['id']} had ended"
        if end.kind == 'pair':
            asked = end.people.asked[view.service]
            if len(runs) > asked[0] + asked[3]:
                yield f"{len(runs)} rollbacks of {view.service} upon these answers: {asked}"


def twins(end):
    """Two that people asked for go on side by side; of those that watchd decides one waits for the other."""
    if end.kind not in ('pair', 'queue'):
        return
    first, second = ([run for run in view.rollbacks] for view in end.views)
    both = [(one, other) for one in first for other in second
            if one['began'] < other['ended'] and other['began'] < one['ended']]
    if end.kind == 'queue' and any('watchd' == one['asked_by'] == other['asked_by'] for one, other in both):
        yield f"at once: {both[0][0]['id']} and {both[0][1]['id']}"
    if end.attack.victim != 'nobody' or end.attack.abort:
        return
    if end.kind == 'pair':
        if not both:
            yield 'the rollbacks did not meet, so this round shows nothing'
        if not all(asked[4] for asked in end.people.asked.values()):
            yield f'nobody was refused, so this round shows nothing: {end.people.asked}'


def full(end):
    """Somebody hears that nothing can be recorded."""
    if end.fullness_felt and not any('store-unavailable' in one['title'] for one in end.messages):
        yield 'nobody was told that the disk is full'


PARTS = (sessions, rude, secrets, truth, spanned, consented, never_twice, twins, full)
