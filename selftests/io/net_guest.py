# SPDX-License-Identifier: GPL-2.0-only
"""A test guest with a network frontend, and the toolstack's part of its handshake.

The guest's lines "net: VERB ..." (pvguest/front/net.c) are carried out here, by
netlink; its TAP becomes ours."""

import ctypes
import fcntl
import json
import os
import re
import socket
import struct
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, f'{HERE}/../lib')
import netlink                  # noqa: E402
import tap                      # noqa: E402

GUESTS = f'{HERE}/../../build/pvguest'

# lodge/netlink.h
ADD, REMOVE, CONNECT, DISCONNECT, SET, QUERY = range(8, 14)
DOMID, DEVICE = 2, 18
TYPE, ID, STATE, REASON, FEATURES, MAX_QUEUES, MAX_RING_ORDER, QUEUE = range(2, 10)
IFNAME, IFINDEX, MAC, RATE, RATE_INTERVAL = range(20, 25)
IN_BYTES, OUT_BYTES, IN_REQUESTS, OUT_REQUESTS, ERRORS, IN_FLIGHT = range(25, 31)
Q_REFS, Q_PORT, Q_RX_REFS, Q_RX_PORT = range(1, 5)
NET = 2
CLOSED, CONNECTED, BROKEN = 1, 2, 3

GUEST_MAC = bytes.fromhex('00163e5d0001')
# nlctrl
CTRL_GETFAMILY, CTRL_FAMILY_ID, CTRL_FAMILY_NAME = 3, 1, 2


def u32(value):
    return struct.pack('I', value)


def u64(value):
    return struct.pack('Q', value)


class Control:
    """The DEVICE commands about one network device."""

    def __init__(self, domid, number=0):
        self.socket = netlink.Socket()
        self.family = self.find()
        self.domid = domid
        self.number = number

    def find(self):
        head = struct.pack('BBH', CTRL_GETFAMILY, 1, 0)
        name = netlink.attr(CTRL_FAMILY_NAME, b'lodge\0')
        answer = self.socket.ask(netlink.GENERIC, 0, head + name)[0]
        return struct.unpack('H', netlink.unnest(answer[4:])[CTRL_FAMILY_ID])[0]

    def ask(self, command, *more):
        device = netlink.attr(TYPE, u32(NET)) + netlink.attr(ID, u32(self.number))
        device += b''.join(more)
        payload = (struct.pack('BBH', command, 1, 0) + netlink.attr(DOMID, u32(self.domid)) +
                   netlink.attr(DEVICE | netlink.NESTED, device))
        answers = self.socket.ask(self.family, 0, payload)
        if answers:
            return netlink.unnest(netlink.unnest(answers[0][4:])[DEVICE])
        return None

    def add(self, ifname=None, rate=None):
        more = [netlink.attr(MAC, GUEST_MAC)]
        if ifname:
            more.append(netlink.attr(IFNAME, ifname.encode() + b'\0'))
        if rate:
            more.append(netlink.attr(RATE, u64(rate)))
        return self.ask(ADD, *more)

    def connect(self, features, queues):
        more = [netlink.attr(FEATURES, u32(features))]
        for tx, rx, port, rx_port in queues:
            more.append(netlink.attr(QUEUE | netlink.NESTED,
                                     netlink.attr(Q_REFS, u32(tx)) +
                                     netlink.attr(Q_PORT, u32(port)) +
                                     netlink.attr(Q_RX_REFS, u32(rx)) +
                                     netlink.attr(Q_RX_PORT, u32(rx_port))))
        self.ask(CONNECT, *more)

    def disconnect(self):
        self.ask(DISCONNECT)

    def set_rate(self, rate):
        self.ask(SET, netlink.attr(RATE, u64(rate)))

    def remove(self):
        self.ask(REMOVE)

    def query(self):
        return self.ask(QUERY)

    def state(self):
        return struct.unpack('I', self.query()[STATE])[0]

    def figure(self, number):
        return struct.unpack('Q', self.query()[number])[0]


def until(seconds, check):
    end = time.monotonic() + seconds
    while not check():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def ip(*words, check=True):
    return subprocess.run(['ip', *words], check=check, capture_output=True, text=True)


def ethtool_stats(ifname):
    """What `ethtool -S` would print."""
    SIOCETHTOOL, GSSET_INFO, GSTRINGS, GSTATS, STATS = 0x8946, 0x37, 0x1b, 0x1d, 1

    def ask(data):
        buffer = ctypes.create_string_buffer(bytes(data), len(data))
        request = struct.pack('16sP16x', ifname.encode(), ctypes.addressof(buffer))
        with socket.socket() as s:
            fcntl.ioctl(s, SIOCETHTOOL, request)
        return buffer.raw

    n = struct.unpack_from('I', ask(struct.pack('IIQI', GSSET_INFO, 0, 1 << STATS, 0)), 16)[0]
    names = ask(struct.pack('III', GSTRINGS, STATS, n) + bytes(32 * n))[12:]
    values = ask(struct.pack('II', GSTATS, n) + bytes(8 * n))[8:]
    return {names[32 * i:32 * i + 32].rstrip(b'\0').decode():
            struct.unpack_from('Q', values, 8 * i)[0] for i in range(n)}


class Guest:
    """A domain of a test guest, created now; run() serves its console to the end."""

    def __init__(self, case, extra='', **add):
        path = f'{GUESTS}/{case}.cfg'
        text = open(path).read()
        kernel = os.path.basename(re.search(r'^kernel *= *"(.*)"', text, re.M).group(1))
        words = re.search(r'^extra *= *"(.*)"', text, re.M).group(1)
        self.case = case
        self.add = add
        self.process = subprocess.Popen(
            ['lodge', 'create', '-c', path, f'kernel="{GUESTS}/{kernel}"',
             f'extra="{words} {extra}"'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.control = self.ifname = None
        self.connected = threading.Event()
        self.thread = None
        self.handlers = {}
        self.ended = False

    def domid(self):
        out = subprocess.run(['lodge', 'domid', self.case], capture_output=True, text=True,
                             check=True).stdout
        return int(out)

    def device(self):
        if not self.control:
            self.control = Control(self.domid())
            made = self.control.add(**self.add)
            self.ifname = made[IFNAME].rstrip(b'\0').decode()
            ip('link', 'set', self.ifname, 'up')
        return self.control

    @staticmethod
    def queues(words):
        return [tuple(int(n) for n in word.split(',')) for word in words]

    def verb_connect(self, words):
        control = self.device()
        control.disconnect()
        features, self.rings = int(words[0]), self.queues(words[1:])
        control.connect(features, self.rings)
        self.connected.set()

    def verb_refused(self, words):
        control = self.device()
        control.disconnect()
        try:
            control.connect(0, self.queues(words[1:]))
            tap.ok(False, f'{self.case}: refused')
        except netlink.Error as e:
            tap.ok(e.text, f'{self.case}: refused: {e.text}')

    def verb_disconnect(self, words):
        self.device().disconnect()

    def verb_broken(self, words):
        why, control = ' '.join(words), self.device()
        broken = until(20, lambda: control.state() == BROKEN)
        reason = control.query().get(REASON, b'').rstrip(b'\0').decode()
        tap.ok(broken and why in reason, f'{self.case}: broken: {why}', f'reason {reason!r}')

    def line(self, line):
        m = re.match(r'(not )?ok\s+\d+\s*(.*)', line)
        if m:
            tap.ok(not m.group(1), f'{self.case}: {m.group(2)}')
        elif line.startswith('net: '):
            verb, *words = line[5:].split()
            handler = self.handlers.get(verb) or getattr(self, f'verb_{verb}')
            handler(words)
            self.process.stdin.write(b'\n')
            self.process.stdin.flush()
        elif line.startswith('#'):
            print(line, flush=True)
        elif line and not re.match(r'TAP|1\.\.', line):
            print(f'# {self.case}: {line}', flush=True)

    def serve(self):
        for raw in self.process.stdout:
            self.line(raw.decode(errors='replace').rstrip())
        self.ended = True

    def start(self):
        """Serve the console while the caller does something."""
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        return self

    def finish(self, seconds=120):
        if self.thread:
            self.thread.join(seconds)
        else:
            self.serve()
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            status = None
        tap.ok(status == 0, f'{self.case}: ends well', f'status {status}')
        if status != 0:
            self.destroy()

    def destroy(self):
        subprocess.run(['lodge', 'destroy', self.case], capture_output=True)
        self.process.kill()


def domains():
    out = subprocess.run(['lodge', 'list', '--json'], capture_output=True, text=True)
    return json.loads(out.stdout)
