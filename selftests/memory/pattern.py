# SPDX-License-Identifier: GPL-2.0-only
"""A domain that verifies all of its memory for ever (pvguest/tests/pattern), and
what one may want to know of it meanwhile."""

import ctypes
import fcntl
import glob
import json
import mmap
import os
import re
import signal
import subprocess
import threading
import time

import tap

HERE = os.path.dirname(os.path.realpath(__file__))
GUEST = os.path.realpath(f'{HERE}/../../build/pvguest/pattern.cfg')
LONG = os.environ.get('LODGE_LONG') == '1'
PATIENCE = 120
PAGE = 4096

libc = ctypes.CDLL(None, use_errno=True)
SYS_MIGRATE_PAGES, SYS_MOVE_PAGES, SYS_PIDFD_OPEN, SYS_PROCESS_MADVISE = 256, 279, 434, 440
MADV_PAGEOUT = 21


def syscall(number, *args):
    result = libc.syscall(ctypes.c_long(number), *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def write(path, text):
    with open(path, 'w') as f:
        f.write(str(text))


def read(path):
    with open(path) as f:
        return f.read()


def words(path, key):
    """The number after a key, in files of "key value" lines."""
    m = re.search(rf'^{key}:?\s+(\d+)', read(path), re.M)
    return int(m.group(1)) if m else 0


def lodge(*args):
    return subprocess.run(['lodge', *args], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True)


def until(condition, patience=PATIENCE):
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


class Pattern:
    def __init__(self, name='pattern', memory=64):
        self.name = name
        done = lodge('create', '-p', GUEST, f'name="{name}"', f'memory={memory}',
                     'on_crash="preserve"')
        if done.returncode:
            raise RuntimeError(done.stderr)
        self.id = int(lodge('domid', name).stdout)
        self.cgroup = f'/sys/fs/cgroup/lodge/{self.id}'
        self.round = self.wrong = 0
        self.pages = None
        self.changed = threading.Condition()
        self.console = subprocess.Popen(['lodge', 'console', name], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self.listen, daemon=True).start()

    def start(self):
        lodge('unpause', self.name)
        return self.rounds(1)

    def listen(self):
        for line in self.console.stdout:
            with self.changed:
                if line.startswith('not ok'):
                    self.wrong += 1
                    tap.diag(f'{self.name}: {line}')
                m = re.match(r'# round (\d+): (\d+) wrong', line)
                if m:
                    self.round, self.wrong = map(int, m.groups())
                m = re.match(r'# pages ([0-9a-f]+) to ([0-9a-f]+)', line)
                if m:
                    self.pages = tuple(int(x, 16) for x in m.groups())
                self.changed.notify_all()

    def rounds(self, count):
        """Wait for that many rounds that begin after now; what was there before
        this call has been verified by then."""
        with self.changed:
            wanted = self.round + count + 1
            return self.changed.wait_for(lambda: self.round >= wanted or self.wrong, PATIENCE) \
                and not self.wrong

    @property
    def runner(self):
        return json.loads(lodge('info', '--json', self.name).stdout).get('runner_pid')

    def state(self):
        done = lodge('info', '--json', self.name)
        return json.loads(done.stdout)['state'] if not done.returncode else 'gone'

    def knob(self, name):
        return f'{self.cgroup}/{name}'

    def charged(self):
        return int(read(self.knob('memory.current')))

    def stat(self, key):
        return words(self.knob('memory.stat'), key)

    def counter(self, name):
        return words(f'/sys/kernel/debug/lodge/{self.id}/counters', name)

    def audit(self):
        return read(f'/sys/kernel/debug/lodge/{self.id}/audit')

    def clean(self, when):
        text = self.audit()
        tap.ok(', 0 errors' in text, f'the shadow audit is clean {when}', *text.splitlines())

    def mapping(self):
        """Address of its memory in the runner."""
        with open(f'/proc/{self.runner}/maps') as f:
            for line in f:
                if f'/dev/zero' not in line and f'lodge-{self.id}' in line:
                    return int(line.split('-')[0], 16)
        raise RuntimeError('the runner has not mapped the domain')

    def page_out(self):
        """MADV_PAGEOUT of all of it."""
        first, end = self.pages
        vec = (ctypes.c_uint64 * 2)(self.mapping() + first * PAGE, (end - first) * PAGE)
        pidfd = syscall(SYS_PIDFD_OPEN, self.runner, 0)
        try:
            return syscall(SYS_PROCESS_MADVISE, pidfd, vec, ctypes.c_ulong(1), MADV_PAGEOUT, 0)
        finally:
            os.close(pidfd)

    def flip(self, pfn, byte):
        """One bit of one byte, from outside."""
        device = os.open('/dev/lodge', os.O_RDWR)
        fd = fcntl.ioctl(device, 0xb500, self.id)
        with mmap.mmap(fd, PAGE, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE,
                       offset=pfn * PAGE) as m:
            m[byte] ^= 0x10
        os.close(fd)
        os.close(device)

    def destroy(self):
        done = lodge('destroy', self.name)
        self.console.wait()
        return tap.ok(done.returncode == 0, f'{self.name} can be destroyed', done.stderr)


class Swap:
    """zram as swap space, for a with statement."""

    def __init__(self, mib=256):
        self.mib = mib

    def __enter__(self):
        subprocess.run(['modprobe', 'zram', 'num_devices=1'], check=True)
        write('/sys/block/zram0/disksize', f'{self.mib}M')
        subprocess.run(['mkswap', '-q', '/dev/zram0'], check=True)
        subprocess.run(['swapon', '/dev/zram0'], check=True)
        return self

    def __exit__(self, *_):
        subprocess.run(['swapoff', '/dev/zram0'], check=True)
        write('/sys/block/zram0/reset', 1)
        subprocess.run(['rmmod', 'zram'], check=True)


def nodes():
    return sorted(int(p[len('/sys/devices/system/node/node'):])
                  for p in glob.glob('/sys/devices/system/node/node[0-9]*'))


def kill(pid, sig=signal.SIGKILL):
    os.kill(pid, sig)
