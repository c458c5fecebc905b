"""Those who sit at their terminals: who ask for rollbacks, approve, turn the key, abort. They act as people would, and
again where watchd was away."""

import subprocess
import threading
import time

import world as worlds

# Exit statuses of watchctl.
DONE, NO_ANSWER, REFUSED = 0, 3, 4


class People(threading.Thread):
    """All of them, in a thread, so that kills meet what they ask for."""

    def __init__(self, one):
        super().__init__(daemon=True)
        self.round = one
        self.over, self.wants_abort = threading.Event(), threading.Event()
        # Nobody asks for anything more; held by whoever asks at this moment.
        self.content, self.asking = threading.Event(), threading.Lock()
        # Somebody wants to abort, or did; there was nothing left to abort.
        self.wished = self.came_late = False
        # An abort that was heard: when, and of which rollback; one that was never answered.
        self.aborted = self.unheard = None
        # Of each service: those who asked for a rollback and heard that it begins, heard nothing, were refused.
        self.asked = {name: {DONE: 0, NO_ANSWER: 0, REFUSED: 0} for name in one.world.services}
        # When somebody approved, and whether that was answered.
        self.approvals = []
        # When somebody said that the key is turned.
        self.answers = []

    def watchctl(self, *arguments):
        command = [self.round.options.bin + '/watchctl', *arguments, '--socket', self.round.folder + '/watchd.sock']
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180)

    def run(self):
        while not self.over.wait(0.05):
            with self.asking:
                if not self.content.is_set():
                    self.act()

    def act(self):
        if self.round.kind in worlds.ASKED:
            for service in self.round.world.services:
                self.ask(service)
        if self.round.world.asks_somebody() and not self.answers:
            self.turn_the_key()
        if self.wants_abort.is_set():
            self.abort()
        elif self.round.attack.abort in (None, 'held') and not self.wished or self.came_late:
            for service in self.round.world.services:
                self.insist(service)

    def running(self, service):
        """The rollback of it that goes on, as it was seen last."""
        incident = self.round.seen.get(service)
        left = [run for run in (incident or {}).get('rollbacks', []) if not run.get('ended')]
        return left[-1] if left else None

    # -- asking for it --------------------------------------------------------------------------

    def ask(self, service):
        """Until it has begun; two people who do not know of one another also while it runs."""
        begun = self.round.seen.get(service)
        if begun and (self.round.kind != 'pair' or self.wished or not self.running(service)):
            return
        status = self.watchctl('rollback', service, '--no-wait', '--reason', 'torture').returncode
        if status in self.asked[service]:
            self.asked[service][status] += 1

    def insist(self, service):
        """What was withdrawn, because nobody knows what a gate said, is wanted all the same."""
        incident = self.round.seen.get(service)
        if incident and self.round.kind == 'consent' and incident.get('offer'):
            self.consent(incident)
        elif incident and incident['state'] == 'awaiting-approval':
            if self.round.kind == 'queue' and incident.get('reason') in ('busy', 'trigger:down'):
                # It has its turn, without anybody's word.
                return
            self.over.wait(0.2)
            self.watchctl('approve', incident['id'], '--no-wait', '--comment', 'torture')
        elif incident and incident['state'] in ('open', 'cleared') and self.round.kind in worlds.ASKED \
                and all(run.get('ended') for run in incident['rollbacks']):
            status = self.watchctl('rollback', service, '--no-wait', '--reason', 'torture, again').returncode
            if status in self.asked[service]:
                self.asked[service][status] += 1

    def consent(self, incident):
        """To what the incident offers: to all of it, or by its name to the method that loses data."""
        named = any(way['method'] == 'restore' for way in incident['offer'].get('ways', []))
        at = time.time()
        reply = self.watchctl('approve', incident['id'], '--no-wait', '--comment', 'torture',
                              *(['--method', 'restore'] if named else []))
        if named and reply.returncode in (DONE, NO_ANSWER):
            self.approvals.append((at, reply.returncode == DONE))
        self.over.wait(0.2)

    def turn_the_key(self):
        incident = self.round.seen.get('shop')
        if not incident or not incident['rollbacks']:
            return
        reply = self.watchctl('step-done', incident['rollbacks'][-1]['id'])
        if reply.returncode == DONE:
            self.answers.append(f'at {time.time():.2f}')
        elif reply.returncode == REFUSED:
            self.over.wait(0.3)

    # -- stopping it ----------------------------------------------------------------------------

    def wish_abort(self):
        if not self.wished:
            self.wished = True
            self.wants_abort.set()

    def abort(self):
        """The one of shop; where that is over, whichever runs."""
        self.round.incidents()
        if not self.abort_seen() and any(one['rollbacks'] for one in self.round.seen.values()):
            self.came_late = True
            self.wants_abort.clear()

    def abort_seen(self):
        """Of what was seen last. Returns whether there was anything to abort."""
        running = [run for run in map(self.running, self.round.world.services) if run]
        if not running:
            return False
        reply = self.watchctl('abort', running[0]['id'], '--reason', 'torture')
        if reply.returncode == DONE:
            self.aborted = (time.time(), running[0]['id'])
            self.round.note('abort was heard')
            self.wants_abort.clear()
        elif reply.returncode == NO_ANSWER:
            self.unheard = running[0]['id']
            self.round.note('abort was sent, and watchd gone before it answered')
        return True

    def abort_now(self):
        """Once, while watchd stands still."""
        self.wished = True
        self.abort_seen()
        if not self.aborted:
            self.came_late = True
