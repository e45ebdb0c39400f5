/* What the commands that fill memory share. */
#pragma once

#define CHUNK (1u << 20)

/* A buffer of CHUNK bytes, locked, there once need_chunk() has said so: only a guest under pressure pays for it. */
extern char *chunk;
int need_chunk(void);
