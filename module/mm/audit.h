/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * debugfs lodge/<domid>/audit: reading it proves every shadow entry of the
 * domain against the guest's tables, the frames and the lists of links.
 */
#ifndef LODGE_AUDIT_H
#define LODGE_AUDIT_H

struct lodge_domain;

/* Adds the file, once all else of the domain is there; it goes with the directory. 0. */
int lodge_audit_create(struct lodge_domain *d);
/* debugfs lodge/<domid>/types: the same for types of frames; mm/audit_type.c */
void lodge_audit_types_create(struct lodge_domain *d);

#endif
