"""One world and what happens to it: the bad release, the kills, the people, until it has come to rest."""

import json
import os
import signal
import subprocess
import tempfile
import threading
import time

import attack
import judge
import steps
import units
import world as worlds
from daemon import Watchd
from found import End
from people import People

# Until a world has come to rest, however busy the machine.
PATIENCE = 300
# Between two looks at a world.
LOOK = 0.02
# Of the disk that is filled: enough for the state and its reserve.
DISK = '8m'


class Bad(Exception):
    """The round cannot be judged: it did not come to an end."""


class Round:
    """One world, and what happens to it."""

    def __init__(self, number, kind, options, server, database, templates, plan_of_attack):
        self.number = number
        self.kind = kind
        self.options = options
        self.attack = plan_of_attack
        self.folder = tempfile.mkdtemp(prefix=f'watchd-kill-{number}-')
        self.first_life, stop_at = plan_of_attack.settings()
        self.world = worlds.World(f'w{number}', kind, self.folder, server, database, stop_at)
        self.template = templates[self.world.services]
        self.since = time.monotonic()
        self.down = None
        self.kills = 0
        self.log = []
        self.found = None
        # The incidents, by service, as they were seen last.
        self.seen = {}
        self.people = People(self)
        self.over = threading.Event()

    def note(self, text):
        self.log.append(f'{time.monotonic() - self.since:7.3f} {text}')

    def incidents(self):
        """Of each service the latest."""
        found = self.watchd.get('/v1/incidents')
        for incident in sorted(found or [], key=lambda one: int(one['id'].rsplit('-', 1)[1])):
            self.seen[incident['service']] = incident
        return self.seen

    # -- the course -----------------------------------------------------------------------------

    def run(self):
        state = self.folder + '/state'
        if self.kind == 'full':
            os.mkdir(state)
            subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={DISK},mode=700', 'tmpfs', state], check=True)
        if self.kind == 'units':
            units.know(self.world)
        self.watchd = Watchd(self.options.bin, self.folder, self.world.configuration(), self.template,
                             self.first_life)
        others = [self.people]
        if self.attack.cause == 'boundary' and not self.first_life.get('WATCHD_CRASH_AT'):
            others.append(threading.Thread(target=self.hold, daemon=True))
        if self.kind == 'full':
            others.append(threading.Thread(target=self.keep_full, daemon=True))
        try:
            self.until('watchd runs', lambda: self.watchd.get('/v1/status'))
            self.began = self.since = time.monotonic()
            if self.kind == 'queue':
                # One deployment of both is no cause that they share besides.
                for service in self.world.services:
                    self.people.watchctl('deploy', service, '--version', worlds.BAD)
            self.world.release(worlds.BAD)
            if self.kind in worlds.ASKED:
                self.until('1.1.0 is known', self.knows_bad)
            for other in others:
                other.start()
            self.course()
            return self.finish()
        finally:
            self.over.set()
            self.people.over.set()
            for other in others:
                if other.ident:
                    other.join()
            if self.watchd.process.poll() is None:
                self.watchd.end(signal.SIGKILL)
            attack.kill(attack.processes(self.watchd.state))
            if self.kind == 'units':
                units.forget(self.world)
            if self.kind == 'full':
                subprocess.run(['umount', '--lazy', state], check=True)

    def knows_bad(self):
        running = [self.watchd.service(name) for name in self.world.services]
        return all(((one or {}).get('release') or {}).get('version') == worlds.BAD for one in running)

    def until(self, what, condition, patience=PATIENCE):
        end = time.monotonic() + patience
        while not (found := condition()):
            self.keep_alive()
            if time.monotonic() > end:
                raise Bad(f'not within {patience} s: {what}')
            time.sleep(0.1)
        return found

    def keep_alive(self):
        """As systemd does: who died is started again, after a pause."""
        if self.watchd.process.poll() is None:
            return
        if self.down is None:
            status = self.watchd.process.returncode
            # Without a byte of room it may well refuse to begin, and say so.
            if status != -signal.SIGKILL and not (self.kind == 'full' and self.isfull and status > 0):
                raise Bad(f'watchd ended by itself with {status}')
            self.kills += 'WATCHD_CRASH_AT' in self.first_life and self.kills == 0
            self.note(f'watchd is gone ({status}), killed {self.kills} times')
            self.down = time.monotonic() + self.attack.pause
        elif time.monotonic() >= self.down:
            self.down = None
            self.watchd.start()
            self.started = time.monotonic()

    def course(self):
        """Until the incident has ended; strikes meanwhile."""
        next_look = 0
        end = time.monotonic() + PATIENCE
        while True:
            now = time.monotonic()
            self.keep_alive()
            if self.attack.victim == 'twice' and self.kills == 1 and self.down is None \
                    and now - self.started >= self.attack.again and self.watchd.process.poll() is None:
                self.kill()
            if self.kills == 0 and self.attack.victim != 'nobody' and self.is_due(now):
                self.kill()
            if self.attack.abort == 'alone' and now - self.began >= self.attack.moment:
                self.people.wish_abort()
            if now >= next_look and self.watchd.process.poll() is None:
                next_look = now + 0.2
                if self.is_at_rest() and self.stays_at_rest():
                    return
            if now > end:
                raise Bad(f'no end within {PATIENCE} s')
            time.sleep(LOOK)

    def is_due(self, now):
        """Whether the first kill falls now."""
        aim = self.attack
        if aim.cause == 'boundary':
            return self.missed
        if aim.cause == 'moment':
            if now - self.began < aim.moment:
                return False
            if aim.abort == 'then':
                # The abort is on its way, or was heard just now.
                self.people.wish_abort()
                return now - self.began >= aim.moment + aim.between
            return True
        if self.line_at is None and self.lines_written() >= aim.line:
            self.line_at = now
        return self.line_at is not None and now - self.line_at >= aim.delay

    def lines_written(self):
        """Signs of life of what should be gone are none."""
        try:
            with open(self.world.ledger, 'rb') as file:
                text = file.read()
        except FileNotFoundError:
            return 0
        return text.count(b'\n') - text.count(b'"what": "tick"')

    # When the line was there that the kill waits for; when watchd was started last.
    line_at, started = None, 0
    # It stood still at its boundary; no shim lived then, so the next that comes is met.
    washeld = missed = False
    # The disk is full; it was for a second and more, and nobody was killed or aborted anything meanwhile.
    isfull = fullness_felt = False

    def kill(self):
        if self.watchd.process.poll() is not None:
            return
        if not attack.strike(self.attack, self.watchd, units.pattern(self.world)):
            # No shim to hit: the next one that comes.
            return
        self.kills += 1
        self.note(f'SIGKILL to {self.attack.victim}')
        if self.attack.abort == 'after':
            self.people.wish_abort()

    # -- what goes on beside it -----------------------------------------------------------------

    def hold(self):
        """Whoever stands still at the boundary is met there, once; later it is only told to go on."""
        ofshim = self.attack.place.step is not None
        # Who stands still has time.
        while not self.over.wait(0.05 if ofshim else 0.01):
            held = self.held(ofshim)
            if held is None:
                continue
            if not self.washeld:
                self.washeld = True
                self.meet()
            try:
                os.kill(held, signal.SIGCONT)
            except ProcessLookupError:
                pass

    def held(self, ofshim):
        pids = attack.shims(self.watchd.state) if ofshim else [self.watchd.process.pid]
        return next((pid for pid in pids if attack.stands_still(pid)), None)

    def meet(self):
        """Everybody concerned stands still: the blow falls where it was meant to."""
        if self.attack.victim == 'nobody':
            # What was asked waits in the socket.
            asking = threading.Thread(target=self.people.abort_now, daemon=True)
            asking.start()
            asking.join(0.3)
            return
        if self.attack.victim == 'shim' and not attack.shims(self.watchd.state):
            self.missed = True
            return
        self.kill()

    def keep_full(self):
        """Somebody's log grows: what room there is, is taken, until somebody clears up."""
        while not any(line['what'] == 'full' for line in steps.read(self.world.ledger)):
            if self.over.wait(0.02):
                return
        filler = self.watchd.state + '/filler'
        self.isfull = True
        self.note('the disk is full')
        before = self.kills, self.people.wished
        end = time.monotonic() + self.attack.full_for
        while time.monotonic() < end and not self.over.wait(0.005):
            steps.fill(filler)
        self.fullness_felt = self.attack.full_for >= 1 and before == (self.kills, self.people.wished)
        os.unlink(filler)
        self.isfull = False
        self.note('there is room again')

    # -- rest -----------------------------------------------------------------------------------

    def is_at_rest(self):
        self.incidents()
        if self.isfull:
            return False
        return all(self.has_rested(self.seen.get(name)) for name in self.world.services)

    def stays_at_rest(self):
        """Somebody may ask for another at the very moment at which the last one ends."""
        self.people.content.set()
        with self.people.asking:
            rests = self.is_at_rest()
        if not rests:
            self.people.content.clear()
        return rests

    def has_rested(self, incident):
        if incident is None:
            return False
        running = [run for run in incident['rollbacks'] if not run.get('ended')]
        if running or not incident['rollbacks']:
            return False
        aborted = self.people.aborted and any(run['id'] == self.people.aborted[1] for run in incident['rollbacks'])
        if aborted and incident['state'] in ('open', 'awaiting-approval'):
            return True
        if incident['state'] == 'recovered':
            # A step of `after` whose outcome was lost is for people, who end the incident.
            return 'a person must see to it' in (incident['rollbacks'][-1].get('note') or '')
        if self.kind == 'consent' and incident.get('offer') and not aborted:
            # Somebody will say yes.
            return False
        return incident['state'] in judge.ENDS

    # -- the end --------------------------------------------------------------------------------

    def finish(self):
        took = time.monotonic() - self.began
        running = {name: self.world.running(name) for name in self.world.services}
        for name in self.world.services:
            self.see_to(name, self.seen[name])
        self.until('all is sent', self.is_sent)
        self.people.over.set()
        shown = {}
        for name in self.world.services:
            reply = self.people.watchctl('incident', self.seen[name]['id'], '--json')
            if reply.returncode not in (0, 1):
                raise Bad(f'watchctl incident: {reply.stderr}')
            shown[name] = json.loads(reply.stdout)
        self.found = End(self, shown, running, took)
        return judge.judge(self.found)

    def see_to(self, service, incident):
        """People mend it, and say so."""
        if incident['state'] == 'handed-over':
            self.world.release(worlds.GOOD, service)
            self.until('all is clear', lambda: self.is_clear(service))
        if incident['state'] in ('handed-over', 'recovered'):
            self.people.watchctl('resolve', incident['id'], '--comment', 'torture')

    def is_clear(self, service):
        service = self.watchd.service(service)
        return service and all(trigger['verdict'] == 'healthy' for trigger in service['triggers'])

    def is_sent(self):
        found = self.watchd.get('/v1/deliveries')
        return found is not None and all(one['state'] == 'sent' for one in found)
