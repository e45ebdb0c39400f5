/* A disk with files of holes, swap, and what fills memory with their pages, or with such as cannot be moved. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "answer.h"
#include "commands.h"
#include "pressure.h"

#define DISK "/dev/vda"
#define SWAP "/dev/vdb"
#define FOLDER "/d"
#define HOLES_MIB 12288
#define DISK_SECONDS 10
/* Where image.py lists the modules of the initramfs, in the order in which they are loaded. */
#define MODULES "/modules"
#define MOST_PIPES 256

char *chunk;

int need_chunk(void)
{
	if (!chunk) {
		chunk = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		if (chunk == MAP_FAILED || mlock(chunk, CHUNK))
			chunk = NULL;
	}
	return chunk != NULL;
}

static void load_modules(void)
{
	char list[1024], path[256], *name;
	if (read_text(MODULES, list, sizeof(list)) < 0)
		return; /* all built in */
	for (name = strtok(list, " \n"); name; name = strtok(NULL, " \n")) {
		snprintf(path, sizeof(path), "/%s.ko", name);
		int file = open(path, O_RDONLY | O_CLOEXEC);
		if ((file < 0 || syscall(SYS_finit_module, file, "", 0)) && errno != EEXIST)
			emit("@R %s=%d\n", name, -errno);
		if (file >= 0)
			close(file);
		unlink(path); /* the initramfs is memory */
	}
}

void command_modules(const char *words)
{
	(void)words;
	load_modules();
}

static int make_holes(const char *path)
{
	int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	int result = file < 0 || ftruncate(file, (off_t)HOLES_MIB << 20) ? -errno : 0;
	if (file >= 0)
		close(file);
	return result;
}

void command_setup(const char *words)
{
	struct stat found;
	int looks;
	load_modules();
	for (looks = 0; looks < DISK_SECONDS * 10 && stat(DISK, &found); looks++)
		usleep(100000);
	usleep(300000);
	mkdir(FOLDER, 0755);
	/* noinit_itable: no thread writes the tables of inodes meanwhile */
	emit("@R mount=%d\n", mount(DISK, FOLDER, "ext4", MS_NOATIME, "noinit_itable") ? -errno : 0);
	if (atoi(words))
		emit("@R swapon=%d\n", swapon(SWAP, 0) ? -errno : 0);
	int result = make_holes(FOLDER "/f");
	if (!result)
		result = make_holes(FOLDER "/g");
	if (result)
		emit("@R files=%d\n", result);
}

/* Once through a part of a file. One that is mapped stays so. */
void command_file(const char *words)
{
	char path[1024], how = 'r';
	long from, mib;
	off_t first, end, at, page = sysconf(_SC_PAGESIZE);
	int file, result = 0;
	unsigned long long begin = now_ns();

	if (sscanf(words, "%1023s %ld %ld %c", path, &from, &mib, &how) < 3 || mib <= 0 || !need_chunk()) {
		emit("@X file needs PATH FROM MIB HOW\n");
		return;
	}
	first = (off_t)from << 20;
	end = first + ((off_t)mib << 20);
	file = open(path, how == 'w' ? O_RDWR : O_RDONLY);
	if (file < 0) {
		emit("@R rc=%d\n", -errno);
		return;
	}
	if (how == 'm') {
		char *mapped = mmap(NULL, end - first, PROT_READ, MAP_SHARED, file, first);
		for (at = 0; mapped != MAP_FAILED && at < end - first; at += page)
			(void)((volatile char *)mapped)[at];
		result = mapped == MAP_FAILED ? -errno : 0;
	} else {
		for (at = first; !result && at < end; at += CHUNK)
			if ((how == 'w' ? pwrite(file, chunk, CHUNK, at) : pread(file, chunk, CHUNK, at)) < 0)
				result = -errno;
	}
	close(file);
	emit("@R rc=%d ns=%llu\n", result, now_ns() - begin);
}

/* Looking marks nothing as used: the mapping is never touched. */
void command_resid(const char *words)
{
	static unsigned char present[4096];
	char path[1024], *mapped;
	long from, mib;
	size_t length, at, resident = 0, page = sysconf(_SC_PAGESIZE);
	int file;

	if (sscanf(words, "%1023s %ld %ld", path, &from, &mib) != 3 || mib <= 0) {
		emit("@X resid needs FILE FROM MIB\n");
		return;
	}
	length = (size_t)mib << 20;
	file = open(path, O_RDONLY);
	mapped = mmap(NULL, length, PROT_READ, MAP_SHARED, file, (off_t)from << 20);
	if (mapped == MAP_FAILED) {
		emit("@R rc=%d\n", -errno);
	} else {
		size_t piece = sizeof(present) * page, i;
		for (at = 0; at < length; at += piece) {
			size_t part = length - at < piece ? length - at : piece;
			if (mincore(mapped + at, part, present))
				break;
			for (i = 0; i < part / page; i++)
				resident += present[i] & 1;
		}
		munmap(mapped, length);
		emit("@R resident=%zu of=%zu\n", resident, length / page);
	}
	if (file >= 0)
		close(file);
}

/*
 * Pages in pipes cannot be moved. They are dealt to KEEP pipes page by page, and all pipes but the first are then emptied:
 * one page in KEEP stays where it is.
 */
void command_unmov(const char *words)
{
	static int pipes[MOST_PIPES][2];
	long mib, pages, taken = 0, freed = 0, i, page = sysconf(_SC_PAGESIZE);
	int keep, k;

	if (sscanf(words, "%ld %d", &mib, &keep) != 2 || mib <= 0 || keep < 1 || keep > MOST_PIPES || pipes[0][0] ||
	    !need_chunk()) {
		emit("@X unmov needs MIB KEEP (%u at most), once\n", MOST_PIPES);
		return;
	}
	pages = (mib << 20) / page;
	for (k = 0; k < keep; k++)
		if (pipe2(pipes[k], O_NONBLOCK) || fcntl(pipes[k][1], F_SETPIPE_SZ, (pages / keep + 1) * page) < 0)
			emit("@R pipe_errno=%d\n", errno);
	for (i = 0; i < pages; i++)
		taken += write(pipes[i % keep][1], chunk, page) == page;
	for (k = 1; k < keep; k++) {
		while (read(pipes[k][0], chunk, page) == page)
			freed++;
		close(pipes[k][0]);
		close(pipes[k][1]);
	}
	emit("@R got=%ld freed=%ld\n", taken, freed);
}
