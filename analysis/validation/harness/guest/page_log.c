/* A log of what the page allocator does with page frames, from the kernel's tracepoints (format: captures/README.md). */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"
#include "commands.h"

#define TRACING "/sys/kernel/tracing/"

static const char *const events[] = { "mm_page_alloc", "mm_page_free", "mm_page_alloc_zone_locked", "mm_page_pcpu_drain",
				      "mm_page_alloc_extfrag" };
#define EVENTS (sizeof(events) / sizeof(events[0]))

static void clear_log(void)
{
	close(open(TRACING "trace", O_WRONLY | O_TRUNC));
}

void command_tron(const char *words)
{
	unsigned long long took;
	char path[160], filter[96];
	int result = 0;
	size_t i;

	write_text(TRACING "tracing_on", "0", &took);
	clear_log();
	for (i = 0; i < EVENTS; i++) {
		snprintf(path, sizeof(path), TRACING "events/kmem/%s/filter", events[i]);
		snprintf(filter, sizeof(filter), "pfn >= %.20s && pfn < 0x1000000000", words);
		result |= write_text(path, filter, &took);
		snprintf(path, sizeof(path), TRACING "events/kmem/%s/enable", events[i]);
		result |= write_text(path, "1", &took);
	}
	result |= write_text(TRACING "tracing_on", "1", &took);
	emit("@R rc=%d\n", result);
}

static long long field(const char *event, const char *name)
{
	const char *at = strstr(event, name);
	return at ? strtoll(at + strlen(name), NULL, 0) : -1;
}

/* "~TASK" unless it is our own process */
static void name_task(const char *line, const char *cpu, char *task, size_t capacity)
{
	const char *begin = line + strspn(line, " "), *end = cpu;
	task[0] = 0;
	if (!strncmp(begin, "init-1 ", 7))
		return;
	while (end > begin && end[-1] == ' ')
		end--;
	snprintf(task, capacity, "~%.*s", (int)(end - begin > 17 ? 17 : end - begin), begin);
}

/* The key of an event; 0 if it is of no interest. */
static int key_of(const char *line, char *key, size_t capacity, long long *frame)
{
	const char *event = strstr(line, ": mm_page_"), *cpu = strchr(line, '[');
	char task[24], letter;
	int number;

	if (!event || !cpu)
		return 0;
	event += 2;
	name_task(line, cpu, task, sizeof(task));
	number = atoi(cpu + 1);
	*frame = field(event, "pfn=");
	if (!strncmp(event, "mm_page_alloc_extfrag:", 22)) {
		snprintf(key, capacity, "X%lld/%lld/%lld/%lld/%lldc%d%s", field(event, "alloc_order="),
			 field(event, "fallback_order="), field(event, "alloc_migratetype="),
			 field(event, "fallback_migratetype="), field(event, "change_ownership="), number, task);
		return 1;
	}
	if (!strncmp(event, "mm_page_free:", 13)) {
		snprintf(key, capacity, "F%lldc%d%s", field(event, " order="), number, task);
		return 1;
	}
	letter = !strncmp(event, "mm_page_alloc:", 14)		  ? 'A' :
		 !strncmp(event, "mm_page_alloc_zone_locked:", 26) ? 'L' :
		 !strncmp(event, "mm_page_pcpu_drain:", 19)	  ? 'D' :
								    0;
	if (letter)
		snprintf(key, capacity, "%c%lldm%lldc%d%s", letter, field(event, " order="), field(event, "migratetype="),
			 number, task);
	return letter != 0;
}

static void emit_run(const char *key, long long start, long long count, long long step)
{
	if (count > 1)
		emit("@T %s %lld:%lld:%lld\n", key, start, count, step);
	else if (count)
		emit("@T %s %lld\n", key, start);
}

/* Of "# entries-in-buffer/entries-written: 12/15" those that were overwritten. */
static long long overwritten(const char *line)
{
	static const char name[] = "entries-in-buffer/entries-written: ";
	const char *at = strstr(line, name);
	long long kept = 0, written = 0;
	if (at)
		sscanf(at + sizeof(name) - 1, "%lld/%lld", &kept, &written);
	return written - kept;
}

void command_troff(const char *words)
{
	static char line[1024];
	unsigned long long took;
	char key[96] = "", next[96], path[160];
	long long start = 0, last = 0, step = 0, count = 0, all = 0, lost = 0, frame;
	size_t i;
	FILE *log;

	(void)words;
	write_text(TRACING "tracing_on", "0", &took);
	for (i = 0; i < EVENTS; i++) {
		snprintf(path, sizeof(path), TRACING "events/kmem/%s/enable", events[i]);
		write_text(path, "0", &took);
	}
	log = fopen(TRACING "trace", "r");
	while (log && fgets(line, sizeof(line), log)) {
		lost += strstr(line, "LOST") != NULL;
		if (line[0] == '#') {
			lost += overwritten(line);
			continue;
		}
		if (!key_of(line, next, sizeof(next), &frame))
			continue;
		all++;
		if (count && !strcmp(next, key) && (count == 1 || frame - last == step)) {
			step = frame - last;
			last = frame;
			count++;
			continue;
		}
		emit_run(key, start, count, step);
		strcpy(key, next);
		start = last = frame;
		count = 1;
		step = 0;
	}
	emit_run(key, start, count, step);
	if (log)
		fclose(log);
	clear_log();
	emit("@R events=%lld lost=%lld\n", all, lost);
}
