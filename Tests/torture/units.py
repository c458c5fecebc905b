"""Steps that are units of systemd: scripts that root installs once, and how a script finds the world it is of."""

import glob
import os
import pathlib
import subprocess
import sys

TORTURE = pathlib.Path(__file__).resolve().parent
SCRIPTS = '/etc/watchd/rollback.d'
# A link for each world, by its key, to its folder.
LEDGERS = '/run/watchd-kills'
MANNERS = {'k-drain': 'fork', 'k-link': 'switch', 'k-check': 'check', 'k-restart': 'do'}


def can_run():
    """Whether this is a booted systemd with watchd installed, and we are root."""
    return os.geteuid() == 0 and os.path.isdir('/run/systemd/system') and os.path.isdir(SCRIPTS)


def install():
    """The scripts, as the helper wants them: files of root's, each under the name of its step."""
    os.makedirs(LEDGERS, exist_ok=True)
    for name, manner in MANNERS.items():
        path = f'{SCRIPTS}/{name}'
        with open(path, 'w', encoding='utf-8') as file:
            file.write(f'#!/bin/sh\nexec {sys.executable} -ISE {TORTURE}/steps.py --unit {name} {manner} '
                       f'{LEDGERS} "$1"\n')
        os.chmod(path, 0o755)


def remove():
    for name in MANNERS:
        os.unlink(f'{SCRIPTS}/{name}')


def know(world):
    os.symlink(world.folder, f'{LEDGERS}/{world.key}')


def forget(world):
    """Nothing of it is left running."""
    subprocess.run(['systemctl', 'stop', pattern(world)], capture_output=True, check=False)
    subprocess.run(['systemctl', 'reset-failed', pattern(world)], capture_output=True, check=False)
    os.unlink(f'{LEDGERS}/{world.key}')
    for log in glob.glob(f'/run/watchd-rollback/k-*:{world.key}\\x2b*.log'):
        os.unlink(log)


def pattern(world):
    """Of the units that are this world's steps; None: it has none."""
    return f'watchd-rollback@k-*:{world.key}\\\\x2b*' if world.kind == 'units' else None
