/*
 * PID 1 of the recorded guest: one static process, without a shell and without forks, so that measuring disturbs the
 * page counts as little as can be. It reads one command a line from a serial port and answers there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "answer.h"
#include "commands.h"

/* The port for commands, unless the environment (the kernel's command line) names another in PORT_VARIABLE. */
#define PORT "/dev/ttyS1"
#define PORT_VARIABLE "CMDPORT"

static void command_cat(const char *words)
{
	emit_file(words);
}

static void command_w(const char *words)
{
	char path[1024], value[1024];
	unsigned long long took;
	if (sscanf(words, "%1023s %1023[^\n]", path, value) != 2) {
		emit("@X w needs FILE VALUE\n");
		return;
	}
	int result = write_text(path, value, &took);
	emit("@R rc=%d ns=%llu\n", result, took);
}

static void command_sleep(const char *words)
{
	usleep(atoi(words) * 1000u);
}

static void command_info(const char *words)
{
	(void)words;
	emit("@R page_size=%ld\n", sysconf(_SC_PAGESIZE));
}

static void command_insmod(const char *words)
{
	int file = open(words, O_RDONLY | O_CLOEXEC);
	long result = file < 0 ? -1 : syscall(SYS_finit_module, file, "", 0);
	emit("@R rc=%d\n", result ? -errno : 0);
	if (file >= 0)
		close(file);
}

static void command_quit(const char *words)
{
	(void)words;
	emit("@E\n");
	flush_answer();
	tcdrain(answer_fd);
	reboot(RB_POWER_OFF);
}

static const struct {
	const char *name;
	void (*run)(const char *words);
} commands[] = {
	{ "snap", command_snap },	{ "lsnap", command_lsnap }, { "blocks", command_blocks },
	{ "setblk", command_setblk },	{ "alloc", command_alloc }, { "ballast", command_ballast },
	{ "freeall", command_freeall }, { "cat", command_cat },	    { "w", command_w },
	{ "sleep", command_sleep },	{ "quit", command_quit },   { "pin", command_pin },
	{ "rmap", command_rmap },	{ "rtouch", command_rtouch }, { "rfree", command_rfree },
	{ "runmap", command_runmap },	{ "rpfn", command_rpfn },   { "tron", command_tron },
	{ "troff", command_troff },	{ "bsnap", command_bsnap }, { "info", command_info },
	{ "insmod", command_insmod },	{ "setup", command_setup }, { "file", command_file },
	{ "hold", command_hold },	{ "reader", command_reader }, { "unmov", command_unmov },
	{ "resid", command_resid },	{ "kids", command_kids },   { "qsnap", command_qsnap },
	{ "bgput", command_bgput },	{ "modules", command_modules },
};

static void run(const char *line)
{
	size_t length = strcspn(line, " "), i;
	const char *words = line[length] ? line + length + 1 : "";
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strlen(commands[i].name) == length && !strncmp(commands[i].name, line, length)) {
			commands[i].run(words);
			return;
		}
	emit("@X unknown command %.*s\n", (int)length, line);
}

static int read_line(char *line, size_t capacity)
{
	size_t length = 0;
	char c;
	for (;;) {
		ssize_t n = read(answer_fd, &c, 1);
		if (n < 0 && errno != EINTR)
			return -1;
		if (n <= 0)
			continue;
		if (c == '\n') {
			line[length] = 0;
			return 0;
		}
		if (length < capacity - 1)
			line[length++] = c;
	}
}

static void on_alarm(int signal)
{
	(void)signal;
}

static void mount_all(void)
{
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mount("proc", "/proc", "proc", 0, "");
	mount("sysfs", "/sys", "sysfs", 0, "");
	mount("devtmpfs", "/dev", "devtmpfs", 0, "");
	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, "");
	mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, "");
}

static void open_port(void)
{
	struct termios settings;
	const char *port = getenv(PORT_VARIABLE) ? getenv(PORT_VARIABLE) : PORT;
	answer_fd = open(port, O_RDWR | O_NOCTTY);
	if (answer_fd < 0) {
		answer_fd = open("/dev/console", O_RDWR | O_NOCTTY);
		dprintf(answer_fd, "no %s\n", port);
	}
	tcgetattr(answer_fd, &settings);
	cfmakeraw(&settings);
	cfsetspeed(&settings, B115200);
	tcsetattr(answer_fd, TCSANOW, &settings);
}

int main(void)
{
	static char line[4096];
	struct sigaction interrupt = { .sa_handler = on_alarm };

	mount_all();
	open_port();
	mlockall(MCL_CURRENT);
	sigaction(SIGALRM, &interrupt, NULL);
	emit("@READY\n");
	flush_answer();
	while (read_line(line, sizeof(line)) == 0) {
		if (!line[0])
			continue;
		run(line);
		emit("@E\n");
		flush_answer();
	}
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
