# SPDX-License-Identifier: GPL-2.0-only
"""TAP for tests that run outside and start test hosts.

A script of selftests/hosts runs in the host and prints TAP; its points become
ours, with a name for the host before theirs.  One more point tells whether the
host was well: it started, ran the script to its end, did not complain and
powered off.
"""

import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile
import threading

TREE = os.path.realpath(os.path.join(os.path.dirname(os.path.realpath(__file__)),
                                     '../..'))
VM = f'{TREE}/selftests/qemu/vm'
LONG = os.environ.get('LODGE_LONG') == '1'
KERNELS = os.environ.get('KERNELS', '6.1 6.12').split()

# This machine's emulator and Debian 13's; both may be set to launchers.
QEMU = os.environ.get('QEMU', 'qemu-system-x86_64')
QEMU10 = os.environ.get('QEMU10', 'qemu10')

POINT = re.compile(r'(not )?ok\b\s*\d*\s*(?:- )?(.*)')
PLAN = re.compile(r'1\.\.(\d+)')
WELL_BELOW = 120        # qemu/vm's own statuses begin here

# Hosts at a time.
AT_ONCE = int(os.environ.get('LODGE_HOSTS', '2'))

count = failed = 0
speaking = threading.Lock()


def say(text):
    print(text, flush=True)


def point(good, name):
    global count, failed
    count += 1
    failed += not good
    say(f'{"" if good else "not "}ok {count} {name}')


def skip(name, reason):
    point(True, f'{name} # SKIP {reason}')


def comment(text):
    for line in text.splitlines():
        say(f'# {line}')


def begin():
    say('TAP version 13')


def end():
    say(f'1..{count}')
    sys.exit(1 if failed else 0)


def other(kernel):
    """The series a host of this one runs as a guest: all pairs in two runs."""
    return '6.12' if kernel == '6.1' else '6.1'


def together(jobs):
    """Calls them all, a few at a time: a host seldom has work for all CPUs."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(job) for job in jobs]:
            done.result()


def host(name, script, kernel, env=None, on_line=None):
    """Boots a host and runs `script` there; returns the host's status.

    Variables of `env` are qemu/vm's.  `on_line` sees each line as it comes; what
    there is to say is said when the host has ended.
    """
    environ = {**os.environ, 'HOST_KERNEL': kernel, 'QEMU': QEMU, **(env or {})}
    with tempfile.TemporaryFile('w+') as messages:
        process = subprocess.Popen(
            [VM, f'cd /lodge/selftests/hosts && exec sh ./{script}'], env=environ,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=messages,
            text=True, errors='replace')
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip('\n'))
            if on_line:
                on_line(lines[-1])
        status = process.wait()
        with speaking:
            planned, seen = relay(name, lines)
            well = planned == seen and status < WELL_BELOW
            point(well, f'{name}: the host is well')
            if not well:
                say(f'# status {status}, {planned} points planned, {seen} seen')
                messages.seek(0)
                comment('\n'.join(messages.read().splitlines()[-80:]))
    return status


def relay(name, lines):
    """Passes a script's TAP on; returns the points it planned and those seen."""
    planned = None
    seen = 0
    for line in lines:
        m = POINT.match(line)
        if m:
            seen += 1
            point(not m.group(1), f'{name}: {m.group(2)}')
        elif PLAN.match(line):
            planned = int(PLAN.match(line).group(1))
        elif line and not line.startswith('TAP version'):
            say(line if line.startswith('#') else f'# {line}')
    return planned, seen
