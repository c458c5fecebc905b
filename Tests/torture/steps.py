"""steps.py NAME MANNER LEDGER [ARGUMENT]: a step of a plan that keeps a book of what it did.

Each line of the ledger is written at once and is on the disk before anything else is done, so that a step that is
killed has left a true account of how far it came.

Not all of them behave. Some claim what they have not done, some never end, leave a process behind that goes on, or
fill the disk; and each that was given a secret (TOKEN) prints it, in two halves."""

import json
import os
import signal
import sys
import time

# Between beginning and effect, and again until the end: long enough to be hit.
PAUSE = 0.06
# Long enough to outlive whoever should have ended them.
LONGER = {'drain': 0.4, 'switch': 0.25, 'snapshot': 0.25, 'last': 0.2, 'restore': 0.3, 'k-link': 0.3}
# Between two signs of life of what should be gone.
TICK = 0.03
# The longest that anything here lives, whatever becomes of those who should end it.
LIFE = 120


def note(ledger, what, step, **more):
    line = {'at': time.time(), 'what': what, 'step': step, 'pid': os.getpid(), 'session': os.getsid(0),
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


def blab():
    """Prints what it was given in confidence, to both of its streams."""
    secret = os.environ.get('TOKEN', '')
    middle = len(secret) // 2
    for stream in (sys.stdout, sys.stderr):
        for part in ('the token is ' + secret[:middle], secret[middle:] + '\n'):
            stream.write(part)
            stream.flush()


def tick(ledger, name):
    """Shows that it lives, on and on."""
    end = time.monotonic() + LIFE
    while time.monotonic() < end:
        note(ledger, 'tick', name)
        time.sleep(TICK)


def leave_behind(ledger, name):
    """A daemon, as programs make one of themselves: another session, another parent, nothing open."""
    if os.fork():
        os.wait()
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in range(3):
        os.close(number)
    tick(ledger, name)
    os._exit(0)


def fill(path):
    """Until not a byte more fits. Returns how many did."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    written = 0
    for size in (65536, 4096, 1):
        try:
            while True:
                written += os.write(file, bytes(size))
        except OSError:
            continue
    os.close(file)
    return written


def run(name, manner, ledger, argument):
    """Returns the exit status."""
    if manner == 'check':
        answer = did(ledger, 'effect', argument)
        note(ledger, 'check', argument, answer=answer)
        return 0 if answer else 1
    pause = LONGER.get(name, PAUSE)
    note(ledger, 'begin', name)
    blab()
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
    if manner == 'lie':
        return 0
    if manner == 'hang':
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        tick(ledger, name)
    if manner == 'litter':
        leave_behind(ledger, name)
    if manner == 'fill':
        note(ledger, 'full', name, bytes=fill(os.environ['HOME'] + '/filler'))
    note(ledger, 'effect', name)
    if manner == 'switch':
        path, _, version = argument.partition('=')
        deploy(path, version)
    if manner in ('stop', 'start'):
        serve(argument, manner == 'start')
    time.sleep(pause)
    note(ledger, 'end', name)
    blab()
    return 0


def serve(path, wanted):
    """A service runs as long as its file is there."""
    if wanted:
        with open(path, 'w', encoding='utf-8'):
            pass
    elif os.path.exists(path):
        os.unlink(path)


def as_unit(name, manner, ledgers, value):
    """Of a script below rollback.d, which is told nothing but `WORLD+ROLLBACK[+VERSION]`."""
    world, rollback, *rest = value.split('+', 2)
    os.environ.update(WATCHD_ROLLBACK=rollback, WATCHD_TASK='unit=' + os.environ['INVOCATION_ID'])
    folder = os.readlink(f'{ledgers}/{world}')
    argument = {'switch': f"{folder}/VERSION-shop={''.join(rest)}", 'check': 'k-link'}.get(manner, '')
    return run(name, manner, folder + '/ledger', argument)


if __name__ == '__main__':
    if sys.argv[1] == '--unit':
        sys.exit(as_unit(*sys.argv[2:6]))
    sys.exit(run(*sys.argv[1:4], sys.argv[4] if len(sys.argv) > 4 else ''))
