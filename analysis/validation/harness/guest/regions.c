/*
 * Regions of memory bound to a node, touched and given back page by page in a scripted order, with the page frames that
 * came of it. The task is bound to a CPU and its own memory to node 0, so that nothing else of it lands on the node.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "answer.h"
#include "commands.h"
#include "runs.h"

#define MAX_REGIONS 64
#define HUGE (2ul << 20)
#define BIND 2 /* MPOL_BIND */

/* kind: 4 anonymous, T with transparent huge pages, S shared, H hugetlb, P nothing but page tables */
static struct {
	char *start;
	size_t pages;
	char kind;
} regions[MAX_REGIONS];
static unsigned int *order;
unsigned long long *frames;
static int pagemap = -1;
static unsigned long page_bytes;

static void bind_task(int node)
{
	unsigned long mask = 1ul << node;
	if (syscall(SYS_set_mempolicy, BIND, &mask, 64ul))
		emit("@R set_mempolicy_errno=%d\n", errno);
}

static void *populated(size_t length)
{
	void *start = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (start == MAP_FAILED)
		return NULL;
	mlock(start, length);
	return start;
}

void command_pin(const char *words)
{
	cpu_set_t cpus;
	page_bytes = sysconf(_SC_PAGESIZE);
	CPU_ZERO(&cpus);
	CPU_SET(atoi(words), &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		emit("@R affinity_errno=%d\n", errno);
	bind_task(0);
	if (!order) {
		order = populated(MOST_PAGES * sizeof(*order));
		frames = populated(MOST_PAGES * sizeof(*frames));
		pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	}
	emit("@R cpu=%d pagemap=%d\n", sched_getcpu(), pagemap >= 0);
}

/* 0: no page there */
static unsigned long long frame_of(int region, size_t page)
{
	unsigned long long entry = 0;
	off_t at = ((unsigned long)regions[region].start / page_bytes + page) * sizeof(entry);
	if (pread(pagemap, &entry, sizeof(entry), at) != sizeof(entry) || !(entry >> 63))
		return 0;
	return entry & ((1ull << 55) - 1);
}

/* order[0..count): fwd, rev, or rndSEED: a Fisher-Yates shuffle from the end, by xorshift64* */
static void set_order(size_t count, const char *how)
{
	unsigned long long state;
	size_t i;
	for (i = 0; i < count; i++)
		order[i] = !strcmp(how, "rev") ? count - 1 - i : i;
	if (strncmp(how, "rnd", 3))
		return;
	state = strtoull(how + 3, NULL, 10) * 2654435761ull + 88172645463325252ull;
	for (i = count; i-- > 1;) {
		unsigned int swapped = order[i];
		size_t other;
		state ^= state >> 12;
		state ^= state << 25;
		state ^= state >> 27;
		other = ((state * 2685821657736338717ull) >> 33) % (i + 1);
		order[i] = order[other];
		order[other] = swapped;
	}
}

static int known(int region)
{
	if (order && region >= 0 && region < MAX_REGIONS && regions[region].start)
		return 1;
	emit("@R rc=-%d\n", EINVAL);
	return 0;
}

void command_rmap(const char *words)
{
	int region, node;
	size_t pages, length;
	char kind, *start;
	int flags = MAP_NORESERVE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
	unsigned long mask;

	if (sscanf(words, "%d %zu %d %c", &region, &pages, &node, &kind) != 4 || region < 0 || region >= MAX_REGIONS ||
	    !order) {
		emit("@R rc=-%d\n", EINVAL);
		return;
	}
	length = pages * page_bytes;
	mask = 1ul << node;
	start = mmap(NULL, length + HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (start != MAP_FAILED) {
		munmap(start, length + HUGE);
		start = (char *)(((unsigned long)start + HUGE - 1) & ~(HUGE - 1));
		flags |= kind == 'S' ? MAP_SHARED : kind == 'H' ? MAP_PRIVATE | MAP_HUGETLB : MAP_PRIVATE;
		start = mmap(start, length, PROT_READ | PROT_WRITE, flags, -1, 0);
	}
	if (start == MAP_FAILED) {
		emit("@R rc=-%d\n", errno);
		return;
	}
	if (kind != 'P' && syscall(SYS_mbind, start, length, BIND, &mask, 64ul, 0))
		emit("@R mbind_errno=%d\n", errno);
	if (kind == '4' || kind == 'P')
		madvise(start, length, MADV_NOHUGEPAGE);
	if (kind == 'T')
		madvise(start, length, MADV_HUGEPAGE);
	regions[region].start = start;
	regions[region].pages = pages;
	regions[region].kind = kind;
	emit("@R rc=0 align2m=%d\n", !((unsigned long)start & (HUGE - 1)));
}

void command_rtouch(const char *words)
{
	int region, tables;
	size_t from, count, stride, k, absent = 0;
	char how[32];

	if (sscanf(words, "%d %zu %zu %zu %31s", &region, &from, &count, &stride, how) != 5 || !known(region))
		return;
	if (!count || count > MOST_PAGES || from + (count - 1) * stride >= regions[region].pages) {
		emit("@R rc=-%d\n", EINVAL);
		return;
	}
	set_order(count, how);
	tables = regions[region].kind == 'P';
	if (tables)
		bind_task(1);
	for (k = 0; k < count; k++) {
		volatile char *byte = regions[region].start + (from + order[k] * stride) * page_bytes;
		if (tables)
			(void)*byte; /* the zero page: only page tables are allocated */
		else
			*byte = 1;
	}
	if (tables)
		bind_task(0);
	for (k = 0; k < count; k++) {
		frames[k] = frame_of(region, from + order[k] * stride);
		absent += !frames[k];
	}
	emit("@R rc=0 touched=%zu absent=%zu\n", count, absent);
	if (!tables)
		emit_frames(count);
}

void command_rfree(const char *words)
{
	int region, failed = 0;
	size_t from, count, stride, group, k, page, freed = 0;
	char how[32];

	if (sscanf(words, "%d %zu %zu %zu %zu %31s", &region, &from, &count, &stride, &group, how) != 6 || !known(region))
		return;
	if (!count || !group || count * group > MOST_PAGES ||
	    from + (count - 1) * stride + group > regions[region].pages) {
		emit("@R rc=-%d\n", EINVAL);
		return;
	}
	set_order(count, how);
	for (k = 0; k < count; k++)
		for (page = 0; page < group; page++) {
			unsigned long long frame = frame_of(region, from + order[k] * stride + page);
			if (frame)
				frames[freed++] = frame;
		}
	for (k = 0; k < count; k++)
		if (madvise(regions[region].start + (from + order[k] * stride) * page_bytes, group * page_bytes,
			    regions[region].kind == 'S' ? MADV_REMOVE : MADV_DONTNEED))
			failed = errno;
	emit("@R rc=-%d freed=%zu\n", failed, freed);
	emit_frames(freed);
}

void command_runmap(const char *words)
{
	int region = atoi(words);
	size_t page, freed = 0;

	if (!known(region))
		return;
	for (page = 0; regions[region].kind != 'P' && page < regions[region].pages && freed < MOST_PAGES; page++) {
		unsigned long long frame = frame_of(region, page);
		if (frame)
			frames[freed++] = frame;
	}
	munmap(regions[region].start, regions[region].pages * page_bytes);
	regions[region].start = NULL;
	emit("@R rc=0 freed=%zu\n", freed);
	emit_frames(freed);
}

void command_rpfn(const char *words)
{
	int region = atoi(words);
	size_t page;

	if (!known(region))
		return;
	for (page = 0; page < regions[region].pages && page < MOST_PAGES; page++)
		frames[page] = frame_of(region, page);
	emit("@R rc=0 pages=%zu\n", page);
	emit_frames(page);
}
