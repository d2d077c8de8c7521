# SPDX-License-Identifier: GPL-2.0-only
"""TAP for tests in Python: ok() for each point, done() as the last word."""

import sys

count = failed = 0


def ok(good, name, *remarks):
    global count, failed
    count += 1
    failed += not good
    print(f'{"" if good else "not "}ok {count} {name}', flush=True)
    if not good:
        for remark in remarks:
            print(f'# {remark}', flush=True)
    return bool(good)


def same(name, got, wanted):
    return ok(got == wanted, name, f'got:    {got!r}', f'wanted: {wanted!r}')


def diag(text):
    for line in str(text).splitlines():
        print(f'# {line}', flush=True)


def done():
    print(f'1..{count}', flush=True)
    sys.exit(1 if failed else 0)
