# SPDX-License-Identifier: GPL-2.0-only
"""A Debian system as a domain of this host, for scripts.

The system is that of qemu/cache/guestdisk; its disk is the host's DISK.  The
domain's network is a bridge that the host has an address on and serves with
DHCP; nothing of it leaves the host.
"""

import os
import re
import select
import subprocess
import sys
import time

BRIDGE = 'lodgebr0'
HOST_ADDRESS = '192.0.2.1'      # RFC 5737: nobody's
GUEST_ADDRESS = '192.0.2.10'
MAC = '00:16:3e:00:00:10'
DISK = '/dev/vdb'
# an emulated machine is slow, and not always equally so
PATIENCE = 600

PROMPT = 'guest-prompt# '


def cache():
    if os.path.isdir('/cache/kernels'):
        return '/cache'
    return os.environ.get('LODGE_CACHE', os.path.expanduser('~/.cache/lodge'))


def system():
    """The directory of the system's kernel, initrd and key; whoever gave the disk says which."""
    return f'{cache()}/{os.environ["LODGE_GUESTDISK"]}'


def run(*command, **kwargs):
    return subprocess.run(command, check=True, **kwargs)


def network():
    """The bridge, an address for the host, and one for the domain."""
    if os.path.exists(f'/sys/class/net/{BRIDGE}'):
        return
    run('ip', 'link', 'add', BRIDGE, 'type', 'bridge')
    run('ip', 'address', 'add', f'{HOST_ADDRESS}/24', 'dev', BRIDGE)
    run('ip', 'link', 'set', BRIDGE, 'up')
    with open('/run/udhcpd.conf', 'w') as f:
        f.write(f'interface {BRIDGE}\nstart {GUEST_ADDRESS}\nend 192.0.2.99\n'
                f'static_lease {MAC} {GUEST_ADDRESS}\n'
                'option subnet 255.255.255.0\noption lease 3600\n'
                'lease_file /run/udhcpd.leases\npidfile /run/udhcpd.pid\n')
    open('/run/udhcpd.leases', 'w').close()
    run('busybox', 'udhcpd', '/run/udhcpd.conf', stderr=subprocess.DEVNULL)


def config(name='debian', disk=f'phy:{DISK},xvda,w', memory=384, more='', extra='',
           vcpus=1):
    top = system()
    return f'''name = "{name}"
type = "pv"
kernel = "{top}/vmlinuz"
ramdisk = "{top}/initrd.img"
extra = "root=/dev/xvda1 rw console=hvc0 {extra}"
memory = {memory}
vcpus = {vcpus}
disk = [ '{disk}' ]
vif = [ 'mac={MAC},bridge={BRIDGE}' ]
{more}
'''


def minimal(name, series='6.1', more='', memory=256):
    """A domain with the initramfs of test domains, drivers of devices beside it in /modules."""
    ramdisk = f'/run/ramdisk-{series}'
    here = os.path.dirname(os.path.realpath(__file__))
    kernel = run('sh', '-c', '. "$1/domain.sh"; [ -e "$3" ] || '
                 'domain_ramdisk_with "$2" "$3" xen-blkfront xen-netfront >&2; domain_kernel "$2"',
                 f'{here}/../lib/guest.py', here, series, ramdisk,
                 stdout=subprocess.PIPE, text=True).stdout.strip()
    return f'''name = "{name}"
type = "pv"
kernel = "{kernel}"
ramdisk = "{ramdisk}"
extra = "console=hvc0 quiet"
memory = {memory}
{more}
'''


def ssh(command, **kwargs):
    """A command in the domain, over its network."""
    key = '/run/guest_key'
    if not os.path.exists(key):
        with open(f'{system()}/id_ed25519') as f, \
                open(os.open(key, os.O_CREAT | os.O_WRONLY, 0o600), 'w') as to:
            to.write(f.read())
    return subprocess.run(
        ['ssh', '-q', '-i', key, '-o', 'StrictHostKeyChecking=no',
         '-o', 'UserKnownHostsFile=/dev/null', '-o', 'BatchMode=yes',
         # what costs an emulated machine least, of what is not out of date
         '-o', 'KexAlgorithms=curve25519-sha256', '-o', 'HostKeyAlgorithms=ssh-ed25519',
         f'root@{GUEST_ADDRESS}', command],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, **kwargs)


class Guest:
    """A domain and its console.  What it writes is passed on if `echo`."""

    def __init__(self, text, echo=False):
        self.path = f'/run/guest-{os.getpid()}.cfg'
        with open(self.path, 'w') as f:
            f.write(text)
        self.name = re.search(r'^name = "(.*)"', text, re.M).group(1)
        self.echo = echo
        self.seen = ''          # what has not yet been looked for
        self.process = subprocess.Popen(
            ['lodge', 'create', '-c', self.path], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def read(self, timeout):
        """More of the console; False at its end or when time is up."""
        fd = self.process.stdout.fileno()
        if not select.select([fd], [], [], max(timeout, 0))[0]:
            return False
        data = os.read(fd, 65536)
        if not data:
            return False
        if self.echo:
            sys.stdout.buffer.write(data)
            sys.stdout.flush()
        # colours and the like, which may come in two parts
        line = self.seen.rfind('\n') + 1
        text = self.seen[line:] + data.decode(errors='replace').replace('\r', '')
        self.seen = self.seen[:line] + re.sub(r'\x1b\[[0-9;?]*[A-Za-z]', '', text)
        return True

    def expect(self, pattern, timeout=PATIENCE):
        """Waits for it, within a line; returns what came before and the match."""
        deadline = time.monotonic() + timeout
        wanted = re.compile(pattern, re.M)
        line = 0
        while True:
            m = wanted.search(self.seen, line)
            if m:
                before = self.seen[:m.start()]
                self.seen = self.seen[m.end():]
                return before, m
            line = self.seen.rfind('\n') + 1
            if not self.read(deadline - time.monotonic()):
                raise RuntimeError(f'not seen on the console: {pattern}; last was: '
                                   f'{self.seen[-400:]!r}')

    def send(self, text):
        self.process.stdin.write((text + '\n').encode())
        self.process.stdin.flush()

    def login(self):
        self.expect(r'login: $')
        self.send('root')
        self.expect(r'[#$] $')
        self.prompt()

    def shell(self):
        """As login(), in a domain with the initramfs of test domains."""
        self.expect(r'A shell in the domain')
        self.prompt()

    def prompt(self):
        # told apart from its echo by the quotes
        self.send(f"stty -echo; PS1='{PROMPT[:5]}''{PROMPT[5:]}'; TERM=dumb")
        self.expect(f'^{PROMPT}$')

    def run(self, command, timeout=PATIENCE):
        """A command typed at the console: its output; it must succeed."""
        if self.echo:
            print(command, flush=True)      # its terminal does not
        self.send(f'{command}; echo "status=$?"')
        output, m = self.expect(r'status=(\d+)\n', timeout)
        self.expect(f'^{PROMPT}$', timeout)
        if m.group(1) != '0':
            raise RuntimeError(f'{command}: status {m.group(1)}: {output}')
        return output

    def end(self, timeout=PATIENCE):
        """Until the domain has ended; the status of lodge create."""
        deadline = time.monotonic() + timeout
        while self.read(deadline - time.monotonic()):
            pass
        os.unlink(self.path)
        return self.process.wait(max(1, deadline - time.monotonic()))

    def power_off(self):
        self.send('poweroff')
        status = self.end()
        if status:
            raise RuntimeError(f'it did not end well: status {status}')
