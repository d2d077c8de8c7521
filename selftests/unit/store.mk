# SPDX-License-Identifier: GPL-2.0-only
#
# Unit tests of the store: make -f store.mk O=<directory> [check]
O	?= $(CURDIR)/../../build/unit
ROOT	:= $(CURDIR)/../..
STORE	:= $(wildcard $(ROOT)/userland/lodged/store/*.c)
TESTS	:= $(patsubst %.c,$(O)/%,$(wildcard store_*.c))
CC	?= cc
CFLAGS	?= -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all

all: $(TESTS)

$(O)/store_%: store_%.c $(STORE) $(wildcard $(ROOT)/userland/lodged/store/*.h) store_harness.h
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -Wall -Wextra -D_GNU_SOURCE $(CFLAGS) -I$(ROOT)/userland -I$(ROOT)/uapi \
		-o $@ $< $(STORE)

check: all
	@set -e; for t in $(TESTS); do echo "# $$t"; $$t; done

.PHONY: all check
