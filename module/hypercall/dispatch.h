/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LODGE_HYPERCALL_DISPATCH_H
#define LODGE_HYPERCALL_DISPATCH_H

struct lodge_vcpu;

/* The guest kernel executed SYSCALL: do what RAX and the arguments say. Own thread, may sleep. */
void lodge_hypercall(struct lodge_vcpu *v);

/* One call by number; -ENOSYS if there is none. For multicall. */
struct lodge_hc_args;
long lodge_hypercall_one(struct lodge_vcpu *v, unsigned long nr, struct lodge_hc_args *args);

#endif
