/* Memory blocks: what /sys/devices/system/memory says of them, and writes to their state. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "answer.h"
#include "commands.h"

#define MEMORY "/sys/devices/system/memory"
#define MAX_BLOCKS 65536
#define MAX_NODES 16

static unsigned int numbers[MAX_BLOCKS];

static int ascending(const void *a, const void *b)
{
	unsigned int x = *(const unsigned int *)a, y = *(const unsigned int *)b;
	return (x > y) - (x < y);
}

static int find_blocks(void)
{
	DIR *folder = opendir(MEMORY);
	struct dirent *entry;
	int count = 0;
	if (!folder)
		return 0;
	while ((entry = readdir(folder)))
		if (!strncmp(entry->d_name, "memory", 6) && entry->d_name[6] >= '0' && entry->d_name[6] <= '9' &&
		    count < MAX_BLOCKS)
			numbers[count++] = atoi(entry->d_name + 6);
	closedir(folder);
	qsort(numbers, count, sizeof(numbers[0]), ascending);
	return count;
}

/* "state|valid zones|node", as the captures have it */
static void describe(unsigned int block, char *line, size_t capacity)
{
	char path[128], state[64], zones[128], node[16] = "-";
	int n;
	snprintf(path, sizeof(path), MEMORY "/memory%u/state", block);
	if (read_text(path, state, sizeof(state)) < 0)
		strcpy(state, "?");
	snprintf(path, sizeof(path), MEMORY "/memory%u/valid_zones", block);
	if (read_text(path, zones, sizeof(zones)) < 0)
		strcpy(zones, "?");
	for (n = 0; n < MAX_NODES; n++) {
		struct stat link;
		snprintf(path, sizeof(path), MEMORY "/memory%u/node%d", block, n);
		if (!lstat(path, &link)) {
			snprintf(node, sizeof(node), "%d", n);
			break;
		}
	}
	snprintf(line, capacity, "%s|%s|node%s", state, zones, node);
}

void command_blocks(const char *words)
{
	char run[256] = "", now[256];
	int count = find_blocks(), first = -1, last = -1, i;
	(void)words;
	emit("@R blocks=%d\n", count);
	for (i = 0; i < count; i++) {
		int number = numbers[i];
		describe(number, now, sizeof(now));
		if (first >= 0 && !strcmp(run, now) && number == last + 1) {
			last = number;
			continue;
		}
		if (first >= 0)
			emit("@B %d-%d %s\n", first, last, run);
		first = last = number;
		strcpy(run, now);
	}
	if (first >= 0)
		emit("@B %d-%d %s\n", first, last, run);
}

void command_setblk(const char *words)
{
	char value[64], path[128];
	int first, last, step, block, ok = 0, failed = 0, absent = 0, first_errno = 0;
	unsigned long long took, total = 0, longest = 0, begin = now_ns();

	if (sscanf(words, "%d %d %63s", &first, &last, value) != 3) {
		emit("@X setblk needs FIRST LAST VALUE\n");
		return;
	}
	step = last >= first ? 1 : -1;
	for (block = first;; block += step) {
		int result;
		snprintf(path, sizeof(path), MEMORY "/memory%d/state", block);
		result = write_text(path, value, &took);
		if (result == -ENOENT) {
			absent++;
		} else if (result) {
			if (failed++ < 8)
				emit("@R fail_block=%d errno=%d\n", block, -result);
			if (!first_errno)
				first_errno = -result;
		} else {
			ok++;
		}
		total += took;
		if (took > longest)
			longest = took;
		if (block == last)
			break;
	}
	emit("@R ok=%d failed=%d absent=%d first_errno=%d write_ns_total=%llu write_ns_max=%llu wall_ns=%llu\n", ok,
	     failed, absent, first_errno, total, longest, now_ns() - begin);
}
