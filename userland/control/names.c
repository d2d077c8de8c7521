// SPDX-License-Identifier: GPL-2.0-only
/* Numbers of the interface as words. */
#include <stdint.h>
#include <xen/xen.h>
#include <xen/sched.h>

#include "common/macros.h"
#include "control/control.h"

static const char *word(const char *const *words, size_t n, uint32_t i)
{
	return i < n && words[i] ? words[i] : "unknown";
}

const char *lodge_state_name(uint32_t state)
{
	static const char *const words[] = {
		[LODGE_DOMAIN_EMPTY]	= "empty",
		[LODGE_DOMAIN_READY]	= "ready",
		[LODGE_DOMAIN_SHUTDOWN]	= "shutdown",
		[LODGE_DOMAIN_CRASHED]	= "crashed",
	};

	return word(words, ARRAY_SIZE(words), state);
}

const char *lodge_event_name(uint32_t event)
{
	static const char *const words[] = {
		[LODGE_EVENT_CREATED]	= "created",
		[LODGE_EVENT_PAUSED]	= "paused",
		[LODGE_EVENT_UNPAUSED]	= "unpaused",
		[LODGE_EVENT_SHUTDOWN]	= "shutdown",
		[LODGE_EVENT_CRASHED]	= "crashed",
		[LODGE_EVENT_DESTROYED]	= "destroyed",
		[LODGE_EVENT_RENAMED]	= "renamed",
		[LODGE_EVENT_READY]	= "ready",
		[LODGE_EVENT_RUNNER]	= "runner",
	};

	return word(words, ARRAY_SIZE(words), event);
}

const char *lodge_shutdown_reason_name(int32_t reason)
{
	static const char *const words[] = {
		[SHUTDOWN_poweroff]	= "poweroff",
		[SHUTDOWN_reboot]	= "reboot",
		[SHUTDOWN_suspend]	= "suspend",
		[SHUTDOWN_crash]	= "crash",
		[SHUTDOWN_watchdog]	= "watchdog",
		[SHUTDOWN_soft_reset]	= "soft-reset",
	};

	return reason < 0 ? "none" : word(words, ARRAY_SIZE(words), reason);
}
