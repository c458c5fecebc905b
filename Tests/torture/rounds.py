"""One world and what happens to it: the bad release, the kills, the people, until it has come to rest."""

import json
import signal
import subprocess
import tempfile
import threading
import time

import attack
import judge
import world as worlds
from daemon import Watchd

# Until a world has come to rest, however busy the machine.
PATIENCE = 120
# Between two looks at a world.
LOOK = 0.02
# Exit status of a watchctl that was not answered.
NO_ANSWER = 3


class Bad(Exception):
    """The round cannot be judged: it did not come to an end."""


class Round:
    """One world, and what happens to it."""

    def __init__(self, number, kind, options, server, database, template):
        self.number = number
        self.kind = kind
        self.options = options
        self.folder = tempfile.mkdtemp(prefix=f'watchd-kill-{number}-')
        self.world = worlds.World(f'w{number}', kind, self.folder, server, database)
        self.plan = self.world.plan()
        self.template = template
        self.since = self.down = self.asked = self.aborted = self.unheard = None
        self.answers = []
        self.kills = 0
        self.log = []
        self.found = None
        # The incident, as it was seen last.
        self.seen = None

    def note(self, text):
        self.log.append(f'{time.monotonic() - self.since:7.3f} {text}')

    # -- asking watchd --------------------------------------------------------------------------

    def watchctl(self, *arguments):
        command = [self.options.bin + '/watchctl', *arguments, '--socket', self.folder + '/watchd.sock']
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)

    def incident(self):
        found = self.watchd.get('/v1/incidents')
        if found:
            self.seen = found[0]
        return found[0] if found else None

    # -- what people do -------------------------------------------------------------------------

    def somebody(self):
        """Acts as people would, and again where watchd was away: in a thread, so that kills meet it."""
        while not self.over.wait(0.05):
            if self.kind == 'person' and not self.asked:
                if self.watchctl('rollback', 'shop', '--reason', 'torture').returncode == 0 or self.incident():
                    self.asked = True
            if self.world.asks_somebody() and not self.answers:
                if self.seen and self.seen['rollbacks']:
                    reply = self.watchctl('step-done', self.seen['rollbacks'][-1]['id'])
                    if reply.returncode == 0:
                        self.answers.append(f'at {time.time():.2f}')
                    elif reply.returncode == 4:
                        self.over.wait(0.3)
            if self.wants_abort.is_set():
                self.say_abort()
            elif not self.attack.abort or self.came_late:
                self.insist()

    def insist(self):
        """What was withdrawn, because nobody knows what a gate said, is wanted all the same."""
        incident = self.seen
        if incident and incident['state'] == 'awaiting-approval':
            self.over.wait(0.2)
            self.watchctl('approve', incident['id'], '--comment', 'torture')
        elif incident and incident['state'] == 'open' and self.kind == 'person' \
                and all(run.get('ended') for run in incident['rollbacks']):
            self.watchctl('rollback', 'shop', '--reason', 'torture, again')

    def wish_abort(self):
        if not self.wished:
            self.wished = True
            self.wants_abort.set()

    def say_abort(self):
        incident = self.incident()
        running = [run for run in (incident or {}).get('rollbacks', []) if not run.get('ended')]
        if not running:
            if incident and incident['rollbacks']:
                self.came_late = True
                self.wants_abort.clear()
            return
        reply = self.watchctl('abort', running[-1]['id'], '--reason', 'torture')
        if reply.returncode == 0:
            self.aborted = (time.time(), running[-1]['id'])
            self.note('abort was heard')
            self.wants_abort.clear()
        elif reply.returncode == NO_ANSWER:
            self.unheard = running[-1]['id']
            self.note('abort was sent, and watchd gone before it answered')

    # -- the course -----------------------------------------------------------------------------

    def run(self, plan_of_attack):
        self.attack = plan_of_attack
        self.over, self.wants_abort = threading.Event(), threading.Event()
        place = plan_of_attack.place if plan_of_attack.cause == 'boundary' else None
        self.since = time.monotonic()
        self.watchd = Watchd(self.options.bin, self.folder, self.world.configuration(), self.template, place)
        people = threading.Thread(target=self.somebody, daemon=True)
        try:
            self.until('watchd runs', lambda: self.watchd.get('/v1/status'))
            self.began = self.since = time.monotonic()
            self.world.release(worlds.BAD)
            if self.kind == 'person':
                self.until('1.1.0 is known', self.knows_bad)
            people.start()
            self.course()
            return self.finish()
        finally:
            self.over.set()
            if people.ident:
                people.join()
            if self.watchd.process.poll() is None:
                self.watchd.end(signal.SIGKILL)
            attack.kill(attack.processes(self.watchd.state))

    def knows_bad(self):
        service = self.watchd.service()
        return service and ((service.get('release') or {}).get('version') == worlds.BAD)

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
            if self.watchd.process.returncode != -signal.SIGKILL:
                raise Bad(f'watchd ended by itself with {self.watchd.process.returncode}')
            self.kills += self.attack.cause == 'boundary' and self.kills == 0
            self.note(f'watchd is gone, killed {self.kills} times')
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
            if self.kills == 0 and self.attack.cause in ('moment', 'line') and self.attack.victim != 'nobody' \
                    and self.is_due(now):
                self.kill()
            if self.attack.abort == 'alone' and now - self.began >= self.attack.moment:
                self.wish_abort()
            if now >= next_look and self.watchd.process.poll() is None:
                next_look = now + 0.2
                if self.is_at_rest():
                    return
            if now > end:
                raise Bad(f'no end within {PATIENCE} s')
            time.sleep(LOOK)

    def is_due(self, now):
        """Whether the first kill falls now."""
        aim = self.attack
        if aim.cause == 'moment':
            if now - self.began < aim.moment:
                return False
            if aim.abort == 'then':
                # The abort is on its way, or was heard just now.
                self.wish_abort()
                return now - self.began >= aim.moment + aim.between
            return True
        if self.line_at is None and self.lines_written() >= aim.line:
            self.line_at = now
        return self.line_at is not None and now - self.line_at >= aim.delay

    def lines_written(self):
        try:
            with open(self.world.ledger, 'rb') as file:
                return file.read().count(b'\n')
        except FileNotFoundError:
            return 0

    # When the line was there that the kill waits for; when watchd was started last.
    line_at, started = None, 0
    # Somebody wants to abort, or did; there was nothing left to abort.
    wished = came_late = False

    def kill(self):
        if self.watchd.process.poll() is not None:
            return
        if not attack.strike(self.attack, self.watchd):
            # No shim to hit: the next one that comes.
            return
        self.kills += 1
        self.note(f'SIGKILL to {self.attack.victim}')
        if self.attack.abort == 'after':
            self.wish_abort()

    def is_at_rest(self):
        incident = self.incident()
        if incident is None:
            return False
        running = [run for run in incident['rollbacks'] if not run.get('ended')]
        if running or not incident['rollbacks']:
            return False
        if self.aborted and incident['state'] in ('open', 'awaiting-approval'):
            return True
        if incident['state'] == 'recovered':
            # A step of `after` whose outcome was lost is for people, who end the incident.
            return 'a person must see to it' in (incident['rollbacks'][-1].get('note') or '')
        return incident['state'] in judge.ENDS

    # -- the end --------------------------------------------------------------------------------

    def finish(self):
        took = time.monotonic() - self.began
        incident = self.incident()
        if incident['state'] == 'handed-over':
            # People mend it, and say so.
            self.world.release(worlds.GOOD)
            self.until('all is clear', self.is_clear)
        if incident['state'] in ('handed-over', 'recovered'):
            self.watchctl('resolve', incident['id'], '--comment', 'torture')
        self.until('all is sent', self.is_sent)
        self.over.set()
        shown = self.watchctl('incident', incident['id'], '--json')
        if shown.returncode not in (0, 1):
            raise Bad(f'watchctl incident: {shown.stderr}')
        self.found = End(self, json.loads(shown.stdout), took)
        return judge.judge(self.found)

    def is_clear(self):
        service = self.watchd.service()
        return service and all(trigger['verdict'] == 'healthy' for trigger in service['triggers'])

    def is_sent(self):
        found = self.watchd.get('/v1/deliveries')
        return found is not None and all(one['state'] == 'sent' for one in found)


class End:
    """What is left of a world when all is over; watchd is ended for it."""

    def __init__(self, ended, shown, took):
        watchd, world = ended.watchd, ended.world
        self.took = took
        self.plan = ended.plan
        self.incident, self.events = shown['incident'], shown['timeline']
        self.rollbacks = self.incident['rollbacks']
        self.incidents = watchd.get('/v1/incidents')
        self.deliveries = watchd.get('/v1/deliveries')
        watchd.end(signal.SIGTERM)
        self.status = watchd.process.returncode
        self.state = watchd.state
        self.orphans = attack.processes(watchd.state)
        self.lines = world.lines()
        self.messages = world.messages
        self.aborted, self.unheard = ended.aborted, ended.unheard
        self.answers = ended.answers
