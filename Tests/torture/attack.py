"""What is done to a world: which processes are killed, when, and whether somebody aborts the rollback.

An attack is made of dice that belong to its round, so that the same seed makes it again."""

import os
import signal
import subprocess
import time
import uuid

# Whom SIGKILL meets, and how often.
VICTIMS = {'watchd': 6, 'shim': 3, 'both': 3, 'family': 2, 'twice': 4, 'reboot': 3}
# What lets it fall: a moment of the whole course, a line of the ledger, or a boundary of what watchd or a shim does.
CAUSES = {'moment': 4, 'line': 3, 'boundary': 3}
# Whom it meets at a boundary, where whoever is to be met stands still.
AT_BOUNDARIES = {'watchd': 4, 'twice': 2, 'shim': 2, 'both': 2}
# Rounds in which somebody aborts, and how the kill goes with it.
ABORTS = {None: 16, 'alone': 1, 'then': 2, 'after': 2}
# Places of a shim, see its CrashPoint.
SHIM_PLACES = ('before-claim', 'after-claim', 'after-start', 'before-record', 'after-record')
BOOT_ID = '/proc/sys/kernel/random/boot_id'


def pick(dice, shares):
    return dice.choices(list(shares), list(shares.values()))[0]


class Place:
    """A boundary of watchd (`after-persist:step.started:2`), or of the shim of a step. `key`: what it has in common
    with those of other kinds of world that are as good; `shim`: whether one of those lives at that moment."""

    def __init__(self, text, key, step=None, shim=True):
        self.text = text
        self.key = key
        self.step = step
        self.shim = shim

    def victims(self):
        """Whoever can be met there; nobody: then somebody aborts at that moment."""
        if self.step:
            return ('watchd', 'shim', 'both')
        return ('watchd', 'shim', 'both', 'nobody') if self.shim else ('watchd', 'nobody')

    def __str__(self):
        return f'{self.text} of the shim of {self.step}' if self.step else self.text


class Attack:
    """`course`: what an undisturbed world of the kind went through."""

    def __init__(self, dice, kind, course, reboots):
        self.abort = pick(dice, ABORTS)
        self.victim = pick(dice, VICTIMS)
        if self.victim == 'reboot' and (not reboots or kind == 'units'):
            self.victim = 'both'
        self.cause = pick(dice, CAUSES)
        if self.abort or (self.cause == 'boundary' and not course['boundaries']):
            self.cause = 'moment'
        # The last fifth is verification, in which nothing runs that has a shim.
        share = 0.8 if self.victim in ('shim', 'family') else 1
        self.moment = dice.uniform(0, course['took'] * share)
        self.line = dice.randint(1, course['lines'])
        # At once, or while what was begun goes on.
        self.delay = dice.choice([0, dice.uniform(0, 0.12)])
        self.place = dice.choice(course['boundaries']) if course['boundaries'] else None
        met = pick(dice, AT_BOUNDARIES)
        if self.cause == 'boundary':
            self.victim = met if self.place.shim or met not in ('shim', 'both') else 'watchd'
        self.pause = dice.uniform(0, 0.3)
        self.again = dice.uniform(0, 0.5)
        # Between the wish to abort and the kill.
        self.between = dice.uniform(0, 0.15)
        # How long a disk that is full stays so.
        self.full_for = dice.uniform(0.3, 2.5)
        if self.abort == 'alone':
            self.victim = 'nobody'

    def meet_at(self, place, victim):
        """That victim, at this boundary, and nothing else; nobody: somebody aborts there."""
        self.victim, self.cause, self.place = victim, 'boundary', place
        self.abort = 'held' if victim == 'nobody' else None

    def settings(self):
        """(environment of watchd's first life, the step whose shim stands still and where)."""
        if self.cause != 'boundary':
            return {}, None
        if self.place.step:
            return {}, (self.place.step, self.place.text)
        # Alone it dies there by itself; else it stands still, and whoever watches strikes.
        isalone = self.victim in ('watchd', 'twice')
        return {'WATCHD_CRASH_AT' if isalone else 'WATCHD_STOP_AT': self.place.text}, None

    def text(self):
        where = {'moment': f'{self.moment:.2f} s after the deployment', 'boundary': str(self.place),
                 'line': f'line {self.line} of the ledger and {self.delay * 1000:.0f} ms'}[self.cause]
        abort = f', abort: {self.abort}' if self.abort else ''
        return f'SIGKILL to {self.victim} at {where}{abort}'


class Nothing(Attack):
    """No attack: how it goes undisturbed."""

    def __init__(self):
        self.abort, self.victim, self.cause = None, 'nobody', 'never'
        self.full_for = 1

    def text(self):
        return 'nothing was done to it'


# -- processes ----------------------------------------------------------------------------------


def processes(state):
    """Those that watchd started: {pid: (program, session)}. All of them have the state directory for their home."""
    mark = f'HOME={state}\0'.encode()
    found = {}
    for name in os.listdir('/proc'):
        if not name.isdigit():
            continue
        try:
            with open(f'/proc/{name}/environ', 'rb') as file:
                if mark not in file.read() + b'\0':
                    continue
            with open(f'/proc/{name}/stat', encoding='utf-8') as file:
                program, fields = file.read().split('(', 1)[1].rsplit(') ', 1)
            # Dead ones only wait to be reaped.
            if fields[0] not in 'ZX':
                found[int(name)] = (program, int(fields.split()[3]))
        except OSError:
            continue
    return found


def kill(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def shims(state):
    return {pid: session for pid, (program, session) in processes(state).items() if program == 'watchd-step'}


def stands_still(pid):
    """Whether it was stopped (SIGSTOP)."""
    try:
        with open(f'/proc/{pid}/stat', encoding='utf-8') as file:
            return file.read().rsplit(') ', 1)[1][0] == 'T'
    except OSError:
        return False


def strike(attack, watchd, units=None):
    """One blow. `units`: the pattern of those that the world's steps are. Returns whether there was somebody to
    hit."""
    if units:
        return strike_units(attack, watchd, units)
    if attack.victim == 'reboot':
        watchd.end(signal.SIGKILL)
        while True:
            # Who was about to start another process has started it by now.
            left = processes(watchd.state)
            if not left:
                break
            kill(left)
        watchd.wrapper = another_boot(watchd.folder)
        return True
    isboth = attack.victim in ('both', 'family')
    hit = False
    if attack.victim in ('shim', 'both', 'family'):
        victims = shims(watchd.state)
        if attack.victim == 'family':
            sessions = set(victims.values())
            victims = [pid for pid, (_, session) in processes(watchd.state).items() if session in sessions]
        hit = bool(victims)
        # A shim that is not there yet cannot be killed.
        if not hit and attack.victim == 'shim':
            return False
        if isboth and hit and attack.between < 0.05:
            # watchd first, half of the time.
            watchd.end(signal.SIGKILL)
        kill(victims)
        if attack.victim == 'shim':
            return True
    if watchd.process.poll() is None:
        watchd.end(signal.SIGKILL)
    return True


def strike_units(attack, watchd, units):
    """What a unit runs is systemd's child."""
    if attack.victim in ('shim', 'both', 'family'):
        active = subprocess.run(['systemctl', 'list-units', '--plain', '--no-legend', units], capture_output=True,
                                text=True, check=True).stdout.split()
        if not active and attack.victim == 'shim':
            return False
        subprocess.run(['systemctl', 'kill', '--signal=KILL', units], capture_output=True, check=False)
    if attack.victim != 'shim' and watchd.process.poll() is None:
        watchd.end(signal.SIGKILL)
    return True


def another_boot(folder):
    """A command under which the kernel's boot id is another one, and its clock since boot has begun anew."""
    with open(folder + '/boot_id', 'w', encoding='utf-8') as file:
        file.write(str(uuid.uuid4()) + '\n')
    back = int(time.clock_gettime(time.CLOCK_BOOTTIME)) - 30
    mount = f'mount --bind {folder}/boot_id {BOOT_ID} && exec "$@"'
    return ['unshare', '--mount', '--propagation', 'private', '--time', f'--boottime=-{back}',
            f'--monotonic=-{back}', '/bin/sh', '-c', mount, 'sh']


def can_reboot():
    """Whether this kernel and this user let us pretend."""
    return os.geteuid() == 0 and os.path.exists('/proc/self/ns/time')
