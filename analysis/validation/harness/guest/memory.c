/* Memory that is used: by this process, or by one that the OOM killer may take. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "answer.h"
#include "commands.h"

#define MAX_MAPS 64
#define BIND 2 /* MPOL_BIND */

static struct {
	char *start;
	size_t length;
} maps[MAX_MAPS];
static int map_count;

static void touch(volatile char *start, size_t length)
{
	size_t at, page = sysconf(_SC_PAGESIZE);
	for (at = 0; at < length; at += page)
		start[at] = 1;
}

void command_alloc(const char *words)
{
	unsigned long mask;
	long mib;
	int node = -1;
	char *start;

	if (sscanf(words, "%ld %d", &mib, &node) < 1 || mib <= 0 || map_count == MAX_MAPS) {
		emit("@X alloc needs MIB NODE, %d times at most\n", MAX_MAPS);
		return;
	}
	start = mmap(NULL, (size_t)mib << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (start == MAP_FAILED) {
		emit("@R alloc_rc=-%d\n", errno);
		return;
	}
	if (node >= 0) {
		mask = 1ul << node;
		if (syscall(SYS_mbind, start, (size_t)mib << 20, BIND, &mask, 64ul, 0))
			emit("@R mbind_errno=%d\n", errno);
	}
	madvise(start, (size_t)mib << 20, MADV_NOHUGEPAGE);
	touch(start, (size_t)mib << 20);
	maps[map_count].start = start;
	maps[map_count++].length = (size_t)mib << 20;
	emit("@R alloc_mib=%ld node=%d\n", mib, node);
}

void command_freeall(const char *words)
{
	(void)words;
	while (map_count) {
		map_count--;
		munmap(maps[map_count].start, maps[map_count].length);
	}
	emit("@R freed=1\n");
}

void command_ballast(const char *words)
{
	char byte;
	long mib;
	int ends[2];
	pid_t process;

	if (sscanf(words, "%ld", &mib) != 1 || pipe(ends)) {
		emit("@X ballast needs MIB\n");
		return;
	}
	process = fork();
	if (process == 0) {
		char *start;
		munlockall();
		start = mmap(NULL, (size_t)mib << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (start != MAP_FAILED)
			touch(start, (size_t)mib << 20);
		close(ends[0]);
		close(ends[1]);
		for (;;)
			pause();
	}
	close(ends[1]);
	(void)!read(ends[0], &byte, 1); /* returns when everything is touched */
	close(ends[0]);
	emit("@R ballast_pid=%d mib=%ld\n", process, mib);
}
