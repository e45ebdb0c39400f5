/* What the guest can be asked to do. Every command gets the rest of its line. */
#pragma once

void command_snap(const char *words);    /* everything the kernel tells about its memory, after dropping caches */
void command_lsnap(const char *words);   /* the same, without dropping caches and without the memory blocks */
void command_blocks(const char *words);  /* memory blocks, run-length encoded */
void command_setblk(const char *words);  /* FIRST LAST VALUE: writes VALUE to the state of each block */
void command_alloc(const char *words);   /* MIB NODE: anonymous memory, touched (node -1: anywhere) */
void command_ballast(const char *words); /* MIB: a process of its own that holds as much */
void command_freeall(const char *words); /* gives back what `alloc` took */

void command_modules(const char *words); /* loads the modules of the initramfs */

/* Allocator sequences. */
void command_pin(const char *words);    /* CPU: binds the task to it, and its own memory to node 0 */
void command_rmap(const char *words);   /* REGION PAGES NODE KIND: maps, touches nothing */
void command_rtouch(const char *words); /* REGION FROM COUNT STRIDE HOW: touches pages FROM + k * STRIDE */
void command_rfree(const char *words);  /* REGION FROM COUNT STRIDE GROUP HOW: gives back groups of pages */
void command_runmap(const char *words); /* REGION: unmaps */
void command_rpfn(const char *words);   /* REGION: its frames by address, 0 for none */
void command_tron(const char *words);   /* FRAME: logs what the allocator does with frames from there on */
void command_troff(const char *words);  /* ends, and tells the log */
void command_bsnap(const char *words);  /* free lists and per-CPU lists; disturbs nothing */

/* Pressure. */
void command_setup(const char *words);	/* SWAP: modules of the disk, the disk at /d with files f and g, swap if not 0 */
void command_file(const char *words);	/* PATH FROM MIB HOW: once through: r reads, w writes, m maps and reads */
void command_hold(const char *words);	/* MIB HOW STEP MS: a process that keeps as much: 4, T huge pages, L locked */
void command_reader(const char *words); /* FILE FROM MIB KIB US: a process that reads it again and again */
void command_unmov(const char *words);	/* MIB KEEP: pages that cannot be moved, of which one in KEEP stays */
void command_resid(const char *words);	/* FILE FROM MIB: how many of its pages are in the page cache */
void command_bgput(const char *words);	/* FILE VALUE: a process that writes it */
void command_kids(const char *words);	/* the processes */
void command_qsnap(const char *words);	/* counters without dropping anything */
