"""steps.py NAME MANNER LEDGER [ARGUMENT]: a step of a plan that keeps a book of what it did.

Each line of the ledger is written at once and is on the disk before anything else is done, so that a step that is
killed has left a true account of how far it came."""

import json
import os
import sys
import time

# Between beginning and effect, and again until the end: long enough to be hit.
PAUSE = 0.06
# Long enough to outlive whoever should have ended them.
LONGER = {'drain': 0.4, 'switch': 0.25, 'snapshot': 0.25, 'last': 0.2}


def note(ledger, what, step, **more):
    line = {'at': time.time(), 'what': what, 'step': step, 'pid': os.getpid(),
            'rollback': os.environ.get('WATCHD_ROLLBACK'), 'task': os.environ.get('WATCHD_TASK'), **more}
    file = os.open(ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.write(file, (json.dumps(line) + '\n').encode())
    os.fsync(file)
    os.close(file)


def read(ledger):
    try:
        with open(ledger, encoding='utf-8') as file:
            return [json.loads(line) for line in file]
    except FileNotFoundError:
        return []


def did(ledger, what, step):
    rollback = os.environ.get('WATCHD_ROLLBACK')
    return any((line['what'], line['step'], line['rollback']) == (what, step, rollback) for line in read(ledger))


def deploy(path, version):
    """At one stroke: nobody reads half a version."""
    with open(path + '.new', 'w', encoding='utf-8') as file:
        file.write(version + '\n')
    os.rename(path + '.new', path)


def run(name, manner, ledger, argument):
    """Returns the exit status."""
    if manner == 'check':
        answer = did(ledger, 'effect', argument)
        note(ledger, 'check', argument, answer=answer)
        return 0 if answer else 1
    pause = LONGER.get(name, PAUSE)
    note(ledger, 'begin', name)
    time.sleep(pause)
    if manner == 'fork':
        # The second half is done by a process of its own.
        child = os.fork()
        if child:
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        manner = 'do'
    # Whoever fails once has done nothing then.
    if manner == 'fail' or (manner == 'flaky' and not did(ledger, 'failed', name)):
        note(ledger, 'failed', name)
        return 3
    note(ledger, 'effect', name)
    if manner == 'switch':
        version = argument.partition('=')
        deploy(version[0], version[2])
    time.sleep(pause)
    note(ledger, 'end', name)
    return 0


if __name__ == '__main__':
    sys.exit(run(*sys.argv[1:4], sys.argv[4] if len(sys.argv) > 4 else ''))
