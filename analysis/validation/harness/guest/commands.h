/* What the guest can be asked to do. Every command gets the rest of its line. */
#pragma once

void command_snap(const char *words);    /* everything the kernel tells about its memory, after dropping caches */
void command_lsnap(const char *words);   /* the same, without dropping caches and without the memory blocks */
void command_blocks(const char *words);  /* memory blocks, run-length encoded */
void command_setblk(const char *words);  /* FIRST LAST VALUE: writes VALUE to the state of each block */
void command_alloc(const char *words);   /* MIB NODE: anonymous memory, touched (node -1: anywhere) */
void command_ballast(const char *words); /* MIB: a process of its own that holds as much */
void command_freeall(const char *words); /* gives back what `alloc` took */
