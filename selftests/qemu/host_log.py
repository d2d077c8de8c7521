# SPDX-License-Identifier: GPL-2.0-only
"""Judges the log of a test host's kernel.

A Log takes bytes as they come, from the serial console (plain lines) or from
/dev/kmsg (records), and keeps the text and the first line that is a complaint
of the kernel about itself.  A *fatal* complaint is one after which the machine
cannot be expected to go on.
"""

import re

# Unknown NMIs are what NMI tests make.  What lodge says about a domain is no
# complaint of the host, whatever words the guest put into it.
HARMLESS = re.compile(
    r'Uhhuh\. NMI received|Dazed and confused|lodge: d\d+\b|lodge: \(d\d+\)')

FATAL = re.compile('|'.join((
    r'\bOops\b',
    r'\bBUG: (?!Bad rss)',              # includes soft lockups and list corruption
    r'kernel BUG at',
    r'Kernel panic',
    r'general protection fault[,:]',
    r'double fault',
    r'PANIC:',
    r'hard LOCKUP',
    r'invalid opcode: \d{4}',
)))

COMPLAINT = re.compile('|'.join((
    r'------------\[ cut here \]',
    r'WARNING: CPU:',
    r'WARNING: (possible|suspicious|inconsistent|bad|held|lock)',
    r'\bINFO: rcu',
    r'rcu: INFO:',
    r'rcu_(preempt|sched|bh) (detected|self-detected)',
    r'INFO: task .* blocked for more than',
    r'INFO: possible (circular|recursive|irq)',
    r'INFO: (trying to register non-static key|suspicious)',
    r'BUG: Bad rss',
    r'unchecked MSR access',
    r'sleeping function called from invalid context',
    r'scheduling while atomic',
    r'UBSAN:|KASAN:|KFENCE:|KCSAN:',
    r'refcount_t:',
    r'Slab .* objects remaining',
    r'Bad page (state|map)',
    r'nobody cared',
    r'unregister_netdevice: waiting',
)))

KMSG = re.compile(r'(\d+),(\d+),(\d+),[^;]*;(.*)')


class Log:
    def __init__(self, kmsg=False, stream=None):
        self.kmsg = kmsg
        self.stream = stream
        self.lines = []
        self.complaint = None
        self.fatal = False
        self._partial = b''

    def feed(self, data):
        parts = (self._partial + data).split(b'\n')
        self._partial = parts.pop()
        for part in parts:
            self._line(part.decode('utf-8', 'replace').rstrip('\r'))

    def end(self):
        if self._partial:
            self.feed(b'\n')

    def text(self):
        return '\n'.join(self.lines) + '\n' if self.lines else ''

    def _line(self, line):
        if self.kmsg:
            if line.startswith(' '):    # key=value pairs of the record above
                return
            m = KMSG.match(line)
            if m:
                t = int(m.group(3))
                line = f'[{t // 1000000:5}.{t % 1000000:06}] {m.group(4)}'
        self.lines.append(line)
        if self.stream:
            self.stream.write(line + '\n')
            self.stream.flush()
        if HARMLESS.search(line):
            return
        fatal = bool(FATAL.search(line))
        if fatal or COMPLAINT.search(line):
            self.complaint = self.complaint or line
            self.fatal = self.fatal or fatal
