#include "answer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CAPACITY (3u << 20)
#define LINE 4096u
#define SMALL_FILE (1u << 19)
/* Offlining may be retried for ever; a signal is its only way out (EINTR). */
#define OFFLINE_SECONDS 20

int answer_fd = 1;
/* One buffer, touched and locked before the first command: answering must not allocate. */
static char buffer[CAPACITY];
static size_t used;

unsigned long long now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

void flush_answer(void)
{
	size_t done = 0;
	while (done < used) {
		ssize_t n = write(answer_fd, buffer + done, used - done);
		if (n <= 0) {
			if (errno == EINTR || errno == EAGAIN)
				continue;
			break;
		}
		done += n;
	}
	used = 0;
}

void emit(const char *format, ...)
{
	va_list arguments;
	if (CAPACITY - used < LINE)
		flush_answer();
	va_start(arguments, format);
	int n = vsnprintf(buffer + used, CAPACITY - used, format, arguments);
	va_end(arguments);
	used += n < (int)LINE ? n : (int)LINE - 1;
}

void emit_file(const char *path)
{
	char length[16];
	size_t head, body, room;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		emit("@X %s errno=%d\n", path, errno);
		return;
	}
	if (CAPACITY - used < SMALL_FILE)
		flush_answer();
	emit("@F %s ", path);
	head = used;
	emit("%08d\n", 0);
	body = used;
	while ((room = CAPACITY - LINE - used) > 0 &&
	       (n = read(fd, buffer + used, room > 65536 ? 65536 : room)) > 0)
		used += n;
	close(fd);
	snprintf(length, sizeof(length), "%08zu", used - body);
	memcpy(buffer + head, length, 8);
	buffer[used++] = '\n';
}

int read_text(const char *path, char *text, size_t capacity)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;
	if (fd < 0)
		return -errno;
	n = read(fd, text, capacity - 1);
	close(fd);
	if (n < 0)
		n = 0;
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' '))
		n--;
	text[n] = 0;
	return n;
}

int write_text(const char *path, const char *value, unsigned long long *nanoseconds)
{
	unsigned long long begin;
	int fd = open(path, O_WRONLY | O_CLOEXEC), result = 0;

	*nanoseconds = 0;
	if (fd < 0)
		return -errno;
	if (!strcmp(value, "offline"))
		alarm(OFFLINE_SECONDS);
	begin = now_ns();
	if (write(fd, value, strlen(value)) < 0)
		result = -errno;
	*nanoseconds = now_ns() - begin;
	alarm(0);
	close(fd);
	return result;
}
