/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A frontend's end of split devices, for tests: grants to domain 0, slot rings,
 * and a block frontend with as much hostility as its test wants.  Nothing here
 * trusts or checks for the test: every field is the test's to get wrong.
 *
 * The handshake is either the store's (front=store, the default: a toolstack has
 * published the device), or the console's (front=console): one line says what a
 * frontend would have written, and whoever reads it connects the backend.
 */
#ifndef PVGUEST_FRONT_H
#define PVGUEST_FRONT_H

#include <pvguest/pvguest.h>
#include <xen/io/blkif.h>
#include <xen/io/xenbus.h>

/* grant.c */

/* Map the grant table (version 1, 4 frames); once, before the rest. */
void grants_init(void);
/* A new reference to a page of the boot mapping, for domain 0. */
u32 grant_page(const void *page, bool readonly);
/* The entry itself, for tests that write it. */
struct grant_entry_v1 *grant_entry(u32 ref);
/* Take it back: false if the other end uses it still, then nothing is changed. */
bool grant_end(u32 ref);

/* store.c: false, or NULL, if the answer was an error. Text lasts until the next call. */
const char *store_read(const char *path, ...) __printf(1, 2);
bool store_write(const char *path, const char *value);
/* Names in a directory, each with a NUL, an empty one at the end. */
const char *store_list(const char *path);

/* block.c */

#define FRONT_PAGES	16	/* of a ring */

struct front_ring {
	struct blkif_sring *shared;
	unsigned int pages, size;
	u32 ref[FRONT_PAGES];
	unsigned int port;
	u32 prod, cons;		/* requests made, responses seen */
	bool persistent;	/* the backend may keep grants */
};

struct front_disk {
	u32 id;			/* the guest's device number */
	u64 sectors;		/* of 512 bytes */
	u32 sector_size;
	bool read_only;
};

/* Memory for a ring comes from here: so that tests can have many one after the other. */
void front_ring_make(struct front_ring *r, unsigned int pages);
/* Its grants and its port; false if the backend has not let go of it. */
bool front_ring_end(struct front_ring *r);

/*
 * Find the disk: from the store, or from the command line (id=, sectors=, size=,
 * ro).  Then hand over rings and wait until the backend has bound their ports.
 */
void front_disk_find(struct front_disk *d);
void front_connect(const struct front_disk *d, struct front_ring *r, unsigned int nr,
		   bool persistent);
/* Is the port of the ring bound by the backend? */
bool front_bound(const struct front_ring *r);
/* Wait for that to be (or not to be) so. */
bool front_wait_bound(const struct front_ring *r, bool bound);

/* The next request's slot, zeroed; made known by front_push(). */
blkif_request_t *front_slot(struct front_ring *r);
void front_push(struct front_ring *r);
/* The next response, within ten seconds. */
bool front_response(struct front_ring *r, blkif_response_t *rsp);
/* Nothing is answered for a while. */
bool front_silent(struct front_ring *r);

/*
 * One request from slot to response: its status, or FRONT_NOTHING if there was no
 * response or not to this one.  Pages are granted for its time.
 */
#define FRONT_NOTHING	1
s16 front_io(struct front_ring *r, u8 op, u64 sector, void *page, unsigned int first,
	     unsigned int last);
/* @nr whole pages by an indirect request. */
s16 front_indirect(struct front_ring *r, u8 op, u64 sector, void *const *page, unsigned int nr);
s16 front_discard(struct front_ring *r, u8 flag, u64 sector, u64 nr);
/* What is in the next slot, as it is. */
s16 front_submit(struct front_ring *r, u64 id);

#endif
