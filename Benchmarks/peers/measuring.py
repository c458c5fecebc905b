"""Processes and what the kernel says they cost."""

import json
import os
import resource
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request

TICKS = os.sysconf("SC_CLK_TCK")


class Trouble(Exception):
    """Why something could not be measured."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listen_everywhere():
    """A socket at all addresses of 127.0.0.0/8, for nobody but this host."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")
    listener.bind(("0.0.0.0", 0))
    listener.listen(1024)
    listener.set_inheritable(True)
    return listener


def may_open_many():
    """As watchd.service may; what is started from now on inherits it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    many = 65536 if most == resource.RLIM_INFINITY else min(65536, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (many, most))


def fetch(url, seconds=5):
    # Of servers that were made for the occasion.
    context = ssl._create_unverified_context()  # pylint: disable=protected-access
    with urllib.request.urlopen(url, timeout=seconds, context=context) as answer:
        return answer.read().decode()


def wait_for(url, process, seconds=15):
    """Until `url` answers 200."""
    end = time.monotonic() + seconds
    while True:
        try:
            return fetch(url, 1)
        except (urllib.error.URLError, OSError) as error:
            if process.poll() is not None:
                ended = f"{process.args[0]} ended with status {process.returncode}"
                raise Trouble(ended) from error
            if time.monotonic() > end:
                raise Trouble(f"{url} does not answer: {error}") from error
            time.sleep(0.05)


def cpu_of(pid):
    """CPU seconds of a process that runs: utime and stime of proc_pid_stat(5)."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def private_megabytes(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        for line in status:
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) / 1024
    raise Trouble(f"no RssAnon of process {pid}")


class Processes:
    """Those that were started; `end` leaves none behind."""

    def __init__(self, directory):
        self.directory = directory
        self.running = []

    def start(self, words, name, listeners=()):
        """What gets listeners gets them as nginx wants them: by number, in its environment."""
        environment = dict(os.environ)
        numbers = [listener.fileno() for listener in listeners]
        if numbers:
            environment["NGINX"] = "".join(f"{number};" for number in numbers)
        with open(self.directory / f"{name}.out", "ab") as output:
            process = subprocess.Popen(
                [str(word) for word in words], stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, env=environment, pass_fds=numbers)
        self.running.append(process)
        return process

    def stop(self, process):
        """One of those that were started."""
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self.running.remove(process)

    def run(self, words, seconds=120):
        """Runs a program to its end: what it printed as JSON, and its CPU seconds."""
        path = self.directory / "run.out"
        with open(path, "wb") as output:
            process = subprocess.Popen(
                [str(word) for word in words], stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.PIPE)
        self.running.append(process)
        cpu = self.reap(process, seconds)
        return path.read_text(encoding="utf-8"), cpu

    def reap(self, process, seconds):
        """Waits until a process ended well; its CPU seconds."""
        end = time.monotonic() + seconds
        # Not Popen.wait: the kernel tells what a child cost when it is reaped, once.
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > end:
                raise Trouble(f"{process.args[0]} took more than {seconds} s")
            time.sleep(0.01)
        self.running.remove(process)
        process.returncode = os.waitstatus_to_exitcode(status)
        complaint = ""
        if process.stderr:
            complaint = process.stderr.read().decode(errors="replace").strip()
            process.stderr.close()
        if process.returncode != 0:
            what = complaint or f"status {process.returncode}"
            raise Trouble(f"{' '.join(process.args[:2])}: {what}")
        return usage.ru_utime + usage.ru_stime

    def best(self, times, words, count, key):
        """The most of `key` a CPU second in so many runs; each must have done all."""
        best = 0.0
        for _ in range(times):
            output, cpu = self.run(words)
            done = json.loads(output)[key]
            if done != count:
                raise Trouble(f"{words[0]} counted {done} {key} of {count}")
            best = max(best, count / cpu)
        return best

    def end(self):
        for process in reversed(self.running):
            if process.poll() is None:
                process.terminate()
        for process in self.running:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.running = []
