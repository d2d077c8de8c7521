/* SPDX-License-Identifier: GPL-2.0-only */
/* What the switcher may answer without leaving the guest's world. */
#ifndef LODGE_FAST_H
#define LODGE_FAST_H

struct lodge_switch_data;
struct lodge_vcpu;

/*
 * Around each trip into the guest, interrupts off: show the switcher what it
 * needs of the vcpu, and take back what has changed meanwhile.
 */
void lodge_fast_load(struct lodge_vcpu *v, struct lodge_switch_data *data);
/* After a light exit: what such can change. */
void lodge_fast_reload(struct lodge_vcpu *v, struct lodge_switch_data *data);
/* The same if only the roots have changed, and lodge_fast_save() has not been called. */
void lodge_fast_roots(const struct lodge_vcpu *v, struct lodge_switch_data *data);
void lodge_fast_save(struct lodge_vcpu *v, struct lodge_switch_data *data);

/* The vcpu leaves this CPU: nothing of its guest stays where others could read it. Interrupts off. */
void lodge_fast_forget(void);

#endif
