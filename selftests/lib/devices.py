# SPDX-License-Identifier: GPL-2.0-only
"""Devices of domains by the netlink family, for tests that play the toolstack:
uapi/lodge/netlink.h says what the commands and attributes mean."""

import json
import re
import struct
import subprocess

import netlink

GET_FAMILY = struct.pack('BBH', 3, 1, 0)
CONTROLLER = 16

ADD, REMOVE, CONNECT, DISCONNECT, SET, QUERY, NTF = range(8, 15)
DOMID, DEVICE, DEVICE_EVENT = 2, 18, 19
BLOCK, NET = 1, 2
CLOSED, CONNECTED, BROKEN = 1, 2, 3
EV_ADDED, EV_CONNECTED, EV_DISCONNECTED, EV_BROKEN, EV_RESIZED, EV_REMOVED, EV_ERROR = range(1, 8)

NAMES = ('unspec pad type id state reason features max_queues max_ring_order queue fd read_only '
         'resized sectors sector_size physical_sector_size flush discard discard_granularity '
         'discard_alignment ifname ifindex mac rate rate_interval in_bytes out_bytes in_requests '
         'out_requests errors in_flight').split()
NUMBER = {name: n for n, name in enumerate(NAMES)}
RING_REFS, PORT, RX_RING_REFS, RX_PORT = 1, 2, 3, 4
FLAGS = ('read_only', 'resized', 'flush', 'discard')
TEXTS = ('reason', 'ifname')


def u32(value):
    return struct.pack('I', value)


def encode(name, value):
    if name in FLAGS:
        return netlink.attr(NUMBER[name], b'') if value else b''
    if name in TEXTS:
        value = value.encode() + b'\0'
    elif name == 'rate':
        value = struct.pack('Q', value)
    elif isinstance(value, int):
        value = u32(value)
    return netlink.attr(NUMBER[name], value)


def decode(payload):
    device = {name: False for name in FLAGS}
    for number, data, _ in netlink.attrs(payload):
        name = NAMES[number]
        if name in FLAGS:
            device[name] = True
        elif name in TEXTS:
            device[name] = data.rstrip(b'\0').decode()
        elif len(data) in (4, 8):
            device[name] = int.from_bytes(data, 'little')
        else:
            device[name] = data
    return device


class Devices:
    def __init__(self):
        self.socket = netlink.Socket()
        name = netlink.attr(2, b'lodge\0')
        about = netlink.unnest(self.socket.ask(CONTROLLER, 0, GET_FAMILY + name)[0][4:])
        self.family = struct.unpack('H', about[1])[0]
        groups = netlink.unnest(about[7])
        self.group = struct.unpack('I', netlink.unnest(groups[1])[2])[0]

    def ask(self, command, domid, kind, number, queues=(), **what):
        inner = encode('type', kind) + encode('id', number)
        inner += b''.join(encode(name, value) for name, value in what.items())
        for refs, port in queues:
            queue = netlink.attr(RING_REFS, b''.join(u32(ref) for ref in refs))
            queue += netlink.attr(PORT, u32(port))
            inner += netlink.attr(NUMBER['queue'] | netlink.NESTED, queue)
        payload = struct.pack('BBH', command, 1, 0) + netlink.attr(DOMID, u32(domid))
        payload += netlink.attr(DEVICE | netlink.NESTED, inner)
        answers = self.socket.ask(self.family, 0, payload)
        return decode(netlink.unnest(answers[0][4:])[DEVICE]) if answers else None

    def events(self):
        """A socket to give to event()."""
        s = netlink.Socket()
        s.join(self.group)
        return s

    def event(self, s, wanted, timeout=30):
        """Wait for an event of that kind: the device; TimeoutError."""
        while True:
            for kind, _, data in s.messages(timeout):
                if kind != self.family or data[0] != NTF:
                    continue
                about = netlink.unnest(data[4:])
                if struct.unpack('I', about[DEVICE_EVENT])[0] == wanted:
                    return decode(about[DEVICE])


class Front:
    """What a guest of pvguest/front/ says in a line of its console."""

    LINE = re.compile(r'# front: (\w+) (\d+) persistent=(\d)((?: port=\d+ refs=[\d,]+)+)')

    def __init__(self, match):
        self.kind, self.id, self.persistent = match[1], int(match[2]), int(match[3])
        self.queues = [([int(ref) for ref in refs.split(',')], int(port))
                       for port, refs in re.findall(r'port=(\d+) refs=([\d,]+)', match[4])]


class Guest:
    """A domain of a test guest, whose console is read line by line."""

    def __init__(self, guests, case, extra):
        self.name = case
        self.process = subprocess.Popen(
            ['lodge', 'create', '-c', f'{guests}/{case}.cfg', f'kernel="{guests}/{case}.elf"',
             f'extra="front=console {extra}"'],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def domid(self):
        out = subprocess.run(['lodge', 'list', '--json'], capture_output=True, text=True).stdout
        listed = json.loads(out)
        for d in listed if isinstance(listed, list) else listed['domains']:
            if d['name'] == self.name:
                return d.get('domid', d.get('id'))
        raise LookupError(self.name)

    def lines(self):
        for line in self.process.stdout:
            yield line.decode(errors='replace').replace('\r', '').rstrip('\n')

    def destroy(self):
        return subprocess.run(['lodge', 'destroy', self.name], capture_output=True).returncode == 0
