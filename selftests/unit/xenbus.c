// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handshake of split drivers: the orders that drivers follow, and every order of a
 * few steps that anybody could think of, against what must hold in all of them.
 */
#include <string.h>

#include "lodged/xenbus.h"
#include "tap.h"

#define INIT	XenbusStateInitialising
#define WAIT	XenbusStateInitWait
#define RINGS	XenbusStateInitialised
#define CONN	XenbusStateConnected
#define CLOSING	XenbusStateClosing
#define CLOSED	XenbusStateClosed
#define GONE	XenbusStateUnknown

/* What happens to a backend besides a frontend's state. */
enum {
	BROKEN = 100,	/* the kernel says so */
	LEAVE,		/* the host wants it to go */
	LATE,
	FORCE,
};

static struct xenbus bus;
static enum xenbus_state fe;
static bool refuse;	/* the next frontends have no good rings */
static bool removed;
static bool kernel;	/* whether it serves a frontend, as far as we have been told */
static const char *wrong;

static void expect(bool good, const char *what)
{
	if (!good && !wrong)
		wrong = what;
}

/* What lodged does, and what must be so at each step of it. */
static void perform(unsigned int todo)
{
	expect(!(todo & XENBUS_CONNECT) || !(todo & ~XENBUS_CONNECT), "a connect comes alone");
	if (todo & XENBUS_DISCONNECT) {
		expect(kernel, "disconnects only what is connected");
		kernel = false;
	}
	if (todo & XENBUS_OFFER)
		expect(bus.state == WAIT && !kernel, "offers in InitWait");
	if (todo & XENBUS_CONNECT) {
		expect(!kernel, "connects only what is not");
		expect(fe == RINGS || fe == CONN, "connects a frontend with rings");
		kernel = !refuse;
		todo |= xenbus_connected(&bus, !refuse);
	}
	if (todo & XENBUS_PUBLISH)
		expect(kernel && bus.state == CONN, "publishes when connected");
	if (todo & XENBUS_REMOVE) {
		expect(bus.leaving && !kernel, "removes what is to leave");
		removed = true;
	}
	expect(bus.connected == kernel, "knows whether it is connected");
	expect(kernel || bus.state != CONN, "is Connected only when the kernel serves");
	/* until it has flushed what it has, a frontend that is asked to go is served */
	expect(!kernel || bus.state == CONN || (bus.leaving && bus.state == CLOSING),
	       "the kernel serves in Connected only");
	expect(bus.state >= INIT && bus.state <= CLOSED, "has a state");
}

static void begin(void)
{
	bus = (struct xenbus) { .state = INIT };
	fe = INIT;
	removed = kernel = refuse = false;
	perform(xenbus_start(&bus));
}

static void step(int what)
{
	if (removed)
		return;
	switch (what) {
	case BROKEN:
		/* the kernel has disconnected it by itself */
		kernel = false;
		perform(xenbus_broken(&bus));
		break;
	case LEAVE:
		perform(xenbus_leave(&bus, fe, false));
		break;
	case FORCE:
		perform(xenbus_leave(&bus, fe, true));
		break;
	case LATE:
		perform(xenbus_late(&bus));
		break;
	default:
		fe = what;
		perform(xenbus_frontend(&bus, fe));
	}
}

struct order {
	const char *name;
	int steps[12];		/* 0 is GONE: ends with -1 */
	enum xenbus_state state;
	bool removed;
};

static const struct order orders[] = {
	{ "blkfront connects", { INIT, RINGS, CONN, -1 }, CONN, false },
	{ "netfront connects", { INIT, CONN, -1 }, CONN, false },
	{ "a driver is unloaded", { RINGS, CONN, CLOSING, CLOSED, -1 }, CLOSED, false },
	{ "and loaded again", { RINGS, CONN, CLOSING, CLOSED, INIT, RINGS, -1 }, CONN, false },
	{ "a boot loader, and then a kernel", { RINGS, CLOSED, INIT, RINGS, CONN, -1 }, CONN,
	  false },
	{ "a kernel that begins anew without closing", { RINGS, CONN, INIT, -1 }, WAIT, false },
	{ "and has new rings", { RINGS, CONN, INIT, RINGS, -1 }, CONN, false },
	{ "a frontend that vanishes", { RINGS, CONN, GONE, -1 }, CLOSED, false },
	{ "and comes back", { RINGS, CONN, GONE, INIT, CONN, -1 }, CONN, false },
	{ "rings once more while connected", { RINGS, CONN, RINGS, -1 }, CONN, false },
	{ "rings after closing are too late", { CLOSING, RINGS, -1 }, CLOSING, false },
	{ "rings after closed are too late", { CLOSED, CONN, -1 }, CLOSED, false },
	{ "closing after closed", { CLOSED, CLOSING, -1 }, CLOSED, false },
	{ "states that mean nothing here", { WAIT, XenbusStateReconfiguring, -1 }, WAIT, false },
	{ "reconfiguring while connected", { CONN, XenbusStateReconfigured, -1 }, CONN, false },
	{ "a broken frontend", { CONN, BROKEN, -1 }, CLOSING, false },
	{ "that closes", { CONN, BROKEN, CLOSING, CLOSED, -1 }, CLOSED, false },
	{ "that insists", { CONN, BROKEN, CONN, RINGS, -1 }, CLOSING, false },
	{ "that begins anew", { CONN, BROKEN, CLOSED, INIT, CONN, -1 }, CONN, false },
	{ "broken, and not connected any more", { CONN, CLOSING, BROKEN, -1 }, CLOSING, false },
	{ "taken away in order", { RINGS, CONN, LEAVE, CLOSING, CLOSED, -1 }, CLOSED, true },
	{ "taken away, not finished", { RINGS, CONN, LEAVE, CLOSING, -1 }, CLOSING, false },
	{ "taken away against its will", { RINGS, CONN, LEAVE, CONN, LATE, -1 }, CLOSED, true },
	{ "taken away without a driver", { LEAVE, -1 }, CLOSED, true },
	{ "taken away after it closed", { CONN, CLOSED, LEAVE, -1 }, CLOSED, true },
	{ "taken away by force", { CONN, FORCE, -1 }, CLOSED, true },
	{ "first asked, then by force", { CONN, LEAVE, FORCE, -1 }, CLOSED, true },
	{ "begins anew while it is taken away", { CONN, LEAVE, INIT, -1 }, CLOSED, true },
	{ "vanishes while it is taken away", { CONN, LEAVE, GONE, -1 }, CLOSED, true },
	{ "late, but it need not go", { CONN, LATE, -1 }, CONN, false },
};

static void test_order(const struct order *o)
{
	wrong = NULL;
	begin();
	for (size_t i = 0; o->steps[i] >= 0; i++)
		step(o->steps[i]);
	if (!tap_ok(!wrong && bus.state == o->state && removed == o->removed, o->name))
		printf("# %s, state %d\n", wrong ? wrong : "another end", bus.state);
}

static const int all_steps[] = {
	GONE, INIT, WAIT, RINGS, CONN, CLOSING, CLOSED, XenbusStateReconfiguring,
	XenbusStateReconfigured, BROKEN, LEAVE, LATE, FORCE,
};

#define N_STEPS	(sizeof(all_steps) / sizeof(*all_steps))
#define DEPTH	5

/* Every order of DEPTH steps, with good rings and with bad ones. */
static bool test_all(void)
{
	for (int bad = 0; bad < 2; bad++) {
		unsigned long total = 1;

		for (int i = 0; i < DEPTH; i++)
			total *= N_STEPS;
		for (unsigned long n = 0; n < total; n++) {
			unsigned long rest = n;

			begin();
			refuse = bad;
			for (int i = 0; i < DEPTH; i++, rest /= N_STEPS)
				step(all_steps[rest % N_STEPS]);
			if (wrong) {
				printf("# order %lu: %s\n", n, wrong);
				return false;
			}
			/* whatever has happened, a driver that does as it should gets in */
			if (!bus.leaving) {
				refuse = false;
				step(CLOSED);
				step(INIT);
				expect(bus.state == WAIT, "waits for a new frontend");
				step(CONN);
				expect(kernel, "serves a new frontend");
			}
			/* and the host can always take it away */
			step(LEAVE);
			step(LATE);
			expect(removed && !kernel, "can be taken away");
		}
	}
	return !wrong;
}

static bool test_parse(void)
{
	static const char *const none[] = { NULL, "", "9", "00", "44", "4 ", "x", "-1", "0" };

	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		if (xenbus_parse(none[i]) != GONE)
			return false;
	return xenbus_parse("1") == INIT && xenbus_parse("8") == XenbusStateReconfigured;
}

int main(void)
{
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++)
		test_order(&orders[i]);
	wrong = NULL;
	tap_ok(test_all(), "every order of five steps");
	tap_ok(test_parse(), "states as text");
	return tap_done();
}
