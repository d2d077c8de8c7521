// SPDX-License-Identifier: GPL-2.0-only
#include "common/privilege.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* of the kernel's own overflowuid: owner of nothing */
#define NOBODY	65534

/* these want a capability, which an ordinary user does not have, nor nobody */
static void drop_bounds(void)
{
	int cap;

	for (cap = 0; cap <= 63; cap++)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
}

int lodge_become_nobody(struct lodge_err *err)
{
	if (geteuid())
		return 0;
	drop_bounds();
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		return lodge_fail(err, errno, "cannot become nobody: %s", strerror(errno));
	return 0;
}

int lodge_drop_privileges(struct lodge_err *err)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { 0 };
	const struct rlimit no_core = { 0, 0 };

	drop_bounds();
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &no_core);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_capset, &head, none))
		return lodge_fail(err, errno, "cannot give up privileges: %s", strerror(errno));
	return 0;
}
