// SPDX-License-Identifier: GPL-2.0-only
/*
 * A domain described in netlink attributes.
 */
#include "backend/backend.h"
#include "control/control.h"
#include "domain/domain.h"

static int put_u64(struct sk_buff *skb, enum lodge_attr attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, LODGE_A_PAD);
}

/* What d->lock covers, copied: attributes are written without it. */
struct life {
	char name[LODGE_NAME_SIZE];
	char crash_reason[LODGE_REASON_SIZE];
	enum lodge_domain_state state;
	u32 shutdown_reason;
	bool user_paused;
};

static void get_life(struct lodge_domain *d, struct life *life)
{
	spin_lock_irq(&d->lock);
	strscpy(life->name, d->name, sizeof(life->name));
	strscpy(life->crash_reason, d->crash_reason, sizeof(life->crash_reason));
	life->state = d->state;
	life->shutdown_reason = d->shutdown_reason;
	life->user_paused = d->user_paused;
	spin_unlock_irq(&d->lock);
}

static int fill_identity(struct sk_buff *skb, const struct lodge_domain *d, const struct life *life)
{
	return nla_put_u32(skb, LODGE_A_DOMID, d->domid) ||
	       nla_put_string(skb, LODGE_A_NAME, life->name) ||
	       nla_put(skb, LODGE_A_UUID, LODGE_UUID_SIZE, &d->uuid) ||
	       nla_put_u32(skb, LODGE_A_MAX_VCPUS, d->max_vcpus);
}

static int fill_state(struct sk_buff *skb, const struct life *life)
{
	if (nla_put_u32(skb, LODGE_A_STATE, life->state))
		return -EMSGSIZE;
	if (life->user_paused && nla_put_flag(skb, LODGE_A_PAUSED))
		return -EMSGSIZE;
	if (life->state == LODGE_DOMAIN_SHUTDOWN &&
	    nla_put_u32(skb, LODGE_A_SHUTDOWN_REASON, life->shutdown_reason))
		return -EMSGSIZE;
	if (life->state == LODGE_DOMAIN_CRASHED &&
	    nla_put_string(skb, LODGE_A_CRASH_REASON, life->crash_reason))
		return -EMSGSIZE;
	return 0;
}

static int fill_memory(struct sk_buff *skb, struct lodge_domain *d)
{
	struct lodge_mm *mm = &d->mm;

	return put_u64(skb, LODGE_A_PAGES, READ_ONCE(mm->pages)) ||
	       put_u64(skb, LODGE_A_MAX_PAGES, mm->max_pages) ||
	       put_u64(skb, LODGE_A_SHADOW_PAGES, atomic64_read(&mm->nr_shadows)) ||
	       put_u64(skb, LODGE_A_SHADOW_MAX, READ_ONCE(mm->shadow_max));
}

static int fill_run(struct sk_buff *skb, struct lodge_domain *d)
{
	const char *tty = lodge_console_tty_name(d);
	pid_t runner = lodge_mm_runner(d);
	u64 ns = 0;
	u32 i;

	for (i = 0; i < d->max_vcpus; i++)
		ns += READ_ONCE(d->vcpu[i]->guest_ns);
	if (put_u64(skb, LODGE_A_CPU_TIME, ns))
		return -EMSGSIZE;
	if (runner && nla_put_u32(skb, LODGE_A_RUNNER_PID, runner))
		return -EMSGSIZE;
	if (tty && nla_put_string(skb, LODGE_A_CONSOLE_TTY, tty))
		return -EMSGSIZE;
	return 0;
}

/* A look in passing: each of these is its own thread's to write. */
static enum lodge_vcpu_state vcpu_state(const struct lodge_vcpu *v)
{
	if (READ_ONCE(v->down))
		return LODGE_VCPU_OFFLINE;
	if (READ_ONCE(v->blocked) || READ_ONCE(v->polling))
		return LODGE_VCPU_BLOCKED;
	return READ_ONCE(v->running) && READ_ONCE(v->loaded) ? LODGE_VCPU_RUNNING :
							       LODGE_VCPU_RUNNABLE;
}

static int fill_vcpus_sum(struct sk_buff *skb, const struct lodge_domain *d)
{
	u32 online = 0, active = 0, i;

	for (i = 0; i < d->max_vcpus; i++) {
		enum lodge_vcpu_state state = vcpu_state(d->vcpu[i]);

		online += state != LODGE_VCPU_OFFLINE;
		active += state >= LODGE_VCPU_RUNNABLE;
	}
	return nla_put_u32(skb, LODGE_A_ONLINE_VCPUS, online) ||
	       nla_put_u32(skb, LODGE_A_ACTIVE_VCPUS, active);
}

static int fill_vcpu(struct sk_buff *skb, const struct lodge_vcpu *v)
{
	struct nlattr *nest = nla_nest_start(skb, LODGE_A_VCPU);
	int cpu = READ_ONCE(v->cpu);

	if (!nest || nla_put_u32(skb, LODGE_VCPU_A_ID, v->id) ||
	    nla_put_u32(skb, LODGE_VCPU_A_STATE, vcpu_state(v)) ||
	    (cpu >= 0 && nla_put_u32(skb, LODGE_VCPU_A_CPU, cpu)) ||
	    nla_put_u64_64bit(skb, LODGE_VCPU_A_CPU_TIME, READ_ONCE(v->guest_ns),
			      LODGE_VCPU_A_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

int lodge_info_fill_vcpus(struct sk_buff *skb, struct lodge_domain *d)
{
	u32 i;

	for (i = 0; i < d->max_vcpus; i++)
		if (fill_vcpu(skb, d->vcpu[i]))
			return -EMSGSIZE;
	return 0;
}

int lodge_info_fill(struct sk_buff *skb, struct lodge_domain *d)
{
	struct life life;

	get_life(d, &life);
	if (fill_identity(skb, d, &life) || fill_state(skb, &life) || fill_memory(skb, d) ||
	    fill_run(skb, d) || fill_vcpus_sum(skb, d))
		return -EMSGSIZE;
	return 0;
}
