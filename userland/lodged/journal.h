/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store's records in a file, so that they survive the daemon.
 *
 * They are written but not synced: the file is for a process that dies, not
 * for a machine that does, whose domains die with it.
 */
#ifndef LODGED_JOURNAL_H
#define LODGED_JOURNAL_H

#include "common/err.h"
#include "lodged/store/store.h"

/* The store that the file describes, or an empty one; records go to the file. */
struct store *journal_open(const char *path, struct lodge_err *err);
void journal_close(struct store *s);

#endif
