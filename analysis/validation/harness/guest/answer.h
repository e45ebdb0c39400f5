/* How the guest answers: framed text, written at the end of every command (protocol: README.md). */
#pragma once

#include <stddef.h>

extern int answer_fd;

void emit(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The whole file as a frame "@F PATH LENGTH\n...\n", or "@X PATH errno=N". */
void emit_file(const char *path);
void flush_answer(void);

/* Reads a short file without the white space at its end; below 0: -errno. */
int read_text(const char *path, char *text, size_t capacity);
/* Writes a value to a file; 0 or -errno, and how long the write took. */
int write_text(const char *path, const char *value, unsigned long long *nanoseconds);
unsigned long long now_ns(void);
