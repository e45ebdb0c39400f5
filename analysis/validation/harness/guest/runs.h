/* Numbers written as runs: "START:COUNT:STEP", or one number. */
#pragma once

#include <stddef.h>

#define MOST_PAGES (1u << 20)

/* Page frames, in the order in which they are to be told; there once `pin` was given. */
extern unsigned long long *frames;

/* Lines "@P RUN ..." of the first `count` frames. */
void emit_frames(size_t count);
