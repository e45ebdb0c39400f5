/* What the kernel tells about its memory, as files. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "answer.h"
#include "commands.h"

#define NODES "/sys/devices/system/node"
#define PARAMETERS "/sys/module/memory_hotplug/parameters"
#define MAX_NODES 16

static const char *const accounting[] = {
	"/proc/zoneinfo", "/proc/vmstat", "/proc/buddyinfo", "/proc/meminfo", "/proc/pagetypeinfo",
};
/* lowmem_reserve_ratio comes after zoneinfo: reading it has the kernel compute the reserves anew. */
static const char *const settings[] = {
	"/proc/iomem",
	"/proc/sys/vm/min_free_kbytes",
	"/proc/sys/vm/lowmem_reserve_ratio",
	"/sys/devices/system/memory/block_size_bytes",
	"/sys/devices/system/memory/auto_online_blocks",
	PARAMETERS "/memmap_on_memory",
	PARAMETERS "/online_policy",
	PARAMETERS "/auto_movable_ratio",
	PARAMETERS "/auto_movable_numa_aware",
};
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static void huge_pages_of(int node)
{
	char path[384];
	struct dirent *entry;
	DIR *folder;
	snprintf(path, sizeof(path), NODES "/node%d/hugepages", node);
	folder = opendir(path);
	while (folder && (entry = readdir(folder)))
		if (!strncmp(entry->d_name, "hugepages-", 10)) {
			snprintf(path, sizeof(path), NODES "/node%d/hugepages/%s/nr_hugepages", node, entry->d_name);
			emit_file(path);
		}
	if (folder)
		closedir(folder);
}

static void take(int light)
{
	unsigned long long took;
	char path[128];
	struct stat exists;
	size_t i;
	int node;

	if (!light) {
		write_text("/proc/sys/vm/drop_caches", "4", &took); /* without a line in the kernel log */
		write_text("/proc/sys/vm/drop_caches", "3", &took);
	}
	write_text("/proc/sys/vm/stat_refresh", "1", &took);
	for (i = 0; i < COUNT(accounting); i++)
		emit_file(accounting[i]);
	emit("@R mono_ns=%llu\n", now_ns());
	for (node = 0; node < MAX_NODES; node++) {
		snprintf(path, sizeof(path), NODES "/node%d", node);
		if (stat(path, &exists))
			continue;
		snprintf(path, sizeof(path), NODES "/node%d/meminfo", node);
		emit_file(path);
		snprintf(path, sizeof(path), NODES "/node%d/distance", node);
		emit_file(path);
		huge_pages_of(node);
	}
	for (i = 0; i < COUNT(settings); i++)
		emit_file(settings[i]);
	if (!light)
		command_blocks("");
}

void command_snap(const char *words)
{
	(void)words;
	take(0);
}

void command_lsnap(const char *words)
{
	(void)words;
	take(1);
}

/* Under pressure: counters as they are, nothing is dropped. */
void command_qsnap(const char *words)
{
	static const char *const pressure[] = { "/proc/pressure/memory", "/proc/swaps" };
	unsigned long long took;
	size_t i;

	write_text("/proc/sys/vm/stat_refresh", "1", &took);
	for (i = 0; i < COUNT(accounting); i++)
		emit_file(accounting[i]);
	for (i = 0; i < COUNT(pressure); i++)
		emit_file(pressure[i]);
	emit("@R mono_ns=%llu\n", now_ns());
	command_kids(words);
}

/* Of nodes from 1 on: node 0 is where everything else works. */
void command_bsnap(const char *words)
{
	static const char *const lists[] = { "/proc/buddyinfo", "/proc/zoneinfo", "/proc/pagetypeinfo" };
	static const char *const pools[] = { "nr_hugepages", "free_hugepages" };
	char path[128];
	struct stat exists;
	size_t i;
	int node;

	(void)words;
	for (i = 0; i < COUNT(lists); i++)
		emit_file(lists[i]);
	for (node = 1; node < MAX_NODES; node++)
		for (i = 0; i < COUNT(pools); i++) {
			snprintf(path, sizeof(path), NODES "/node%d/hugepages/hugepages-2048kB/%s", node, pools[i]);
			if (!stat(path, &exists))
				emit_file(path);
		}
}
