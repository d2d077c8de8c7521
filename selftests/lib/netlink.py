# SPDX-License-Identifier: GPL-2.0-only
"""Netlink messages by hand: a socket, attributes, errors with all they say."""

import os
import select
import socket
import struct

SOL_NETLINK = 270
ADD_MEMBERSHIP, CAP_ACK, EXT_ACK = 1, 10, 11
GENERIC = 16
REQUEST, MULTI, ACK, CAPPED, ACK_TLVS, DUMP = 1, 2, 4, 0x100, 0x200, 0x300
MSG_ERROR, MSG_DONE = 2, 3
ERR_MSG, ERR_OFFSET, ERR_MISSING = 1, 2, 5
NESTED = 0x8000
TYPE_MASK = 0x3fff


class Error(OSError):
    """A refusal: errno, the kernel's sentence, number of the attribute it
    complains about, and of the one it misses."""

    def __init__(self, errno, text='', attr=None, missing=None):
        super().__init__(errno, os.strerror(errno))
        self.text = text
        self.attr = attr
        self.missing = missing

    def __str__(self):
        return f'{self.strerror}: {self.text!r} attribute {self.attr} missing {self.missing}'


def attr(number, payload):
    data = struct.pack('HH', 4 + len(payload), number) + payload
    return data + bytes(-len(data) % 4)


def attrs(data):
    """(number, payload, offset) of each attribute in it."""
    at = 0
    while at + 4 <= len(data):
        size, number = struct.unpack_from('HH', data, at)
        if size < 4 or at + size > len(data):
            raise ValueError(f'attribute of {size} bytes in {len(data) - at}')
        yield number & TYPE_MASK, data[at + 4:at + size], at
        at += (size + 3) & ~3


def unnest(data):
    return {number: payload for number, payload, _ in attrs(data)}


class Socket:
    def __init__(self):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, GENERIC)
        self.sock.bind((0, 0))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        for option in (CAP_ACK, EXT_ACK):
            self.sock.setsockopt(SOL_NETLINK, option, 1)
        self.sequence = 0

    def fileno(self):
        return self.sock.fileno()

    def join(self, group):
        self.sock.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, group)

    def send(self, kind, flags, payload):
        self.sequence += 1
        head = struct.pack('IHHII', 16 + len(payload), kind, flags | REQUEST, self.sequence, 0)
        self.sock.send(head + payload)

    def messages(self, timeout=None):
        """Those of one datagram: (type, flags, payload)."""
        if timeout is not None and not select.select([self], [], [], timeout)[0]:
            raise TimeoutError
        data = self.sock.recv(1 << 16)
        while len(data) >= 16:
            size, kind, flags = struct.unpack_from('IHH', data)
            yield kind, flags, data[16:size]
            data = data[(size + 3) & ~3:]

    def ask(self, kind, flags, payload):
        """The payloads of an answer; Error if it is a refusal."""
        dump = flags & DUMP == DUMP
        self.send(kind, flags if dump else flags | ACK, payload)
        answers = []
        while True:
            for kind, flags, data in self.messages(60):
                if kind == MSG_ERROR:
                    self.judge(flags, data, payload)
                    return answers
                if kind == MSG_DONE:
                    self.judge(flags, data, payload)
                    return answers
                answers.append(data)

    @staticmethod
    def judge(flags, data, asked):
        code = struct.unpack_from('i', data)[0] if len(data) >= 4 else 0
        if code >= 0:
            return
        said = unnest(data[20:]) if flags & ACK_TLVS and flags & CAPPED else {}
        text = said.get(ERR_MSG, b'').rstrip(b'\0').decode()
        bad = None
        if ERR_OFFSET in said:
            offset = struct.unpack('I', said[ERR_OFFSET])[0] - 16
            bad = struct.unpack_from('H', asked, offset + 2)[0] & TYPE_MASK
        missing = None
        if ERR_MISSING in said:
            missing = struct.unpack('I', said[ERR_MISSING])[0]
        raise Error(-code, text, bad, missing)
