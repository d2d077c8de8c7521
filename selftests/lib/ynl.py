# SPDX-License-Identifier: GPL-2.0-only
"""A small interpreter of YNL specs (Documentation/netlink/specs) of the kind
that lodge's is: a genetlink family."""

import os
import struct

import netlink
import yaml

CTRL, CTRL_GETFAMILY, CTRL_GETPOLICY = 16, 3, 10

SIZE = {'u32': 'I', 'u64': 'Q'}


class Spec:
    def __init__(self, path):
        with open(path) as f:
            self.yaml = yaml.safe_load(f)
        self.name = self.yaml['name']
        definitions = self.yaml['definitions']
        self.const = {d['name']: d['value'] for d in definitions if d['type'] == 'const'}
        self.enum = {}
        for d in definitions:
            if d['type'] == 'enum':
                names = [e['name'] for e in d['entries']]
                self.enum[d['name']] = dict(enumerate(names, d.get('value-start', 0)))
        self.sets = {s['name']: self.numbered(s['attributes'])
                     for s in self.yaml['attribute-sets']}
        self.ops = self.numbered(self.yaml['operations']['list'])
        self.groups = [g['name'] for g in self.yaml.get('mcast-groups', {}).get('list', ())]

    @staticmethod
    def numbered(entries):
        found = {}
        number = 0
        for e in entries:
            number = e.get('value', number + 1)
            found[e['name']] = {**e, 'number': number}
        return found

    def attributes(self, op):
        return self.sets[self.ops[op]['attribute-set']]

    def check(self, attribute, name):
        """One of its checks as a number, or None."""
        value = attribute.get('checks', {}).get(name)
        return self.const.get(value, value)

    def encode(self, op, values):
        return self.encode_set(self.attributes(op), values)

    def encode_set(self, known, values):
        """A list is an attribute that comes as often, a dictionary is a nest."""
        data = b''
        for name, given in values.items():
            for value in given if isinstance(given, list) else [given]:
                data += self.encode_one(known[name], value)
        return data

    def encode_one(self, a, value):
        kind = a['type']
        if kind == 'nest':
            nested = self.encode_set(self.sets[a['nested-attributes']], value)
            return netlink.attr(a['number'] | netlink.NESTED, nested)
        if kind in SIZE:
            payload = struct.pack(SIZE[kind], value)
        elif kind == 'string':
            payload = value.encode() + b'\0'
        else:
            payload = value if kind == 'binary' else b''
        return netlink.attr(a['number'], payload)

    def decode_one(self, a, payload):
        kind = a['type']
        if kind == 'nest':
            return self.decode_set(self.sets[a['nested-attributes']], payload)
        if kind in SIZE:
            value = struct.unpack(SIZE[kind], payload)[0]
            return self.enum[a['enum']][value] if 'enum' in a else value
        if kind == 'string':
            if payload[-1:] != b'\0':
                raise ValueError(f'{a["name"]}: no NUL at the end')
            return payload[:-1].decode()
        if kind == 'flag':
            if payload:
                raise ValueError(f'{a["name"]}: a flag of {len(payload)} bytes')
            return True
        if kind != 'binary':
            raise ValueError(f'{a["name"]}: type {kind}')
        return payload

    def decode(self, op, data):
        """A KeyError or ValueError if it is not as the spec says."""
        return self.decode_set(self.attributes(op), data)

    def decode_set(self, known, data):
        by_number = {a['number']: a for a in known.values()}
        values = {}
        for number, payload, _ in netlink.attrs(data):
            a = by_number[number]
            if a['type'] == 'pad':
                continue
            value = self.decode_one(a, payload)
            if a.get('multi-attr'):
                values.setdefault(a['name'], []).append(value)
            elif a['name'] in values:
                raise ValueError(f'{a["name"]}: twice')
            else:
                values[a['name']] = value
        return values


class Family:
    """The family a spec describes, as the kernel has it."""

    def __init__(self, spec):
        self.spec = spec
        self.socket = netlink.Socket()
        name = netlink.attr(2, spec.name.encode() + b'\0')
        said = netlink.unnest(self.control(CTRL_GETFAMILY, 0, name)[0])
        self.id, = struct.unpack('H', said[1])
        self.version, = struct.unpack('I', said[3])
        self.maxattr, = struct.unpack('I', said[5])
        # command: flags, of which 2 is do, 4 is dump, 8 has a policy
        self.commands = {}
        for _, one, _ in netlink.attrs(said.get(6, b'')):
            op = netlink.unnest(one)
            self.commands[struct.unpack('I', op[1])[0]] = struct.unpack('I', op[2])[0]
        self.groups = {}
        for _, one, _ in netlink.attrs(said.get(7, b'')):
            group = netlink.unnest(one)
            self.groups[group[1].rstrip(b'\0').decode()] = struct.unpack('I', group[2])[0]

    def control(self, command, flags, payload):
        return [data[4:] for data in self.socket.ask(
            CTRL, flags, struct.pack('BBH', command, 1, 0) + payload)]

    def raw(self, op, flags, payload):
        number = op if isinstance(op, int) else self.spec.ops[op]['number']
        return self.socket.ask(self.id, flags, struct.pack('BBH', number, self.version, 0) + payload)

    def do(self, op, **values):
        values = {k.replace('_', '-'): v for k, v in values.items()}
        answers = self.raw(op, 0, self.spec.encode(op, values))
        return [self.decode(op, a) for a in answers][0] if answers else None

    def dump(self, op):
        return [self.decode(op, a) for a in self.raw(op, netlink.DUMP, b'')]

    def decode(self, op, data):
        if data[0] != self.spec.ops[op]['number']:
            raise ValueError(f'{op}: answered by command {data[0]}')
        return self.spec.decode(op, data[4:])

    def subscribe(self, group):
        events = netlink.Socket()
        events.join(self.groups[group])
        return Events(self, events)


class Events:
    def __init__(self, family, events):
        self.family = family
        self.socket = events
        self.waiting = []
        self.ops = {op['number']: name for name, op in family.spec.ops.items() if 'event' in op}

    def next(self, timeout=60):
        """The attributes of the next; TimeoutError if there is none."""
        while not self.waiting:
            for kind, _, data in self.socket.messages(timeout):
                if kind == self.family.id:
                    self.waiting.append(self.family.spec.decode(self.ops[data[0]], data[4:]))
        return self.waiting.pop(0)


def lodge():
    here = os.path.dirname(os.path.realpath(__file__))
    return Spec(f'{here}/../../Documentation/netlink/specs/lodge.yaml')
