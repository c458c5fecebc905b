"""The daemon as a process: started, asked, killed."""

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import time


class Watchd:
    """The program, which may die and come back."""

    def __init__(self, binaries, folder, configuration, template=None, first_life=None):
        """`template`: a state directory that it begins with a copy of; `first_life`: environment of its first life
        alone."""
        self.folder = folder
        self.state = folder + '/state'
        # A command that runs it.
        self.wrapper = []
        self.first_life = first_life or {}
        if template:
            shutil.copytree(template, self.state, dirs_exist_ok=True)
        else:
            os.mkdir(self.state, 0o700)
        with open(folder + '/watchd.yaml', 'w', encoding='utf-8') as file:
            json.dump(configuration, file)
        self.command = [binaries + '/watchd', '--config', folder + '/watchd.yaml', '--state', self.state,
                        '--socket', folder + '/watchd.sock']
        # Where it is installed it knows where its shim is.
        if os.path.exists(binaries + '/watchd-step'):
            self.command += ['--shim', binaries + '/watchd-step']
        self.starts = 0
        self.start()

    def start(self):
        self.starts += 1
        environment = dict(os.environ)
        if self.starts == 1:
            environment.update(self.first_life)
        with open(self.folder + '/watchd.log', 'ab') as log:
            self.process = subprocess.Popen(self.wrapper + self.command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=environment)

    def end(self, number):
        self.process.send_signal(number)
        self.process.wait()

    def get(self, path):
        """What the socket says; None: nothing (yet)."""
        connection = http.client.HTTPConnection('localhost', timeout=10)
        try:
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.settimeout(10)
            connection.sock.connect(self.folder + '/watchd.sock')
            connection.request('GET', path)
            return json.load(connection.getresponse())
        except (OSError, ValueError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def service(self, name=None):
        """The status of a service, of the first if not named; None: it does not say yet."""
        status = self.get('/v1/status')
        return next((one for one in status['services'] if name in (None, one['name'])), None) if status else None

    def readings(self, rules):
        """What `rules`, by the names of their triggers, read; None: it does not say yet."""
        service = self.service()
        if service is None:
            return None
        found = {}
        for trigger in service['triggers']:
            value = trigger['readings'].get(rules[trigger['name']], {}).get('value')
            found[trigger['name']] = -1 if value is None else int(value)
        return found

    def position(self):
        """Where it would come back to, as it is stored; None: nowhere."""
        try:
            with open(self.state + '/checkpoint', 'rb') as file:
                found = re.search(rb'"positions":(.*?headLength.*?)}}', file.read())
        except OSError:
            return None
        # The order of its keys is another one each time.
        return sorted(found.group(1).split(b',')) if found else None

    def wait(self, condition, patience):
        """Whether it came true in time."""
        end = time.monotonic() + patience
        while not condition():
            if time.monotonic() > end or self.process.poll() is not None:
                return False
            time.sleep(0.1)
        return True


def around(streams, rules):
    """A configuration with these streams, and a rule for each sum: its reading is what is asked for, and it never
    fires."""
    triggers = [{'name': name, 'when': f'{rule} > 1000000000', 'severity': 'low'} for name, rule in rules.items()]
    service = {'warm_up': '0s', 'streams': streams, 'triggers': triggers}
    return {
        'services': {'shop': service},
        'channels': {'chat': {'webhook': 'http://127.0.0.1:9/'}},
        'routes': {'oncall': [{'to': ['chat']}], 'team': [{'to': ['chat']}]},
    }
