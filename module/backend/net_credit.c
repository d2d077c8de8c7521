// SPDX-License-Identifier: GPL-2.0-only
/*
 * How fast a guest may send: every interval adds to what it may, as far as the
 * size of one burst.  One account for all queues of a device.
 */

#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/math64.h>

#include "backend/net.h"

#define DEFAULT_INTERVAL_US	50000
#define MIN_INTERVAL_US		1000
/* No less than the largest packets, or they would never pass. */
#define MIN_BURST		(128 * 1024)

void lodge_net_credit_init(struct lodge_net_credit *credit)
{
	spin_lock_init(&credit->lock);
	credit->interval_us = DEFAULT_INTERVAL_US;
}

/* Bytes an interval. */
static u64 portion(const struct lodge_net_credit *credit)
{
	u64 bytes = mul_u64_u64_div_u64(credit->rate, credit->interval_us, USEC_PER_SEC);

	return max(bytes, 1ULL);
}

void lodge_net_credit_set(struct lodge_net_credit *credit, u64 rate, u32 interval_us)
{
	spin_lock(&credit->lock);
	WRITE_ONCE(credit->rate, rate);
	if (interval_us)
		credit->interval_us = max_t(u32, interval_us, MIN_INTERVAL_US);
	credit->left = rate ? portion(credit) : 0;
	credit->since = ktime_get_ns();
	spin_unlock(&credit->lock);
}

/* Add what the intervals since the last time have brought. */
static void refill(struct lodge_net_credit *credit)
{
	u64 interval = (u64)credit->interval_us * NSEC_PER_USEC;
	u64 n = div64_u64(ktime_get_ns() - credit->since, interval);
	u64 bytes = portion(credit);
	u64 most = max_t(u64, bytes, MIN_BURST);

	credit->since += n * interval;
	if (n > most || n * bytes > most - min(credit->left, most))
		credit->left = most;
	else
		credit->left += n * bytes;
}

bool lodge_net_credit_take(struct lodge_net_credit *credit, u32 bytes, unsigned long *wait)
{
	u64 intervals;
	bool ok;

	if (!READ_ONCE(credit->rate))
		return true;
	spin_lock(&credit->lock);
	if (credit->rate && credit->left < bytes)
		refill(credit);
	ok = !credit->rate || credit->left >= bytes;
	if (ok) {
		credit->left -= min_t(u64, credit->left, bytes);
	} else {
		intervals = div64_u64(bytes - credit->left + portion(credit) - 1, portion(credit));
		/* looked at again from time to time anyway: the rate may have changed */
		*wait = 1 + usecs_to_jiffies(min_t(u64, intervals * credit->interval_us,
						   USEC_PER_SEC));
	}
	spin_unlock(&credit->lock);
	return ok;
}
