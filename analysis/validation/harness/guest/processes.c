/* Processes that put the guest under pressure: they hold, grow or read memory while the commands go on. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "answer.h"
#include "commands.h"
#include "pressure.h"

#define MOST 32
#define WAIT_SECONDS 400
#define LOOK_US 50000

/* What a process tells of itself, in a page that it shares with the init: asking costs it nothing. */
struct process {
	pid_t pid;
	char kind;	     /* a: anonymous memory, r: reads, w: writes to a file of /sys */
	volatile long done;  /* MiB touched; KiB read; 1 if written, -errno if refused */
	volatile long ops;   /* steps made, */
	volatile long longest; /* the longest of them since the last look, and all, in ns */
	volatile long total;
};
#define TABLE (MOST * sizeof(struct process))
static struct process *processes;
static int count;

/* The number of the new process, in both of the two; -1: no more. */
static int start(char kind, pid_t *pid)
{
	if (!processes) {
		processes = mmap(NULL, TABLE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		if (processes == MAP_FAILED || mlock(processes, TABLE)) {
			processes = NULL;
			return -1;
		}
		signal(SIGCHLD, SIG_IGN); /* one that was killed is gone, not a zombie */
	}
	if (count == MOST)
		return -1;
	memset(&processes[count], 0, sizeof(processes[0]));
	processes[count].kind = kind;
	*pid = fork();
	if (*pid < 0)
		return -1;
	if (*pid)
		processes[count].pid = *pid;
	return count++;
}

static int lives(int number)
{
	return !kill(processes[number].pid, 0);
}

static void step_done(struct process *self, unsigned long long begin)
{
	long took = now_ns() - begin;
	if (took > self->longest)
		self->longest = took;
	self->total += took;
	self->ops++;
}

/* The process: touches its memory in steps, and keeps it until it is killed. */
static void hold(struct process *self, long mib, char how, long step_mib, long pause_ms)
{
	size_t length = (size_t)mib << 20, step = (size_t)step_mib << 20, from, to, at, page = sysconf(_SC_PAGESIZE);
	char *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		_exit(1);
	if (how != 'T')
		madvise(memory, length, MADV_NOHUGEPAGE);
	for (from = 0; from < length; from = to) {
		unsigned long long begin = now_ns();
		to = from + step < length ? from + step : length;
		for (at = from; at < to; at += page)
			((volatile char *)memory)[at] = 1;
		if (how == 'L' && mlock(memory + from, to - from))
			_exit(1);
		step_done(self, begin);
		self->done = to >> 20;
		if (pause_ms)
			usleep(pause_ms * 1000);
	}
	for (;;)
		pause();
}

void command_hold(const char *words)
{
	long mib = 0, step = 1, pause_ms = 0, looks;
	char how = '4';
	pid_t pid;
	int number;

	if (sscanf(words, "%ld %c %ld %ld", &mib, &how, &step, &pause_ms) < 1 || mib <= 0 || step <= 0) {
		emit("@X hold needs MIB HOW STEP MS\n");
		return;
	}
	number = start('a', &pid);
	if (number < 0) {
		emit("@X no process\n");
		return;
	}
	if (pid == 0)
		hold(&processes[number], mib, how, step, pause_ms);
	/* with a pause it grows beside what comes next */
	for (looks = 0; !pause_ms && looks < WAIT_SECONDS * (1000000 / LOOK_US); looks++) {
		if (processes[number].done >= mib || !lives(number))
			break;
		usleep(LOOK_US);
	}
	emit("@R kid=%d pid=%d done=%ld alive=%d\n", number, pid, processes[number].done, lives(number));
}

/* The process: reads a part of a file again and again. */
static void read_for_ever(struct process *self, const char *path, long from_mib, long mib, long kib, long pause_us)
{
	off_t first = (off_t)from_mib << 20, end = first + ((off_t)mib << 20), at;
	int file = open(path, O_RDONLY);

	for (;;)
		for (at = first; at < end; at += kib << 10) {
			unsigned long long begin = now_ns();
			if (pread(file, chunk, kib << 10, at) < 0)
				_exit(1);
			step_done(self, begin);
			self->done += kib;
			if (pause_us)
				usleep(pause_us);
		}
}

void command_reader(const char *words)
{
	long from = 0, mib = 0, kib = 128, pause_us = 0;
	char path[1024];
	pid_t pid;
	int number;

	if (sscanf(words, "%1023s %ld %ld %ld %ld", path, &from, &mib, &kib, &pause_us) < 3 || mib <= 0 || kib <= 0 ||
	    kib << 10 > CHUNK || !need_chunk()) {
		emit("@X reader needs FILE FROM MIB KIB US\n");
		return;
	}
	number = start('r', &pid);
	if (number < 0) {
		emit("@X no process\n");
		return;
	}
	if (pid == 0)
		read_for_ever(&processes[number], path, from, mib, kib, pause_us);
	emit("@R kid=%d pid=%d\n", number, pid);
}

/* What may never end does not hold up the commands. */
void command_bgput(const char *words)
{
	char path[1024], value[64];
	pid_t pid;
	int number;

	if (sscanf(words, "%1023s %63s", path, value) != 2) {
		emit("@X bgput needs FILE VALUE\n");
		return;
	}
	number = start('w', &pid);
	if (number < 0) {
		emit("@X no process\n");
		return;
	}
	if (pid == 0) {
		struct process *self = &processes[number];
		unsigned long long begin = now_ns();
		int file = open(path, O_WRONLY | O_CLOEXEC);
		long result = file < 0 || write(file, value, strlen(value)) < 0 ? -errno : 1;
		step_done(self, begin);
		self->done = result;
		_exit(0);
	}
	emit("@R kid=%d pid=%d\n", number, pid);
}

void command_kids(const char *words)
{
	int i;
	(void)words;
	for (i = 0; i < count; i++) {
		char path[64], text[128];
		long size, resident;
		emit("@K %d kind=%c alive=%d done=%ld ops=%ld max_ns=%ld tot_ns=%ld", i, processes[i].kind, lives(i),
		     processes[i].done, processes[i].ops, processes[i].longest, processes[i].total);
		snprintf(path, sizeof(path), "/proc/%d/statm", processes[i].pid);
		if (read_text(path, text, sizeof(text)) > 0 && sscanf(text, "%ld %ld", &size, &resident) == 2)
			emit(" rss_pages=%ld", resident);
		emit("\n");
		processes[i].longest = 0;
	}
}
