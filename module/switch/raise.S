/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A table of INT n for all n: hands a vector that interrupted the guest to the
 * host's own gate.  16 bytes an entry, each an ordinary function.
 */
#include <linux/linkage.h>

	.text
	.balign 16
SYM_CODE_START(lodge_raise_table)
	.set	vector, 0
	.rept	256
	.balign 16
	endbr64
	.byte	0xcd, vector
	RET
	.set	vector, vector + 1
	.endr
SYM_CODE_END(lodge_raise_table)
