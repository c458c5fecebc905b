"""What is left of a world when all is over, as a whole and service by service."""

import signal

import attack


class View:
    """What concerns one service that was rolled back."""

    def __init__(self, end, service, shown):
        self.end = end
        self.service = service
        self.kind = end.kind
        self.plan = end.plan
        self.incident, self.events = shown['incident'], shown['timeline']
        self.rollbacks = self.incident['rollbacks']
        self.incidents = [one for one in end.incidents if one['service'] == service]
        own = service + '-'
        self.lines = [line for line in end.lines if (line['rollback'] or own).startswith(own)]
        self.messages = [one for one in end.messages if one['service'] == service]
        self.deliveries = end.deliveries
        self.aborted = end.people.aborted if self.has(end.people.aborted and end.people.aborted[1]) else None
        self.unheard = end.people.unheard
        self.answers = end.people.answers
        self.running = end.running[service]

    def has(self, rollback):
        return any(run['id'] == rollback for run in self.rollbacks)


class End:
    """watchd is ended for it. `running`: what release of each service ran before people mended anything."""

    def __init__(self, ended, shown, running, took):
        watchd, world = ended.watchd, ended.world
        self.took = took
        self.kind = ended.kind
        self.folder = ended.folder
        self.attack = ended.attack
        self.fullness_felt = ended.fullness_felt
        self.people = ended.people
        self.plan = world.plans.plan()
        self.secret = world.secret
        self.running = running
        self.world = world
        self.incidents = watchd.get('/v1/incidents')
        self.deliveries = watchd.get('/v1/deliveries')
        watchd.end(signal.SIGTERM)
        self.status = watchd.process.returncode
        self.state = watchd.state
        self.orphans = attack.processes(watchd.state)
        self.lines = world.lines()
        self.messages = world.messages
        self.shown = shown
        self.views = [View(self, service, one) for service, one in shown.items()]

    @property
    def rollbacks(self):
        return [run for view in self.views for run in view.rollbacks]

    @property
    def events(self):
        """Of all the incidents, in order."""
        return sorted((event for view in self.views for event in view.events), key=lambda event: event['id'])
