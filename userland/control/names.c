// SPDX-License-Identifier: GPL-2.0-only
/* Numbers of the interface as words. */
#include <stdint.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/sched.h>

#include "common/macros.h"
#include "control/control.h"
#include "control/devices.h"

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

const char *lodge_vcpu_state_name(uint32_t state)
{
	static const char *const words[] = {
		[LODGE_VCPU_OFFLINE]	= "offline",
		[LODGE_VCPU_BLOCKED]	= "blocked",
		[LODGE_VCPU_RUNNABLE]	= "runnable",
		[LODGE_VCPU_RUNNING]	= "running",
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

static const char *const types[] = {
	[LODGE_DEVICE_BLOCK]	= "vbd",
	[LODGE_DEVICE_NET]	= "vif",
};

const char *lodge_dev_type_name(uint32_t type)
{
	return word(types, ARRAY_SIZE(types), type);
}

uint32_t lodge_dev_type(const char *name)
{
	for (uint32_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i] && !strcmp(types[i], name))
			return i;
	return 0;
}

const char *lodge_dev_state_name(uint32_t state)
{
	static const char *const words[] = {
		[LODGE_DEVICE_CLOSED]		= "closed",
		[LODGE_DEVICE_CONNECTED]	= "connected",
		[LODGE_DEVICE_BROKEN]		= "broken",
	};

	return word(words, ARRAY_SIZE(words), state);
}

const char *lodge_dev_event_name(uint32_t event)
{
	static const char *const words[] = {
		[LODGE_DEVICE_EVENT_ADDED]		= "added",
		[LODGE_DEVICE_EVENT_CONNECTED]		= "connected",
		[LODGE_DEVICE_EVENT_DISCONNECTED]	= "disconnected",
		[LODGE_DEVICE_EVENT_BROKEN]		= "broken",
		[LODGE_DEVICE_EVENT_RESIZED]		= "resized",
		[LODGE_DEVICE_EVENT_REMOVED]		= "removed",
		[LODGE_DEVICE_EVENT_ERROR]		= "error",
	};

	return word(words, ARRAY_SIZE(words), event);
}
